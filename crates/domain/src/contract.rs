//! A contract for security services 保安服务合同 between a security company and its client.

mod command;
mod event;
mod terms;
mod vocabulary;

pub use command::*;
pub use event::ContractEvent;
pub use terms::{
    AssessmentWeight, CriterionScore, FixedItem, MoneyTerms, PostTerms, ServiceLevel, StatementLine,
};
pub use vocabulary::{BreachKind, ContractTask, ForbiddenTask};
