//! A patrol run 巡逻任务: one walk along a route of a published plan.
//!
//! Running ⇄ Paused → Completed or Abandoned. The stops with their due times are fixed at the start, so that later
//! changes of the plan do not touch the run. What becomes of a stop follows from what happened and when, not from the
//! order in which devices report it: a scan is taken once by its id, an oddity is flagged and kept, a miss that a late
//! offline scan disproves is rescinded.

mod command;
mod decide;
mod event;
pub mod reason;
#[cfg(test)]
pub(crate) mod samples;
mod scan;
mod state;
#[cfg(test)]
mod tests;

pub use command::*;
pub use decide::Facts;
pub use event::{DeviationKind, DueStop, RunEvent, ScanFlag, SkipReason};
pub use state::{Deviation, PatrolRun, Phase, Scan, Stop, StopOutcome};
