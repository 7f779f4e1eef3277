//! One group: the appends that share a transaction, each judged on its own.

use rusqlite::{CachedStatement, Connection};
use uuid::Uuid;

use super::heads::Heads;
use super::index;
use super::key::StreamKey;
use super::request::Request;
use super::shared::Shared;
use super::tail::Segment;
use crate::{Appended, Position, Revision};

const INSERT: &str = "INSERT INTO event (position, stream, revision, id, kind, version, meta, data, digest) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

/// The open transaction of a group. Nothing outside of it changes before it is committed.
pub(super) struct Group<'a> {
    pub(super) conn: &'a Connection,
    pub(super) shared: &'a Shared,
    pub(super) heads: &'a Heads,
    /// What this group has inserted so far.
    pub(super) pending: &'a mut Segment,
    pub(super) next_position: u64,
}

impl Group<'_> {
    /// Judges the appends in their order and inserts those that stand.
    pub(super) fn run(&mut self, requests: &[Request]) -> rusqlite::Result<Vec<Appended>> {
        let conn = self.conn;
        let mut insert = conn.prepare_cached(INSERT)?;
        requests.iter().map(|request| self.append(request, &mut insert)).collect()
    }

    fn append(&mut self, request: &Request, insert: &mut CachedStatement<'_>) -> rusqlite::Result<Appended> {
        let actual = self.head(request)?;
        let next = actual.map_or(0, |revision| revision + 1);
        if next == request.first {
            return self.insert(request, insert);
        }
        let conflict = Appended::Conflict { actual: actual.map(Revision) };
        let last = request.first.saturating_add(request.events.len() as u64 - 1);
        if actual.is_none_or(|actual| actual < last) {
            return Ok(conflict);
        }
        let places = self.places(request)?;
        for (event, &(_, position)) in request.events.iter().zip(&places) {
            if self.id_at(position)? != event.id {
                return Ok(conflict);
            }
        }
        match places.last() {
            Some(&(revision, position)) if revision == last && places.len() == request.events.len() => {
                Ok(Appended::AlreadyThere { position: Position(position), revision: Revision(revision) })
            }
            _ => Ok(conflict),
        }
    }

    fn insert(&mut self, request: &Request, insert: &mut CachedStatement<'_>) -> rusqlite::Result<Appended> {
        let stream = request.stream.as_str();
        let mut revision = request.first;
        for (event, digest) in request.events.iter().zip(&request.digests) {
            insert.execute((
                self.next_position.cast_signed(),
                stream,
                revision.cast_signed(),
                event.id.as_bytes().as_slice(),
                &*event.kind,
                event.version,
                event.meta.as_slice(),
                event.data.as_slice(),
                digest.as_slice(),
            ))?;
            self.pending.push(request.key, revision, self.next_position);
            self.next_position += 1;
            revision += 1;
        }
        Ok(Appended::Done { position: Position(self.next_position - 1), revision: Revision(revision - 1) })
    }

    fn head(&self, request: &Request) -> rusqlite::Result<Option<u64>> {
        let key = request.key;
        let recent =
            self.pending.head(key).or_else(|| self.heads.get(key)).or_else(|| self.shared.tail().head(key));
        match recent {
            Some(revision) => Ok(Some(revision)),
            None => index::head(self.conn, request.stream.as_str(), key.stream_hash()),
        }
    }

    /// `(revision, position)` of what stands at the revisions of the append.
    fn places(&self, request: &Request) -> rusqlite::Result<Vec<(u64, u64)>> {
        let count = request.events.len();
        let mut newest = Vec::new();
        self.shared.tail().collect(request.key, request.first, &mut newest);
        self.pending.collect(request.key, request.first, &mut newest);
        let mut places = Vec::new();
        if newest.first().is_none_or(|&(revision, _)| revision > request.first) {
            index::collect(self.conn, request.stream.as_str(), request.first, count, &mut places)?;
        }
        let known = places.last().map(|&(revision, _)| revision);
        places.extend(newest.into_iter().filter(|&(revision, _)| known.is_none_or(|known| revision > known)));
        places.truncate(count);
        Ok(places)
    }

    fn id_at(&self, position: u64) -> rusqlite::Result<Uuid> {
        self.conn.prepare_cached("SELECT id FROM event WHERE position = ?1")?.query_row(
            [position.cast_signed()],
            |row| {
                let id = row.get_ref(0)?.as_blob()?;
                Ok(Uuid::from_slice(id).unwrap_or_default())
            },
        )
    }
}

/// Remembers the heads that a committed group has left.
pub(super) fn remember(heads: &mut Heads, pending: &Segment) {
    for entry in pending.entries() {
        let key: StreamKey = entry.key;
        heads.set(key, entry.revision);
    }
}
