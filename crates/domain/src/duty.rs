//! The duty 勤务 of one person: the stream that owns "nobody has two overlapping shifts".
//!
//! A shift owns its places, but it can not see the person's other shifts. So a place is taken in three steps: the time
//! is reserved here → the shift assigns the place → the reservation is confirmed, or released when the shift refuses.
//! What a crash leaves in between is a reservation past its `expires_at`; it still blocks the time until a policy
//! releases it, because only the policy can look up whether the shift did assign the place.

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
pub use decide::{Facts, RESERVATION_MINUTES};
pub use event::DutyEvent;
pub use state::{Assignment, Duty};
