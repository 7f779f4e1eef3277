//! Access to personal data: who opened which fields of whom, when and why. One stream per subject.
//!
//! The record is made before a value is shown, so nothing is seen without it (Personal Information Protection Law,
//! art. 51 and 55–56: processing is recorded, and the record kept for 3 years at least; art. 44–45: the person may
//! know of it). No value is ever in it: neither the opened ones nor the number that was looked for.
//! Absent: who may open. That is asked of the subject's own aggregate before a command comes here.

mod command;
mod decide;
mod event;
pub mod reason;
#[cfg(test)]
pub(crate) mod samples;
mod state;
mod subject;
#[cfg(test)]
mod tests;

pub use command::*;
pub use decide::{Facts, MOST_AT_ONCE, WINDOW_SECONDS};
pub use event::AccessEvent;
pub use state::Access;
pub use subject::{PersonalSubject, PersonalSubjectError, phone_key};
