//! Look-ups in the stream index on disk. Every one compares the name in the event: two streams may share a hash.

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::key::StreamKey;

/// Up to which position the index is complete.
pub(super) fn indexed(conn: &Connection) -> rusqlite::Result<u64> {
    conn.prepare_cached("SELECT indexed FROM index_state WHERE id = 1")?.query_row([], |row| unsigned(row, 0))
}

/// Last revision of the stream that the index knows.
pub(super) fn head(conn: &Connection, stream: &str, hash: i64) -> rusqlite::Result<Option<u64>> {
    conn.prepare_cached(
        "SELECT i.revision FROM stream_index AS i CROSS JOIN event AS e ON e.position = i.position \
         WHERE i.stream_hash = ?1 AND e.stream = ?2 ORDER BY i.revision DESC LIMIT 1",
    )?
    .query_row((hash, stream), |row| unsigned(row, 0))
    .optional()
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
        "SELECT i.revision, i.position FROM stream_index AS i CROSS JOIN event AS e ON e.position = i.position \
         WHERE i.stream_hash = ?1 AND i.revision >= ?2 AND e.stream = ?3 ORDER BY i.revision LIMIT ?4",
    )?;
    let hash = StreamKey::of_name(stream).stream_hash();
    let rows = statement.query_map((hash, clamp(from), stream, clamp(limit as u64)), |row| {
        Ok((unsigned(row, 0)?, unsigned(row, 1)?))
    })?;
    for row in rows {
        found.push(row?);
    }
    Ok(())
}

/// SQLite has no unsigned integers; what is above its largest integer does not occur in a log.
pub(super) fn clamp(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}
