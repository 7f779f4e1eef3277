//! Catch-up, then live.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::shared::{Shared, closed};
use crate::{Delivery, LogError, Position, Subscription};

/// Events of one delivery at most.
pub const DELIVERY_EVENTS: usize = 1_024;
/// Bytes of metadata and data after which a delivery takes no further event.
pub const DELIVERY_BYTES: usize = 4 << 20;

pub(super) struct SqliteSubscription {
    shared: Arc<Shared>,
    head: watch::Receiver<u64>,
    /// Position of the last event delivered.
    after: u64,
    caught_up: bool,
}

impl SqliteSubscription {
    pub(super) fn new(shared: Arc<Shared>, after: Option<Position>) -> Self {
        let head = shared.head.subscribe();
        Self { shared, head, after: after.map_or(0, |position| position.0), caught_up: false }
    }

    async fn deliver(&mut self) -> Result<Delivery, LogError> {
        loop {
            if *self.head.borrow_and_update() > self.after {
                let after = Some(Position(self.after));
                let read = move |reader: &super::SqliteReader, _: &Shared| {
                    reader.read_batch(after, DELIVERY_EVENTS, DELIVERY_BYTES)
                };
                let events = self.shared.read(read).await?;
                let last =
                    events.last().ok_or_else(|| LogError::Damaged("durable events are missing".into()))?;
                self.after = last.position.0;
                return Ok(Delivery::Events(events));
            }
            if !self.caught_up {
                self.caught_up = true;
                return Ok(Delivery::CaughtUp);
            }
            if self.shared.is_closed() {
                return Err(closed());
            }
            self.head.changed().await.map_err(|_| closed())?;
        }
    }
}

impl Subscription for SqliteSubscription {
    fn next(&mut self) -> BoxFuture<'_, Result<Delivery, LogError>> {
        self.deliver().boxed()
    }
}
