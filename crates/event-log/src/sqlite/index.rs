//! Look-ups in the stream index on disk. Every one compares the name in the event: two streams may share a hash.

use rusqlite::{Connection, Row};

use super::key::StreamKey;

/// Up to which position the index is complete.
pub(super) fn indexed(conn: &Connection) -> rusqlite::Result<u64> {
    conn.prepare_cached("SELECT indexed FROM index_state WHERE id = 1")?.query_row([], |row| unsigned(row, 0))
}

/// Last revision of the stream that the index knows.
pub(super) fn head(conn: &Connection, stream: &str, hash: i64) -> rusqlite::Result<Option<u64>> {
    let mut statement = conn.prepare_cached(
        "SELECT revision, position FROM stream_index WHERE stream_hash = ?1 ORDER BY revision DESC",
    )?;
    let mut rows = statement.query([hash])?;
    while let Some(row) = rows.next()? {
        if is_of(conn, unsigned(row, 1)?, stream)? {
            return Ok(Some(unsigned(row, 0)?));
        }
    }
    Ok(None)
}

/// `(revision, position)` that the index knows of the stream, from `from` on, ascending, at most `limit`.
pub(super) fn collect(
    conn: &Connection,
    stream: &str,
    from: u64,
    limit: usize,
    found: &mut Vec<(u64, u64)>,
) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached(
        "SELECT revision, position FROM stream_index WHERE stream_hash = ?1 AND revision >= ?2 ORDER BY revision",
    )?;
    let hash = StreamKey::of_name(stream).stream_hash();
    let mut rows = statement.query((hash, clamp(from)))?;
    while found.len() < limit
        && let Some(row) = rows.next()?
    {
        let (revision, position) = (unsigned(row, 0)?, unsigned(row, 1)?);
        if is_of(conn, position, stream)? {
            found.push((revision, position));
        }
    }
    Ok(())
}

/// Whether the event is one of the stream: a statement of its own, since SQLite plans a join anew whenever its
/// parameters change.
fn is_of(conn: &Connection, position: u64, stream: &str) -> rusqlite::Result<bool> {
    let mut statement = conn.prepare_cached("SELECT stream FROM event WHERE position = ?1")?;
    let mut rows = statement.query([clamp(position)])?;
    match rows.next()? {
        Some(row) => Ok(row.get_ref(0)?.as_str().is_ok_and(|name| name == stream)),
        None => Ok(false),
    }
}

/// SQLite has no unsigned integers; what is above its largest integer does not occur in a log.
pub(super) fn clamp(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}
