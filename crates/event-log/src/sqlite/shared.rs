//! What the writer, the readers and the subscriptions share.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::{Semaphore, watch};

use super::reader::SqliteReader;
use super::stats::Counters;
use super::tail::Tail;
use crate::LogError;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) path: PathBuf,
    pub(super) counters: Counters,
    tail: RwLock<Tail>,
    /// Position of the last durable event, 0 when there is none.
    pub(super) head: watch::Sender<u64>,
    /// Why the log takes no more appends until it is opened again.
    broken: OnceLock<String>,
    readers: usize,
    permits: Semaphore,
    idle: Mutex<Vec<SqliteReader>>,
}

impl Shared {
    pub(super) fn new(path: PathBuf, tail: Tail, head: u64, readers: usize) -> Self {
        Self {
            path,
            counters: Counters::default(),
            tail: RwLock::new(tail),
            head: watch::Sender::new(head),
            broken: OnceLock::new(),
            readers: readers.max(1),
            permits: Semaphore::new(readers.max(1)),
            idle: Mutex::new(Vec::new()),
        }
    }

    pub(super) fn tail(&self) -> RwLockReadGuard<'_, Tail> {
        self.tail.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tail_mut(&self) -> RwLockWriteGuard<'_, Tail> {
        self.tail.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends all appending: the storage failed in a way after which nothing it says about durability can be trusted.
    pub(super) fn break_off(&self, why: &str) {
        if self.broken.set(why.to_owned()).is_ok() {
            tracing::error!(path = %self.path.display(), why, "the log takes no more appends until it is reopened");
        }
    }

    pub(super) fn check(&self) -> Result<(), LogError> {
        match self.broken.get() {
            None => Ok(()),
            Some(why) => {
                Err(LogError::Unavailable(format!("the storage failed, remove the cause and restart: {why}")))
            }
        }
    }

    /// Runs `read` on a pooled connection, off the async threads.
    pub(super) async fn read<T: Send + 'static>(
        self: &std::sync::Arc<Self>,
        read: impl FnOnce(&SqliteReader, &Self) -> Result<T, LogError> + Send + 'static,
    ) -> Result<T, LogError> {
        let _permit = self.permits.acquire().await.map_err(|_| closed())?;
        let shared = std::sync::Arc::clone(self);
        tokio::task::spawn_blocking(move || shared.read_blocking(|reader| read(reader, &shared)))
            .await
            .map_err(|error| LogError::Unavailable(format!("the read was broken off: {error}")))?
    }

    pub(super) fn read_blocking<T>(
        &self,
        read: impl FnOnce(&SqliteReader) -> Result<T, LogError>,
    ) -> Result<T, LogError> {
        let pooled = self.idle().pop();
        let reader = match pooled {
            Some(reader) => reader,
            None => SqliteReader::open(&self.path)?,
        };
        let answer = read(&reader);
        let mut idle = self.idle();
        if answer.is_ok() && !self.permits.is_closed() && idle.len() < self.readers {
            idle.push(reader);
        }
        answer
    }

    fn idle(&self) -> MutexGuard<'_, Vec<SqliteReader>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends reads and subscriptions, and closes the pooled connections so that the writer's is the last one.
    pub(super) fn close(&self) {
        self.permits.close();
        self.idle().clear();
        self.head.send_modify(|_| {});
    }

    pub(super) fn is_closed(&self) -> bool {
        self.permits.is_closed()
    }
}

pub(super) fn closed() -> LogError {
    LogError::Unavailable("the log is closed".into())
}
