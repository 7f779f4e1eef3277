//! What waits to leave one socket: bounded in messages and in bytes. Whoever wants to say more waits for room.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::ws::Message;
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::http::{HttpMetrics, Settings};

/// The way in. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Outbox {
    queue: mpsc::Sender<Waiting>,
    room: Arc<Semaphore>,
    most: u32,
    waiting: Gauge,
}

/// The writer is gone, and with it the socket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gone;

/// Set when the client wants to hear no more of an operation: what waits for it then does not leave.
#[derive(Clone, Debug, Default)]
pub(super) struct Hushed(Arc<AtomicBool>);

impl Hushed {
    pub(super) fn hush(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn is(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// A message with the room that it takes.
#[derive(Debug)]
pub(super) struct Waiting {
    message: Message,
    of: Option<Hushed>,
    _room: OwnedSemaphorePermit,
    counted: Counted,
}

#[derive(Debug)]
struct Counted {
    gauge: Gauge,
    bytes: i64,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.gauge.dec_by(self.bytes);
    }
}

impl Waiting {
    /// The message, unless nobody wants it any more. Its room is free again.
    pub(super) fn take(self) -> Option<Message> {
        drop(self.counted);
        (!self.of.is_some_and(|of| of.is())).then_some(self.message)
    }
}

impl Outbox {
    pub(super) fn new(settings: &Settings, metrics: &HttpMetrics) -> (Self, mpsc::Receiver<Waiting>) {
        let (queue, queued) = mpsc::channel(settings.queue.max(1));
        let most = u32::try_from(settings.queue_bytes).unwrap_or(u32::MAX).max(1);
        let room = Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(Semaphore::MAX_PERMITS)));
        (Self { queue, room, most, waiting: metrics.queued_bytes.clone() }, queued)
    }

    /// Puts a message in, once there is room. One that is larger than all the room waits until it is alone.
    pub(super) async fn put(&self, text: String, of: Option<&Hushed>) -> Result<(), Gone> {
        let room = Arc::clone(&self.room).acquire_many_owned(self.size(&text)).await.map_err(|_| Gone)?;
        let waiting = self.waiting(Message::from(text), of, room);
        self.queue.send(waiting).await.map_err(|_| Gone)
    }

    /// Puts a ping in, if there is room: without, the line is not idle.
    pub(super) fn ping(&self) {
        if let Ok(room) = Arc::clone(&self.room).try_acquire_owned() {
            let ping = self.waiting(Message::Ping(axum::body::Bytes::new()), None, room);
            let _ = self.queue.try_send(ping);
        }
    }

    fn size(&self, text: &str) -> u32 {
        u32::try_from(text.len()).unwrap_or(u32::MAX).clamp(1, self.most)
    }

    fn waiting(&self, message: Message, of: Option<&Hushed>, room: OwnedSemaphorePermit) -> Waiting {
        let bytes = i64::try_from(room.num_permits()).unwrap_or(i64::MAX);
        self.waiting.inc_by(bytes);
        let counted = Counted { gauge: self.waiting.clone(), bytes };
        Waiting { message, of: of.cloned(), _room: room, counted }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn outbox(queue: usize, queue_bytes: usize) -> (Outbox, mpsc::Receiver<Waiting>, Gauge) {
        let metrics = HttpMetrics::register(&mut prometheus_client::registry::Registry::default());
        let settings = Settings { queue, queue_bytes, ..Settings::default() };
        let (outbox, queued) = Outbox::new(&settings, &metrics);
        (outbox, queued, metrics.queued_bytes)
    }

    #[test]
    fn what_waits_is_bounded_in_messages_and_in_bytes() {
        let put =
            |outbox: &Outbox, bytes: usize| outbox.put("x".repeat(bytes), None).now_or_never().is_some();
        let (many, mut queued, gauge) = outbox(3, 1_000);
        assert_eq!([1, 1, 1, 1].map(|bytes| put(&many, bytes)), [true, true, true, false]);
        drop(queued.try_recv().unwrap());
        assert!(put(&many, 1));
        assert_eq!(gauge.get(), 3);
        let (large, mut queued, gauge) = outbox(100, 1_000);
        assert_eq!([600, 400, 1].map(|bytes| put(&large, bytes)), [true, true, false]);
        drop(queued.try_recv().unwrap());
        // Too large for all of it: alone.
        assert!(!put(&large, 5_000));
        drop(queued.try_recv().unwrap());
        assert!(put(&large, 5_000) && !put(&large, 1));
        drop((large, queued));
        assert_eq!(gauge.get(), 0);
    }

    #[test]
    fn what_nobody_wants_any_more_does_not_leave() {
        let (outbox, mut queued, _) = outbox(3, 1_000);
        let hushed = Hushed::default();
        for of in [Some(&hushed), None] {
            outbox.put("x".into(), of).now_or_never().unwrap().unwrap();
        }
        hushed.hush();
        assert_eq!(queued.try_recv().unwrap().take(), None);
        assert!(queued.try_recv().unwrap().take().is_some());
    }
}
