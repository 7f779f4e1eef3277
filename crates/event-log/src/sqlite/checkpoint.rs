//! Moving the write-ahead log into the database without holding the writer up.
//!
//! A thread of its own copies most of it while appends go on. What was written meanwhile is little, and the writer
//! copies that itself between two commits, because only then the log is empty for an instant and can start over
//! from its beginning. A log that starts over does not grow, and syncing a file that does not grow is cheap.
//!
//! The views keep their file in the same way.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rusqlite::{Connection, ErrorCode};

use super::error::code;
use super::schema::open_checkpointer;
use crate::LogError;

/// Rounds of copying beside the writer before it finishes what is left, however much that is.
const ROUNDS: usize = 4;
/// The writer waits once the write-ahead log is so many times longer than where a checkpoint starts.
const HARD_BOUND: u32 = 8;

/// A commit writes about this much even if its events are small.
const COMMIT_BYTES: usize = 8 << 10;
/// The length of the log is looked at each time about this much was written.
const LOOK_BYTES: usize = 256 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Wanted,
    Running,
    /// The writer has to finish.
    Ready,
    Stopped,
}

#[derive(Debug)]
struct Signal {
    state: Mutex<State>,
    changed: Condvar,
}

impl Signal {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, state: State) {
        let mut now = self.state();
        if *now != State::Stopped {
            *now = state;
        }
        self.changed.notify_all();
    }

    fn wait_while(&self, condition: impl Fn(State) -> bool) -> State {
        let guard = self.changed.wait_while(self.state(), |state| condition(*state));
        *guard.unwrap_or_else(PoisonError::into_inner)
    }
}

/// The writer's side. The writer's connection makes no checkpoints of its own (`wal_autocheckpoint = 0`).
#[derive(Debug)]
pub struct Checkpointer {
    signal: Arc<Signal>,
    thread: Option<JoinHandle<()>>,
    wal_pages: u32,
    /// Length at which the next checkpoint starts: later than usual after a reader kept the log from starting over.
    start_at: u32,
    /// Written, roughly, since the length of the log was last looked at.
    unseen_bytes: usize,
}

/// What the writer has seen of the write-ahead log after a commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// Its length, when it was looked at.
    pub pages: Option<u32>,
    /// Whether it starts over from its beginning.
    pub starts_over: bool,
}

impl Checkpointer {
    /// Starts a thread of that name, which copies once the write-ahead log has `wal_pages`. `on_fault` is told, on the
    /// thread, when that fails for another reason than a full disk.
    ///
    /// # Errors
    /// The database can not be opened once more.
    pub fn start(
        path: &Path,
        name: &str,
        wal_pages: u32,
        on_fault: impl Fn(&str) + Send + 'static,
    ) -> Result<Self, LogError> {
        let conn = open_checkpointer(path)?;
        let signal = Arc::new(Signal { state: Mutex::new(State::Idle), changed: Condvar::new() });
        let theirs = Arc::clone(&signal);
        let thread = std::thread::Builder::new()
            .name(name.into())
            .spawn(move || run(&conn, &theirs, wal_pages / 4, &on_fault))
            .map_err(|error| LogError::Unavailable(format!("starting a thread: {error}")))?;
        Ok(Self { signal, thread: Some(thread), wal_pages, start_at: wal_pages, unseen_bytes: 0 })
    }

    /// To be called after every commit of so many bytes, with the writer's connection.
    ///
    /// # Errors
    /// The database can not be used.
    pub fn after_commit(&mut self, conn: &Connection, bytes: usize) -> Result<Looked, LogError> {
        self.unseen_bytes = self.unseen_bytes.saturating_add(bytes).saturating_add(COMMIT_BYTES);
        if self.unseen_bytes < LOOK_BYTES {
            return Ok(Looked::default());
        }
        self.unseen_bytes = 0;
        let (_, length, _) = checkpoint(conn, "NOOP")?;
        let mut looked = Looked { pages: Some(length), starts_over: false };
        if length < self.start_at {
            return Ok(looked);
        }
        let mut state = *self.signal.state();
        if state == State::Idle {
            self.signal.set(State::Wanted);
            return Ok(looked);
        }
        if length >= self.start_at.saturating_mul(HARD_BOUND) {
            state = self.signal.wait_while(|state| matches!(state, State::Wanted | State::Running));
        }
        if state == State::Ready {
            self.signal.set(State::Idle);
            looked.starts_over = self.finish(conn)?;
        }
        Ok(looked)
    }

    fn finish(&mut self, conn: &Connection) -> Result<bool, LogError> {
        conn.busy_timeout(std::time::Duration::from_millis(20))?;
        let answer = checkpoint(conn, "RESTART");
        conn.busy_timeout(std::time::Duration::from_secs(5))?;
        match answer {
            Ok((false, ..)) => {
                self.start_at = self.wal_pages;
                Ok(true)
            }
            Ok((true, length, _)) => {
                self.start_at = length + self.wal_pages;
                Ok(false)
            }
            // No room in the database yet: the write-ahead log keeps everything.
            Err(error) if code(&error) == Some(ErrorCode::DiskFull) => {
                self.start_at = self.start_at.saturating_add(self.wal_pages);
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.signal.set(State::Stopped);
        if let Some(thread) = self.thread.take() {
            // The thread has no result; a panic in it has been printed by the runtime.
            let _ = thread.join();
        }
    }
}

fn run(conn: &Connection, signal: &Signal, little: u32, on_fault: &dyn Fn(&str)) {
    loop {
        if signal.wait_while(|state| !matches!(state, State::Wanted | State::Stopped)) == State::Stopped {
            return;
        }
        signal.set(State::Running);
        for _ in 0..ROUNDS {
            match checkpoint(conn, "PASSIVE") {
                Ok((_, length, copied)) if length.saturating_sub(copied) > little => {}
                Ok(_) => break,
                Err(error) if code(&error) == Some(ErrorCode::DiskFull) => break,
                Err(error) if code(&error) == Some(ErrorCode::DatabaseBusy) => break,
                Err(error) => {
                    on_fault(&format!("a checkpoint failed: {error}"));
                    break;
                }
            }
        }
        signal.set(State::Ready);
    }
}

/// Whether something was in the way, pages in the write-ahead log, pages of them copied.
fn checkpoint(conn: &Connection, mode: &str) -> rusqlite::Result<(bool, u32, u32)> {
    conn.prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))?.query_row([], |row| {
        let pages = |column| row.get::<_, i64>(column).map(|pages| u32::try_from(pages).unwrap_or(0));
        Ok((row.get(0)?, pages(1)?, pages(2)?))
    })
}
