//! The contract itself, from its draft to its end.

#[cfg(feature = "graphql")]
use async_graphql::InputObject;

use crate::{AreaCode, BasisPoints, ContractId, Day, Fen, OrganisationId};

/// Drafts a contract for security services with its items, content, rights and duties (Regulation on security services,
/// art. 21).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct DraftContract {
    /// Left out: derived from the command id.
    pub contract: Option<ContractId>,
    /// The security company that gives the service.
    pub company: OrganisationId,
    /// Who receives and pays the service; another organisation than the company.
    pub client: OrganisationId,
    /// Where the service is given.
    pub area: AreaCode,
    /// Number of the contract, up to 100 characters.
    pub number: String,
    /// Items and content of the service, up to 10,000 characters.
    pub service: String,
    /// Rights and duties of both parties, up to 10,000 characters.
    pub rights_and_duties: String,
    /// First day.
    pub starts_on: Day,
    /// Last day; not before the first, at most 10 years later.
    pub ends_on: Day,
    /// Offset of the calendar that days and windows are told in, minutes east of UTC. Left out: 480 (China).
    pub utc_offset_minutes: Option<i16>,
    /// Amounts due beside the hours, at most 50.
    pub fixed_items: Vec<FixedItemInput>,
    /// Most that deductions may take of a period's gross, in basis points.
    pub deduction_cap: BasisPoints,
    /// Criteria of the assessment, 1 to 20; their weights sum to 10,000.
    pub assessment_weights: Vec<AssessmentWeightInput>,
    /// Whether guards are sent from another province; a filing is then needed (art. 23).
    pub guards_from_other_province: bool,
}

/// An amount that is due beside the hours.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct FixedItemInput {
    /// What it is for, up to 200 characters.
    pub name: String,
    /// The amount.
    pub amount: Fen,
    /// Due once, on this day. Left out: due every calendar month, in proportion to the month's days in force.
    pub due_on: Option<Day>,
}

/// Weight of one criterion of the assessment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct AssessmentWeightInput {
    /// Name of the criterion, up to 100 characters.
    pub criterion: String,
    /// Its weight; all weights sum to 10,000.
    pub weight: BasisPoints,
}

/// Records the company's review whether what the client asks for is lawful (Regulation on security services, art. 21). A new
/// review replaces the one before.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ReviewLegality {
    /// The contract.
    pub contract: ContractId,
    /// Whether everything asked for is lawful.
    pub lawful: bool,
    /// What was found, without naming people, up to 4,000 characters.
    pub findings: String,
}

/// Records that both parties signed; the weights of the assessment are frozen from here on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct SignContract {
    /// The contract.
    pub contract: ContractId,
    /// Day of the signature.
    pub signed_on: Day,
}

/// Records the filing with the police of the place of service for guards from another province (Regulation on security
/// services, art. 23).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct FileCrossProvince {
    /// The contract.
    pub contract: ContractId,
    /// Number of the filing, up to 100 characters.
    pub number: String,
    /// Day of the filing.
    pub filed_on: Day,
}

/// Puts the contract into force: needs the signature, a lawful review, the company's valid licence and, for guards from
/// another province, the filing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ActivateContract {
    /// The contract.
    pub contract: ContractId,
}

/// Changes terms from a day on; what is left out stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct AmendContract {
    /// The contract.
    pub contract: ContractId,
    /// First day of the changed terms; not in a period that is settled.
    pub effective_from: Day,
    /// New items and content of the service. Left out: as before.
    pub service: Option<String>,
    /// New rights and duties. Left out: as before.
    pub rights_and_duties: Option<String>,
    /// All fixed items from that day on. Left out: as before.
    pub fixed_items: Option<Vec<FixedItemInput>>,
    /// New cap of deductions, a share of a period's gross. Left out: as before.
    pub deduction_cap: Option<BasisPoints>,
    /// New weights of the assessment; only before the signature. Left out: as before.
    pub assessment_weights: Option<Vec<AssessmentWeightInput>>,
    /// Why, without naming people, up to 1,000 characters.
    pub reason: String,
}

/// Takes the contract out of force from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct SuspendContract {
    /// The contract.
    pub contract: ContractId,
    /// First day out of force.
    pub from: Day,
    /// Why, without naming people, up to 1,000 characters.
    pub reason: String,
}

/// Puts a suspended contract into force again; needs the company's valid licence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ResumeContract {
    /// The contract.
    pub contract: ContractId,
    /// First day in force again.
    pub from: Day,
}

/// Lengthens a contract before it ends; needs the company's valid licence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct RenewContract {
    /// The contract.
    pub contract: ContractId,
    /// New last day, later than the present one.
    pub ends_on: Day,
}

/// Ends a contract before its time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct TerminateContract {
    /// The contract.
    pub contract: ContractId,
    /// Last day in force.
    pub last_day: Day,
    /// Why, without naming people, up to 1,000 characters.
    pub reason: String,
}
