//! An organisation 单位: station, committee, security company, volunteer team, agency or client; its licence, its
//! jurisdiction and its patrol teams.
//!
//! Registered → Dissolved. Only a security company holds a licence (Regulation on security services, art. 9).

mod command;
mod event;

pub use command::*;
pub use event::OrganisationEvent;
