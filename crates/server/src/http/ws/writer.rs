//! The way out of one socket. What waits here is bounded; a reader that does not take it is dropped.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::SinkExt as _;
use futures_util::stream::SplitSink;
use tokio::sync::{mpsc, oneshot};

use super::protocol::TOO_SLOW;
use crate::http::HttpMetrics;

/// Time for the peer to answer a close.
pub(super) const CLOSE_TIME: Duration = Duration::from_secs(1);

pub(super) type Sink = SplitSink<WebSocket, Message>;

/// Sends what is queued until it is told to close, the peer is gone, or a message takes longer than `time`.
pub(super) async fn write(
    mut sink: Sink,
    mut queue: mpsc::Receiver<Message>,
    mut close: oneshot::Receiver<CloseFrame>,
    time: Duration,
    metrics: HttpMetrics,
) {
    loop {
        let message = tokio::select! {
            biased;
            frame = &mut close => {
                if let Ok(frame) = frame {
                    end(&mut sink, frame).await;
                }
                return;
            }
            message = queue.recv() => message,
        };
        let Some(message) = message else { return };
        match tokio::time::timeout(time, sink.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return,
            Err(_) => {
                metrics.reject("slow_reader");
                let (code, reason) = TOO_SLOW;
                end(&mut sink, CloseFrame { code, reason: reason.into() }).await;
                return;
            }
        }
    }
}

async fn end(sink: &mut Sink, frame: CloseFrame) {
    let _ = tokio::time::timeout(CLOSE_TIME, sink.send(Message::Close(Some(frame)))).await;
}
