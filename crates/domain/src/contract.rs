//! A contract for security services 保安服务合同 between a security company and its client.
//!
//! Drafted → Signed → Active ⇄ Suspended → Terminated. It holds posts and service levels by effective date, the
//! certified attendance that may be billed, breaches with their deductions, assessments, statements and payments.
//! A statement is computed here from what was certified and upheld; nobody types its amounts in. The computation itself
//! is in [`settlement`]: plain functions on plain input, for decisions, views and tests alike.

mod command;
mod decide;
mod event;
pub mod reason;
#[cfg(test)]
mod samples;
pub mod settlement;
mod state;
mod terms;
#[cfg(test)]
mod tests;
mod vocabulary;

pub use command::*;
pub use decide::{Facts, WorkedShift};
pub use event::ContractEvent;
pub use state::{
    Assessment, Attendance, Breach, BreachPhase, Contract, Parties, Phase, Post, PostOrder, Rectification,
    Statement, StatementPhase,
};
pub use terms::{
    AssessmentWeight, CriterionScore, FixedItem, MoneyTerms, PostTerms, ServiceLevel, StatementLine,
};
pub use vocabulary::{BreachKind, ContractTask, ForbiddenTask};
