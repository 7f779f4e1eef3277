//! The domain of Wardlog: vocabulary, aggregates (event · state · decide), kinds, versions and upcasters.
//!
//! Absent on purpose: IO, clocks, randomness, async. Time, ids and facts of other aggregates are arguments.
//! With the feature `graphql` the commands and the enums of the vocabulary can be read as GraphQL inputs, so that
//! no second definition of them has to be kept in step; it adds derives only.

pub mod access;
pub mod aggregate;
pub mod area;
pub mod area_code;
pub mod contract;
pub mod duty;
pub mod event;
#[cfg(feature = "graphql")]
mod graphql;
pub mod id;
pub mod incident;
pub mod meta;
pub mod money;
pub mod organisation;
pub mod patrol_plan;
pub mod patrol_run;
pub mod person;
pub mod personal;
pub mod rejection;
#[cfg(any(feature = "graphql", test))]
mod rfc3339;
pub mod shift;
pub mod standing;
#[cfg(test)]
mod testing;
pub mod time;
pub mod upcast;
pub mod vocabulary;
pub mod word;

pub use aggregate::Aggregate;
pub use area_code::{AreaCode, AreaLevel};
pub use event::{DecodeError, EncodeError, EventBody};
pub use id::*;
pub use meta::{Actor, Context, Meta};
pub use money::{BasisPoints, Fen};
pub use personal::{Personal, PersonalText};
pub use rejection::{Language, Reason, Rejection};
pub use standing::{CertificateStanding, Standing};
pub use time::{Day, When};
pub use vocabulary::*;
