//! The application: authorize → load → decide → seal → append → wait until the local views hold the position.
//!
//! One generic path for every command ([`App::execute`]); the few commands that touch two streams are sagas over it
//! (reserve → confirm → or release). Policies react to time and to what a crash left behind.
//! Absent on purpose: SQL, HTTP, and any rule of the domain.

mod acting;
mod append;
mod authorize;
mod cache;
mod content;
mod error;
mod execute;
pub mod keys;
mod lease;
mod load;
mod lookup;
pub mod personal;
pub mod policy;
mod reach;
pub mod reason;
mod rehearse;
mod reveal;
mod saga;
mod slice;
mod tally;
mod turns;
mod viewer;

pub use authorize::{Grant, Permission};
pub use error::AppError;
pub use execute::{App, Clock, Config, Done, Request};
pub use lease::Lease;
pub use reach::{Reach, parts_of};
pub use rehearse::Rehearsal;
pub use reveal::{Opening, Reveal, RevealByPhone, Revealed};
pub use saga::Handles;
pub use slice::Slice;
pub use viewer::{AccountRole, Viewer};
