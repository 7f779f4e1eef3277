//! What the file notes of records: which were heard, and which accounts are still to be told.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use crate::identity::Result;
use crate::identity::store;

/// A record of an account's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) revision: u64,
    /// Not known of what a version before has heard.
    pub(crate) event: Option<Uuid>,
    pub(crate) position: Option<u64>,
}

impl Heard {
    /// The revision, the event and the position, from this column on.
    fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        let event: Option<Vec<u8>> = row.get(first + 1)?;
        let event = event.and_then(|event| Uuid::from_slice(&event).ok());
        let (revision, position): (i64, Option<i64>) = (row.get(first)?, row.get(first + 2)?);
        let position = position.and_then(|position| position.try_into().ok());
        Ok(Self { revision: revision.try_into().unwrap_or_default(), event, position })
    }
}

/// A number as the file can have it.
fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Up to which position everything is known.
pub(super) fn followed(conn: &Connection) -> Result<Option<u64>> {
    let position: Option<i64> =
        conn.query_row("SELECT position FROM followed", [], |row| row.get(0)).optional()?;
    Ok(position.and_then(|position| position.try_into().ok()))
}

pub(super) fn note_followed(conn: &Connection, position: u64) -> Result<()> {
    conn.execute("INSERT OR REPLACE INTO followed (one, position) VALUES (1, ?1)", [stored(position)])?;
    Ok(())
}

pub(super) fn count_untold(conn: &Connection) -> Result<u64> {
    let count: i64 = conn.query_row("SELECT count(*) FROM untold", [], |row| row.get(0))?;
    Ok(count.try_into().unwrap_or_default())
}

/// The newest record of the account that is known here.
pub(super) fn last(conn: &Connection, id: Uuid) -> Result<Option<Heard>> {
    let heard = conn
        .prepare_cached("SELECT revision, event, position FROM heard WHERE account = ?1")?
        .query_row([id.as_bytes()], |row| Heard::read(row, 0))
        .optional()?;
    Ok(heard)
}

/// The newest record of each account, the newest of all first; those whose place is not known before them.
pub(super) fn all(conn: &Connection) -> Result<Vec<(Uuid, Heard)>> {
    let mut statement = conn.prepare_cached(
        "SELECT account, revision, event, position FROM heard ORDER BY position IS NOT NULL, position DESC",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, Vec<u8>>(0)?, Heard::read(row, 1)?)))?;
    rows.map(|row| {
        let (account, heard) = row?;
        Ok((store::id(&account)?, heard))
    })
    .collect()
}

pub(super) fn note(conn: &Connection, id: Uuid, heard: Heard) -> Result<()> {
    let (revision, position) = (stored(heard.revision), heard.position.map(stored));
    conn.execute(
        "INSERT OR REPLACE INTO heard (account, revision, event, position) VALUES (?1, ?2, ?3, ?4)",
        params![id.as_bytes(), revision, heard.event.map(Uuid::into_bytes), position],
    )?;
    Ok(())
}

/// The mark of what is to be told of an account, if anything is.
pub(super) fn untold(conn: &Connection, id: Uuid) -> Result<Option<i64>> {
    let mark = conn
        .prepare_cached("SELECT mark FROM untold WHERE account = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(mark)
}

/// The account is to be told. `own`: the others do not know all of it; otherwise they do, in the form before.
pub(super) fn is_untold(conn: &Connection, id: Uuid, own: bool) -> Result<()> {
    conn.execute(
        "INSERT INTO untold (account, mark, since)
         SELECT id, iif(?2, now, 0), now
         FROM account, (SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER) AS now) WHERE id = ?1
         ON CONFLICT (account) DO UPDATE SET mark = max(mark + (excluded.mark > 0), excluded.mark)",
        params![id.as_bytes(), own],
    )?;
    Ok(())
}

pub(super) fn is_told(conn: &Connection, id: Uuid) -> Result<()> {
    conn.execute("DELETE FROM untold WHERE account = ?1", [id.as_bytes()])?;
    Ok(())
}
