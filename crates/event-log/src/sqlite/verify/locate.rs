//! Row by row, events against index: slow, and only done when the sums of `verify` do not agree or two streams share
//! a hash.

use rusqlite::{Connection, OptionalExtension as _};

use super::damaged;
use crate::LogError;
use crate::sqlite::index::{clamp, unsigned};
use crate::sqlite::key::StreamKey;

/// Answers the first damage by position; nothing when the order of the index has an innocent cause.
pub(super) fn locate(conn: &Connection, indexed: u64) -> Result<(), LogError> {
    let mut statement =
        conn.prepare("SELECT position, stream, revision FROM event WHERE position <= ?1 ORDER BY position")?;
    let mut rows = statement.query([clamp(indexed)])?;
    while let Some(row) = rows.next()? {
        let (position, stream, revision): (u64, String, u64) =
            (unsigned(row, 0)?, row.get(1)?, unsigned(row, 2)?);
        check_event(conn, position, &stream, revision)?;
    }
    let mut statement = conn.prepare(
        "SELECT stream_hash, revision, position FROM stream_index WHERE position <= ?1 ORDER BY position",
    )?;
    let mut rows = statement.query([clamp(indexed)])?;
    while let Some(row) = rows.next()? {
        check_row(conn, row.get(0)?, unsigned(row, 1)?, unsigned(row, 2)?)?;
    }
    Ok(())
}

/// Whether the index has the event, and the event follows the one before it in its stream.
fn check_event(conn: &Connection, position: u64, stream: &str, revision: u64) -> Result<(), LogError> {
    let mut exists = conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM stream_index WHERE stream_hash = ?1 AND revision = ?2 AND position = ?3)",
    )?;
    let hash = StreamKey::of_name(stream).stream_hash();
    if !exists.query_row((hash, clamp(revision), clamp(position)), |row| row.get::<_, bool>(0))? {
        return Err(damaged(position, "the stream index does not have the event"));
    }
    let mut before = conn.prepare_cached(
        "SELECT max(i.revision) FROM stream_index AS i CROSS JOIN event AS e ON e.position = i.position \
         WHERE i.stream_hash = ?1 AND i.revision <= ?2 AND i.position < ?3 AND e.stream = ?4",
    )?;
    let before: Option<i64> =
        before.query_row((hash, clamp(revision), clamp(position), stream), |row| row.get(0))?;
    let expected = before.map_or(0, |before| before + 1);
    if clamp(revision) != expected {
        return Err(damaged(position, &format!("revision {revision} of {stream} where {expected} follows")));
    }
    Ok(())
}

/// Whether a row of the index says what the event at its position says.
pub(super) fn check_row(conn: &Connection, hash: i64, revision: u64, position: u64) -> Result<(), LogError> {
    let mut event = conn.prepare_cached("SELECT stream, revision FROM event WHERE position = ?1")?;
    let found: Option<(String, u64)> =
        event.query_row([clamp(position)], |row| Ok((row.get(0)?, unsigned(row, 1)?))).optional()?;
    match found {
        Some((stream, stored)) if StreamKey::of_name(&stream).stream_hash() == hash && stored == revision => {
            Ok(())
        }
        _ => Err(damaged(position, "the stream index says something else than the event")),
    }
}
