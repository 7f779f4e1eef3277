//! An area 区域: a division of the country from the province down to the grid, named by its code.
//!
//! Active → Split, Merged or Dissolved. Levels follow from the length of the code and the area above is always the
//! prefix of the code, so there can be no cycle. An area that has ended takes no further facts, only corrections.
//! Absent on purpose: a limit on the households of a grid; 100 to 150 is guidance for a hint, not a law.

#[expect(unused_variables, reason = "no id of an area is derived from a command")]
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
pub use event::AreaEvent;
pub use state::{Area, HouseholdCount, Phase};
