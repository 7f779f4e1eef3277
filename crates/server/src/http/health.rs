//! For whoever operates it.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use super::problem::Problem;
use super::reasons;
use super::settings::MetricsFor;
use super::{App, graphql, who};
use crate::identity::AccountRole;

/// One thing that is needed to serve, and whether it is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub ok: bool,
    /// For the operator; anybody can read it, so it names no path, host or person.
    pub detail: String,
}

impl Check {
    pub fn new(name: &'static str, ok: bool, detail: impl Into<String>) -> Self {
        Self { name, ok, detail: detail.into() }
    }
}

/// The process runs and answers.
pub(super) async fn alive() -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], "ok\n").into_response()
}

/// Whether a balancer should send people here.
pub(super) async fn ready(State(app): State<App>) -> Response {
    let mut checks = (app.readiness)();
    let stopping = app.shutdown.has_begun();
    checks.push(Check::new("serving", !stopping, if stopping { "stopping" } else { "" }));
    let ok = checks.iter().all(|check| check.ok);
    let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({ "ready": ok, "checks": checks }).to_string();
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response()
}

/// The figures, as Prometheus reads them; for whom the settings let see them.
pub(super) async fn metrics(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    let open = match app.settings.metrics {
        MetricsFor::Open => true,
        MetricsFor::Loopback => is_local(graphql::peer(&parts), &parts.headers),
        MetricsFor::Token => false,
    };
    if !open {
        let known = who::authenticate(&app, &parts.headers).await?.ok_or_else(who::nobody)?;
        let sees = [AccountRole::Auditor, AccountRole::Administrator];
        if !known.principal.roles.iter().any(|role| sees.contains(role)) {
            return Err(Problem::new(StatusCode::FORBIDDEN, &reasons::FIGURES_FORBIDDEN));
        }
    }
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &app.registry).map_err(|_| Problem::internal())?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// Whether a request was made on this machine. One that a proxy passes on comes from wherever the proxy says.
fn is_local(peer: Option<IpAddr>, headers: &HeaderMap) -> bool {
    const PASSED_ON: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];
    peer.is_some_and(|peer| peer.to_canonical().is_loopback())
        && !PASSED_ON.iter().any(|name| headers.contains_key(*name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_is_this_machine_without_a_proxy_between() {
        let local = |peer: &str| is_local(peer.parse().ok(), &HeaderMap::new());
        assert!(local("127.0.0.1") && local("127.8.8.8") && local("::1") && local("::ffff:127.0.0.1"));
        assert!(!local("10.0.0.1") && !local("::ffff:10.0.0.1") && !local("0.0.0.0") && !local("nowhere"));
        for name in ["forwarded", "x-forwarded-for", "x-real-ip", "via"] {
            let headers = HeaderMap::from_iter([(name.parse().unwrap(), "127.0.0.1".parse().unwrap())]);
            assert!(!is_local("127.0.0.1".parse().ok(), &headers), "{name}");
        }
    }
}
