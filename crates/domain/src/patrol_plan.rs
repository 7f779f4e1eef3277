//! A patrol plan 巡逻方案: the routes of one organisation, in versions, and the checkpoints that stand on them.
//!
//! A version goes Drafted → Approved → Published → Superseded. A published version never changes: what shall change
//! goes into the draft of the next one. Checkpoints are things in the street and not part of a version: they are
//! installed and retired when that happens.

mod command;
mod decide;
mod event;
pub mod reason;
#[cfg(test)]
pub(crate) mod samples;
mod state;
#[cfg(test)]
mod tests;

pub use command::*;
pub use decide::Facts;
pub use event::{CheckpointPosition, PlanEvent, RouteStop};
pub use state::{Checkpoint, PatrolPlan, Phase, PlanVersion, PublishedPlan, Route};
