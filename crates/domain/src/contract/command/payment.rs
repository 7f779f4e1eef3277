//! Statements and payments.

#[cfg(feature = "graphql")]
use async_graphql::InputObject;

use crate::{ContractId, Day, Fen, StatementId};

/// Computes and issues the statement of a period that has ended; its amounts follow from certified attendance, rates in
/// force, fixed items and upheld breaches. Periods do not overlap.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct IssueStatement {
    /// The contract.
    pub contract: ContractId,
    /// Left out: derived from the command id.
    pub statement: Option<StatementId>,
    /// First day of the period.
    pub from: Day,
    /// Last day of the period, at most 366 days.
    pub to: Day,
    /// A disputed statement in whose place it stands. Left out: it stands in place of none.
    pub replaces: Option<StatementId>,
}

/// Client or company disputes an issued statement.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct DisputeStatement {
    /// The contract.
    pub contract: ContractId,
    /// The statement.
    pub statement: StatementId,
    /// What is wrong, without naming people, up to 4,000 characters.
    pub reason: String,
}

/// The client approves a statement for payment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ApproveStatement {
    /// The contract.
    pub contract: ContractId,
    /// The statement.
    pub statement: StatementId,
}

/// Records a payment of an approved statement, at most what is outstanding. Not by the account that approved it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct RecordPayment {
    /// The contract.
    pub contract: ContractId,
    /// The statement.
    pub statement: StatementId,
    /// The amount paid.
    pub amount: Fen,
    /// Day of the payment.
    pub paid_on: Day,
    /// Reference of the transfer, unique in the contract, up to 100 characters.
    pub reference: String,
}
