//! Posts, their orders, and who stood on them.

#[cfg(feature = "graphql")]
use async_graphql::InputObject;

use crate::{
    AreaCode, BasisPoints, ContractId, Day, Fen, OrganisationId, PersonId, PostId, PostOrderId, ShiftId,
    When,
    contract::{ContractTask, ForbiddenTask},
};

/// Defines a post, or defines it anew from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct DefinePost {
    /// The contract.
    pub contract: ContractId,
    /// The post; left out for a new one: derived from the command id.
    pub post: Option<PostId>,
    /// Name of the post, up to 200 characters.
    pub name: String,
    /// Where the post is, inside the area of the contract.
    pub area: AreaCode,
    /// How many guards stand there at once, 1 to 200.
    pub heads: u16,
    /// Days of the week on which the window begins: 1 is Monday, 7 is Sunday.
    pub weekdays: Vec<u8>,
    /// Begin of the window in minutes of the local day, 0 to 1439.
    pub from_minute: u16,
    /// End of the window in minutes of the local day, 0 to 1440; less than the begin when it runs over midnight.
    pub to_minute: u16,
    /// Rate for one guard and one hour.
    pub rate_per_hour: Fen,
    /// First day of these terms; not in a period that is settled.
    pub effective_from: Day,
    /// Last day of these terms. Left out: until a later definition or the contract's end.
    pub effective_until: Option<Day>,
}

/// Sets the service level from a day on. A tariff is the most that can be deducted per unit of a breach.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct SetServiceLevel {
    /// The contract.
    pub contract: ContractId,
    /// First day of this service level.
    pub effective_from: Day,
    /// Least post coverage, in basis points.
    pub coverage_target: BasisPoints,
    /// Minutes within which an incident is reported, 1 to 1440.
    pub incident_report_minutes: u16,
    /// Days within which a rectification is completed, 1 to 365.
    pub rectification_days: u16,
    /// Tariff for a minute in which a post was not covered. Left out: no tariff bounds a deduction for it.
    pub per_uncovered_minute: Option<Fen>,
    /// Tariff for a minute that a guard came late or left early. Left out: no tariff bounds a deduction for it.
    pub per_late_minute: Option<Fen>,
    /// Tariff for a case of any other breach. Left out: no tariff bounds a deduction for it.
    pub per_case: Option<Fen>,
}

/// Gives a post its order 岗位职责. A task that a guard must not do is refused (Regulation on security services, art. 30).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct IssuePostOrder {
    /// The contract.
    pub contract: ContractId,
    /// Left out: derived from the command id.
    pub order: Option<PostOrderId>,
    /// The post it is for.
    pub post: PostId,
    /// The tasks, 1 to 20.
    pub tasks: Vec<ContractTask>,
    /// The order itself, without naming people, up to 4,000 characters.
    pub text: String,
}

/// A guard of the company confirms to have read a post order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct AcknowledgePostOrder {
    /// The contract.
    pub contract: ContractId,
    /// The order.
    pub order: PostOrderId,
    /// Who confirms.
    pub person: PersonId,
}

/// Refuses a request for a task that a guard must not do, and reports it to the police (Regulation on security services,
/// art. 21 and 30).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct RefuseUnlawfulRequest {
    /// The contract.
    pub contract: ContractId,
    /// What was asked for.
    pub task: ForbiddenTask,
    /// Who asked for it.
    pub requested_by: OrganisationId,
    /// The police station it is reported to.
    pub reported_to: OrganisationId,
    /// The circumstances, without naming people, up to 4,000 characters.
    pub note: String,
}

/// Certifies the presence of one guard on a post, so that it can be billed: never more minutes than the shift has certified.
/// Seconds are cut inwards to whole minutes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct CertifyAttendance {
    /// The contract.
    pub contract: ContractId,
    /// The post.
    pub post: PostId,
    /// The certified shift.
    pub shift: ShiftId,
    /// The guard.
    pub person: PersonId,
    /// Begin of the presence.
    pub from: When,
    /// End of the presence.
    pub to: When,
}

/// Corrects a certified attendance; refused in a period that is settled (dispute the statement first).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct CorrectAttendance {
    /// The contract.
    pub contract: ContractId,
    /// The shift.
    pub shift: ShiftId,
    /// The guard.
    pub person: PersonId,
    /// Right begin of the presence.
    pub from: When,
    /// Right end of the presence; the same as the begin when the guard was not there.
    pub to: When,
    /// Why, without naming people, up to 1,000 characters.
    pub reason: String,
}
