//! Traces over OTLP/HTTP (protobuf), to a collector that `OTEL_EXPORTER_OTLP_ENDPOINT` or the settings name.
//!
//! The batches are the SDK's; around them stands what an operator must be able to trust: a bound on what waits, counts
//! of what was dropped, and a list of the attributes that may leave the process. Events of a span (log lines) and
//! whatever is not on the list stay here.
//! Absent on purpose: gRPC, metrics and logs over OTLP, baggage.

mod attributes;
mod client;
mod counted;
mod sampler;

use std::{sync::Arc, time::Duration};

use axum::http::HeaderMap;
use opentelemetry::{
    KeyValue,
    propagation::TextMapPropagator as _,
    trace::{TraceContextExt as _, TracerProvider as _},
};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    resource::EnvResourceDetector,
    trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracer, SdkTracerProvider},
};
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{Layer, filter, registry::LookupSpan};

use super::{Settings, SpanCounts};
use crate::cli::Failure;
use counted::{Counted, Exporting};
use sampler::Share;

const GENERAL: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const OF_TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
/// Spans in one request to the collector.
const BATCH: usize = 512;
/// Longest wait before spans are sent.
const DELAY: Duration = Duration::from_secs(2);
/// Longest wait for the collector when the process ends.
const LAST_WAIT: Duration = Duration::from_secs(3);

/// An open way to a collector.
#[derive(Debug)]
pub(crate) struct Export {
    provider: SdkTracerProvider,
    counts: Arc<SpanCounts>,
}

/// Whether traces are wanted.
pub(super) fn is_wanted(settings: &Settings) -> bool {
    let named = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty());
    let disabled = std::env::var("OTEL_SDK_DISABLED").is_ok_and(|value| value.eq_ignore_ascii_case("true"));
    !disabled && (named(OF_TRACES) || named(GENERAL) || settings.otlp_endpoint.is_some())
}

impl Export {
    /// Must be called within a runtime, which sends the spans.
    pub(super) fn open(settings: &Settings) -> Result<Self, Failure> {
        let in_environment = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty());
        let mut builder = SpanExporter::builder().with_http().with_http_client(client::Client::new()?);
        if let Some(endpoint) = &settings.otlp_endpoint
            && !in_environment(GENERAL)
            && !in_environment(OF_TRACES)
        {
            builder = builder.with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')));
        }
        let exporter =
            builder.build().map_err(|cause| Failure::new(format!("the export of traces: {cause}")))?;
        let counts = Arc::new(SpanCounts::default());
        let bounds = BatchConfigBuilder::default()
            .with_max_queue_size(settings.spans_waiting() + BATCH)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(DELAY)
            .build();
        let exporting = Exporting::new(exporter, Arc::clone(&counts));
        let processor = Counted {
            inner: BatchSpanProcessor::new(exporting, bounds),
            counts: Arc::clone(&counts),
            most: settings.spans_waiting(),
        };
        let provider = SdkTracerProvider::builder()
            .with_span_processor(processor)
            .with_sampler(Share::of(settings.sample_ratio()?))
            .with_resource(resource())
            .build();
        Ok(Self { provider, counts })
    }

    pub(super) fn counts(&self) -> Arc<SpanCounts> {
        Arc::clone(&self.counts)
    }

    pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let tracer: SdkTracer = self.provider.tracer("wardlog");
        // Spans alone, and of this workspace alone: what a library puts into its own is not known here.
        let ours = filter::filter_fn(|meta| meta.is_span() && attributes::is_ours(meta.target()));
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(filter::LevelFilter::INFO)
            .with_filter(ours)
    }

    /// Sends what waits, within a bounded time. Blocking.
    pub(super) fn close(&self) {
        if let Err(cause) = self.provider.shutdown_with_timeout(LAST_WAIT) {
            tracing::warn!(%cause, "the last traces were not exported");
        }
    }
}

fn resource() -> Resource {
    let id = crate::cli::new_id().to_string();
    let detected = Resource::builder_empty()
        .with_service_name("wardlog")
        .with_attributes([
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", id),
        ])
        .with_detector(Box::new(EnvResourceDetector::new()));
    match std::env::var("OTEL_SERVICE_NAME") {
        Ok(name) if !name.is_empty() => detected.with_service_name(name).build(),
        _ => detected.build(),
    }
}

/// Makes the sender's span the parent of this one: W3C Trace Context, header `traceparent`. Without an export, or on a
/// header that is not one, nothing happens.
pub(crate) fn adopt(span: &Span, headers: &HeaderMap) {
    if !headers.contains_key("traceparent") {
        return;
    }
    let context = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    if context.span().span_context().is_valid() {
        // Fails where no export is: there is no parent to have.
        let _ = span.set_parent(context);
    }
}

/// Notes how a request ended.
pub(crate) fn answered(span: &Span, status: u16, code: Option<&'static str>) {
    span.set_attribute("status", i64::from(status));
    if let Some(code) = code {
        span.set_attribute("code", code);
    }
}
