//! The live views: the runner and the readers. How they are built anew: [`swap`].

mod swap;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    thread::JoinHandle,
    time::Duration,
};

use event_log::EventLog;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::watch;

use crate::{
    Calendar, Changes, Lag, VERSION, ViewsError, file,
    runner::{self, Progress},
    store::Store,
    wanted::{Waiting, Wanted},
};

/// Queries at once, and readers kept open. Look-ups on the calling thread open more when all are busy.
const READERS_KEPT: usize = 8;

/// Where the views live and which calendar they follow.
#[derive(Clone, Debug)]
pub struct ViewsOptions {
    pub directory: PathBuf,
    pub calendar: Calendar,
}

impl ViewsOptions {
    /// The live file of this version.
    pub fn file(&self) -> PathBuf {
        self.directory.join(format!("views-{VERSION}.db"))
    }
}

/// The live views of one node. Shared between tasks.
pub struct Views {
    options: ViewsOptions,
    log: Arc<dyn EventLog>,
    progress: Arc<Progress>,
    readers: RwLock<Arc<Readers>>,
    runner: Mutex<Option<JoinHandle<Store>>>,
    /// One permit for every query that may run at once: more wait, and cost no memory.
    permits: Arc<tokio::sync::Semaphore>,
    runtime: tokio::runtime::Handle,
}

impl std::fmt::Debug for Views {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Views").field("options", &self.options).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Readers {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Views {
    /// Opens the views and starts to follow the log. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When the file can not be opened, or is of another version or calendar.
    pub fn open(options: ViewsOptions, log: Arc<dyn EventLog>) -> Result<Self, ViewsError> {
        let file = options.file();
        file::settle(&file, &options.calendar)?;
        let store = Store::open(&file, options.calendar.clone(), true)?;
        let progress = Arc::new(Progress::new(store.position()));
        let runtime = tokio::runtime::Handle::current();
        let runner = runner::start(store, Arc::clone(&log), Arc::clone(&progress), runtime.clone())?;
        Ok(Self {
            options,
            log,
            progress,
            readers: RwLock::new(Arc::new(Readers { file, idle: Mutex::new(Vec::new()) })),
            runner: Mutex::new(Some(runner)),
            permits: Arc::new(tokio::sync::Semaphore::new(READERS_KEPT)),
            runtime,
        })
    }

    pub fn calendar(&self) -> &Calendar {
        &self.options.calendar
    }

    pub fn options(&self) -> &ViewsOptions {
        &self.options
    }

    /// The file that queries read now: a rebuilt one until the server ends.
    pub fn live_file(&self) -> PathBuf {
        self.readers().file.clone()
    }

    /// Position that queries see now.
    pub fn position(&self) -> u64 {
        *self.progress.position.borrow()
    }

    /// Whether everything that was in the log at the start has been folded.
    pub fn caught_up(&self) -> watch::Receiver<bool> {
        self.progress.caught_up.subscribe()
    }

    /// Why the runner stopped, when it did.
    pub fn failure(&self) -> Option<String> {
        self.progress.failure()
    }

    /// What commits change from now on: whatever comes after the [`Self::position`] that is read after this call.
    pub fn changes(&self) -> Changes {
        self.progress.feed.follow()
    }

    /// How far the views are behind `head` at `now` (milliseconds since 1970).
    pub fn lag(&self, head: u64, now_milliseconds: u64) -> Lag {
        self.progress.lag(head, now_milliseconds)
    }

    /// Waits until queries see `position`.
    ///
    /// # Errors
    /// When that takes longer than `at_most`, or the views have stopped.
    pub async fn wait_for(&self, position: u64, at_most: Duration) -> Result<(), ViewsError> {
        let mut reached = self.progress.position.subscribe();
        let wait = async {
            loop {
                if *reached.borrow_and_update() >= position {
                    return Ok(());
                }
                if let Some(cause) = self.progress.failure() {
                    return Err(ViewsError::Stopped(cause));
                }
                if reached.changed().await.is_err() {
                    return Err(ViewsError::Stopped("the runner is gone".into()));
                }
            }
        };
        match tokio::time::timeout(at_most, wait).await {
            Ok(outcome) => outcome,
            Err(_) => Err(ViewsError::Behind { wanted: position, reached: self.position() }),
        }
    }

    /// Runs a query on a consistent snapshot; `query` is told the snapshot's position. Blocking work runs off the
    /// asynchronous threads. Dropping the future stops the query, also while it runs.
    ///
    /// # Errors
    /// What the query answers, or that the store can not be read.
    pub async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&crate::query::Snapshot<'_>) -> Result<T, ViewsError> + Send + 'static,
    ) -> Result<T, ViewsError> {
        let permits = Arc::clone(&self.permits);
        let permit = permits.acquire_owned().await.map_err(|cause| ViewsError::Stopped(cause.to_string()))?;
        let readers = self.readers();
        let calendar = self.options.calendar.clone();
        let waiting = Waiting::new();
        let wanted = waiting.wanted();
        self.runtime
            .spawn_blocking(move || {
                // Held until the query has ended, whoever waits for it: what was given up still uses a reader.
                let _permit = permit;
                readers.with(&calendar, Some(&wanted), query)
            })
            .await
            .map_err(|cause| ViewsError::Stopped(cause.to_string()))?
    }

    /// The same on the calling thread: for look-ups of a few microseconds.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_now<T>(
        &self,
        query: impl FnOnce(&crate::query::Snapshot<'_>) -> Result<T, ViewsError>,
    ) -> Result<T, ViewsError> {
        self.readers().with(&self.options.calendar, None, query)
    }

    fn readers(&self) -> Arc<Readers> {
        Arc::clone(&self.readers.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Views {
    fn drop(&mut self) {
        self.close();
    }
}

impl Readers {
    fn with<T>(
        &self,
        calendar: &Calendar,
        wanted: Option<&Wanted>,
        query: impl FnOnce(&crate::query::Snapshot<'_>) -> Result<T, ViewsError>,
    ) -> Result<T, ViewsError> {
        if wanted.is_some_and(|wanted| !wanted.is_wanted()) {
            return Err(ViewsError::Stopped("nobody waits for this query".into()));
        }
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = idle.map_or_else(|| open_reader(&self.file), Ok)?;
        if let Some(wanted) = wanted {
            wanted.watch(&mut connection)?;
        }
        let outcome =
            crate::query::Snapshot::take(&connection, calendar).and_then(|snapshot| query(&snapshot));
        if wanted.is_some() {
            Wanted::unwatch(&mut connection)?;
        }
        // A connection that can not end its transaction is not kept.
        if connection.execute_batch("COMMIT").is_ok() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < READERS_KEPT {
                idle.push(connection);
            }
        }
        outcome
    }
}

fn open_reader(file: &Path) -> Result<Connection, ViewsError> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.pragma_update(None, "cache_size", -4_096)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    crate::store::keep_plans(&connection)?;
    Ok(connection)
}
