//! Reading a body that is not longer than it may be, beside others that are read at the same time.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use domain::Rejection;
use futures_util::StreamExt as _;

use super::problem::Problem;
use super::reasons;
use super::room::Place;

/// How much of a body that is too long is read and thrown away, so that its sender gets to see the answer.
const DRAINED: usize = 1024 * 1024;

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

/// The same, in a place that it takes beside the bodies of others.
pub(super) async fn read_in(
    place: Place,
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    time: Duration,
) -> Result<Bytes, Problem> {
    read_beside(Some(place), headers, body, limit, time).await
}

async fn read_beside(
    place: Option<Place>,
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    time: Duration,
) -> Result<Bytes, Problem> {
    let too_large = || {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            Rejection::new(&reasons::BODY_TOO_LARGE).with("limit", limit),
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
    match tokio::time::timeout(time, collect(place, body, limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(Failed::TooLarge)) => Err(too_large()),
        Ok(Err(Failed::NoRoom)) => {
            Err(Problem::unavailable(&reasons::BODIES_TOO_MANY).header(header::CONNECTION, "close"))
        }
        Ok(Err(Failed::Broken)) => Err(Problem::bad_request(&reasons::BODY_BROKEN)),
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, &reasons::BODY_TOO_SLOW)
            .header(header::CONNECTION, "close")),
    }
}

async fn collect(mut place: Option<Place>, body: Body, limit: usize) -> Result<Bytes, Failed> {
    let mut stream = body.into_data_stream();
    let mut whole = Vec::new();
    let mut dropped = 0;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Failed::Broken)?;
        if dropped > 0 || whole.len() + chunk.len() > limit {
            dropped += whole.len() + chunk.len();
            whole = Vec::new();
            if let Some(place) = &mut place {
                place.clear();
            }
            if dropped > DRAINED {
                break;
            }
            continue;
        }
        if place.as_mut().is_some_and(|place| !place.take(chunk.len())) {
            return Err(Failed::NoRoom);
        }
        whole.extend_from_slice(&chunk);
    }
    if dropped > 0 { Err(Failed::TooLarge) } else { Ok(Bytes::from(whole)) }
}
