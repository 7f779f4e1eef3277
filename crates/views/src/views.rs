//! The live views: the runner, the readers, and the swap to a rebuilt file.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock, atomic::Ordering},
    thread::JoinHandle,
    time::Duration,
};

use event_log::EventLog;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{broadcast, watch};

use crate::{
    Calendar, Change, Lag, VERSION, ViewsError, compare, rebuild,
    runner::{self, Progress},
    store::Store,
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
    permits: tokio::sync::Semaphore,
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
            permits: tokio::sync::Semaphore::new(READERS_KEPT),
            runtime,
        })
    }

    pub fn calendar(&self) -> &Calendar {
        &self.options.calendar
    }

    pub fn options(&self) -> &ViewsOptions {
        &self.options
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

    /// What commits change, from now on. A slow receiver loses the oldest and is told so.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.progress.changes.subscribe()
    }

    /// How far the views are behind `head` at `now` (milliseconds since 1970).
    pub fn lag(&self, head: u64, now_milliseconds: u64) -> Lag {
        let events = head.saturating_sub(self.position());
        let folded = self.progress.folded_at.load(Ordering::Relaxed);
        let milliseconds = if events == 0 { 0 } else { now_milliseconds.saturating_sub(folded) };
        Lag { events, milliseconds }
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
    /// asynchronous threads.
    ///
    /// # Errors
    /// What the query answers, or that the store can not be read.
    pub async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&crate::query::Snapshot<'_>) -> Result<T, ViewsError> + Send + 'static,
    ) -> Result<T, ViewsError> {
        let _permit = self.permits.acquire().await.map_err(|cause| ViewsError::Stopped(cause.to_string()))?;
        let readers = self.readers();
        let calendar = self.options.calendar.clone();
        self.runtime
            .spawn_blocking(move || readers.with(&calendar, query))
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
        self.readers().with(&self.options.calendar, query)
    }

    fn readers(&self) -> Arc<Readers> {
        Arc::clone(&self.readers.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Builds a new file beside the live one, compares the two at the same position, and swaps the new one in. Queries
    /// go on all the time; commits to the live views pause during the comparison. Blocking: call off the runtime.
    ///
    /// # Errors
    /// When the build fails or the two differ (`Foreign` names the tables); the live file then stays.
    pub fn rebuild_and_swap(&self, progress: impl FnMut(u64)) -> Result<rebuild::Rebuilt, ViewsError> {
        let mut runner = self.runner.lock().unwrap_or_else(PoisonError::into_inner);
        let live = self.readers().file.clone();
        let built = beside(&live);
        let log = Arc::clone(&self.log);
        let runtime = self.runtime.clone();
        let mut read = move |after, limit| runtime.block_on(log.read_all(after, limit));
        let mut done = rebuild::rebuild_file(&built, &self.options.calendar, &mut read, progress)?;
        let old = self.stop_runner(&mut runner);
        let mut store = Store::open(&built, self.options.calendar.clone(), true)?;
        let stop_at = old.as_ref().map_or(0, Store::position);
        // The live file may be a little ahead of or behind the new one: bring both to the same position.
        let outcome = self.level(&mut store, stop_at, old, &live, &built);
        done.position = store.position();
        match outcome {
            Ok(()) => {
                *self.readers.write().unwrap_or_else(PoisonError::into_inner) =
                    Arc::new(Readers { file: built, idle: Mutex::new(Vec::new()) });
                self.resume(&mut runner, store)?;
                Ok(done)
            }
            Err(cause) => {
                drop(store);
                rebuild::remove(&built)?;
                self.resume(&mut runner, Store::open(&live, self.options.calendar.clone(), true)?)?;
                Err(cause)
            }
        }
    }

    fn level(
        &self,
        new: &mut Store,
        live_at: u64,
        old: Option<Store>,
        live: &Path,
        built: &Path,
    ) -> Result<(), ViewsError> {
        let mut old = old.ok_or_else(|| ViewsError::Stopped("the runner was not running".into()))?;
        let target = live_at.max(new.position());
        for store in [&mut old, &mut *new] {
            while store.position() < target {
                let after = runner::position(store.position());
                let limit = usize::try_from(target - store.position()).unwrap_or(usize::MAX).min(4_096);
                let records = self.runtime.block_on(self.log.read_all(after, limit))?;
                for record in records.iter().filter(|record| record.position.0 <= target) {
                    store.apply(&crate::Envelope::read(record)?)?;
                }
                store.commit()?;
            }
        }
        drop(old);
        let differing = compare::differences(live, built)?;
        if differing.is_empty() {
            Ok(())
        } else {
            Err(ViewsError::Foreign(format!(
                "the rebuilt views differ from the live ones in: {}",
                differing.join(", ")
            )))
        }
    }

    fn stop_runner(&self, runner: &mut Option<JoinHandle<Store>>) -> Option<Store> {
        self.progress.stop.store(true, Ordering::Release);
        self.progress.position.send_modify(|_| {});
        runner.take().and_then(|thread| thread.join().ok())
    }

    fn resume(&self, runner: &mut Option<JoinHandle<Store>>, store: Store) -> Result<(), ViewsError> {
        self.progress.stop.store(false, Ordering::Release);
        let thread =
            runner::start(store, Arc::clone(&self.log), Arc::clone(&self.progress), self.runtime.clone())?;
        *runner = Some(thread);
        Ok(())
    }

    /// Stops following the log; everything folded so far is committed. Blocking.
    pub fn close(&self) {
        let mut runner = self.runner.lock().unwrap_or_else(PoisonError::into_inner);
        let store = self.stop_runner(&mut runner);
        drop(store);
        // A rebuilt file takes the name of the live one, so that the next start finds it.
        let file = self.readers().file.clone();
        let wanted = self.options.file();
        if file != wanted {
            self.readers().idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
            if let Err(cause) = rename(&file, &wanted) {
                tracing::warn!(%cause, "the rebuilt views could not take their place; they are rebuilt at the next start");
            }
        }
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
        query: impl FnOnce(&crate::query::Snapshot<'_>) -> Result<T, ViewsError>,
    ) -> Result<T, ViewsError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = idle.map_or_else(|| open_reader(&self.file), Ok)?;
        let outcome =
            crate::query::Snapshot::take(&connection, calendar).and_then(|snapshot| query(&snapshot));
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

/// A name for the new file: the two names alternate, so that a second rebuild does not meet the first one's file.
fn beside(live: &Path) -> PathBuf {
    let name = live.file_name().and_then(|name| name.to_str()).unwrap_or("views.db");
    let other = name.strip_prefix("next-").map_or_else(|| format!("next-{name}"), str::to_owned);
    live.with_file_name(other)
}

fn rename(from: &Path, to: &Path) -> Result<(), ViewsError> {
    // Closing the last connection has folded the write-ahead file into the main one.
    rebuild::remove(to)?;
    std::fs::rename(from, to)?;
    rebuild::remove(from)
}
