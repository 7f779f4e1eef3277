//! An append on its way to the writer, with all that can be computed before its turn.

use std::time::Duration;

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
    answer: oneshot::Sender<Answer>,
    /// Its share of the queue, given back with the answer.
    _room: OwnedSemaphorePermit,
}

pub(super) type Outcome = Result<Appended, LogError>;

/// Of the group that an append went with, for traces.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct GroupFigures {
    pub(super) appends: usize,
    /// Events that became durable with it.
    pub(super) events: usize,
    pub(super) commit: Duration,
}

impl GroupFigures {
    /// Notes them on the caller's span.
    pub(super) fn note(&self) {
        let span = tracing::Span::current();
        if !span.is_disabled() {
            span.record("group.appends", self.appends);
            span.record("group.events", self.events);
            span.record("group.commit_micros", u64::try_from(self.commit.as_micros()).unwrap_or(u64::MAX));
        }
    }
}

/// What a caller receives.
#[derive(Debug)]
pub(super) enum Answer {
    /// Its own outcome.
    One(Outcome, GroupFigures),
    /// The answers to its whole group, its own among them.
    Group(Answers),
}

/// The answers to a group, sent when this is dropped.
///
/// The writer hands them all to the first caller of the group, whose task wakes the others and frees what they
/// sent: both are cheap there, and in the writer's thread everybody would wait for them. If that caller has gone,
/// the drop happens wherever the answers are by then, and still nobody goes without.
#[derive(Debug)]
pub(super) struct Answers {
    first: Option<Outcome>,
    rest: Vec<(Request, Outcome)>,
    figures: GroupFigures,
}

impl Answers {
    /// Sends the outcomes, one for each request, in the order of the requests.
    pub(super) fn send(group: Vec<Request>, outcomes: Vec<Outcome>, figures: GroupFigures) {
        let mut rest: Vec<_> = group.into_iter().zip(outcomes).collect();
        match rest.len() {
            0 => {}
            1 => drop(Self { first: None, rest, figures }),
            _ => {
                let (first, outcome) = rest.swap_remove(0);
                // If the first caller has gone the answers come back, and are sent as they are dropped.
                let answers = Self { first: Some(outcome), rest, figures };
                let _ = first.answer.send(Answer::Group(answers));
            }
        }
    }

    /// The outcome of the caller that received this.
    pub(super) fn own(&mut self) -> Option<Outcome> {
        self.figures.note();
        self.first.take()
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        for (request, outcome) in self.rest.drain(..) {
            // The caller may have gone.
            let _ = request.answer.send(Answer::One(outcome, self.figures));
        }
    }
}

impl Request {
    /// Hashes in the caller's thread: the writer's time is everybody's.
    pub(super) fn new(
        append: Append,
        bytes: usize,
        room: OwnedSemaphorePermit,
    ) -> (Self, oneshot::Receiver<Answer>) {
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
        (Self { stream, key, first, events, digests, bytes, answer, _room: room }, receiver)
    }
}
