//! Small logs, so that merges, checkpoints and paging happen within a test.

use event_log::{
    Append, Appended, EventLog, Expected, NewEvent, Position, Revision, SqliteOptions, StreamName,
};
use uuid::Uuid;

pub(super) fn small() -> SqliteOptions {
    SqliteOptions::small()
}

/// xorshift64: the same seed gives the same run.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % bound as u64) as usize
    }
}

pub(super) fn stream(number: usize) -> StreamName {
    StreamName::new("shift", number).expect("a valid name")
}

pub(super) fn event(id: u128, bytes: usize) -> NewEvent {
    NewEvent {
        id: Uuid::from_u128(id),
        kind: "ShiftPublished".into(),
        version: 1,
        meta: id.to_string().into_bytes(),
        data: vec![b'd'; bytes],
    }
}

pub(super) fn after(revision: Option<u64>) -> Expected {
    revision.map_or(Expected::NoStream, |revision| Expected::Exact(Revision(revision)))
}

/// Appends one new event to stream `number`, which ends at `last`.
pub(super) async fn append_one(log: &dyn EventLog, number: usize, last: Option<u64>, id: u128) -> Position {
    let append = Append { stream: stream(number), expected: after(last), events: vec![event(id, 200)] };
    match log.append(append).await.expect("an answer") {
        Appended::Done { position, .. } => position,
        other => panic!("unexpected {other:?}"),
    }
}

/// Appends `count` events in turn to `streams` streams, on a log that is empty.
pub(super) async fn fill(log: &dyn EventLog, streams: usize, count: usize) {
    for number in 0..count {
        let last = (number / streams).checked_sub(1).map(|last| last as u64);
        append_one(log, number % streams, last, number as u128).await;
    }
}
