//! The one writer of the views: takes events from a subscription, folds them, commits rows and position together.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
};

use event_log::{Delivery, EventLog, LogError, Position, Recorded};
use tokio::sync::watch;

use crate::{
    Envelope, ViewsError,
    feed::{Fed, Feed, KEPT},
    store::Store,
};

/// While it catches up, this many events share a commit: rows that many of them touch are written once.
pub(crate) const CATCH_UP_BATCH: usize = 16_384;
/// Pause before a broken subscription is opened again.
const RESUBSCRIBE_AFTER: std::time::Duration = std::time::Duration::from_millis(500);

/// How far the views are behind the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag {
    pub events: u64,
    /// Age of the oldest event that is not in the views yet, in milliseconds; 0 when there is none.
    pub milliseconds: u64,
}

/// What the runner shows to the rest of the process.
#[derive(Debug)]
pub(crate) struct Progress {
    pub position: watch::Sender<u64>,
    pub feed: Feed,
    pub caught_up: watch::Sender<bool>,
    pub failed: Mutex<Option<String>>,
    /// Server time of the oldest event that was delivered and is not committed, in milliseconds since 1970; 0 when
    /// there is none.
    pub pending_since: AtomicU64,
    /// The position at which somebody saw undelivered events for the first time, and when that was.
    pub seen_behind: Mutex<Option<(u64, u64)>>,
    pub stop: AtomicBool,
}

impl Progress {
    pub fn new(position: u64) -> Self {
        Self {
            position: watch::Sender::new(position),
            feed: Feed::new(),
            caught_up: watch::Sender::new(false),
            failed: Mutex::new(None),
            pending_since: AtomicU64::new(0),
            seen_behind: Mutex::new(None),
            stop: AtomicBool::new(false),
        }
    }

    pub fn failure(&self) -> Option<String> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fail(&self, cause: &str) {
        tracing::error!(cause, "the views have stopped");
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(cause.to_owned());
        // Wakes everybody who waits for a position, so that they see the failure.
        self.position.send_modify(|_| {});
    }

    /// As before the first event: a new runner begins at `position`.
    pub fn begin(&self, position: u64) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.pending_since.store(0, Ordering::Relaxed);
        self.stop.store(false, Ordering::Release);
        self.position.send_replace(position);
        // The views may have come further since the runner before: of that nobody was told.
        self.feed.tell(Fed::Gap);
    }

    /// How far the views are behind `head` at `now`, milliseconds since 1970.
    pub fn lag(&self, head: u64, now: u64) -> Lag {
        let position = *self.position.borrow();
        let events = head.saturating_sub(position);
        let mut seen = self.seen_behind.lock().unwrap_or_else(PoisonError::into_inner);
        if events == 0 {
            *seen = None;
            return Lag { events: 0, milliseconds: 0 };
        }
        let since = match (self.pending_since.load(Ordering::Relaxed), *seen) {
            // Not delivered yet, so its time is not known: it is at least as old as our knowledge of it.
            (0, Some((at, since))) if at == position => since,
            (0, _) => now,
            (pending, _) => pending,
        };
        *seen = Some((position, since));
        Lag { events, milliseconds: now.saturating_sub(since) }
    }
}

/// Starts the runner on a thread of its own; it hands its store back when it is told to stop.
pub(crate) fn start(
    mut store: Store,
    log: Arc<dyn EventLog>,
    progress: Arc<Progress>,
    runtime: tokio::runtime::Handle,
) -> std::io::Result<JoinHandle<Store>> {
    std::thread::Builder::new().name("views".into()).spawn(move || {
        while !progress.stop.load(Ordering::Acquire) {
            let work = AssertUnwindSafe(|| run(&mut store, &*log, &progress, &runtime));
            match catch_unwind(work) {
                Ok(Ok(())) => break,
                // The log may come back: the position says where to go on.
                Ok(Err(ViewsError::Log(cause))) => {
                    tracing::warn!(%cause, "the views lost the log; subscribing again");
                    std::thread::sleep(RESUBSCRIBE_AFTER);
                }
                Ok(Err(cause)) => {
                    progress.fail(&cause.to_string());
                    break;
                }
                // The store is not used again: whoever brings the views back builds a new one.
                Err(_) => {
                    progress.fail("a fold panicked");
                    break;
                }
            }
        }
        store
    })
}

fn run(
    store: &mut Store,
    log: &dyn EventLog,
    progress: &Progress,
    runtime: &tokio::runtime::Handle,
) -> Result<(), ViewsError> {
    let mut subscription = log.subscribe(position(store.position()));
    let mut waiting = 0;
    let mut live = false;
    loop {
        let delivery = runtime.block_on(async {
            tokio::select! {
                delivery = subscription.next() => Some(delivery),
                () = stopped(progress) => None,
            }
        });
        match delivery {
            None => return commit(store, progress),
            Some(Err(cause)) => {
                commit(store, progress)?;
                return Err(cause.into());
            }
            Some(Ok(Delivery::CaughtUp)) => {
                commit(store, progress)?;
                live = true;
                progress.caught_up.send_replace(true);
            }
            Some(Ok(Delivery::Events(events))) => {
                waiting += events.len();
                fold(store, &events, progress)?;
                if live || waiting >= CATCH_UP_BATCH {
                    commit(store, progress)?;
                    waiting = 0;
                }
            }
        }
    }
}

/// Waits until the runner is told to stop.
async fn stopped(progress: &Progress) {
    let mut position = progress.position.subscribe();
    while !progress.stop.load(Ordering::Acquire) {
        if position.changed().await.is_err() {
            return;
        }
    }
}

pub(crate) fn position(position: u64) -> Option<Position> {
    (position > 0).then_some(Position(position))
}

fn fold(store: &mut Store, events: &[Recorded], progress: &Progress) -> Result<(), ViewsError> {
    for record in events {
        let envelope = Envelope::read(record)?;
        if progress.pending_since.load(Ordering::Relaxed) == 0 {
            let recorded = u64::try_from(envelope.meta.recorded_at.as_millisecond()).unwrap_or_default();
            progress.pending_since.store(recorded, Ordering::Relaxed);
        }
        store.apply(&envelope)?;
    }
    Ok(())
}

fn commit(store: &mut Store, progress: &Progress) -> Result<(), ViewsError> {
    let touched = store.commit()?;
    let position = store.position();
    progress.pending_since.store(0, Ordering::Relaxed);
    progress.position.send_if_modified(|known| std::mem::replace(known, position) != position);
    // Only now: who begins to follow after this look reads a position that has all of this commit.
    if touched.is_empty() || !progress.feed.has_followers() {
        return Ok(());
    }
    if touched.len() > KEPT / 2 {
        // More than followers can keep up with: the views tell them better.
        progress.feed.tell(Fed::Gap);
        return Ok(());
    }
    for touch in &touched {
        if let Some(changed) = store.changed(touch)? {
            progress.feed.tell(Fed::Changed(Arc::new(changed)));
        }
    }
    Ok(())
}

/// Folds a whole log into a store, as fast as it goes. `progress` is told the position after every commit.
pub(crate) fn catch_up(
    store: &mut Store,
    mut read: impl FnMut(Option<Position>, usize) -> Result<Vec<Recorded>, LogError> + Send,
    mut progress: impl FnMut(u64),
) -> Result<(), ViewsError> {
    // Reading and decoding on one core, folding and writing on the other.
    let (send, receive) = std::sync::mpsc::sync_channel::<Result<Vec<Envelope>, ViewsError>>(4);
    let start = position(store.position());
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut after = start;
            loop {
                let decoded = read(after, 4_096).map_err(ViewsError::from).and_then(|records| {
                    after = records.last().map(|record| record.position).or(after);
                    records.iter().map(Envelope::read).collect::<Result<Vec<_>, _>>()
                });
                let done = !matches!(&decoded, Ok(envelopes) if !envelopes.is_empty());
                if send.send(decoded).is_err() || done {
                    return;
                }
            }
        });
        let mut waiting = 0;
        for envelopes in receive {
            let envelopes = envelopes?;
            waiting += envelopes.len();
            for envelope in &envelopes {
                store.apply(envelope)?;
            }
            if waiting >= CATCH_UP_BATCH {
                store.commit()?;
                progress(store.position());
                waiting = 0;
            }
        }
        store.commit()?;
        progress(store.position());
        Ok(())
    })
}
