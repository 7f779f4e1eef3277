//! A bound on the spans that wait, and counts of all that become of them.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use opentelemetry::Context;
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor},
};

use super::{super::SpanCounts, attributes::exported};

/// A collector that is away is told of this often.
const COMPLAIN_EVERY: Duration = Duration::from_secs(60);

/// In front of the batches: passes on what may be exported, as long as there is room.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) inner: BatchSpanProcessor,
    pub(super) counts: Arc<SpanCounts>,
    /// Spans that may wait.
    pub(super) most: usize,
}

impl SpanProcessor for Counted {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.inner.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        let Some(span) = exported(span) else { return };
        if self.counts.enter(self.most) {
            self.inner.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

/// Behind the batches: counts what was sent and what was not.
#[derive(Debug)]
pub(super) struct Exporting<E> {
    inner: E,
    counts: Arc<SpanCounts>,
    complained: Mutex<Option<Instant>>,
}

impl<E> Exporting<E> {
    pub(super) fn new(inner: E, counts: Arc<SpanCounts>) -> Self {
        Self { inner, counts, complained: Mutex::new(None) }
    }

    fn complain(&self, spans: usize) {
        let mut last = self.complained.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|at| at.elapsed() > COMPLAIN_EVERY) {
            *last = Some(Instant::now());
            tracing::warn!(spans, "traces were not exported: the collector does not take them");
        }
    }
}

impl<E: SpanExporter> SpanExporter for Exporting<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let outcome = self.inner.export(batch).await;
        self.counts.leave(spans, outcome.is_ok());
        if outcome.is_err() {
            self.complain(spans);
        }
        outcome
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}
