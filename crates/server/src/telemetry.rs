//! Figures of the node for `/metrics`, read when they are asked for, and structured logs.

use std::{fmt, sync::Arc};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric as _},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
};
use views::Views;

use crate::{http::Clock, log::Log};

/// The node's own figures.
pub(crate) struct NodeFigures {
    pub log: Arc<Log>,
    pub views: Arc<Views>,
    pub clock: Clock,
}

impl fmt::Debug for NodeFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeFigures").finish_non_exhaustive()
    }
}

impl Collector for NodeFigures {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let stats = self.log.stats();
        let now = u64::try_from((self.clock)().as_millisecond()).unwrap_or_default();
        let lag = self.views.lag(stats.durable_head, now);
        let counters = [
            ("wardlog_log_appends", "Appends acknowledged", stats.appends),
            ("wardlog_log_events", "Events appended", stats.events),
            ("wardlog_log_event_bytes", "Bytes of events appended", stats.event_bytes),
            ("wardlog_log_repeats", "Appends recognised as repetitions", stats.already_there),
            ("wardlog_log_conflicts", "Appends refused because the stream had moved on", stats.conflicts),
            ("wardlog_log_failures", "Appends that failed", stats.failures),
            ("wardlog_log_groups", "Commits of the log, each with one fsync", stats.groups),
            ("wardlog_log_checkpoints", "Checkpoints of the log's write-ahead file", stats.checkpoints),
        ];
        for (name, help, value) in counters {
            let metric = ConstCounter::new(value);
            metric.encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)?;
        }
        #[expect(clippy::cast_precision_loss, reason = "gauges are floating point by definition")]
        let gauges = [
            ("wardlog_log_head", "Position of the last durable event", stats.durable_head as f64),
            ("wardlog_log_group_events_mean", "Mean events per commit", stats.mean_group_events()),
            ("wardlog_log_group_events_last", "Events of the last commit", stats.last_group_events as f64),
            ("wardlog_log_commit_seconds", "Seconds spent in commits", stats.commit_seconds),
            ("wardlog_log_append_seconds", "Sum of append latencies", stats.append_seconds),
            ("wardlog_log_wal_pages", "Pages of the write-ahead file", stats.wal_pages as f64),
            ("wardlog_views_position", "Position that queries see", self.views.position() as f64),
            ("wardlog_views_lag_events", "Events that are not in the views yet", lag.events as f64),
            (
                "wardlog_views_lag_seconds",
                "Age of what is not in the views yet",
                lag.milliseconds as f64 / 1e3,
            ),
            (
                "wardlog_views_failed",
                "1 when the views have stopped",
                f64::from(u8::from(self.views.failure().is_some())),
            ),
        ];
        for (name, help, value) in gauges {
            let metric = ConstGauge::new(value);
            metric.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)?;
        }
        Ok(())
    }
}

/// Logs go to standard error: lines for people on a terminal, JSON for machines.
pub(crate) fn start_logs(json: bool, verbose: u8) {
    use tracing_subscriber::{EnvFilter, fmt::fmt};
    let level = match verbose {
        0 => "warn,server=info",
        1 => "info",
        _ => "debug",
    };
    let filter = EnvFilter::try_from_env("WARDLOG_LOG_FILTER").unwrap_or_else(|_| EnvFilter::new(level));
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Only the first call counts: tests call twice.
    let _ = if json { lines.json().try_init() } else { lines.try_init() };
}
