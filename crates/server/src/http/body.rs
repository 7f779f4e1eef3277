//! Reading a body that is not longer than it may be, beside others that are read at the same time.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::problem::Problem;

/// How much of a body that is too long is read and thrown away, so that its sender gets to see the answer.
const DRAINED: usize = 1024 * 1024;

/// The bytes of all bodies that are being read: many slow ones together must not fill the memory. Counted as they
/// arrive, so nobody takes room by announcing.
#[derive(Debug)]
pub(super) struct Room(Arc<Semaphore>);

impl Room {
    pub(super) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))))
    }
}

/// Why there is no body.
enum Failed {
    TooLarge,
    NoRoom,
    Broken,
}

/// A body of at most `limit` bytes that arrives within `time`.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    time: Duration,
) -> Result<Bytes, Problem> {
    read_beside(None, headers, body, limit, time).await
}

/// The same, in the room that is left beside the bodies of others.
pub(super) async fn read_in(
    room: &Room,
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    time: Duration,
) -> Result<Bytes, Problem> {
    read_beside(Some(room), headers, body, limit, time).await
}

async fn read_beside(
    room: Option<&Room>,
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    time: Duration,
) -> Result<Bytes, Problem> {
    let too_large = || {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            format!("A request has at most {limit} bytes."),
        )
        .header(header::CONNECTION, "close")
    };
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<usize>().ok());
    // Whoever waits for `100 Continue`, or announces more than is worth reading, is told before it sends anything.
    let patient = headers.contains_key(header::EXPECT);
    if declared.is_some_and(|length| length > DRAINED || (length > limit && patient)) {
        return Err(too_large());
    }
    match tokio::time::timeout(time, collect(room, body, limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(Failed::TooLarge)) => Err(too_large()),
        Ok(Err(Failed::NoRoom)) => {
            let message = "Too many requests are being read at once.";
            Err(Problem::unavailable("too_many_bodies", message).header(header::CONNECTION, "close"))
        }
        Ok(Err(Failed::Broken)) => Err(Problem::bad_request("body_broken", "The body ended before its end.")),
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "body_too_slow",
            "The body took too long to arrive.",
        )
        .header(header::CONNECTION, "close")),
    }
}

async fn collect(room: Option<&Room>, body: Body, limit: usize) -> Result<Bytes, Failed> {
    let mut stream = body.into_data_stream();
    let mut whole = Vec::new();
    let mut taken: Option<OwnedSemaphorePermit> = None;
    let mut dropped = 0;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Failed::Broken)?;
        if dropped > 0 || whole.len() + chunk.len() > limit {
            dropped += whole.len() + chunk.len();
            (whole, taken) = (Vec::new(), None);
            if dropped > DRAINED {
                break;
            }
            continue;
        }
        if let Some(Room(room)) = room {
            let bytes = u32::try_from(chunk.len()).map_err(|_| Failed::TooLarge)?;
            let more = Arc::clone(room).try_acquire_many_owned(bytes).map_err(|_| Failed::NoRoom)?;
            match &mut taken {
                Some(taken) => taken.merge(more),
                None => taken = Some(more),
            }
        }
        whole.extend_from_slice(&chunk);
    }
    if dropped > 0 { Err(Failed::TooLarge) } else { Ok(Bytes::from(whole)) }
}
