//! Reading on a connection of its own.

use std::path::Path;

use rusqlite::{Connection, Row};
use uuid::Uuid;

use super::index::{self, clamp, unsigned};
use super::key::StreamKey;
use super::schema::open_reader;
use super::tail::Tail;
use crate::{LogError, Position, Recorded, Revision, StreamName};

const ALL: &str = "SELECT position, stream, revision, id, kind, version, meta, data, digest FROM event \
    WHERE position > ?1 ORDER BY position LIMIT ?2";
const ONE: &str = "SELECT position, stream, revision, id, kind, version, meta, data, digest FROM event \
    WHERE position = ?1";

/// A blocking reader that one thread owns: for verification, export and rebuilds, also from another process while
/// the log is written. It sees durable events only.
#[derive(Debug)]
pub struct SqliteReader {
    conn: Connection,
}

impl SqliteReader {
    /// Opens an existing log to read. [`LogError::Unavailable`] when there is none or the file is not a log.
    pub fn open(path: &Path) -> Result<Self, LogError> {
        Ok(Self { conn: open_reader(path)? })
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.conn
    }

    /// Position of the last durable event.
    pub fn head(&self) -> Result<Option<Position>, LogError> {
        Ok(self
            .conn
            .prepare_cached("SELECT max(position) FROM event")?
            .query_row([], |row| row.get::<_, Option<i64>>(0))?
            .map(|position| Position(position.cast_unsigned())))
    }

    /// Up to `limit` events after `after` (from the start when `None`), in global order.
    pub fn read_all(&self, after: Option<Position>, limit: usize) -> Result<Vec<Recorded>, LogError> {
        self.read_batch(after, limit, usize::MAX)
    }

    /// As [`SqliteReader::read_all`], but ends early once the events hold `max_bytes` of metadata and data: a batch
    /// bounded in memory too. Empty only at the end of the log.
    pub fn read_batch(
        &self,
        after: Option<Position>,
        limit: usize,
        max_bytes: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        let mut statement = self.conn.prepare_cached(ALL)?;
        let after = after.map_or(0, |position| clamp(position.0));
        let mut rows = statement.query((after, clamp(limit as u64)))?;
        let mut found = Vec::with_capacity(limit.min(1_024));
        let mut bytes = 0;
        while let Some(row) = rows.next()? {
            let event = recorded(row)?;
            bytes += event.meta.len() + event.data.len();
            found.push(event);
            if bytes >= max_bytes {
                break;
            }
        }
        Ok(found)
    }

    /// Up to `limit` events of a stream from `from` on, where `newest` is what the tail held of it (ascending) before
    /// this call: the index may have taken some of it over since, and nothing is missing between the two.
    pub(super) fn read_stream(
        &self,
        stream: &StreamName,
        from: Revision,
        limit: usize,
        newest: &[(u64, u64)],
    ) -> Result<Vec<Recorded>, LogError> {
        let mut places = Vec::new();
        if newest.first().is_none_or(|&(revision, _)| revision > from.0) {
            index::collect(&self.conn, stream.as_str(), from.0, limit, &mut places)?;
        }
        let known = places.last().map(|&(revision, _)| revision);
        places.extend(newest.iter().filter(|&&(revision, _)| known.is_none_or(|known| revision > known)));
        places.truncate(limit);
        places.into_iter().map(|(_, position)| self.at(position)).collect()
    }

    fn at(&self, position: u64) -> Result<Recorded, LogError> {
        let mut statement = self.conn.prepare_cached(ONE)?;
        let mut rows = statement.query([clamp(position)])?;
        match rows.next()? {
            Some(row) => recorded(row),
            None => Err(LogError::Damaged(format!("position {position}: the event is missing"))),
        }
    }
}

/// The newest part of a stream, from memory.
pub(super) fn newest(tail: &Tail, stream: &StreamName, from: Revision, limit: usize) -> Vec<(u64, u64)> {
    let mut found = Vec::new();
    tail.collect(StreamKey::of(stream), from.0, &mut found);
    found.truncate(limit);
    found
}

/// A row of [`ALL`] or [`ONE`]. What the tables can not hold by their types is damage.
pub(super) fn recorded(row: &Row<'_>) -> Result<Recorded, LogError> {
    let position = unsigned(row, 0)?;
    decode(row, position).map_err(|error| match error {
        LogError::Damaged(why) => LogError::Damaged(format!("position {position}: {why}")),
        other => other,
    })
}

fn decode(row: &Row<'_>, position: u64) -> Result<Recorded, LogError> {
    let damaged = |what: &str| LogError::Damaged(format!("{what} has an impossible shape"));
    let text = |column| row.get_ref(column).map(|value| value.as_str().ok());
    let blob = |column| row.get_ref(column).map(|value| value.as_blob().ok());
    let stream =
        text(1)?.and_then(|name| StreamName::parse(name).ok()).ok_or_else(|| damaged("the stream"))?;
    let id = blob(3)?.and_then(|id| Uuid::from_slice(id).ok()).ok_or_else(|| damaged("the id"))?;
    let version = u16::try_from(unsigned(row, 5)?).map_err(|_| damaged("the version"))?;
    Ok(Recorded {
        position: Position(position),
        stream,
        revision: Revision(unsigned(row, 2)?),
        id,
        kind: text(4)?.ok_or_else(|| damaged("the kind"))?.into(),
        version,
        meta: blob(6)?.ok_or_else(|| damaged("the metadata"))?.to_vec(),
        data: blob(7)?.ok_or_else(|| damaged("the data"))?.to_vec(),
        digest: blob(8)?.and_then(|digest| digest.try_into().ok()).ok_or_else(|| damaged("the digest"))?,
    })
}
