//! A person 人员: roles in the service of organisations, and credentials.
//!
//! Enrolled → ErasureRequested → Erased. Everything that identifies the person is sealed; the state remembers none
//! of it. Who may be a guard follows from the Regulation on security services, art. 16 and 17.

mod command;
mod credential;
mod decide;
mod event;
mod identity;
pub mod reason;
#[cfg(test)]
mod samples;
mod state;
#[cfg(test)]
mod tests;

pub use command::*;
pub use decide::{Facts, RetentionBlock};
pub use event::PersonEvent;
pub use state::{Credential, CredentialPhase, ErasureBlock, Person, Phase};
