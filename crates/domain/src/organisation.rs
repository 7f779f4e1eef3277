//! An organisation 单位: station, committee, security company, volunteer team, agency or client; its licence, its
//! jurisdiction and its patrol teams.
//!
//! Registered → Dissolved. Only a security company holds a licence (Regulation on security services, art. 9).

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
pub use event::OrganisationEvent;
pub use state::{Licence, LicencePhase, LicenceStanding, Organisation, Phase, Profile, Team};
