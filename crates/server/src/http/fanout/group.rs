//! One execution and those who listen to it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use futures_util::StreamExt as _;
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::broadcast;
use tokio::task::AbortHandle;

use super::alone;
use super::key::{Key, Subject};
use super::told::Told;
use crate::http::engine::Engine;
use crate::http::front::fresh_id;
use crate::http::metrics::Open;

/// Answers kept for members that are behind: they are shared, and a member that is behind by more goes its own way.
const KEPT: usize = 1_024;

/// The groups that have members.
#[derive(Clone, Debug)]
pub(super) struct Groups {
    known: Arc<Mutex<HashMap<Key, Weak<Group>>>>,
    open: Gauge,
}

/// One of them. It ends with its last member.
#[derive(Debug)]
pub(super) struct Group {
    key: Key,
    groups: Groups,
    line: Arc<Line>,
    task: AbortHandle,
    _counted: Open,
}

/// What the execution and its members share.
#[derive(Debug)]
struct Line {
    /// `None`: nothing comes any more.
    sender: broadcast::Sender<Option<Told>>,
    /// Whatever has a position up to here was sent, or came before the group.
    floor: AtomicU64,
    over: AtomicBool,
}

/// A place in a group.
#[derive(Debug)]
pub(super) struct Membership {
    _group: Arc<Group>,
    receiver: broadcast::Receiver<Option<Told>>,
    /// Whatever comes after this position will be received.
    pub(super) floor: u64,
}

/// What a member hears.
#[derive(Debug)]
pub(super) enum Heard {
    Told(Told),
    /// More came than is kept.
    Missed,
    Ended,
}

impl Membership {
    pub(super) async fn next(&mut self) -> Heard {
        match self.receiver.recv().await {
            Ok(Some(told)) => Heard::Told(told),
            Err(broadcast::error::RecvError::Lagged(_)) => Heard::Missed,
            Ok(None) | Err(broadcast::error::RecvError::Closed) => Heard::Ended,
        }
    }
}

impl Groups {
    pub(super) fn counted(open: &Gauge) -> Self {
        Self { known: Arc::default(), open: open.clone() }
    }

    /// Joins the group of a subject; the first member begins it.
    pub(super) fn join(&self, engine: &Arc<dyn Engine>, subject: &Subject) -> Membership {
        let mut groups = self.lock();
        let living = groups.get(&subject.key).and_then(Weak::upgrade);
        if let Some(membership) = living.and_then(Group::member) {
            return membership;
        }
        let (group, receiver) = Group::begin(self.clone(), engine, subject);
        groups.insert(subject.key, Arc::downgrade(&group));
        let floor = group.line.floor.load(Ordering::Acquire);
        Membership { _group: group, receiver, floor }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Weak<Group>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Group {
    fn begin(
        groups: Groups,
        engine: &Arc<dyn Engine>,
        subject: &Subject,
    ) -> (Arc<Self>, broadcast::Receiver<Option<Told>>) {
        let begin = engine.position().unwrap_or_default();
        let (sender, receiver) = broadcast::channel(KEPT);
        let line = Arc::new(Line { sender, floor: AtomicU64::new(begin), over: AtomicBool::new(false) });
        let mut asker = subject.asker(fresh_id());
        asker.resume_after = Some(begin);
        let (engine, request, fed) = (Arc::clone(engine), subject.request(), Arc::clone(&line));
        let task = tokio::spawn(async move {
            let mut answers = alone(&engine, request, asker);
            while let Some(Ok(told)) = answers.next().await {
                if fed.send(told) {
                    break;
                }
            }
            fed.end();
        });
        let (key, counted) = (subject.key, Open::new(&groups.open));
        (Arc::new(Self { key, groups, line, task: task.abort_handle(), _counted: counted }), receiver)
    }

    /// Nothing when the group has ended.
    fn member(self: Arc<Self>) -> Option<Membership> {
        // In this order: what is sent after the one is received, and what was sent before is below the other.
        let receiver = self.line.sender.subscribe();
        let floor = self.line.floor.load(Ordering::Acquire);
        let over = self.line.over.load(Ordering::Acquire);
        (!over).then_some(Membership { _group: self, receiver, floor })
    }
}

impl Line {
    /// Whether it was the last.
    fn send(&self, told: Told) -> bool {
        let last = told.last;
        self.floor.fetch_max(told.position, Ordering::AcqRel);
        if last {
            self.over.store(true, Ordering::Release);
        }
        // Without a member the group is about to end.
        let _ = self.sender.send(Some(told));
        last
    }

    fn end(&self) {
        self.over.store(true, Ordering::Release);
        let _ = self.sender.send(None);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.task.abort();
        let mut groups = self.groups.lock();
        // Another may have taken its place.
        if groups.get(&self.key).is_some_and(|known| known.strong_count() == 0) {
            groups.remove(&self.key);
        }
    }
}
