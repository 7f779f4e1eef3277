//! Moving a log to another engine: the same streams, revisions, ids, bytes and digests, in the same order. Positions are
//! the engine's own and change.
//!
//! Absent on purpose: a state of its own. What the target holds already is compared with the source from the start, so a
//! move that broke off goes on where it was, and a target that holds anything else is refused.

use std::collections::VecDeque;

use futures_util::future::{Either, select};
use sha2::{Digest as _, Sha256};

use crate::{
    Append, Appended, Digest, EventLog, Expected, LogError, MAX_APPEND_BYTES, MAX_EVENTS_PER_APPEND,
    NewEvent, Pending, Position, Recorded, Revision,
};

/// Events read at once.
const PAGE: usize = 4_096;
/// Appends that are under way at once, so that they share a commit.
const UNDER_WAY: usize = 256;

/// What a finished move, or a comparison, has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Events that both logs hold now.
    pub events: u64,
    /// Those of them that this run appended.
    pub appended: u64,
    /// SHA-256 over the digests of all events in their order: two logs with the same have the same events.
    pub digest: Digest,
}

/// Why a move did not finish. What was moved stays; the same move goes on from there.
#[derive(Clone, Debug, thiserror::Error)]
pub enum MoveError {
    #[error("the source: {0}")]
    Source(LogError),
    #[error("the target: {0}")]
    Target(LogError),
    /// Event `number` (from 1, in the order of the log) is another one, or the target has more than the source.
    #[error("the target differs from the source at event {number}: it is not a copy of this log")]
    Differs { number: u64 },
    #[error("event {number} of the source is not what its digest says")]
    Damaged { number: u64 },
}

/// Copies what `to` does not hold yet, then compares both from the start. `progress` is told the number of events that
/// are there.
///
/// # Errors
/// See [`MoveError`].
pub async fn migrate(
    from: &dyn EventLog,
    to: &dyn EventLog,
    mut progress: impl FnMut(u64),
) -> Result<Moved, MoveError> {
    let (mut there, mut after) = common(from, to, &mut progress).await?;
    let (begun, mut read) = (there, there);
    let mut under_way: VecDeque<(u64, Pending<'_>)> = VecDeque::new();
    loop {
        let page = from.read_all(after, PAGE).await.map_err(MoveError::Source)?;
        let Some(last) = page.last() else { break };
        after = Some(last.position);
        let read_before = read;
        read += page.len() as u64;
        let damaged = (1_u64..).zip(&page).find(|(_, event)| !event.is_intact());
        if let Some((number, _)) = damaged {
            return Err(MoveError::Damaged { number: read_before + number });
        }
        for append in runs(page) {
            let (count, mut handing) = (append.events.len() as u64, to.append_next(append));
            let handed = loop {
                // The room that is waited for may be held by answers that nobody has taken yet.
                let Some((oldest, pending)) = under_way.front_mut() else { break handing.await };
                match select(&mut handing, pending).await {
                    Either::Left((handed, _)) => break handed,
                    Either::Right((outcome, _)) => {
                        there = counted(outcome, *oldest, there)?;
                        under_way.pop_front();
                    }
                }
            };
            under_way.push_back((count, handed.map_err(MoveError::Target)?));
            if under_way.len() >= UNDER_WAY
                && let Some((count, pending)) = under_way.pop_front()
            {
                there = counted(pending.await, count, there)?;
            }
            progress(there);
        }
    }
    for (count, pending) in under_way {
        there = counted(pending.await, count, there)?;
        progress(there);
    }
    let mut moved = compare(from, to).await?;
    moved.appended = there - begun;
    Ok(moved)
}

/// How many events are there after an append was answered.
fn counted(outcome: Result<Appended, LogError>, count: u64, there: u64) -> Result<u64, MoveError> {
    match outcome.map_err(MoveError::Target)? {
        // A repetition is one of this very move: an acknowledgement was lost.
        Appended::Done { .. } | Appended::AlreadyThere { .. } => Ok(there + count),
        Appended::Conflict { .. } => Err(MoveError::Differs { number: there + 1 }),
    }
}

/// Compares two logs from start to end.
///
/// # Errors
/// They differ, or one can not be read.
pub async fn compare(from: &dyn EventLog, to: &dyn EventLog) -> Result<Moved, MoveError> {
    let mut pages = Pages::new(from, to);
    let (mut events, mut sha) = (0, Sha256::new());
    while let Some((source, target)) = pages.next().await? {
        if source.len() != target.len() {
            return Err(MoveError::Differs { number: events + source.len().min(target.len()) as u64 + 1 });
        }
        for (source, target) in source.iter().zip(&target) {
            events += 1;
            same(source, target, events)?;
            sha.update(source.digest);
        }
    }
    Ok(Moved { events, appended: 0, digest: sha.finalize().into() })
}

/// How many events the target holds already, and the position of the last of them in the source.
async fn common(
    from: &dyn EventLog,
    to: &dyn EventLog,
    progress: &mut impl FnMut(u64),
) -> Result<(u64, Option<Position>), MoveError> {
    let mut pages = Pages::new(from, to);
    let (mut there, mut after) = (0, None);
    while let Some((source, target)) = pages.next().await? {
        if target.len() > source.len() {
            return Err(MoveError::Differs { number: there + source.len() as u64 + 1 });
        }
        for (source, target) in source.iter().zip(&target) {
            there += 1;
            same(source, target, there)?;
            after = Some(source.position);
        }
        progress(there);
        if target.len() < source.len() {
            break;
        }
    }
    Ok((there, after))
}

fn same(source: &Recorded, target: &Recorded, number: u64) -> Result<(), MoveError> {
    if !source.is_intact() {
        return Err(MoveError::Damaged { number });
    }
    // The digest covers stream, revision, id, kind, version and bytes.
    if target.is_intact() && source.digest == target.digest {
        Ok(())
    } else {
        Err(MoveError::Differs { number })
    }
}

/// Both logs side by side, page by page.
struct Pages<'a> {
    from: &'a dyn EventLog,
    to: &'a dyn EventLog,
    after: (Option<Position>, Option<Position>),
}

impl<'a> Pages<'a> {
    fn new(from: &'a dyn EventLog, to: &'a dyn EventLog) -> Self {
        Self { from, to, after: (None, None) }
    }

    /// `None` when both have ended.
    async fn next(&mut self) -> Result<Option<(Vec<Recorded>, Vec<Recorded>)>, MoveError> {
        let source = self.from.read_all(self.after.0, PAGE).await.map_err(MoveError::Source)?;
        let target = self.to.read_all(self.after.1, PAGE).await.map_err(MoveError::Target)?;
        self.after.0 = source.last().map_or(self.after.0, |last| Some(last.position));
        self.after.1 = target.last().map_or(self.after.1, |last| Some(last.position));
        Ok((!source.is_empty() || !target.is_empty()).then_some((source, target)))
    }
}

/// Neighbours of one stream share an append, so that the order stays.
fn runs(page: Vec<Recorded>) -> Vec<Append> {
    let mut appends: Vec<Append> = Vec::new();
    let mut bytes = 0;
    for event in page {
        let size = event.kind.len() + event.meta.len() + event.data.len();
        let new = NewEvent {
            id: event.id,
            kind: event.kind,
            version: event.version,
            meta: event.meta,
            data: event.data,
        };
        match appends.last_mut() {
            Some(append)
                if append.stream == event.stream
                    && append.events.len() < MAX_EVENTS_PER_APPEND
                    && bytes + size <= MAX_APPEND_BYTES =>
            {
                bytes += size;
                append.events.push(new);
            }
            _ => {
                bytes = size;
                let expected = event
                    .revision
                    .0
                    .checked_sub(1)
                    .map_or(Expected::NoStream, |before| Expected::Exact(Revision(before)));
                appends.push(Append { stream: event.stream, expected, events: vec![new] });
            }
        }
    }
    appends
}
