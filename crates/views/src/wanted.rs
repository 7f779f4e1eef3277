//! Stops a query that nobody waits for any more: whoever asked has hung up, or its time is over.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rusqlite::Connection;

/// Steps of the store's machine between two looks at whether the answer is still wanted; some ten microseconds.
const STEPS: i32 = 1_000;

/// Held by whoever waits for the answer. Dropping it stops the query.
#[derive(Debug)]
pub(crate) struct Waiting(Arc<AtomicBool>);

impl Waiting {
    pub fn new() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }

    pub fn wanted(&self) -> Wanted {
        Wanted(Arc::clone(&self.0))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Whether somebody still waits, as the query sees it.
#[derive(Debug)]
pub(crate) struct Wanted(Arc<AtomicBool>);

impl Wanted {
    /// Whether anybody waits still.
    pub fn is_wanted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// From here on a statement on this connection fails as interrupted once nobody waits: the one that runs, and
    /// every later one.
    pub fn watch(&self, connection: &mut Connection) -> rusqlite::Result<()> {
        let wanted = Arc::clone(&self.0);
        connection.progress_handler(STEPS, Some(move || !wanted.load(Ordering::Relaxed)))
    }

    /// Before the transaction ends and somebody else takes the connection.
    pub fn unwatch(connection: &mut Connection) -> rusqlite::Result<()> {
        connection.progress_handler(0, None::<fn() -> bool>)
    }
}
