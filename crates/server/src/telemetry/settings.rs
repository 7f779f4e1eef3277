//! `[telemetry]` of the settings file.

use serde::Deserialize;

use crate::cli::Failure;

/// Spans that may wait for the collector unless told otherwise.
const SPANS_WAITING: usize = 4_096;
/// An operation that takes longer is told in the logs, unless told otherwise.
const SLOW_SECONDS: f64 = 1.0;

/// What can be set; every field may be left out.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Base address of a collector that takes OTLP over HTTP: `http://127.0.0.1:4318`. The variable
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` comes first.
    pub otlp_endpoint: Option<String>,
    /// Share of the traces that is exported, from 0 to 1.
    pub sample_ratio: Option<f64>,
    /// Spans that may wait for the collector; more are dropped and counted.
    pub spans_waiting: Option<usize>,
    /// Names of operations that may be told in logs and traces; of others only the fields at their roots are.
    pub operations: Vec<String>,
    /// Operations that take longer are told in the logs.
    pub slow_seconds: Option<f64>,
}

impl Settings {
    /// All traces, unless told otherwise.
    #[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "nothing is exported"))]
    pub(super) fn sample_ratio(&self) -> Result<f64, Failure> {
        let wrong = |said: &str| {
            Failure::new(format!("the share of traces must be a number from 0 to 1, it is `{said}`"))
        };
        let ratio = match (std::env::var("OTEL_TRACES_SAMPLER_ARG"), self.sample_ratio) {
            (Ok(text), _) => text.trim().parse().map_err(|_| wrong(&text))?,
            (Err(_), told) => told.unwrap_or(1.0),
        };
        if (0.0..=1.0).contains(&ratio) { Ok(ratio) } else { Err(wrong(&ratio.to_string())) }
    }

    #[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "nothing is exported"))]
    pub(super) fn spans_waiting(&self) -> usize {
        let told = std::env::var("OTEL_BSP_MAX_QUEUE_SIZE").ok().and_then(|text| text.parse().ok());
        told.or(self.spans_waiting).unwrap_or(SPANS_WAITING).max(1)
    }

    pub(crate) fn slow(&self) -> std::time::Duration {
        let seconds = self.slow_seconds.unwrap_or(SLOW_SECONDS);
        std::time::Duration::try_from_secs_f64(seconds).unwrap_or(std::time::Duration::MAX)
    }
}
