//! Figures of the transports.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct Answered {
    pub(super) method: &'static str,
    pub(super) route: &'static str,
    pub(super) status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct Route {
    pub(super) route: &'static str,
}

/// `query`, `mutation`, `subscription`; `event` for what a subscription tells, `resume` for what it reads in vain.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct Charged {
    pub(super) operation: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct Reason {
    reason: Cow<'static, str>,
}

/// Counts what goes through the handlers. Labels come from fixed lists, so a sender cannot make up new series.
#[derive(Clone, Debug)]
pub struct HttpMetrics {
    pub(super) answered: Family<Answered, Counter>,
    pub(super) seconds: Family<Route, Histogram>,
    pub(super) rejected: Family<Reason, Counter>,
    pub(super) cost: Family<Charged, Histogram>,
    codes: Arc<Mutex<HashSet<String>>>,
    pub(super) sockets: Gauge,
    pub(super) streams: Gauge,
    pub(super) subscriptions: Gauge,
    pub(super) groups: Gauge,
    pub(super) kept: Counter,
    pub(super) queued_bytes: Gauge,
}

impl HttpMetrics {
    /// Registers `http_requests_total`, `http_request_seconds`, `rejected_total`, `graphql_cost`, `websockets_open`,
    /// `event_streams_open`, `subscriptions_open` and `websocket_queued_bytes`, under whatever prefix the registry has.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            answered: Family::default(),
            seconds: Family::new_with_constructor(histogram),
            rejected: Family::default(),
            cost: Family::new_with_constructor(cost_histogram),
            codes: Arc::default(),
            sockets: Gauge::default(),
            streams: Gauge::default(),
            subscriptions: Gauge::default(),
            groups: Gauge::default(),
            kept: Counter::default(),
            queued_bytes: Gauge::default(),
        };
        registry.register("http_requests", "Requests answered", metrics.answered.clone());
        registry.register(
            "http_request_seconds",
            "Time from the head of a request to the head of its answer",
            metrics.seconds.clone(),
        );
        registry.register(
            "rejected",
            "Requests, operations, messages and sockets that were refused, by reason",
            metrics.rejected.clone(),
        );
        registry.register("graphql_cost", "Cost of what was executed, by operation", metrics.cost.clone());
        registry.register(
            "subscription_groups_open",
            "Subscriptions that are executed once for all who ask the same with the same rights",
            metrics.groups.clone(),
        );
        registry.register(
            "answers_kept",
            "Queries answered with what somebody with the same rights was just answered",
            metrics.kept.clone(),
        );
        registry.register("websockets_open", "WebSockets open", metrics.sockets.clone());
        registry.register("event_streams_open", "Event streams open", metrics.streams.clone());
        registry.register(
            "subscriptions_open",
            "Operations open on WebSockets and event streams",
            metrics.subscriptions.clone(),
        );
        registry.register(
            "websocket_queued_bytes",
            "Bytes that wait to be taken by readers of WebSockets",
            metrics.queued_bytes.clone(),
        );
        metrics
    }

    pub(super) fn reject(&self, reason: &'static str) {
        self.rejected.get_or_create(&Reason { reason: Cow::Borrowed(reason) }).inc();
    }

    /// Counts by the code of an error that an engine answered. Codes are words of the program, but here they come as
    /// text: so many of them are counted by name and no more.
    pub(super) fn reject_code(&self, code: &str) {
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        let known = codes.contains(code) || (codes.len() < MOST_CODES && codes.insert(code.to_owned()));
        drop(codes);
        let reason = if known { Cow::Owned(code.to_owned()) } else { Cow::Borrowed("other") };
        self.rejected.get_or_create(&Reason { reason }).inc();
    }
}

fn histogram() -> Histogram {
    Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])
}

fn cost_histogram() -> Histogram {
    Histogram::new([1.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 2_500.0, 5_000.0])
}
/// Codes of engines that are counted by name.
const MOST_CODES: usize = 256;

/// Up while it lives.
#[derive(Debug)]
pub(super) struct Open(Gauge);

impl Open {
    pub(super) fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}
