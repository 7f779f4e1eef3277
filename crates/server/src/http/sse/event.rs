//! Events as the event-stream format writes them (HTML, 9.2.6).

use axum::body::Bytes;

/// Says nothing; keeps what lies between awake.
pub(super) const COMMENT: Bytes = Bytes::from_static(b":\n\n");

/// Everything was said. Without a line of data a browser would not tell of it.
pub(super) const COMPLETE: Bytes = Bytes::from_static(b"event: complete\ndata:\n\n");

/// One answer, JSON already; its id is its position, if it has one (0: none). JSON has no line breaks, so it is one line
/// of data.
pub(super) fn next(json: &str, position: u64) -> Bytes {
    let id = if position == 0 { String::new() } else { format!("id: {position}\n") };
    format!("event: next\n{id}data: {json}\n\n").into()
}
