//! The SQLite file: its form and its two connections. What nodes tell each other by is in [`sharing`], older forms in
//! [`before`].

mod before;
mod sharing;

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{IdentityError, Result};

/// `WLID` in the header of the file.
const APPLICATION_ID: i64 = 0x574C_4944;
const FORMAT: i64 = 4;
/// How long a call waits for another process, such as `wardlog account`.
const BUSY: Duration = Duration::from_secs(10);

/// Times are microseconds since 1970; lists are JSON. `password_by` says by what the password has become what it is,
/// `under` and `knew` with which password a session began, and which signings-out everywhere it knew of.
const SCHEMA: &str = "
    CREATE TABLE account (
        id BLOB PRIMARY KEY CHECK (length(id) = 16),
        name TEXT NOT NULL UNIQUE COLLATE NOCASE,
        password TEXT NOT NULL,
        roles TEXT NOT NULL,
        areas TEXT NOT NULL,
        organisations TEXT NOT NULL,
        person BLOB CHECK (length(person) = 16),
        language TEXT,
        created_at INTEGER NOT NULL,
        disabled_at INTEGER,
        password_by TEXT NOT NULL DEFAULT 'administrator'
            CHECK (password_by IN ('administrator', 'owner', 'renewal')),
        failures INTEGER NOT NULL DEFAULT 0,
        failed_at INTEGER NOT NULL DEFAULT 0,
        locked_until INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE session (
        digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
        account BLOB NOT NULL REFERENCES account (id),
        created_at INTEGER NOT NULL,
        seen_at INTEGER NOT NULL,
        id BLOB NOT NULL CHECK (length(id) = 16),
        under TEXT NOT NULL DEFAULT '',
        knew TEXT NOT NULL DEFAULT '[]'
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX session_of_account ON session (account, created_at);
    CREATE TABLE token (
        digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
        id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
        account BLOB NOT NULL REFERENCES account (id),
        name TEXT NOT NULL,
        roles TEXT NOT NULL,
        areas TEXT NOT NULL,
        organisations TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        used_at INTEGER,
        revoked_at INTEGER,
        read_only INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX token_of_account ON token (account, created_at);
    CREATE TABLE unknown_name (
        digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
        failures INTEGER NOT NULL,
        failed_at INTEGER NOT NULL,
        locked_until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX unknown_name_by_age ON unknown_name (failed_at);
";

#[derive(Debug)]
pub(super) struct Store {
    writer: Mutex<Connection>,
    /// Reads do not wait for the writer's fsync.
    reader: Mutex<Connection>,
}

impl Store {
    pub(super) fn open(path: &Path) -> Result<Self> {
        create_private(path)?;
        let mut writer = connect(path)?;
        writer
            .query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))
            .map_err(|error| foreign(error, path))?;
        writer.pragma_update(None, "synchronous", "FULL")?;
        writer.pragma_update(None, "foreign_keys", true)?;
        prepare(&mut writer, path)?;
        let reader = connect(path)?;
        reader.pragma_update(None, "query_only", true)?;
        Ok(Self { writer: Mutex::new(writer), reader: Mutex::new(reader) })
    }

    pub(super) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        work(&lock(&self.reader))
    }

    /// One transaction; what `work` rejects leaves nothing behind.
    pub(super) fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut conn = lock(&self.writer);
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&tx)?;
        tx.commit()?;
        Ok(done)
    }
}

/// A panic inside a transaction rolls it back, so the connection behind a poisoned lock is sound.
fn lock(conn: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    conn.lock().unwrap_or_else(PoisonError::into_inner)
}

fn create_private(path: &Path) -> Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(IdentityError::File { path: path.display().to_string(), source }),
    }
}

fn connect(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY)?;
    Ok(conn)
}

fn foreign(error: rusqlite::Error, path: &Path) -> IdentityError {
    if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) {
        return IdentityError::Foreign { path: path.display().to_string() };
    }
    error.into()
}

fn prepare(conn: &mut Connection, path: &Path) -> Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let application: i64 = tx.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: i64 = tx.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID {
        if application != 0 || tables != 0 {
            return Err(IdentityError::Foreign { path: path.display().to_string() });
        }
        tx.execute_batch(SCHEMA)?;
        sharing::make(&tx)?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", FORMAT)?;
    }
    let found: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > FORMAT {
        return Err(IdentityError::TooNew { found, known: FORMAT });
    }
    if found < FORMAT {
        before::take_over(&tx, found)?;
    }
    tx.pragma_update(None, "user_version", FORMAT)?;
    tx.commit()?;
    Ok(())
}

pub(super) fn time(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
}

pub(super) fn id(bytes: &[u8]) -> Result<Uuid> {
    Uuid::from_slice(bytes).map_err(|_| IdentityError::Damaged { what: "an id" })
}

pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|_| IdentityError::Damaged { what: "a list" })
}

pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|_| IdentityError::Damaged { what: "a list" })
}
