//! What can be asked of a shift.

#[cfg(feature = "graphql")]
use async_graphql::InputObject;

use crate::{
    AreaCode, ContractId, DutyKind, OrganisationId, Payer, PersonId, PersonalText, PostId, ShiftId, TeamId,
    TradeId, When, aggregate::commands,
};

commands! {
    /// Commands to a shift.
    ShiftCommand for shift: ShiftId;
    create { Schedule(ScheduleShift), }
    then {
        Publish(PublishShift),
        Assign(AssignShift),
        Withdraw(WithdrawAssignment),
        Acknowledge(AcknowledgeShift),
        ProposeTrade(ProposeTrade),
        AcceptTrade(AcceptTrade),
        DeclineTrade(DeclineTrade),
        ClockIn(ClockIn),
        ClockOut(ClockOut),
        HandOver(HandOver),
        MarkUncovered(MarkUncovered),
        Close(CloseShift),
        Certify(CertifyShift),
        CorrectCertification(CorrectCertification),
        Cancel(CancelShift),
    }
}

/// Plans a stretch of duty of one team at one place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ScheduleShift {
    /// Left out: derived from the command id.
    pub shift: Option<ShiftId>,
    /// Where the duty is done.
    pub area: AreaCode,
    /// Whose duty it is: the station, committee or company.
    pub organisation: OrganisationId,
    /// The team that fills the places. Left out: no team is named.
    pub team: Option<TeamId>,
    /// Contract the duty is worked for; a post then belongs to it. Left out: worked for none.
    pub contract: Option<ContractId>,
    /// Post of the contract. Left out: of no post.
    pub post: Option<PostId>,
    /// Kind of duty.
    pub duty: DutyKind,
    /// Who pays for it.
    pub payer: Payer,
    /// Begin of the duty.
    pub starts_at: When,
    /// End of the duty: later than the begin, by at most 24 hours.
    pub ends_at: When,
    /// How many people it takes, 1 to 50.
    pub places: u16,
}

/// Makes a scheduled shift known to those who may fill it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct PublishShift {
    /// The shift.
    pub shift: ShiftId,
}

/// Gives a place to a person; refused when the person has another duty at the same time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct AssignShift {
    /// The shift.
    pub shift: ShiftId,
    /// Who takes the place.
    pub person: PersonId,
}

/// Takes a place back before the person is on duty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct WithdrawAssignment {
    /// The shift.
    pub shift: ShiftId,
    /// Whose place it is.
    pub person: PersonId,
    /// Why, without naming people.
    pub reason: String,
}

/// The person confirms to have seen the assignment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct AcknowledgeShift {
    /// The shift.
    pub shift: ShiftId,
    /// Who confirms.
    pub person: PersonId,
}

/// Offers one's place to somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ProposeTrade {
    /// The shift.
    pub shift: ShiftId,
    /// Left out: derived from the command id.
    pub trade: Option<TradeId>,
    /// Who has the place.
    pub from: PersonId,
    /// Who shall take it.
    pub to: PersonId,
}

/// Takes the offered place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct AcceptTrade {
    /// The shift.
    pub shift: ShiftId,
    /// The offer.
    pub trade: TradeId,
}

/// Refuses the offered place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct DeclineTrade {
    /// The shift.
    pub shift: ShiftId,
    /// The offer.
    pub trade: TradeId,
}

/// The person begins the duty. The time of doing so is the input's `occurredAt`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ClockIn {
    /// The shift.
    pub shift: ShiftId,
    /// Who begins.
    pub person: PersonId,
}

/// The person ends the duty. The time of doing so is the input's `occurredAt`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ClockOut {
    /// The shift.
    pub shift: ShiftId,
    /// Who ends.
    pub person: PersonId,
}

/// Hands the post over to the person who follows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct HandOver {
    /// The shift.
    pub shift: ShiftId,
    /// Who leaves the post.
    pub from: PersonId,
    /// Who takes it over.
    pub to: PersonId,
    /// What the next one must know; sealed with the key of the one who hands over. Left out: nothing.
    pub note: Option<PersonalText>,
}

/// States that places were empty when the duty began. The platform does this by itself at the shift's start.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct MarkUncovered {
    /// The shift.
    pub shift: ShiftId,
}

/// Ends the shift; who is still clocked in is clocked out at its end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct CloseShift {
    /// The shift.
    pub shift: ShiftId,
}

/// Certifies the minutes that each person was on duty inside the shift.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct CertifyShift {
    /// The shift.
    pub shift: ShiftId,
}

/// Corrects the certified minutes of one person.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct CorrectCertification {
    /// The shift.
    pub shift: ShiftId,
    /// Whose minutes.
    pub person: PersonId,
    /// The right number of whole minutes.
    pub minutes: u32,
    /// Why, without naming people.
    pub reason: String,
}

/// Calls the shift off before anybody is on duty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct CancelShift {
    /// The shift.
    pub shift: ShiftId,
    /// Why, without naming people.
    pub reason: String,
}
