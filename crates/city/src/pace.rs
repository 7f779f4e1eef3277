//! How fast the views follow a load. Row by row they would commit thousands of times a second for readers that are not
//! there yet; paced, they take up what is new when the load says so.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use event_log::{
    Append, Appended, Delivery, EventLog, LogError, Position, Recorded, Revision, StreamName, Subscription,
};
use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::sync::watch;

/// Whether subscribers wait, and up to where they are let go.
#[derive(Debug)]
pub(crate) struct Pace {
    held: AtomicBool,
    /// Position up to which events are delivered while they are held back.
    released: watch::Sender<u64>,
}

impl Pace {
    pub fn new() -> Self {
        Self { held: AtomicBool::new(false), released: watch::Sender::new(0) }
    }

    /// From now on nothing is delivered beyond what is released.
    pub fn hold(&self) {
        self.held.store(true, Ordering::Release);
    }

    /// Everything up to `position` may be delivered.
    pub fn release(&self, position: u64) {
        self.released.send_if_modified(|known| std::mem::replace(known, position.max(*known)) < position);
    }

    /// Nothing is held back any more.
    pub fn let_go(&self) {
        self.held.store(false, Ordering::Release);
        self.released.send_modify(|_| {});
    }
}

/// A log whose subscriptions keep to a pace. Everything else is the log's own.
pub(crate) struct PacedLog {
    pub log: Arc<dyn EventLog>,
    pub pace: Arc<Pace>,
}

impl EventLog for PacedLog {
    fn append(&self, append: Append) -> BoxFuture<'_, Result<Appended, LogError>> {
        self.log.append(append)
    }

    fn read_stream<'a>(
        &'a self,
        stream: &'a StreamName,
        from: Revision,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Recorded>, LogError>> {
        self.log.read_stream(stream, from, limit)
    }

    fn read_all(
        &self,
        after: Option<Position>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Recorded>, LogError>> {
        self.log.read_all(after, limit)
    }

    fn subscribe(&self, after: Option<Position>) -> Box<dyn Subscription> {
        Box::new(PacedSubscription {
            inner: self.log.subscribe(after),
            pace: Arc::clone(&self.pace),
            released: self.pace.released.subscribe(),
            delivered: after.map_or(0, |position| position.0),
            caught_up: false,
        })
    }

    fn head(&self) -> BoxFuture<'_, Result<Option<Position>, LogError>> {
        self.log.head()
    }
}

struct PacedSubscription {
    inner: Box<dyn Subscription>,
    pace: Arc<Pace>,
    released: watch::Receiver<u64>,
    delivered: u64,
    caught_up: bool,
}

impl PacedSubscription {
    async fn deliver(&mut self) -> Result<Delivery, LogError> {
        loop {
            let released = *self.released.borrow_and_update();
            let held = self.caught_up && self.pace.held.load(Ordering::Acquire);
            if !held || self.delivered < released {
                break;
            }
            if self.released.changed().await.is_err() {
                break;
            }
        }
        let delivery = self.inner.next().await?;
        match &delivery {
            Delivery::Events(events) => {
                self.delivered = events.last().map_or(self.delivered, |event| event.position.0);
            }
            Delivery::CaughtUp => self.caught_up = true,
        }
        Ok(delivery)
    }
}

impl Subscription for PacedSubscription {
    fn next(&mut self) -> BoxFuture<'_, Result<Delivery, LogError>> {
        self.deliver().boxed()
    }
}
