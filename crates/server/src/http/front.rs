//! What every request passes: an id, headers that browsers obey, a figure and a line in the log.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use tracing::{Instrument as _, field::Empty};
use uuid::Uuid;

use super::App;
use super::metrics::{Answered, Route};
use super::problem::{Problem, Refused};
use super::{language, metered};
use crate::identity::SessionCookie;
use crate::telemetry;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Joins an answer to the logs: the sender's own `x-request-id` or one of ours.
#[derive(Clone, Debug)]
pub(super) struct RequestId(pub(super) Arc<str>);

pub(super) async fn front(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(request.headers());
    let method = method_label(request.method());
    let route = route_label(request.extensions().get());
    let language = language::wanted(request.headers());
    // At the level of errors, so that it is there and tells the id whatever else is filtered out.
    let span = tracing::error_span!("request", correlation_id = &*id, method, route, principal = Empty);
    telemetry::adopt(&span, request.headers());
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let work = AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span.clone());
    // What panicked, and where, has been told by then.
    let mut response = work.await.unwrap_or_else(|_| Problem::internal().into_response());
    let status = response.status().as_u16();
    let elapsed = started.elapsed();
    app.metrics.answered.get_or_create(&Answered { method, route, status }).inc();
    app.metrics.seconds.get_or_create(&Route { route }).observe(elapsed.as_secs_f64());
    let refused = response.extensions().get::<Refused>().cloned();
    let code = refused.as_ref().map(Refused::code);
    if let Some(refused) = refused {
        app.metrics.reject(refused.code());
        if let Some(language) = language {
            refused.tell(&mut response, language);
        }
    }
    let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
    span.in_scope(|| tracing::info!(target: "server::request", status, micros, code, "answered"));
    telemetry::answered(&span, status, code);
    guard(response.headers_mut(), app.settings.cookie);
    if route == "/graphql" {
        metered::tell_policy(response.headers_mut(), &app.budget);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Taken from the sender only in the forms in which proxies make one (a UUID, or 32 hexadecimal digits): it goes into
/// the logs, where other words of a sender do not belong.
fn request_id(headers: &HeaderMap) -> Arc<str> {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    given
        .filter(|id| matches!(id.len(), 32 | 36) && Uuid::try_parse(id).is_ok())
        .map_or_else(fresh_id, Arc::from)
}

/// An id is not a secret: it takes no call of the system.
pub(super) fn fresh_id() -> Arc<str> {
    let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
    let id = uuid::Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes()).into_uuid();
    Arc::from(&*id.hyphenated().encode_lower(&mut text))
}

fn guard(headers: &mut HeaderMap, cookie: SessionCookie) {
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::X_FRAME_OPTIONS, "DENY");
    default(header::REFERRER_POLICY, "no-referrer");
    default(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    default(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    default(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    default(header::CACHE_CONTROL, "no-store");
    if cookie == SessionCookie::Secure {
        default(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}

/// The route as the router knows it: `/sessions/{id}`, never a sender's path. There are no more of them than routes, so
/// that keeping each for ever is bounded.
fn route_label(matched: Option<&MatchedPath>) -> &'static str {
    static KNOWN: RwLock<BTreeSet<&'static str>> = RwLock::new(BTreeSet::new());
    let Some(route) = matched.map(MatchedPath::as_str) else { return "other" };
    if let Some(known) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(route) {
        return known;
    }
    let kept: &'static str = Box::leak(route.into());
    KNOWN.write().unwrap_or_else(PoisonError::into_inner).insert(kept);
    kept
}

fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        _ => "other",
    }
}
