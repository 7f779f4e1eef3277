//! The log that the nodes share: streams with revisions, one order, positions with gaps.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use bytes::Bytes;
use tokio::sync::watch;
use uuid::Uuid;

use prost::Message as _;

use crate::proto::{FilterOptions, Proposed, ReadEvent, ReadEvents, RecordedEvent, StreamIdentifier};

#[derive(Debug)]
pub struct Store {
    inner: Mutex<Inner>,
    /// How many events there are.
    pub length: watch::Sender<usize>,
}

#[derive(Debug)]
struct Inner {
    all: Vec<Stored>,
    streams: HashMap<String, Vec<usize>>,
    /// Streams of which only the last event is readable: those whose `$maxCount` is 1.
    kept: HashSet<String>,
    next: u64,
}

#[derive(Clone, Debug)]
pub struct Stored {
    pub position: u64,
    pub stream: String,
    pub revision: u64,
    pub id: Uuid,
    metadata: HashMap<String, String>,
    custom: Bytes,
    data: Bytes,
}

/// What became of an append: the last revision and position, or where the stream is.
#[derive(Clone, Copy, Debug)]
pub enum Written {
    Done { revision: u64, position: u64 },
    Wrong { current: Option<u64> },
}

impl Default for Store {
    fn default() -> Self {
        // The first bytes of a real log are the server's own: no position of ours is 0.
        let inner = Inner { all: Vec::new(), streams: HashMap::new(), kept: HashSet::new(), next: 256 };
        Self { inner: Mutex::new(inner), length: watch::Sender::new(0) }
    }
}

impl Store {
    /// As the server does it: the same ids at the same revisions are answered like the first time, anything else that
    /// does not begin at the end of the stream is refused.
    pub fn append(&self, stream: &str, expected: Option<u64>, messages: Vec<Proposed>) -> Written {
        let mut inner = self.inner.lock().unwrap();
        let places = inner.streams.get(stream).cloned().unwrap_or_default();
        let first = expected.map_or(0, |revision| usize::try_from(revision).unwrap().saturating_add(1));
        let current = places.len().checked_sub(1).map(|last| last as u64);
        if first != places.len() {
            let there: Vec<&Stored> =
                places.iter().skip(first).take(messages.len()).map(|at| &inner.all[*at]).collect();
            let same = there.len() == messages.len()
                && there.iter().zip(&messages).all(|(old, new)| old.id == Uuid::from(new.id.unwrap()));
            return match there.last() {
                Some(last) if same => Written::Done { revision: last.revision, position: last.position },
                _ => Written::Wrong { current },
            };
        }
        let mut last = (0, 0);
        for (at, message) in (first..).zip(messages) {
            last = (at as u64, inner.push(stream, at as u64, message));
        }
        if let Some(of) = stream.strip_prefix("$$") {
            // The one setting that is ever made.
            inner.kept.insert(of.to_owned());
        }
        let length = inner.all.len();
        drop(inner);
        self.length.send_replace(length);
        Written::Done { revision: last.0, position: last.1 }
    }

    /// An event that wardlog did not write.
    pub fn foreign(&self, stream: &str) {
        let count = self.ids(stream).len();
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{stream} {count}").as_bytes());
        let message = Proposed { id: Some(id.into()), ..Proposed::default() };
        let revision = count.checked_sub(1).map(|last| last as u64);
        self.append(stream, revision, vec![message]);
    }

    /// All events as bytes, for [`Self::restore`] in another process.
    pub fn saved(&self) -> Vec<u8> {
        let events = self.all(0).iter().map(Stored::wire).collect();
        ReadEvents { events }.encode_to_vec()
    }

    /// Takes what another store has saved, in place of what is here.
    pub fn restore(&self, saved: &[u8]) {
        self.forget();
        for event in ReadEvents::decode(saved).unwrap().events.into_iter().filter_map(|event| event.event) {
            let stream = String::from_utf8(event.stream.unwrap().name.to_vec()).unwrap();
            let message = Proposed {
                id: event.id,
                metadata: event.metadata,
                custom_metadata: event.custom_metadata,
                data: event.data,
            };
            self.append(&stream, event.revision.checked_sub(1), vec![message]);
        }
    }

    /// Forgets everything.
    pub fn forget(&self) {
        let mut inner = self.inner.lock().unwrap();
        inner.all.clear();
        inner.streams.clear();
        inner.kept.clear();
        drop(inner);
        self.length.send_replace(0);
    }

    /// Changes one bit of the data of an event.
    pub fn corrupt(&self, stream: &str, revision: usize) {
        let mut inner = self.inner.lock().unwrap();
        let at = inner.streams[stream][revision];
        let mut data = inner.all[at].data.to_vec();
        data[0] ^= 1;
        inner.all[at].data = data.into();
    }

    pub fn ids(&self, stream: &str) -> Vec<Uuid> {
        self.stream(stream).iter().map(|event| event.id).collect()
    }

    pub fn stream(&self, stream: &str) -> Vec<Stored> {
        let inner = self.inner.lock().unwrap();
        let places = inner.streams.get(stream).into_iter().flatten();
        places.map(|at| &inner.all[*at]).filter(|event| inner.shows(event)).cloned().collect()
    }

    /// Removes what is not readable any more from the disk. True when `bytes` are still on it.
    pub fn scavenge_and_find(&self, bytes: &[u8]) -> bool {
        let mut inner = self.inner.lock().unwrap();
        let gone: Vec<usize> = (0..inner.all.len()).filter(|at| !inner.shows(&inner.all[*at])).collect();
        for at in gone {
            inner.all[at].data = Bytes::new();
            inner.all[at].custom = Bytes::new();
        }
        inner.all.iter().any(|event| event.data.windows(bytes.len()).any(|part| part == bytes))
    }

    /// Whether an event is still to be read.
    pub fn shows(&self, event: &Stored) -> bool {
        self.inner.lock().unwrap().shows(event)
    }

    /// The events from an index on, also those that are not readable any more.
    pub fn all(&self, from: usize) -> Vec<Stored> {
        let inner = self.inner.lock().unwrap();
        inner.all.get(from..).map(<[Stored]>::to_vec).unwrap_or_default()
    }

    /// At most `count` events that pass a filter, from a position on: forwards, with that position; backwards, those
    /// before it. Only these are copied.
    pub fn page(
        &self,
        from: Option<u64>,
        backwards: bool,
        filter: Option<&FilterOptions>,
        count: usize,
    ) -> Vec<Stored> {
        let inner = self.inner.lock().unwrap();
        let at = |place| inner.all.partition_point(|event| event.position < place);
        let passes = |event: &&Stored| event.passes(filter) && inner.shows(event);
        if backwards {
            let before = &inner.all[..from.map_or(inner.all.len(), at)];
            before.iter().rev().filter(passes).take(count).cloned().collect()
        } else {
            inner.all[from.map_or(0, at)..].iter().filter(passes).take(count).cloned().collect()
        }
    }

    /// The index of the first event after a position.
    pub fn index_after(&self, position: u64) -> usize {
        self.inner.lock().unwrap().all.partition_point(|event| event.position <= position)
    }
}

impl Inner {
    fn shows(&self, event: &Stored) -> bool {
        !self.kept.contains(&event.stream) || self.streams[&event.stream].len() as u64 == event.revision + 1
    }

    fn push(&mut self, stream: &str, revision: u64, message: Proposed) -> u64 {
        let at = self.all.len();
        // Positions are byte offsets there: they grow by the size of a record.
        let position = self.next;
        self.next += 64 + message.data.len() as u64;
        self.all.push(Stored {
            position,
            stream: stream.to_owned(),
            revision,
            id: message.id.unwrap().into(),
            metadata: message.metadata,
            custom: message.custom_metadata,
            data: message.data,
        });
        self.streams.entry(stream.to_owned()).or_default().push(at);
        position
    }
}

impl Stored {
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// As servers before 22.6 answer it from its stream.
    pub fn wire_without_position(&self) -> ReadEvent {
        let mut read = ReadEvent { commit: None, ..self.wire() };
        if let Some(event) = &mut read.event {
            (event.prepare, event.commit) = (u64::MAX, u64::MAX);
        }
        read
    }

    pub fn wire(&self) -> ReadEvent {
        ReadEvent {
            event: Some(RecordedEvent {
                id: Some(self.id.into()),
                stream: Some(StreamIdentifier { name: Bytes::from(self.stream.clone()) }),
                revision: self.revision,
                prepare: self.position,
                commit: self.position,
                metadata: self.metadata.clone(),
                custom_metadata: self.custom.clone(),
                data: self.data.clone(),
            }),
            commit: Some(self.position),
        }
    }

    pub fn passes(&self, filter: Option<&FilterOptions>) -> bool {
        let Some(by_stream) = filter.and_then(|filter| filter.stream_identifier.as_ref()) else {
            return true;
        };
        if by_stream.prefix.is_empty() {
            // The one expression that the adapter sends: not the server's own.
            assert_eq!(by_stream.regex, "^[^\\$].*");
            return !self.stream.starts_with('$');
        }
        by_stream.prefix.iter().any(|prefix| self.stream.starts_with(prefix))
    }
}
