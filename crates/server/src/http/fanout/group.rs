//! One execution and those who listen to it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use futures_util::StreamExt as _;
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::broadcast;
use tokio::task::AbortHandle;

use super::alone;
use super::key::{Key, Subject};
use super::told::{Fault, Told};
use crate::http::engine::Engine;
use crate::http::front::fresh_id;
use crate::http::metrics::Open;

/// Answers kept for members that are behind: they are shared, and a member that is behind by more goes its own way. Room
/// for a burst, such as a round of the policies: when all members fall behind at once, each reads for itself what all
/// missed.
const KEPT: usize = 1_024;
/// Bytes of the answers that all groups keep together. What does not fit is told to each member by an execution of its
/// own.
const KEPT_BYTES: usize = 64 * 1024 * 1024;

/// The groups that have members.
#[derive(Clone, Debug)]
pub(super) struct Groups {
    known: Arc<Mutex<HashMap<Key, Weak<Group>>>>,
    open: Gauge,
    kept: Arc<AtomicUsize>,
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
    sender: broadcast::Sender<Sent>,
    /// Whatever has a position up to here was sent, or came before the group.
    floor: AtomicU64,
    over: AtomicBool,
    kept: Arc<AtomicUsize>,
}

/// What goes down a line.
#[derive(Clone, Debug)]
enum Sent {
    Told(Arc<Kept>),
    /// There was an answer, and no room to keep it.
    Large,
    Fault,
    /// Nothing comes any more.
    End,
}

/// An answer while the line holds it, counted.
#[derive(Debug)]
struct Kept {
    told: Told,
    of: Arc<AtomicUsize>,
}

impl Kept {
    /// Nothing when there is no room.
    fn new(told: Told, of: &Arc<AtomicUsize>) -> Option<Self> {
        let bytes = told.json.len();
        let kept = Self { told, of: Arc::clone(of) };
        // Counted first: dropping it takes it back.
        (of.fetch_add(bytes, Ordering::AcqRel).saturating_add(bytes) <= KEPT_BYTES).then_some(kept)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.of.fetch_sub(self.told.json.len(), Ordering::AcqRel);
    }
}

/// A place in a group.
#[derive(Debug)]
pub(super) struct Membership {
    _group: Arc<Group>,
    receiver: broadcast::Receiver<Sent>,
    /// Whatever comes after this position will be received.
    pub(super) floor: u64,
}

/// What a member hears.
#[derive(Debug)]
pub(super) enum Heard {
    Told(Told),
    /// More came than is kept: so many answers.
    Missed(u64),
    Fault,
    Ended,
}

impl Membership {
    pub(super) async fn next(&mut self) -> Heard {
        match self.receiver.recv().await {
            Ok(Sent::Told(kept)) => Heard::Told(kept.told.clone()),
            Ok(Sent::Large) => Heard::Missed(1),
            Err(broadcast::error::RecvError::Lagged(missed)) => Heard::Missed(missed),
            Ok(Sent::Fault) => Heard::Fault,
            Ok(Sent::End) | Err(broadcast::error::RecvError::Closed) => Heard::Ended,
        }
    }
}

impl Groups {
    pub(super) fn counted(open: &Gauge) -> Self {
        Self { known: Arc::default(), open: open.clone(), kept: Arc::default() }
    }

    /// Joins the group of a subject; the first member begins it.
    pub(super) fn join(&self, engine: &Arc<dyn Engine>, subject: &Subject) -> Membership {
        // Dropped after the lock: the last of a group takes the lock itself.
        let living;
        let mut groups = self.lock();
        living = groups.get(&subject.key).and_then(Weak::upgrade);
        if let Some(membership) = living.as_ref().and_then(Group::member) {
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
    ) -> (Arc<Self>, broadcast::Receiver<Sent>) {
        let begin = engine.position().unwrap_or_default();
        let (sender, receiver) = broadcast::channel(KEPT);
        let line = Arc::new(Line {
            sender,
            floor: AtomicU64::new(begin),
            over: AtomicBool::new(false),
            kept: Arc::clone(&groups.kept),
        });
        let mut asker = subject.asker(fresh_id());
        asker.resume_after = Some(begin);
        let (engine, request, fed) = (Arc::clone(engine), subject.request(), Arc::clone(&line));
        let task = tokio::spawn(async move {
            let mut answers = alone(&engine, request, asker);
            loop {
                match answers.next().await {
                    Some(Ok(told)) => {
                        if fed.send(told) {
                            return fed.end(Sent::End);
                        }
                    }
                    Some(Err(Fault)) => return fed.end(Sent::Fault),
                    None => return fed.end(Sent::End),
                }
            }
        });
        let (key, counted) = (subject.key, Open::new(&groups.open));
        (Arc::new(Self { key, groups, line, task: task.abort_handle(), _counted: counted }), receiver)
    }

    /// Nothing when the group has ended.
    fn member(self: &Arc<Self>) -> Option<Membership> {
        // In this order: what is sent after the one is received, and what was sent before is below the other.
        let receiver = self.line.sender.subscribe();
        let floor = self.line.floor.load(Ordering::Acquire);
        let over = self.line.over.load(Ordering::Acquire);
        (!over).then(|| Membership { _group: Arc::clone(self), receiver, floor })
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
        let sent = Kept::new(told, &self.kept).map_or(Sent::Large, |kept| Sent::Told(Arc::new(kept)));
        // Without a member the group is about to end.
        let _ = self.sender.send(sent);
        last
    }

    fn end(&self, how: Sent) {
        self.over.store(true, Ordering::Release);
        let _ = self.sender.send(how);
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

#[cfg(test)]
mod tests {
    use async_graphql::{Request, Response};
    use futures_util::future::BoxFuture;
    use futures_util::stream::{self, BoxStream};
    use graphql::engine::{Unfit, Weight};

    use super::*;
    use crate::http::engine::{Asker, Executed};
    use crate::identity::Principal;

    /// Subscriptions break off with a panic, or end, at once.
    struct Short {
        panics: bool,
    }

    impl Engine for Short {
        fn weigh(&self, _: &mut Request, _: &Asker) -> Result<Weight, Box<Unfit>> {
            unreachable!("nothing is weighed in a group")
        }

        fn execute(&self, _: Request, _: Asker) -> BoxFuture<'static, Executed> {
            unreachable!("nothing is executed once in a group")
        }

        fn execute_stream(&self, _: Request, _: Asker) -> BoxStream<'static, Response> {
            let panics = self.panics;
            stream::poll_fn(move |_| {
                assert!(!panics, "as a resolver would");
                std::task::Poll::Ready(None)
            })
            .boxed()
        }

        fn sdl(&self) -> String {
            String::new()
        }
    }

    fn subject() -> Subject {
        let principal = Principal {
            id: uuid::Uuid::nil(),
            name: String::new(),
            language: None,
            roles: vec![],
            areas: vec![],
            organisations: vec![],
            person: None,
            acting: None,
            read_only: false,
        };
        let asker = Asker { principal: Some(Arc::new(principal)), ..Asker::anonymous("x".into()) };
        let text = "subscription { a }";
        let document = async_graphql::parser::parse_query(text).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        Subject::of_operation(&operation.node, &Request::new(text), &asker).unwrap()
    }

    #[tokio::test]
    async fn how_an_execution_ended_is_told_to_its_members_and_the_next_begins_anew() {
        let groups = Groups::counted(&Gauge::default());
        for panics in [true, false] {
            let engine: Arc<dyn Engine> = Arc::new(Short { panics });
            let mut first = groups.join(&engine, &subject());
            let told = first.next().await;
            assert!(matches!((panics, &told), (true, Heard::Fault) | (false, Heard::Ended)), "{told:?}");
            // The first is still there: its group is over, and nobody joins it.
            let mut second = groups.join(&engine, &subject());
            assert!(!Arc::ptr_eq(&first._group, &second._group));
            assert!(!matches!(second.next().await, Heard::Told(_)));
        }
        assert_eq!(groups.lock().values().filter(|group| group.strong_count() > 0).count(), 0);
    }

    #[test]
    fn what_does_not_fit_is_not_kept() {
        let kept = Arc::new(AtomicUsize::new(KEPT_BYTES - 10));
        let told = |bytes: usize| Told {
            position: 1,
            json: "x".repeat(bytes).into(),
            cost: 1,
            executed: 1,
            refused: None,
            last: false,
        };
        assert!(Kept::new(told(11), &kept).is_none());
        let held = Kept::new(told(10), &kept);
        assert!(held.is_some() && Kept::new(told(1), &kept).is_none());
        drop(held);
        assert_eq!(kept.load(Ordering::Relaxed), KEPT_BYTES - 10);
    }
}
