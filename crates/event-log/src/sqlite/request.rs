//! An append on its way to the writer, with all that can be computed before its turn.

use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::key::StreamKey;
use crate::{Append, Appended, Digest, Expected, LogError, NewEvent, Recorded, Revision, StreamName};

#[derive(Debug)]
pub(super) struct Request {
    pub(super) stream: StreamName,
    pub(super) key: StreamKey,
    /// Revision of the first event, if the append is accepted.
    pub(super) first: u64,
    pub(super) events: Vec<NewEvent>,
    pub(super) digests: Vec<Digest>,
    pub(super) bytes: usize,
    started: Instant,
    answer: oneshot::Sender<Result<Appended, LogError>>,
    /// Its share of the queue, given back with the answer.
    _room: OwnedSemaphorePermit,
}

pub(super) type Answer = oneshot::Receiver<Result<Appended, LogError>>;

impl Request {
    /// Hashes in the caller's thread: the writer's time is everybody's.
    pub(super) fn new(
        append: Append,
        bytes: usize,
        started: Instant,
        room: OwnedSemaphorePermit,
    ) -> (Self, Answer) {
        let Append { stream, expected, events } = append;
        let first = match expected {
            Expected::NoStream => 0,
            // No stream is that long: the check will answer a conflict.
            Expected::Exact(Revision(last)) => last.saturating_add(1),
        };
        let digests = (first..=u64::MAX)
            .zip(&events)
            .map(|(revision, event)| Recorded::digest_of(&stream, Revision(revision), event))
            .collect();
        let (answer, receiver) = oneshot::channel();
        let key = StreamKey::of(&stream);
        (Self { stream, key, first, events, digests, bytes, started, answer, _room: room }, receiver)
    }

    pub(super) fn started(&self) -> Instant {
        self.started
    }

    /// Answers the caller, who may have gone.
    pub(super) fn answer(self, answer: Result<Appended, LogError>) {
        let _ = self.answer.send(answer);
    }
}
