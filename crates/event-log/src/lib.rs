//! The port of the event log: append with an exact expected revision, read a stream, read everything in one
//! global order, subscribe. Engines stand behind [`EventLog`]; nothing here knows what an event means.
//!
//! Absent on purpose: an append without an expected revision, an update, a delete, and any notion of a domain.

#[cfg(feature = "contract")]
pub mod contract;
mod limits;
mod migrate;
mod record;
pub mod sqlite;

pub use migrate::{MoveError, Moved, compare, migrate};
pub use record::{Digest, EventId, NewEvent, Position, Recorded, Revision, StreamName, StreamNameError};

pub use sqlite::{SqliteLog, SqliteOptions, SqliteReader};

use futures_util::future::BoxFuture;

/// What the stream must look like for an append to be accepted. There is deliberately no `Any`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The stream has no event yet.
    NoStream,
    /// The last event of the stream has exactly this revision.
    Exact(Revision),
}

/// One atomic append to one stream. All events become durable together or none does.
#[derive(Clone, Debug)]
pub struct Append {
    pub stream: StreamName,
    pub expected: Expected,
    /// At least one event; more than [`MAX_EVENTS_PER_APPEND`] is refused.
    pub events: Vec<NewEvent>,
}

/// Bound of one append, so that one caller can not hold a whole group commit.
pub const MAX_EVENTS_PER_APPEND: usize = 512;
/// Bound of one append: kind, metadata and data of all its events together, in bytes.
pub const MAX_APPEND_BYTES: usize = 8 << 20;
/// Bound of the kind of an event, in bytes.
pub const MAX_KIND_BYTES: usize = 64;
/// Bound of one event: kind, metadata and data together, in bytes.
pub const MAX_EVENT_BYTES: usize = 1 << 20;

impl Append {
    /// Refuses what no engine may take: no event or more than [`MAX_EVENTS_PER_APPEND`], an event above
    /// [`MAX_EVENT_BYTES`], all above [`MAX_APPEND_BYTES`], a kind that is empty or above [`MAX_KIND_BYTES`],
    /// version 0. Answers the bytes of all events together; the error is [`LogError::Malformed`].
    pub fn check(&self) -> Result<usize, LogError> {
        limits::check(self)
    }
}

/// What became of an append that the log answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// Durable now. `position` and `revision` are those of the last event of the append.
    Done { position: Position, revision: Revision },
    /// The very same events (by id) already stand at these revisions: the first outcome again.
    AlreadyThere { position: Position, revision: Revision },
    /// The stream is not as expected; `actual` is its last revision, `None` when it does not exist.
    Conflict { actual: Option<Revision> },
}

/// Why an append or a read got no answer of the kinds above.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LogError {
    /// It may or may not have become durable: repeat it with the same event ids and the same expectation.
    #[error("the outcome of the append is unknown: {0}")]
    Unknown(String),
    /// Nothing was appended, and nothing will be until the cause is removed.
    #[error("the log is unavailable: {0}")]
    Unavailable(String),
    /// Nothing was appended: there is no room left.
    #[error("the log is full: {0}")]
    Full(String),
    /// The request itself is impossible (empty, too large).
    #[error("the append is malformed: {0}")]
    Malformed(String),
    /// What is stored is not what was stored: a digest or the order is broken.
    #[error("the log is damaged: {0}")]
    Damaged(String),
}

/// One item of a live subscription.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// Events in global order, never empty.
    Events(Vec<Recorded>),
    /// All that was in the log when this was sent has been delivered. Sent once after the catch-up.
    CaughtUp,
}

/// A live subscription: call `next` until it answers an error or the subscriber has had enough.
pub trait Subscription: Send {
    /// Waits for the next delivery. An engine bounds the events of one delivery.
    fn next(&mut self) -> BoxFuture<'_, Result<Delivery, LogError>>;
}

/// The answer to an append that was handed over.
pub type Pending<'a> = BoxFuture<'a, Result<Appended, LogError>>;

/// The event log. Implementations are shared between tasks and threads.
pub trait EventLog: Send + Sync {
    /// Appends atomically. An answer of [`Appended::Done`] means durable, on disk, now.
    fn append(&self, append: Append) -> BoxFuture<'_, Result<Appended, LogError>>;

    /// Appends in a row: what is handed over after this has answered comes later in the global order. The answer to the
    /// append itself comes from the inner future, so that several can be under way. An engine that can not keep the order
    /// of several waits for each.
    fn append_next(&self, append: Append) -> BoxFuture<'_, Result<Pending<'_>, LogError>> {
        Box::pin(async move {
            let appended = self.append(append).await?;
            let pending: Pending<'_> = Box::pin(std::future::ready(Ok(appended)));
            Ok(pending)
        })
    }

    /// Up to `limit` events of one stream, from revision `from` on, in order. An unknown stream is empty.
    fn read_stream<'a>(
        &'a self,
        stream: &'a StreamName,
        from: Revision,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Recorded>, LogError>>;

    /// Up to `limit` events after `after` (from the start when `None`), in global order.
    fn read_all(
        &self,
        after: Option<Position>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Recorded>, LogError>>;

    /// A live subscription to everything after `after`, with a mark when it has caught up.
    fn subscribe(&self, after: Option<Position>) -> Box<dyn Subscription>;

    /// Position of the last durable event, `None` when the log is empty.
    fn head(&self) -> BoxFuture<'_, Result<Option<Position>, LogError>>;
}
