//! The values that cross the port: names, positions, events and their digest.

use std::fmt;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// Identity of an event, chosen by the caller so that a repeated append is recognised.
pub type EventId = Uuid;

/// Zero-based place of an event in its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

/// Opaque, totally ordered place in the log. (SQLite: gapless from 1. A cluster: its commit position.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

/// `<category>-<id>`; category `[a-z_]+`, id `[A-Za-z0-9_-]+`, at most 128 bytes together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamName(Box<str>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stream name is `<category>-<id>` of at most 128 ASCII letters, digits, `_` and `-`")]
pub struct StreamNameError;

impl StreamName {
    pub fn new(category: &str, id: impl fmt::Display) -> Result<Self, StreamNameError> {
        Self::parse(&format!("{category}-{id}"))
    }

    pub fn parse(name: &str) -> Result<Self, StreamNameError> {
        let (category, id) = name.split_once('-').ok_or(StreamNameError)?;
        let category_ok =
            !category.is_empty() && category.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let id_ok = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if category_ok && id_ok && name.len() <= 128 { Ok(Self(name.into())) } else { Err(StreamNameError) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn category(&self) -> &str {
        self.0.split_once('-').map_or("", |(category, _)| category)
    }

    pub fn id(&self) -> &str {
        self.0.split_once('-').map_or("", |(_, id)| id)
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An event to append. `meta` and `data` are opaque bytes to the log (JSON in this project).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    pub id: EventId,
    /// Past-tense name, e.g. `ShiftPublished`; at most 64 bytes.
    pub kind: Box<str>,
    /// Version of the shape of `data`, from 1.
    pub version: u16,
    pub meta: Vec<u8>,
    pub data: Vec<u8>,
}

/// SHA-256 over the exact bytes of a record, see [`Recorded::digest_of`].
pub type Digest = [u8; 32];

/// An event as the log holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub position: Position,
    pub stream: StreamName,
    pub revision: Revision,
    pub id: EventId,
    pub kind: Box<str>,
    pub version: u16,
    pub meta: Vec<u8>,
    pub data: Vec<u8>,
    pub digest: Digest,
}

impl Recorded {
    /// The digest that a record must have: SHA-256 over stream, revision, id, kind, version, meta and data, each
    /// variable part preceded by its length (u32, big endian), integers big endian. The position is left out: it
    /// belongs to the engine, and a record keeps its digest when it moves to another engine.
    pub fn digest_of(stream: &StreamName, revision: Revision, event: &NewEvent) -> Digest {
        digest(stream, revision, event.id, &event.kind, event.version, &event.meta, &event.data)
    }

    /// Whether the stored digest fits the stored bytes.
    pub fn is_intact(&self) -> bool {
        digest(&self.stream, self.revision, self.id, &self.kind, self.version, &self.meta, &self.data)
            == self.digest
    }
}

fn digest(
    stream: &StreamName,
    revision: Revision,
    id: EventId,
    kind: &str,
    version: u16,
    meta: &[u8],
    data: &[u8],
) -> Digest {
    let mut sha = Sha256::new();
    let mut part = |bytes: &[u8]| {
        sha.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        sha.update(bytes);
    };
    part(stream.as_str().as_bytes());
    part(&revision.0.to_be_bytes());
    part(id.as_bytes());
    part(kind.as_bytes());
    part(&version.to_be_bytes());
    part(meta);
    part(data);
    sha.finalize().into()
}
