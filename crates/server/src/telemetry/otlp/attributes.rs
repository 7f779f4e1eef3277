//! What may leave the process: a list of attributes, under the names that the semantic conventions of OpenTelemetry
//! give them where there are any. Everything else is taken away, so that a field added to a span one day is not
//! exported before somebody has thought about it.

use std::borrow::Cow;

use opentelemetry::{
    Key, Value,
    trace::{SpanKind, Status},
};
use opentelemetry_sdk::trace::SpanData;

/// Field of a span, attribute of the export.
const ALLOWED: &[(&str, &str)] = &[
    ("correlation_id", "wardlog.correlation_id"),
    ("method", "http.request.method"),
    ("route", "http.route"),
    ("status", "http.response.status_code"),
    ("principal", "wardlog.principal"),
    ("code", "wardlog.code"),
    ("operation", "graphql.operation.type"),
    ("operation_name", "graphql.operation.name"),
    ("roots", "wardlog.graphql.roots"),
    ("cost", "wardlog.graphql.cost"),
    ("errors", "wardlog.graphql.errors"),
    ("name", "wardlog.command"),
    ("aggregate", "wardlog.aggregate"),
    ("command.id", "wardlog.command.id"),
    ("outcome", "wardlog.outcome"),
    ("kind", "wardlog.kind"),
    ("category", "wardlog.stream.category"),
    ("events", "wardlog.append.events"),
    ("group.appends", "wardlog.group.appends"),
    ("group.events", "wardlog.group.events"),
    ("group.commit_micros", "wardlog.group.commit_micros"),
    ("position", "wardlog.position"),
    ("acted", "wardlog.policies.acted"),
    ("void", "wardlog.policies.void"),
    ("failed", "wardlog.policies.failed"),
    ("lines", "wardlog.import.lines"),
];

/// Requests of machines that look after this one; every few seconds, each the same.
const PROBES: &[&str] = &["/healthz", "/readyz", "/metrics"];

/// The crates of this workspace that make spans.
const OURS: &[&str] = &["server", "graphql", "app", "views", "event_log", "keyring", "city"];

pub(super) fn is_ours(target: &str) -> bool {
    OURS.contains(&target.split("::").next().unwrap_or_default())
}

/// The span as it is exported; `None` when it is not.
pub(super) fn exported(mut span: SpanData) -> Option<SpanData> {
    span.attributes.retain_mut(|attribute| {
        let allowed = ALLOWED.iter().find(|(field, _)| *field == attribute.key.as_str());
        allowed.map(|(_, name)| attribute.key = Key::from_static_str(name)).is_some()
    });
    span.dropped_attributes_count = 0;
    span.events = opentelemetry_sdk::trace::SpanEvents::default();
    if span.name == "request" {
        request(&mut span)?;
    }
    Some(span)
}

fn request(span: &mut SpanData) -> Option<()> {
    let text = |span: &SpanData, name: &str| {
        let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == name);
        found.map(|attribute| attribute.value.as_str().into_owned())
    };
    let route = text(span, "http.route").unwrap_or_default();
    if PROBES.contains(&route.as_str()) {
        return None;
    }
    let method = text(span, "http.request.method").unwrap_or_default();
    span.name = Cow::Owned(format!("{method} {route}"));
    span.span_kind = SpanKind::Server;
    let status =
        span.attributes.iter().find(|attribute| attribute.key.as_str() == "http.response.status_code");
    if let Some(Value::I64(500..)) = status.map(|attribute| &attribute.value) {
        span.status = Status::error(text(span, "wardlog.code").unwrap_or_default());
    }
    Some(())
}
