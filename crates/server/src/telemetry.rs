//! What an operator sees of a running process: figures for `/metrics`, structured logs, traces.
//!
//! None of them holds personal data: no body, no query text, no variable, no query string, no header, no name of an
//! account. Whoever adds a field to a span or a line keeps to that; a test sends marked data everywhere and looks.

mod figures;
mod logs;
#[cfg(feature = "otlp")]
mod otlp;
/// Without the feature `otlp`.
#[cfg(not(feature = "otlp"))]
#[path = "telemetry/silent.rs"]
mod otlp;
mod out;
mod process;
mod rebuilds;
mod settings;
mod spans;

use std::{fmt, sync::Arc};

use prometheus_client::{collector::Collector, encoding::DescriptorEncoder, registry::Registry};

use crate::{
    cli::Failure,
    http::{Clock, HttpMetrics, OperationMetrics},
    node::Node,
};
use figures::NodeFigures;
use out::Out;
use process::ProcessFigures;
use spans::SpanCounts;

pub(crate) use logs::Logs;
pub(crate) use otlp::{adopt, answered};
pub(crate) use rebuilds::Rebuilds;
pub(crate) use settings::Settings;

/// Logs and, when they are wanted, traces of this process, from [`start`] to [`close`](Telemetry::close).
pub(crate) struct Telemetry {
    export: Option<otlp::Export>,
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry").field("export", &self.export.is_some()).finish()
    }
}

/// Starts both. Must be called within a runtime; only the first call of a process counts.
///
/// # Errors
/// When a setting can not be understood.
pub(crate) fn start(logs: Logs, settings: &Settings) -> Result<Telemetry, Failure> {
    let export = otlp::is_wanted(settings).then(|| otlp::Export::open(settings)).transpose()?;
    logs.start(export.as_ref().map(otlp::Export::layer))?;
    Ok(Telemetry { export })
}

impl Telemetry {
    /// What becomes of spans; all zero while nothing is exported.
    pub(crate) fn spans(&self) -> Arc<SpanCounts> {
        self.export.as_ref().map(otlp::Export::counts).unwrap_or_default()
    }

    /// Exports what waits, within seconds. Blocking.
    pub(crate) fn close(&self) {
        if let Some(export) = &self.export {
            export.close();
        }
    }
}

/// The figures of a server.
#[derive(Debug)]
pub(crate) struct Figures {
    pub registry: Arc<Registry>,
    pub transport: HttpMetrics,
    pub operations: OperationMetrics,
}

/// Everything that `/metrics` prints, under the prefix `wardlog_`; the process's own figures under their usual names.
pub(crate) fn registry(
    node: &Arc<Node>,
    clock: Clock,
    rebuilds: Arc<Rebuilds>,
    spans: Arc<SpanCounts>,
) -> Figures {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(ProcessFigures));
    #[cfg(feature = "kurrent")]
    if node.log.is_shared() {
        registry.register_collector(Box::new(crate::log::figures::ClusterFigures(Arc::clone(&node.log))));
    }
    let ours = registry.sub_registry_with_prefix("wardlog");
    ours.register_collector(Box::new(NodeFigures { node: Arc::clone(node), clock, rebuilds }));
    ours.register_collector(Box::new(SpanCollector(spans)));
    let (transport, operations) = (HttpMetrics::register(ours), OperationMetrics::register(ours));
    Figures { registry: Arc::new(registry), transport, operations }
}

#[derive(Debug)]
struct SpanCollector(Arc<SpanCounts>);

impl Collector for SpanCollector {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let mut out = Out(encoder);
        let spans = self.0.read();
        out.count("spans_waiting", "Spans of traces that wait for the collector", spans.waiting)?;
        out.counter("spans_exported", "Spans that the collector has taken", spans.exported)?;
        let dropped = [("no_room", spans.crowded), ("not_taken", spans.refused)];
        out.counters(
            "spans_dropped",
            "Spans that were not exported, by reason: no_room (too many waited), not_taken (by the collector)",
            dropped.map(|(reason, count)| ([("reason", reason)], count)),
        )
    }
}
