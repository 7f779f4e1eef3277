//! The way out of one socket. A reader that does not take what waits here is dropped.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::SinkExt as _;
use futures_util::stream::SplitSink;
use tokio::sync::{mpsc, oneshot};

use super::outbox::Waiting;
use super::protocol::TOO_SLOW;
use crate::http::HttpMetrics;

/// Time for the peer to answer a close.
pub(super) const CLOSE_TIME: Duration = Duration::from_secs(1);
/// Messages that leave together at most, so that a close is not kept waiting.
const TOGETHER: usize = 64;

pub(super) type Sink = SplitSink<WebSocket, Message>;

/// Why messages no longer leave.
enum Stuck {
    /// One took longer than it may.
    Slow,
    Gone,
}

/// Sends what is queued until it is told to close, the peer is gone, or a message takes longer than `time`.
pub(super) async fn write(
    mut sink: Sink,
    mut queue: mpsc::Receiver<Waiting>,
    mut close: oneshot::Receiver<CloseFrame>,
    time: Duration,
    metrics: HttpMetrics,
) {
    loop {
        let first = tokio::select! {
            biased;
            frame = &mut close => {
                if let Ok(frame) = frame {
                    end(&mut sink, frame).await;
                }
                return;
            }
            first = queue.recv() => first,
        };
        let Some(first) = first else { return };
        match together(&mut sink, first, &mut queue, &close, time).await {
            Ok(()) => {}
            Err(Stuck::Gone) => return,
            Err(Stuck::Slow) => {
                metrics.reject("slow_reader");
                let (code, reason) = TOO_SLOW;
                end(&mut sink, CloseFrame { code, reason: reason.into() }).await;
                return;
            }
        }
    }
}

/// Sends what waits now with as few writes as possible.
async fn together(
    sink: &mut Sink,
    first: Waiting,
    queue: &mut mpsc::Receiver<Waiting>,
    close: &oneshot::Receiver<CloseFrame>,
    time: Duration,
) -> Result<(), Stuck> {
    let mut next = Some(first);
    for _ in 0..TOGETHER {
        let Some(waiting) = next else { break };
        if let Some(message) = waiting.take() {
            within(time, sink.feed(message)).await?;
        }
        // A close does not wait behind what a slow reader takes bit by bit.
        next = if close.is_empty() { queue.try_recv().ok() } else { None };
    }
    if let Some(message) = next.and_then(Waiting::take) {
        within(time, sink.feed(message)).await?;
    }
    within(time, sink.flush()).await
}

async fn within(time: Duration, step: impl Future<Output = Result<(), axum::Error>>) -> Result<(), Stuck> {
    match tokio::time::timeout(time, step).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Stuck::Gone),
        Err(_) => Err(Stuck::Slow),
    }
}

async fn end(sink: &mut Sink, frame: CloseFrame) {
    let _ = tokio::time::timeout(CLOSE_TIME, sink.send(Message::Close(Some(frame)))).await;
}
