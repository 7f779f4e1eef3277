//! The SQLite file: its form and its two connections.

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
const FORMAT: i64 = 3;
/// How long a call waits for another process, such as `wardlog account`.
const BUSY: Duration = Duration::from_secs(10);

/// Times are microseconds since 1970; lists are JSON.
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
        failures INTEGER NOT NULL DEFAULT 0,
        failed_at INTEGER NOT NULL DEFAULT 0,
        locked_until INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE session (
        digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
        account BLOB NOT NULL REFERENCES account (id),
        created_at INTEGER NOT NULL,
        seen_at INTEGER NOT NULL,
        id BLOB NOT NULL CHECK (length(id) = 16)
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

/// What several nodes on one log need to tell each other their accounts ([`super::shared`]). Triggers note what has
/// changed, so that no writer can forget to, and another process can not either.
const SHARING: &str = "
    -- What the other nodes do not know yet; the mark tells whether it has changed again meanwhile.
    CREATE TABLE untold (
        account BLOB PRIMARY KEY CHECK (length(account) = 16),
        mark INTEGER NOT NULL,
        changed_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    -- Which record of the account's stream is known here.
    CREATE TABLE heard (
        account BLOB PRIMARY KEY CHECK (length(account) = 16),
        revision INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    -- Up to which position, and of whom the last record was.
    CREATE TABLE heard_up_to (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        position INTEGER NOT NULL,
        account BLOB NOT NULL CHECK (length(account) = 16)
    ) STRICT;
    -- When the account itself has changed last, apart from its tokens and sessions, wherever that was.
    CREATE TABLE account_change (
        account BLOB PRIMARY KEY CHECK (length(account) = 16),
        changed_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    -- A session that has ended here does not come back from elsewhere.
    CREATE TABLE ended_session (
        digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
        account BLOB NOT NULL CHECK (length(account) = 16),
        ended_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX ended_session_of_account ON ended_session (account, ended_at);
";

/// The triggers of [`SHARING`].
fn triggers() -> String {
    let changed = "name, password, roles, areas, organisations, person, language, disabled_at";
    let on = |name: &str, event: &str, table: &str, row: &str, more: &str| {
        format!(
            "CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN
                INSERT INTO untold (account, mark, changed_at) VALUES ({row}, 1, {NOW})
                ON CONFLICT (account) DO UPDATE SET mark = mark + 1, changed_at = excluded.changed_at;
                {more}
             END;"
        )
    };
    // No `OR REPLACE`: within a trigger the outer statement says what happens instead.
    let itself = format!(
        "INSERT INTO account_change (account, changed_at) VALUES (new.id, {NOW})
         ON CONFLICT (account) DO UPDATE SET changed_at = excluded.changed_at;"
    );
    let ended = format!(
        "INSERT INTO ended_session (digest, account, ended_at) VALUES (old.digest, old.account, {NOW})
         ON CONFLICT (digest) DO NOTHING;"
    );
    [
        on("account_made", "INSERT", "account", "new.id", &itself),
        on("account_changed", &format!("UPDATE OF {changed}"), "account", "new.id", &itself),
        on("token_made", "INSERT", "token", "new.account", ""),
        on("token_changed", "UPDATE OF revoked_at", "token", "new.account", ""),
        on("token_gone", "DELETE", "token", "old.account", ""),
        on("session_begun", "INSERT", "session", "new.account", ""),
        on("session_ended", "DELETE", "session", "old.account", &ended),
    ]
    .concat()
}

/// Microseconds since 1970, in SQL: the system's own, because other processes write here too.
const NOW: &str = "CAST(unixepoch('subsec') * 1000000 AS INTEGER)";

/// What brings a file of form 1 to form 2. Its sessions end: they have no name by which their owner could tell them.
const FROM_1: &str = "
    DROP TABLE session;
    CREATE TABLE session (
        digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
        account BLOB NOT NULL REFERENCES account (id),
        created_at INTEGER NOT NULL,
        seen_at INTEGER NOT NULL,
        id BLOB NOT NULL CHECK (length(id) = 16)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX session_of_account ON session (account, created_at);
    ALTER TABLE token ADD COLUMN read_only INTEGER NOT NULL DEFAULT 0;
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
        tx.execute_batch(SHARING)?;
        tx.execute_batch(&triggers())?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", FORMAT)?;
    }
    let found: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > FORMAT {
        return Err(IdentityError::TooNew { found, known: FORMAT });
    }
    if found < 2 {
        tx.execute_batch(FROM_1)?;
    }
    if found < 3 {
        tx.execute_batch(SHARING)?;
        tx.execute_batch(&triggers())?;
        let all = format!("INSERT INTO untold (account, mark, changed_at) SELECT id, 1, {NOW} FROM account");
        tx.execute(&all, [])?;
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
