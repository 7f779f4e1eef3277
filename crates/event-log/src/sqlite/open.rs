//! Opening: the lock, the tables, the tail that the index does not hold, the threads.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::{Semaphore, mpsc};

use super::checkpoint::Checkpointer;
use super::error::io;
use super::heads::Heads;
use super::index::{self, unsigned};
use super::key::StreamKey;
use super::merge::Merger;
use super::shared::Shared;
use super::tail::{Segment, Tail};
use super::writer::Writer;
use super::{ROOM_UNIT, SqliteLog, SqliteOptions, schema};
use crate::LogError;

pub(super) fn open(path: &Path, options: SqliteOptions) -> Result<SqliteLog, LogError> {
    let lock = lock(path)?;
    let wal_bytes = options.wal_pages as usize * schema::PAGE_BYTES * 5 / 4;
    let conn = schema::open_writer(path, wal_bytes)?;
    if let Some(pages) = options.max_pages {
        conn.pragma_update(None, "max_page_count", pages)?;
    }
    let mut tail = Tail::default();
    let head = load_tail(&conn, &mut tail.active)?;
    let mut merger = Merger::new(options.tail_events);
    merger.freeze(&mut tail);
    let shared = Arc::new(Shared::new(path.to_owned(), tail, head, options.readers));
    let theirs = Arc::clone(&shared);
    let broken = move |cause: &str| theirs.break_off(cause);
    let checkpointer = Checkpointer::start(path, "log-checkpoint", options.wal_pages, broken)?;
    let room_units = u32::try_from(options.queue_bytes / ROOM_UNIT).unwrap_or(u32::MAX >> 3).max(1);
    let writer = Writer {
        checkpointer,
        conn,
        _lock: lock,
        shared: Arc::clone(&shared),
        options,
        heads: Heads::default(),
        merger,
        pending: Segment::default(),
        next_position: head + 1,
    };
    let (queue, requests) = mpsc::unbounded_channel();
    let writer = std::thread::Builder::new()
        .name("log-writer".into())
        .spawn(move || writer.run(requests))
        .map_err(|error| io("starting a thread", &error))?;
    let room = Arc::new(Semaphore::new(room_units as usize));
    Ok(SqliteLog { shared, queue: Some(queue), room, room_units, writer: Some(writer) })
}

/// The lock is a file beside the log: SQLite's own locks let several writers take turns.
fn lock(path: &Path) -> Result<File, LogError> {
    let name = schema::beside(path, ".lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .map_err(|error| io(&format!("opening {}", name.display()), &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(LogError::Unavailable(format!("{} is in use by another process", path.display())))
        }
        Err(TryLockError::Error(error)) => Err(io(&format!("locking {}", name.display()), &error)),
    }
}

/// Reads what the index does not hold yet; answers the last position.
fn load_tail(conn: &Connection, tail: &mut Segment) -> Result<u64, LogError> {
    let mut last = index::indexed(conn)?;
    let mut statement =
        conn.prepare("SELECT position, stream, revision FROM event WHERE position > ?1 ORDER BY position")?;
    let mut rows = statement.query([last.cast_signed()])?;
    while let Some(row) = rows.next()? {
        let position = unsigned(row, 0)?;
        if position != last + 1 {
            return Err(LogError::Damaged(format!("position {}: the event is missing", last + 1)));
        }
        let key = StreamKey::of_name(row.get_ref(1)?.as_str().map_err(|_| {
            LogError::Damaged(format!("position {position}: the stream has an impossible shape"))
        })?);
        tail.push(key, unsigned(row, 2)?, position);
        last = position;
    }
    Ok(last)
}
