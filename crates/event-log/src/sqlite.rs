//! The event log in one SQLite file: one writer thread with group commit, readers on connections of their own.
//!
//! An append waits in a queue; everything that waits shares one transaction and one sync, and each append is judged
//! on its own. Positions are gapless from 1. The commit path touches the end of one table only: the stream index
//! follows in sorted slices, and what it does not hold yet is found through a tail in memory.
//!
//! After a failed sync nothing is acknowledged any more until the log is opened again; a full disk refuses appends
//! until there is room. Absent on purpose: a second writer (the lock file keeps other processes out), an index by
//! event id (a repeat is recognised by the revision it expects).

mod backup;
mod checkpoint;
mod error;
mod group;
mod heads;
mod index;
mod key;
mod merge;
mod open;
mod options;
mod reader;
mod request;
mod schema;
mod shared;
mod stats;
mod subscription;
mod tail;
mod verify;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tracing::{Instrument as _, field::Empty};

pub use backup::backup;
pub use checkpoint::{Checkpointer, Looked};
pub use options::SqliteOptions;
pub use reader::SqliteReader;
pub use stats::{GROUP_BUCKETS_EVENTS, LATENCY_BUCKETS_MICROS, Stats};
pub use subscription::{DELIVERY_BYTES, DELIVERY_EVENTS};
pub use verify::{Verified, verify};

use crate::{
    Append, Appended, EventLog, LogError, Pending, Position, Recorded, Revision, StreamName, Subscription,
};
use request::{Answer, Request};
use shared::{Shared, closed};

/// The event log in one SQLite file. Dropping it answers everything that waits, then closes the file.
#[derive(Debug)]
pub struct SqliteLog {
    shared: Arc<Shared>,
    /// `None` only while the log is dropped.
    queue: Option<mpsc::UnboundedSender<Request>>,
    /// One permit for every [`ROOM_UNIT`] bytes in the queue.
    room: Arc<Semaphore>,
    room_units: u32,
    writer: Option<JoinHandle<()>>,
}

/// An append takes at least this much of the queue, in bytes.
const ROOM_UNIT: usize = 1_024;

impl SqliteLog {
    /// Opens the log at `path`, creating it when there is none.
    ///
    /// Errors: [`LogError::Unavailable`] when another process writes to it, when the file is not a log or comes from
    /// a newer program; [`LogError::Full`]; [`LogError::Damaged`].
    pub fn open(path: &Path, options: SqliteOptions) -> Result<Self, LogError> {
        open::open(path, options)
    }

    /// The figures of this log now.
    pub fn stats(&self) -> Stats {
        self.shared.counters.read(*self.shared.head.borrow())
    }

    /// A blocking reader for a thread of its own.
    pub fn reader(&self) -> Result<SqliteReader, LogError> {
        SqliteReader::open(&self.shared.path)
    }

    /// As [`EventLog::read_all`], blocking the calling thread.
    pub fn read_all_blocking(
        &self,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        self.shared.read_blocking(|reader| reader.read_all(after, limit))
    }

    /// Copies the log as it is now to `to` while appends go on; see [`backup`].
    pub fn backup(&self, to: &Path, progress: impl FnMut(u64, u64)) -> Result<(), LogError> {
        backup(&self.shared.path, to, progress)
    }

    async fn enqueue(&self, append: Append) -> Result<Appended, LogError> {
        let span = tracing::info_span!(
            "append",
            category = append.stream.category(),
            events = append.events.len(),
            group.appends = Empty,
            group.events = Empty,
            group.commit_micros = Empty,
            outcome = Empty,
        );
        let started = Instant::now();
        let outcome = async {
            match self.hand_over(append).await {
                Ok(waiting) => answer(waiting).await,
                Err(refused) => Err(refused),
            }
        };
        let outcome = outcome.instrument(span.clone()).await;
        self.shared.counters.answered(started.elapsed(), &outcome);
        span.record("outcome", word(&outcome));
        outcome
    }

    /// Puts an append into the queue of the writer, who keeps its order.
    async fn hand_over(&self, append: Append) -> Result<oneshot::Receiver<Answer>, LogError> {
        let bytes = append.check()?;
        self.shared.check()?;
        let units = u32::try_from(bytes / ROOM_UNIT + 1).unwrap_or(u32::MAX).min(self.room_units);
        let room = Arc::clone(&self.room).acquire_many_owned(units).await.map_err(|_| closed())?;
        let (request, waiting) = Request::new(append, bytes, room);
        self.queue.as_ref().ok_or_else(closed)?.send(request).map_err(|_| closed())?;
        Ok(waiting)
    }
}

async fn answer(waiting: oneshot::Receiver<Answer>) -> Result<Appended, LogError> {
    let own = match waiting.await {
        Ok(Answer::One(outcome, figures)) => {
            figures.note();
            Some(outcome)
        }
        Ok(Answer::Group(mut answers)) => answers.own(),
        Err(_) => None,
    };
    own.unwrap_or_else(|| Err(LogError::Unknown("the writer has stopped".into())))
}

/// An outcome in a word, for traces.
const fn word(outcome: &Result<Appended, LogError>) -> &'static str {
    match outcome {
        Ok(Appended::Done { .. }) => "done",
        Ok(Appended::AlreadyThere { .. }) => "already_there",
        Ok(Appended::Conflict { .. }) => "conflict",
        Err(LogError::Unknown(_)) => "unknown",
        Err(LogError::Full(_)) => "full",
        Err(LogError::Malformed(_)) => "malformed",
        Err(LogError::Unavailable(_) | LogError::Damaged(_)) => "unavailable",
    }
}

impl EventLog for SqliteLog {
    /// Dropping the future takes nothing back: the append may still become durable.
    fn append(&self, append: Append) -> BoxFuture<'_, Result<Appended, LogError>> {
        self.enqueue(append).boxed()
    }

    fn append_next(&self, append: Append) -> BoxFuture<'_, Result<Pending<'_>, LogError>> {
        async move {
            let started = Instant::now();
            let waiting = self.hand_over(append).await?;
            let pending = async move {
                let outcome = answer(waiting).await;
                self.shared.counters.answered(started.elapsed(), &outcome);
                outcome
            };
            Ok(pending.boxed())
        }
        .boxed()
    }

    fn read_stream<'a>(
        &'a self,
        stream: &'a StreamName,
        from: Revision,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Recorded>, LogError>> {
        let stream = stream.clone();
        let read = move |reader: &SqliteReader, shared: &Shared| {
            let newest = reader::newest(&shared.tail(), &stream, from, limit);
            reader.read_stream(&stream, from, limit, &newest)
        };
        self.shared.read(read).boxed()
    }

    fn read_all(
        &self,
        after: Option<Position>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Recorded>, LogError>> {
        self.shared.read(move |reader: &SqliteReader, _: &Shared| reader.read_all(after, limit)).boxed()
    }

    fn subscribe(&self, after: Option<Position>) -> Box<dyn Subscription> {
        Box::new(subscription::SqliteSubscription::new(Arc::clone(&self.shared), after))
    }

    fn head(&self) -> BoxFuture<'_, Result<Option<Position>, LogError>> {
        let head = *self.shared.head.borrow();
        std::future::ready(Ok((head > 0).then_some(Position(head)))).boxed()
    }
}

impl Drop for SqliteLog {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            // The writer has no result; a panic in it has been printed by the runtime.
            let _ = writer.join();
        }
    }
}
