//! Scenarios: realistic districts on real area codes, driven through the application by a seeded generator with a
//! clock of its own.
//!
//! The scenario *shashi* is the street-level security of the Shashi District (421002): police, communities and security
//! companies. Places and totals are real as reported: 324 volunteer patrol teams with 1,614 members and 260 paid teams
//! with 520 members. Their distribution over the 112 communities is not reported: it is generated from the seed. Names,
//! numbers and addresses of people are generated; nobody is meant.
//!
//! Everything goes through commands: nothing is appended past the application. A refusal that was not meant ends the
//! load with an error. The same seed and the same end give the same commands with the same ids, so a load that was
//! interrupted can be run again. (The steps that the platform takes by itself have ids of its keyring's own.)
//!
//! Absent on purpose: a wall clock, real randomness, and any knowledge of how the log or the views are stored.

mod agenda;
mod areas;
mod clock;
mod days;
mod dice;
mod drive;
mod error;
mod load;
mod names;
mod pace;
mod plan;
mod setup;
mod shift;
mod world;

pub use areas::{BadLine, ImportReport, areas_csv, import_areas};
pub use clock::SimClock;
pub use error::CityError;
pub use load::{Progress, load};
pub use plan::Plan;
pub use world::{CommitteeSummary, CompanySummary, ContractSummary, Expected, World};
