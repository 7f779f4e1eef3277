//! Whether everything in the log is what was put in.

mod locate;

use std::collections::HashMap;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _};
use sha2::{Digest as _, Sha256};

use super::index::{self, unsigned};
use super::key::StreamKey;
use super::reader::{SqliteReader, recorded};
use crate::{LogError, Recorded, StreamName};

/// Events between two reports of progress.
const REPORT_EVENTS: u64 = 10_000;

/// What was found whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    pub events: u64,
    pub streams: u64,
    /// Rows of the stream index; the newest events are not in it yet.
    pub index_rows: u64,
}

/// A sum over `(stream_hash, revision, position)` that does not depend on the order. Equal sums mean equal sets: by
/// chance they agree once in 2^128.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum(u128);

impl Sum {
    fn add(&mut self, hash: i64, revision: u64, position: u64) {
        let mut sha = Sha256::new();
        sha.update(hash.to_be_bytes());
        sha.update(revision.to_be_bytes());
        sha.update(position.to_be_bytes());
        let digest = sha.finalize();
        let mut part = [0; 16];
        part.copy_from_slice(&digest[..16]);
        self.0 = self.0.wrapping_add(u128::from_be_bytes(part));
    }
}

/// Checks every digest, that positions are gapless from 1, that the revisions of every stream are gapless from 0 and
/// that the stream index says exactly what the events say. `progress` gets the events checked and the events in all.
/// Memory is bounded whatever the size of the log; appends may go on, what they add is not looked at.
///
/// [`LogError::Damaged`] names the first damage with its position.
pub fn verify(path: &Path, mut progress: impl FnMut(u64, u64)) -> Result<Verified, LogError> {
    let reader = SqliteReader::open(path)?;
    let conn = reader.connection();
    conn.execute_batch("BEGIN")?;
    let indexed = index::indexed(conn)?;
    let mut verified = Verified::default();
    let sum = events(conn, indexed, &mut verified, &mut progress)?;
    let (index_sum, orderly) = index_rows(conn, indexed, &mut verified)?;
    if index_sum == sum && orderly {
        return Ok(verified);
    }
    locate::locate(conn, indexed)?;
    if index_sum == sum { Ok(verified) } else { Err(LogError::Damaged("the stream index is damaged".into())) }
}

/// Every event for itself, and the streams of those that the index does not hold.
fn events(
    conn: &Connection,
    indexed: u64,
    verified: &mut Verified,
    progress: &mut impl FnMut(u64, u64),
) -> Result<Sum, LogError> {
    let all = conn.query_row("SELECT coalesce(max(position), 0) FROM event", [], |row| unsigned(row, 0))?;
    if indexed > all {
        return Err(LogError::Damaged(format!("position {indexed}: the index holds it, the log does not")));
    }
    let mut statement = conn.prepare(
        "SELECT position, stream, revision, id, kind, version, meta, data, digest FROM event ORDER BY position",
    )?;
    let mut rows = statement.query([])?;
    let mut sum = Sum::default();
    let mut newest = HashMap::new();
    while let Some(row) = rows.next()? {
        let event = recorded(row)?;
        let position = verified.events + 1;
        if event.position.0 != position {
            return Err(damaged(position, "the event is missing"));
        }
        if !event.is_intact() {
            return Err(damaged(position, "the digest does not fit the event"));
        }
        if position <= indexed {
            sum.add(StreamKey::of(&event.stream).stream_hash(), event.revision.0, position);
        } else {
            follows(conn, &event, &mut newest, verified)?;
        }
        verified.events = position;
        if position.is_multiple_of(REPORT_EVENTS) {
            progress(position, all);
        }
    }
    progress(verified.events, all);
    Ok(sum)
}

/// Whether an event that the index does not hold follows the one before it in its stream.
fn follows(
    conn: &Connection,
    event: &Recorded,
    newest: &mut HashMap<StreamName, u64>,
    verified: &mut Verified,
) -> Result<(), LogError> {
    let before = match newest.get(&event.stream) {
        Some(&revision) => Some(revision),
        None => indexed_head(conn, &event.stream)?,
    };
    let expected = before.map_or(0, |revision| revision + 1);
    if before.is_none() {
        verified.streams += 1;
    }
    if event.revision.0 != expected {
        let why = format!("revision {} of {} where {expected} follows", event.revision.0, event.stream);
        return Err(damaged(event.position.0, &why));
    }
    newest.insert(event.stream.clone(), event.revision.0);
    Ok(())
}

/// Last revision of the stream among the events up to `index_state.indexed`.
fn indexed_head(conn: &Connection, stream: &StreamName) -> Result<Option<u64>, LogError> {
    let mut statement = conn.prepare_cached(
        "SELECT i.revision FROM stream_index AS i CROSS JOIN event AS e ON e.position = i.position \
         WHERE i.stream_hash = ?1 AND e.stream = ?2 AND i.position <= (SELECT indexed FROM index_state) \
         ORDER BY i.revision DESC LIMIT 1",
    )?;
    Ok(statement
        .query_row((StreamKey::of(stream).stream_hash(), stream.as_str()), |row| unsigned(row, 0))
        .optional()?)
}

/// The rows of the index in its order: the sum of those up to `indexed`, and whether revisions follow each other within
/// a hash. They do not after damage, nor where two streams share a hash: then [`locate`] decides.
fn index_rows(conn: &Connection, indexed: u64, verified: &mut Verified) -> Result<(Sum, bool), LogError> {
    let mut statement = conn.prepare(
        "SELECT stream_hash, revision, position FROM stream_index ORDER BY stream_hash, revision, position",
    )?;
    let mut rows = statement.query([])?;
    let mut sum = Sum::default();
    let mut last = None;
    let mut orderly = true;
    while let Some(row) = rows.next()? {
        let (hash, revision, position) = (row.get(0)?, unsigned(row, 1)?, unsigned(row, 2)?);
        verified.index_rows += 1;
        if position > indexed {
            // Of a segment whose merge has not finished: few, so each is looked up.
            locate::check_row(conn, hash, revision, position)?;
            continue;
        }
        sum.add(hash, revision, position);
        let expected = match last {
            Some((previous, revision)) if previous == hash => revision + 1,
            _ => 0,
        };
        orderly &= revision == expected;
        verified.streams += u64::from(revision == 0);
        last = Some((hash, revision));
    }
    Ok((sum, orderly))
}

fn damaged(position: u64, why: &str) -> LogError {
    LogError::Damaged(format!("position {position}: {why}"))
}
