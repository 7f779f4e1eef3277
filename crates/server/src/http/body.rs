//! Reading a body that is not longer than it may be.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::StreamExt as _;

use super::problem::Problem;

/// How much of a body that is too long is read and thrown away, so that its sender gets to see the answer.
const DRAINED: usize = 1024 * 1024;

pub(super) async fn read(
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
    match tokio::time::timeout(time, collect(body, limit)).await {
        Ok(Ok(Some(bytes))) => Ok(bytes),
        Ok(Ok(None)) => Err(too_large()),
        Ok(Err(_)) => Err(Problem::bad_request("body_broken", "The body ended before its end.")),
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "body_too_slow",
            "The body took too long to arrive.",
        )
        .header(header::CONNECTION, "close")),
    }
}

/// Nothing when it is too long.
async fn collect(body: Body, limit: usize) -> Result<Option<Bytes>, axum::Error> {
    let mut stream = body.into_data_stream();
    let mut whole = Vec::new();
    let mut dropped = 0;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        if dropped > 0 || whole.len() + chunk.len() > limit {
            dropped += whole.len() + chunk.len();
            whole = Vec::new();
            if dropped > DRAINED {
                break;
            }
        } else {
            whole.extend_from_slice(&chunk);
        }
    }
    Ok((dropped == 0).then(|| Bytes::from(whole)))
}
