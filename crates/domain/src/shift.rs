//! A shift 班次: a stretch of duty of one team at one place, with a number of places to be filled.
//!
//! Scheduled → Published → Assigned → OnDuty → Closed → Certified, or Cancelled on the way. The shift owns its places;
//! that nobody stands in two shifts at once is owned by the person's [`duty`](crate::duty) stream.

mod command;
mod decide;
mod event;
pub mod reason;
#[cfg(test)]
mod samples;
mod state;
#[cfg(test)]
mod tests;

pub use command::*;
pub use decide::Facts;
pub use event::{CertifiedMinutes, ShiftEvent};
pub use state::{Phase, Place, Plan, Shift, Trade};
