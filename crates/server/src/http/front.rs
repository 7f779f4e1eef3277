//! What every request passes: an id, headers that browsers obey, a figure and a line in the log.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;

use super::App;
use super::metered;
use super::metrics::{Answered, Route};
use super::problem::Refused;
use crate::identity::SessionCookie;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Joins an answer to the logs: the sender's own `x-request-id` if it is a plain word, or one of ours.
#[derive(Clone, Debug)]
pub(super) struct RequestId(pub(super) Arc<str>);

pub(super) async fn front(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(request.headers());
    let method = method_label(request.method());
    let route = route_label(request.uri().path());
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let mut response = next.run(request).await;
    let status = response.status().as_u16();
    let elapsed = started.elapsed();
    app.metrics.answered.get_or_create(&Answered { method, route, status }).inc();
    app.metrics.seconds.get_or_create(&Route { route }).observe(elapsed.as_secs_f64());
    if let Some(Refused(reason)) = response.extensions().get() {
        app.metrics.reject(reason);
    }
    tracing::debug!(request_id = &*id, method, route, status, micros = elapsed.as_micros(), "answered");
    guard(response.headers_mut(), app.settings.cookie);
    if route == "/graphql" {
        metered::tell_policy(response.headers_mut(), &app.budget);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

fn request_id(headers: &HeaderMap) -> Arc<str> {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|id| {
        (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    });
    given.map_or_else(fresh_id, Arc::from)
}

/// An id is not a secret: where the system gives no randomness, a request is still answered.
fn fresh_id() -> Arc<str> {
    let mut bytes = [0_u8; 16];
    let _ = getrandom::fill(&mut bytes);
    Arc::from(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
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

fn route_label(path: &str) -> &'static str {
    match path {
        "/" => "/",
        "/graphql" => "/graphql",
        "/session" | "/session/password" => "/session",
        "/sessions" => "/sessions",
        "/tokens" => "/tokens",
        "/ingest" => "/ingest",
        "/export" => "/export",
        "/ide" => "/ide",
        "/healthz" => "/healthz",
        "/readyz" => "/readyz",
        "/metrics" => "/metrics",
        _ if path.starts_with("/export/") => "/export",
        _ if path.starts_with("/assets/") => "/assets",
        _ if path.starts_with("/sessions/") => "/sessions",
        _ if path.starts_with("/tokens/") => "/tokens",
        _ => "other",
    }
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
