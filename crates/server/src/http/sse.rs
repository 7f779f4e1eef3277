//! GraphQL over server-sent events, distinct connections mode: one operation, one answer that stays open.
//!
//! Follows `PROTOCOL.md` of graphql-sse: events `next` and `complete`; what cannot be read is refused with a status,
//! what is not valid is told in the stream. The position of an item is the id of its event, so that `Last-Event-ID` says
//! where to go on, which browsers do by themselves.
//! Absent on purpose: the single connection mode (reservations by `PUT`). It exists for browsers that open few
//! connections to one server; those have the WebSocket.

mod event;
mod feed;

use std::convert::Infallible;
use std::sync::Arc;

use async_graphql::{Request, Response as GraphqlResponse};
use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::{Stream, StreamExt as _, stream};

use super::App;
use super::engine::Asker;
use super::graphql::Wire;
use super::metrics::Open;
use super::problem::Problem;
use super::reasons;
use super::seats::Full;
use super::serve::Cut;
use crate::identity::Authenticated;

use feed::{Feed, Queue};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Opens the stream of an operation.
///
/// # Errors
/// When the server is stopping, there is no place left, or `Last-Event-ID` is none of ours.
pub(super) fn open(
    app: &App,
    parts: &Parts,
    request: Request,
    is_subscription: bool,
    mut asker: Asker,
    known: Option<Arc<Authenticated>>,
) -> Result<Response, Problem> {
    if app.shutdown.has_begun() {
        return Err(Problem::unavailable(&reasons::STOPPING));
    }
    asker.resume_after = resume_after(&parts.headers)?;
    // The head of the answer says that it has begun: what happens from here on is told.
    asker.since = app.engine.position();
    let account = known.as_ref().map(|known| known.principal.id);
    let seat = app.0.seats.take(account).map_err(no_seat)?;
    let (queue, mut queued) = Queue::new(&app.settings);
    let feed = Feed {
        app: app.clone(),
        request,
        is_subscription,
        asker,
        known,
        cut: parts.extensions.get::<Cut>().cloned(),
        held: (seat, app.shutdown.join(), Open::new(&app.metrics.streams)),
    };
    tokio::spawn(feed.run(queue));
    // The room of an event is free again when the connection takes it.
    let rest = stream::poll_fn(move |context| queued.poll_recv(context)).map(|(event, _room)| event);
    Ok(written(rest))
}

/// The stream of an operation that is not executed: one `next` with the error.
pub(super) fn refused(response: &GraphqlResponse) -> Response {
    let json = serde_json::to_string(&Wire { response, data: None, executed: false });
    let told = json.map(|json| event::next(&json, 0));
    written(stream::iter(told.into_iter().chain([event::COMPLETE])))
}

fn written(events: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    // Browsers and proxies do not show the head of an answer before there is something of its body.
    let events = stream::iter([event::COMMENT]).chain(events).map(Ok::<_, Infallible>);
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        // A proxy that gathers what it passes on would hold back what has just happened.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(events)).into_response()
}

fn no_seat(full: Full) -> Problem {
    match full {
        Full::All => Problem::unavailable(full.reason()),
        Full::Own => Problem::new(StatusCode::TOO_MANY_REQUESTS, full.reason()),
    }
}

/// The position after which to go on; ids of events are positions.
fn resume_after(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(given) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    match given.to_str().map(str::parse) {
        Ok(Ok(position)) => Ok(Some(position)),
        _ => Err(Problem::bad_request(&reasons::EVENT_ID_INVALID)),
    }
}
