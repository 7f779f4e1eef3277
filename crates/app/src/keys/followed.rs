//! The log as the views follow it: keys that lie between the events are taken over, not handed on.

use std::sync::Arc;

use event_log::{
    Append, Appended, Delivery, EventLog, LogError, Position, Recorded, Revision, StreamName, Subscription,
};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{CATEGORY, SharedKeys};

/// Follows a log whose subscriptions deliver the streams of keys too.
#[derive(Clone)]
pub struct KeyedLog {
    log: Arc<dyn EventLog>,
    keys: Arc<SharedKeys>,
}

impl std::fmt::Debug for KeyedLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyedLog").finish_non_exhaustive()
    }
}

impl KeyedLog {
    pub fn new(log: Arc<dyn EventLog>, keys: Arc<SharedKeys>) -> Self {
        Self { log, keys }
    }
}

impl EventLog for KeyedLog {
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
        Box::new(Followed { inner: self.log.subscribe(after), keys: Arc::clone(&self.keys) })
    }

    fn head(&self) -> BoxFuture<'_, Result<Option<Position>, LogError>> {
        self.log.head()
    }
}

struct Followed {
    inner: Box<dyn Subscription>,
    keys: Arc<SharedKeys>,
}

impl Subscription for Followed {
    fn next(&mut self) -> BoxFuture<'_, Result<Delivery, LogError>> {
        async move {
            loop {
                let records = match self.inner.next().await? {
                    Delivery::Events(records) => records,
                    Delivery::CaughtUp => return Ok(Delivery::CaughtUp),
                };
                let (keys, events): (Vec<_>, Vec<_>) =
                    records.into_iter().partition(|record| record.stream.category() == CATEGORY);
                if !keys.is_empty() {
                    self.keys.adopt(&keys).map_err(|cause| {
                        LogError::Unavailable(format!("a key of the cluster can not be taken over: {cause}"))
                    })?;
                }
                if !events.is_empty() {
                    return Ok(Delivery::Events(events));
                }
            }
        }
        .boxed()
    }
}
