//! Answers to queries that somebody with the same rights has just asked.
//!
//! A board that many look at is asked for again and again while nothing happens. An answer is kept while the views stand
//! at the position that it was made at, so a later one is never hidden by it; and for a second at the most, because some
//! fields follow the clock. Absent on purpose: answers with anything personal or of one's own
//! ([`graphql::engine::Weight::same_for_all`]), answers with errors, answers to nobody.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_graphql::{Request, Response};
use futures_util::future::{BoxFuture, FutureExt as _, ready};
use futures_util::stream::BoxStream;
use graphql::engine::{Unfit, Weight};
use hashlink::LruCache;
use prometheus_client::metrics::counter::Counter;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::engine::{Asker, Engine, Executed};
use super::fanout::{Key, key};

/// Longest time that an answer is kept.
const LONGEST: Duration = Duration::from_secs(1);
/// Bytes of all answers that are kept.
const BYTES: usize = 32 * 1024 * 1024;
/// Bytes that an answer takes beside its own: its key and its places in the list and the heap, rounded up.
const BYTES_BESIDE: usize = 512;
/// Most bytes of one of them.
const BYTES_OF_ONE: usize = 512 * 1024;

/// An engine that keeps answers. It knows when they are stale by the position of the one behind it; without a position it
/// keeps nothing.
pub(super) struct Keeping {
    engine: Arc<dyn Engine>,
    kept: Arc<Mutex<Kept>>,
    hits: Counter,
}

struct Kept {
    /// Of every answer in it.
    position: u64,
    answers: LruCache<Key, Answer>,
    bytes: usize,
}

struct Answer {
    data: Arc<RawValue>,
    made_at: Instant,
}

impl Answer {
    fn bytes(&self) -> usize {
        self.data.get().len() + BYTES_BESIDE
    }
}

impl Keeping {
    pub(super) fn new(engine: Arc<dyn Engine>, hits: Counter) -> Self {
        let kept = Kept { position: 0, answers: LruCache::new_unbounded(), bytes: 0 };
        Self { engine, kept: Arc::new(Mutex::new(kept)), hits }
    }

    /// Nothing for what is not to be kept.
    fn key(&self, request: &mut Request, asker: &Asker) -> Option<Key> {
        let rights = asker.principal.as_deref()?;
        if !request.extensions.is_empty() || !self.engine.weigh(request, asker).ok()?.same_for_all {
            return None;
        }
        let variables = serde_json::to_value(&request.variables).ok()?;
        key(&request.query, request.operation_name.as_deref(), &variables, rights, asker.language)
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kept {
    fn find(&mut self, key: &Key, position: u64) -> Option<Arc<RawValue>> {
        if self.position != position {
            return None;
        }
        let answer = self.answers.get(key)?;
        if answer.made_at.elapsed() < LONGEST {
            return Some(Arc::clone(&answer.data));
        }
        self.bytes -= self.answers.remove(key).map_or(0, |old| old.bytes());
        None
    }

    fn keep(&mut self, key: Key, position: u64, data: &Arc<RawValue>, made_at: Instant) {
        if position < self.position || data.get().len() > BYTES_OF_ONE {
            return;
        }
        if position > self.position {
            self.answers.clear();
            (self.position, self.bytes) = (position, 0);
        }
        let answer = Answer { data: Arc::clone(data), made_at };
        self.bytes += answer.bytes();
        if let Some(old) = self.answers.insert(key, answer) {
            self.bytes -= old.bytes();
        }
        while self.bytes > BYTES {
            let Some((_, old)) = self.answers.remove_lru() else { break };
            self.bytes -= old.bytes();
        }
    }
}

impl Engine for Keeping {
    fn weigh(&self, request: &mut Request, asker: &Asker) -> Result<Weight, Box<Unfit>> {
        self.engine.weigh(request, asker)
    }

    fn execute(&self, mut request: Request, asker: Asker) -> BoxFuture<'static, Executed> {
        let position = self.engine.position().filter(|now| asker.at_least.is_none_or(|least| least <= *now));
        let keyed = position.and_then(|position| Some((position, self.key(&mut request, &asker)?)));
        let Some((position, key)) = keyed else { return self.engine.execute(request, asker) };
        if let Some(data) = lock(&self.kept).find(&key, position) {
            self.hits.inc();
            return ready(Executed { response: Response::default(), data: Some(data) }).boxed();
        }
        let (engine, kept, made_at) = (Arc::clone(&self.engine), Arc::clone(&self.kept), Instant::now());
        let answer = self.engine.execute(request, asker);
        async move {
            let mut executed = answer.await;
            // While it was made something may have been recorded that it shows or does not show.
            let whole = executed.response.errors.is_empty() && engine.position() == Some(position);
            if whole && let Ok(data) = serde_json::value::to_raw_value(&executed.response.data) {
                let data: Arc<RawValue> = data.into();
                lock(&kept).keep(key, position, &data, made_at);
                executed.response.data = async_graphql::Value::Null;
                executed.data = Some(data);
            }
            executed
        }
        .boxed()
    }

    fn execute_stream(&self, request: Request, asker: Asker) -> BoxStream<'static, Response> {
        self.engine.execute_stream(request, asker)
    }

    fn position(&self) -> Option<u64> {
        self.engine.position()
    }

    fn sdl(&self) -> String {
        self.engine.sdl()
    }
}

#[cfg(test)]
mod tests;
