//! The sizes of a [`SqliteLog`](super::SqliteLog). The defaults are measured ones; tests use small ones.

/// Sizes and bounds; start from [`SqliteOptions::default`].
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// Events that share one commit at most. One append is never split, so a group may hold up to
    /// [`MAX_EVENTS_PER_APPEND`](crate::MAX_EVENTS_PER_APPEND) more.
    pub group_events: usize,
    /// Bytes of events that share one commit at most, with the same exception.
    pub group_bytes: usize,
    /// Bytes of appends that may wait for the writer; more callers wait before they enter the queue.
    pub queue_bytes: usize,
    /// Events after which the tail in memory is merged into the stream index. The tail holds at most about
    /// twice as many, at about 80 bytes each.
    pub tail_events: usize,
    /// Pages of 8 KiB in the write-ahead log after which a checkpoint starts. A quarter more is set aside on disk
    /// when the log is opened.
    pub wal_pages: u32,
    /// Connections that read at the same time.
    pub readers: usize,
    /// Bound of the database in pages of 8 KiB; beyond it appends answer
    /// [`LogError::Full`](crate::LogError::Full).
    pub max_pages: Option<u32>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            group_events: 1_024,
            group_bytes: 8 << 20,
            queue_bytes: 64 << 20,
            tail_events: 65_536,
            wal_pages: 2_048,
            readers: 4,
            max_pages: None,
        }
    }
}

impl SqliteOptions {
    /// Sizes for tests and short-lived logs: quick to open, and merges and checkpoints happen within a few events.
    pub fn small() -> Self {
        Self { tail_events: 50, wal_pages: 40, group_events: 64, readers: 2, ..Self::default() }
    }
}
