//! Read models in SQLite: rows folded from the log, day rollups, and the queries over them.
//!
//! The rows of a fold and the position it has reached commit together, so every event counts exactly once, whatever
//! stops the process. Every query takes a [`Scope`]: what lies outside does not exist for the asker.
//! Absent on purpose: decisions, opened personal data (rows keep it sealed), and any clock.

mod calendar;
pub mod compare;
mod envelope;
mod error;
mod feed;
mod file;
mod fold;
pub mod query;
mod rebuild;
mod rollup;
mod row;
pub mod rows;
mod runner;
mod scope;
mod store;
mod table;
mod views;
mod wanted;

pub use calendar::{Calendar, Period};
pub use envelope::{AnyEvent, CATEGORIES, Envelope};
pub use error::ViewsError;
pub use feed::{Changed, ChangedRow, Changes, Followed, Heard, Parties};
pub use file::remove as remove_file;
pub use rebuild::{Rebuilt, rebuild_file};
pub use rollup::{Dimension, Histogram, Measure, Rollups, TIMELESS, team_class};
pub use row::{Page, PageRequest, Row, Told};
pub use runner::Lag;
pub use scope::Scope;
pub use views::{Views, ViewsOptions};

/// Raised whenever a fold or a row changes: the views are then rebuilt from the log into a new file.
pub const VERSION: u32 = 5;
