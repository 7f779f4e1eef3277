//! An incident 警情/事件: something that happened on the street, from the first report to its closing.
//!
//! Reported → Triaged → Dispatched → OnScene → Resolved → Closed, and Reopened from there. A step may be left out
//! when it was left out in life: who arrives without having been dispatched is on scene, and no dispatch is made up.
//! A duplicate is merged into the earlier report, its survivor, and stands still until it is unmerged.

mod attend;
mod command;
mod correct;
mod decide;
mod event;
pub mod reason;
mod relate;
#[cfg(test)]
pub(crate) mod samples;
mod settle;
mod state;
#[cfg(test)]
mod tests;
mod unit;
mod vocabulary;

pub use command::*;
pub use decide::{Facts, Survivor};
pub use event::IncidentEvent;
pub use state::{Disposition, Incident, Phase, Report, Transfer};
pub use unit::{UnitStep, UnitTimes};
pub use vocabulary::*;
