//! The event log on an EventStoreDB/KurrentDB cluster, through its official client: the engine behind
//! [`event_log::EventLog`] where one machine is not enough.
//!
//! The client does not survive what a cluster survives: after the death of a leader it never asks gossip again, one
//! exhausted discovery ends it for good, it has no deadline of its own, a subscription whose stream ends spins for
//! ever. So this crate owns its life: every call has a deadline and runs on the [`client`]'s own runtime, a failed
//! client is replaced together with that runtime, unclear appends are repeated with the same event ids, and
//! subscriptions are watched and restarted from the last event that was handed on.
//!
//! Absent on purpose: an append without an exact revision, projections and persistent subscriptions of the server, and
//! any change of a stream's settings but one: [`KurrentLog::keep_last`], by which a key ends.

mod append;
mod backoff;
mod circuit;
mod client;
mod fault;
mod log;
mod options;
mod pump;
mod read;
mod record;
mod stats;
mod subscription;
mod unspin;

pub use circuit::Health;
pub use log::KurrentLog;
pub use options::{KurrentOptions, OptionsError};
pub use stats::Stats;
