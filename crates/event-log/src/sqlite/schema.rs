//! The file: its marks, tables and connections.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::error::{code, io};
use crate::LogError;

/// `WDLG`: the mark in the header by which a log is told from any other SQLite file.
pub(super) const APPLICATION_ID: i32 = 0x5744_4c47;
/// Version of the tables below.
pub(super) const SCHEMA_VERSION: i32 = 1;
/// Twice SQLite's default: a group fills many pages, and fewer of them cost less.
pub(super) const PAGE_BYTES: usize = 8_192;

/// `event` is only ever appended to at its end. `stream_index` lags behind: `index_state.indexed` says up to
/// which position it is complete; rows beyond may be there already, never wrong ones.
const TABLES: &str = "
CREATE TABLE event (
    position INTEGER PRIMARY KEY,
    stream   TEXT NOT NULL,
    revision INTEGER NOT NULL,
    id       BLOB NOT NULL,
    kind     TEXT NOT NULL,
    version  INTEGER NOT NULL,
    meta     BLOB NOT NULL,
    data     BLOB NOT NULL,
    digest   BLOB NOT NULL
) STRICT;
CREATE TABLE stream_index (
    stream_hash INTEGER NOT NULL,
    revision    INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    PRIMARY KEY (stream_hash, revision, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE index_state (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    indexed INTEGER NOT NULL
) STRICT;
INSERT INTO index_state (id, indexed) VALUES (1, 0);
";

/// Opens the log to write, creating it when there is none. The caller holds the lock of the log.
pub(super) fn open_writer(path: &Path, wal_bytes: usize) -> Result<Connection, LogError> {
    if !path.exists() {
        create(path)?;
    }
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let blank = marks(&conn, path)? == (0, 0) && is_blank(&conn)?;
    if !blank {
        check_marks(&conn, path)?;
    }
    // The last connection that closes folds what a crash left in the write-ahead file into the database.
    conn.close().map_err(|(_, error)| error)?;
    if blank {
        create(path)?;
    }
    preallocate_wal(path, wal_bytes);
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; \
         PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;",
    )?;
    Ok(conn)
}

/// A connection for checkpoints beside the writer.
pub(super) fn open_checkpointer(path: &Path) -> Result<Connection, LogError> {
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.execute_batch("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -64;")?;
    Ok(conn)
}

/// A connection that can only read, from this process or another.
pub(super) fn open_reader(path: &Path) -> Result<Connection, LogError> {
    if !path.exists() {
        return Err(LogError::Unavailable(format!("there is no log at {}", path.display())));
    }
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    check_marks(&conn, path)?;
    conn.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -2048;")?;
    Ok(conn)
}

fn connect(path: &Path, mode: OpenFlags) -> Result<Connection, LogError> {
    let conn = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    // Without it SQLite prepares a query anew each time its parameters change, in case that gave a better plan.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_prepared_statement_cache_capacity(32);
    Ok(conn)
}

/// Makes the tables. An empty file left by an earlier attempt is used: all that follows is one transaction.
fn create(path: &Path) -> Result<(), LogError> {
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    conn.execute_batch(&format!("PRAGMA page_size = {PAGE_BYTES}; PRAGMA journal_mode = WAL;"))?;
    conn.execute_batch(&format!(
        "PRAGMA synchronous = FULL; BEGIN IMMEDIATE; {TABLES} \
         PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
    ))?;
    conn.close().map_err(|(_, error)| error)?;
    sync_folder(path)
}

/// Makes the name of a new file durable, not only its content.
pub(super) fn sync_folder(path: &Path) -> Result<(), LogError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| io("syncing the folder of the log", &error))
}

fn marks(conn: &Connection, path: &Path) -> Result<(i32, i32), LogError> {
    let read = |pragma: &str| conn.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    read("application_id").and_then(|application| Ok((application, read("user_version")?))).map_err(|error| {
        match code(&error) {
            Some(ErrorCode::NotADatabase) => foreign(path),
            _ => error.into(),
        }
    })
}

fn foreign(path: &Path) -> LogError {
    LogError::Unavailable(format!("{} is not an event log: choose another file", path.display()))
}

fn is_blank(conn: &Connection) -> Result<bool, LogError> {
    Ok(conn.query_row("SELECT count(*) = 0 FROM sqlite_master", [], |row| row.get(0))?)
}

fn check_marks(conn: &Connection, path: &Path) -> Result<(), LogError> {
    match marks(conn, path)? {
        (APPLICATION_ID, SCHEMA_VERSION) => Ok(()),
        (APPLICATION_ID, version) => Err(LogError::Unavailable(format!(
            "{} has version {version} of the tables, this program knows {SCHEMA_VERSION}: use a newer program",
            path.display()
        ))),
        _ => Err(foreign(path)),
    }
}

/// Gives a log that has no write-ahead file one of zeros. SQLite takes it for an empty one and writes into it from
/// the start; a commit then does not have to grow the file, which makes its sync about half as dear. Only an
/// optimisation: no room for it is no failure.
fn preallocate_wal(path: &Path, bytes: usize) {
    let wal = beside(path, "-wal");
    let Ok(mut file) = File::options().write(true).create_new(true).open(&wal) else { return };
    let zeros = vec![0; 1 << 20];
    let mut left = bytes;
    while left > 0 {
        let part = left.min(zeros.len());
        if file.write_all(&zeros[..part]).is_err() {
            // Give the room back: appends need it more.
            let _ = file.set_len(0);
            return;
        }
        left -= part;
    }
    if file.sync_all().is_err() {
        let _ = file.set_len(0);
    }
}

/// `path` with `suffix` appended to its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
