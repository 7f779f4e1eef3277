//! Figures that only a log on a cluster has, for `/metrics`.

use std::{fmt, sync::Arc};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric as _},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
};

use super::Log;

/// The client's troubles, and what waits for the cluster.
pub(crate) struct ClusterFigures(pub Arc<Log>);

impl fmt::Debug for ClusterFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterFigures").finish_non_exhaustive()
    }
}

impl Collector for ClusterFigures {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Log::Cluster(cluster) = &*self.0 else { return Ok(()) };
        let seen = cluster.adapter_stats();
        let counters = [
            ("wardlog_cluster_retries", "Attempts repeated within a call to the cluster", seen.retries),
            ("wardlog_cluster_renewals", "Clients of the cluster replaced after a fault", seen.renewals),
            ("wardlog_cluster_restarts", "Subscriptions to the cluster begun anew", seen.restarts),
        ];
        for (name, help, value) in counters {
            let metric = ConstCounter::new(value);
            metric.encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)?;
        }
        let untold = ConstGauge::new(i64::try_from(cluster.untold()).unwrap_or(i64::MAX));
        let help = "Accounts that the other nodes do not know as they are here";
        let name = "wardlog_cluster_untold_accounts";
        untold.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)?;
        let away = ConstGauge::new(f64::from(u8::from(self.0.trouble().is_some())));
        let help = "1 while the cluster does not answer, or holds another log";
        away.encode(encoder.encode_descriptor("wardlog_cluster_unusable", help, None, MetricType::Gauge)?)
    }
}
