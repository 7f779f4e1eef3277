//! What a contract must know of others.

use crate::{ContractId, PersonId, PostId, Standing, When, shift::Shift};

/// What a contract must know of others, at the time of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether the area of the draft or of the post is registered.
    pub area_known: bool,
    /// Whether the company of the draft is registered as a security company.
    pub company_known: bool,
    /// Whether the client of the draft, or who made the unlawful request, is registered.
    pub client_known: bool,
    /// Whether the police station that an unlawful request is reported to is registered as one.
    pub police_known: bool,
    /// Whether the company holds a valid licence for security services 保安服务许可证. The company of the contract.
    pub licence_valid: bool,
    /// Who confirms a post order or whose attendance it is; for an attendance, as of the begin of the presence.
    pub person: Option<Standing>,
    /// The shift of an attendance, as seen for its person.
    pub shift: Option<WorkedShift>,
}

/// What one person did in one shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkedShift {
    pub contract: Option<ContractId>,
    pub post: Option<PostId>,
    /// Time on duty inside the shift; the planned times where the person clocked neither in nor out.
    pub from: When,
    pub to: When,
    /// Certified minutes; `None` when the shift is not certified or the person has none.
    pub certified_minutes: Option<u32>,
}

impl WorkedShift {
    /// Read off the shift; `None` when it does not exist or the person has no place in it.
    pub fn of(shift: &Shift, person: PersonId) -> Option<Self> {
        let plan = shift.plan.as_ref()?;
        let place = shift.places.get(&person)?;
        let begin = place.clocked_in.filter(|at| at.at > plan.starts_at.at).unwrap_or(plan.starts_at);
        let end = place.clocked_out.filter(|at| at.at < plan.ends_at.at).unwrap_or(plan.ends_at);
        Some(Self {
            contract: plan.contract,
            post: plan.post,
            from: begin,
            to: end,
            certified_minutes: place.certified_minutes,
        })
    }
}
