//! Breaches, rectifications and assessments.

#[cfg(feature = "graphql")]
use async_graphql::InputObject;

use crate::{BasisPoints, BreachId, ContractId, Day, Fen, PostId, RectificationId, contract::BreachKind};

/// Alleges a breach. Not for the company.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct AllegeBreach {
    /// The contract.
    pub contract: ContractId,
    /// Left out: derived from the command id.
    pub breach: Option<BreachId>,
    /// What was breached.
    pub kind: BreachKind,
    /// The post it happened at. Left out: it is of no post.
    pub post: Option<PostId>,
    /// Day of the breach.
    pub on: Day,
    /// How many minutes or cases, by kind, 1 to 100,000.
    pub units: u32,
    /// What happened, without naming people, up to 4,000 characters.
    pub description: String,
}

/// The company contests an alleged breach.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ContestBreach {
    /// The contract.
    pub contract: ContractId,
    /// The breach.
    pub breach: BreachId,
    /// Its side, without naming people, up to 4,000 characters.
    pub answer: String,
}

/// Upholds a breach and names its deduction. Not for the company, and a contested breach not by the account that alleged it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct UpholdBreach {
    /// The contract.
    pub contract: ContractId,
    /// The breach.
    pub breach: BreachId,
    /// What is deducted, at most units times tariff where the service level names one; 0 for a warning.
    pub deduction: Fen,
    /// Why, without naming people, up to 1,000 characters.
    pub reason: String,
}

/// Drops an alleged breach. Not for the company.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct WaiveBreach {
    /// The contract.
    pub contract: ContractId,
    /// The breach.
    pub breach: BreachId,
    /// Why, without naming people, up to 1,000 characters.
    pub reason: String,
}

/// Orders the company to put something right. Not for the company.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct OrderRectification {
    /// The contract.
    pub contract: ContractId,
    /// Left out: derived from the command id.
    pub rectification: Option<RectificationId>,
    /// The breach it follows from. Left out: it follows from none.
    pub breach: Option<BreachId>,
    /// What must be put right, without naming people, up to 4,000 characters.
    pub text: String,
    /// Last day for it. Left out: as the service level says.
    pub due_on: Option<Day>,
}

/// Records that an ordered rectification is done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct CompleteRectification {
    /// The contract.
    pub contract: ContractId,
    /// The rectification.
    pub rectification: RectificationId,
    /// Day on which it was done.
    pub completed_on: Day,
    /// What was done, without naming people, up to 4,000 characters.
    pub result: String,
}

/// Scores the company for a period by the criteria and weights of the contract. Not for the company.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ScoreAssessment {
    /// The contract.
    pub contract: ContractId,
    /// First day of the period.
    pub from: Day,
    /// Last day of the period.
    pub to: Day,
    /// One score for each criterion of the contract.
    pub scores: Vec<CriterionScoreInput>,
}

/// Score of one criterion.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct CriterionScoreInput {
    /// Name of the criterion, as in the contract.
    pub criterion: String,
    /// Its score: 10,000 is full marks.
    pub score: BasisPoints,
}
