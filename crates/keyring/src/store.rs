//! The SQLite file: its form, its connections, and how old bytes leave it.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};
use zeroize::Zeroizing;

use crate::master::{io_error, sync_parent};
use crate::wrap::{UnwrapFault, Wrapper};
use crate::{Charter, KeyringError, MasterKey, Result};

/// `WLKR` in the header of the file.
const APPLICATION_ID: i64 = 0x574C_4B52;
/// 2 has the look-ups; a file of format 1 gets them when it is opened.
const FORMAT: i64 = 2;
/// How long a call waits for another process that writes or reads.
const BUSY: Duration = Duration::from_secs(10);
/// How long emptying the write-ahead file waits for readers, while writers wait for it.
const SCRUB_BUSY: Duration = Duration::from_secs(2);
/// Whose key the index secret is, where a data key has the subject's 16 bytes.
const INDEX_OWNER: &[u8] = b"blind index";

/// Rows of `subject_key` are appended and overwritten in place, never deleted and never moved: a b-tree that moves
/// rows to balance its pages could leave copies of a wrapped key in the unused part of a page. All rows are equally
/// long for the same reason; an erased one holds zeros.
const SCHEMA: &str = "
    CREATE TABLE keyring (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        generation INTEGER NOT NULL,
        key_check BLOB NOT NULL,
        index_secret BLOB NOT NULL
    ) STRICT;
    CREATE TABLE subject_key (
        id INTEGER PRIMARY KEY,
        subject BLOB NOT NULL UNIQUE CHECK (length(subject) = 16),
        wrapped BLOB NOT NULL
    ) STRICT;
    CREATE TABLE tombstone (
        seq INTEGER PRIMARY KEY,
        subject BLOB NOT NULL UNIQUE CHECK (length(subject) = 16),
        erased_at_us INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE retention (
        subject BLOB NOT NULL CHECK (length(subject) = 16),
        reason TEXT NOT NULL,
        until_us INTEGER NOT NULL,
        PRIMARY KEY (subject, reason)
    ) STRICT, WITHOUT ROWID;
";

/// Keyed digests by which subjects are found; they go with the subject. `lookup_complete` names
/// the purposes whose digests were also made for what was sealed before there were any.
const LOOKUPS: &str = "
    CREATE TABLE lookup (
        purpose TEXT NOT NULL,
        digest BLOB NOT NULL CHECK (length(digest) = 16),
        subject BLOB NOT NULL CHECK (length(subject) = 16),
        PRIMARY KEY (purpose, digest, subject)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX lookup_subject ON lookup (subject);
    CREATE TABLE lookup_complete (purpose TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
";

/// Makes an empty file that only its owner may use; says whether it did.
pub(crate) fn create_private(path: &Path) -> Result<bool> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => sync_parent(path).map(|()| true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(source) => Err(io_error(path, source)),
    }
}

/// Opens a connection that may write. The file must exist: SQLite would make it with a wider mode.
pub(crate) fn writer(path: &Path) -> Result<Connection> {
    let conn = connect(path)?;
    let (application, tables) = identity(&conn).map_err(|error| not_a_keyring(error, path))?;
    if application != APPLICATION_ID && (application != 0 || tables != 0) {
        return Err(KeyringError::NotAKeyring { path: path.to_owned() });
    }
    conn.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.query_row("PRAGMA secure_delete = ON", [], |_| Ok(()))?;
    Ok(conn)
}

/// Opens a connection that only reads.
pub(crate) fn reader(path: &Path) -> Result<Connection> {
    let conn = connect(path)?;
    conn.pragma_update(None, "query_only", true)?;
    Ok(conn)
}

fn connect(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY)?;
    Ok(conn)
}

/// The application id and the number of tables, from one snapshot: another process may be filling the file.
fn identity(conn: &Connection) -> rusqlite::Result<(i64, i64)> {
    let tx = conn.unchecked_transaction()?;
    let application = tx.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables = tx.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok((application, tables))
}

fn not_a_keyring(error: rusqlite::Error, path: &Path) -> KeyringError {
    if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) {
        return KeyringError::NotAKeyring { path: path.to_owned() };
    }
    error.into()
}

/// What opening a keyring yields besides its connections.
#[derive(Debug)]
pub(crate) struct Unlocked {
    pub(crate) wrapper: Wrapper,
    pub(crate) index_secret: Zeroizing<[u8; 32]>,
}

/// Fills an empty file, or checks the master key against a filled one.
pub(crate) fn unlock(conn: &mut Connection, master: &MasterKey) -> Result<Unlocked> {
    let tx = write(conn)?;
    let format: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if format > FORMAT {
        return Err(KeyringError::TooNew { found: format, known: FORMAT });
    }
    if format == 0 {
        let wrapper = Wrapper::new(master, 1);
        let index_secret = wrapper.first_index_secret.clone();
        fill(&tx, &wrapper, &index_secret)?;
        tx.commit()?;
        return Ok(Unlocked { wrapper, index_secret });
    }
    let (generation, check, wrapped): (u32, Vec<u8>, Vec<u8>) =
        tx.query_row("SELECT generation, key_check, index_secret FROM keyring", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let wrapper = Wrapper::new(master, generation);
    if wrapper.check_value().as_slice() != check {
        return Err(KeyringError::WrongMasterKey);
    }
    let index_secret = wrapper.unwrap(&wrapped, INDEX_OWNER).map_err(|fault| match fault {
        UnwrapFault::OtherGeneration => KeyringError::MasterRotated,
        UnwrapFault::Damaged => KeyringError::DamagedKey { subject: uuid::Uuid::nil() },
    })?;
    if format == 1 {
        tx.execute_batch(LOOKUPS)?;
        tx.pragma_update(None, "user_version", FORMAT)?;
    }
    tx.commit()?;
    Ok(Unlocked { wrapper, index_secret })
}

fn fill(tx: &Transaction<'_>, wrapper: &Wrapper, index_secret: &[u8; 32]) -> Result<()> {
    tx.execute_batch(SCHEMA)?;
    tx.execute_batch(LOOKUPS)?;
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", FORMAT)?;
    put_lock(tx, wrapper, index_secret)
}

/// Fills a file that is still empty as a place of a keyring that exists elsewhere.
pub(crate) fn found(
    conn: &mut Connection,
    master: &MasterKey,
    generation: u32,
    index_secret: &[u8; 32],
) -> Result<()> {
    let tx = write(conn)?;
    let format: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if format == 0 {
        fill(&tx, &Wrapper::new(master, generation), index_secret)?;
        tx.commit()?;
    }
    Ok(())
}

/// The secret of the blind index that a charter holds.
pub(crate) fn charter_secret(master: &MasterKey, charter: &Charter) -> Result<Zeroizing<[u8; 32]>> {
    let wrapper = Wrapper::new(master, charter.generation);
    if wrapper.check_value().as_slice() != charter.key_check {
        return Err(KeyringError::WrongMasterKey);
    }
    wrapper.unwrap(&charter.index_secret, INDEX_OWNER).map_err(|_| KeyringError::WrongMasterKey)
}

/// Writes the key check and the index secret as the given master key has them.
pub(crate) fn put_lock(tx: &Transaction<'_>, wrapper: &Wrapper, index_secret: &[u8; 32]) -> Result<()> {
    tx.execute(
        "INSERT INTO keyring (one, generation, key_check, index_secret) VALUES (1, ?1, ?2, ?3)
         ON CONFLICT (one) DO UPDATE SET
             generation = excluded.generation, key_check = excluded.key_check,
             index_secret = excluded.index_secret",
        params![
            wrapper.generation,
            wrapper.check_value().as_slice(),
            wrapper.wrap(index_secret, INDEX_OWNER)?
        ],
    )?;
    Ok(())
}

/// Refuses to write with a master key that another process has replaced.
pub(crate) fn require_current(tx: &Transaction<'_>, wrapper: &Wrapper) -> Result<()> {
    let generation: Option<u32> =
        tx.prepare_cached("SELECT generation FROM keyring")?.query_row([], |row| row.get(0)).optional()?;
    if generation == Some(wrapper.generation) { Ok(()) } else { Err(KeyringError::MasterRotated) }
}

/// A transaction that takes the write lock at once, so that what it reads stays true until it commits.
pub(crate) fn write(conn: &mut Connection) -> Result<Transaction<'_>> {
    Ok(conn.transaction_with_behavior(TransactionBehavior::Immediate)?)
}

/// Moves everything into the main file and empties the write-ahead file, where older page images would survive.
///
/// # Errors
/// [`KeyringError::ScrubPending`] when another connection is in the way for too long.
pub(crate) fn scrub(conn: &Connection) -> Result<()> {
    conn.busy_timeout(SCRUB_BUSY)?;
    let busy = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    conn.busy_timeout(BUSY)?;
    let busy = busy.or_else(|error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Ok(1),
        _ => Err(error),
    })?;
    if busy == 0 { Ok(()) } else { Err(KeyringError::ScrubPending) }
}
