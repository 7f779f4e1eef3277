//! Figures of the node, read when they are asked for: the log, the views, commands, policies, keys, files, disk.
//!
//! Labels are words of the program: names of commands, codes of reasons, kinds of causes. None comes from a sender.

use std::{fmt, fs, path::Path, sync::Arc};

use event_log::sqlite::{GROUP_BUCKETS_EVENTS, LATENCY_BUCKETS_MICROS, Stats};
use prometheus_client::{collector::Collector, encoding::DescriptorEncoder};

use super::{Rebuilds, out::Out};
use crate::{http::Clock, node::Node};

pub(crate) struct NodeFigures {
    pub node: Arc<Node>,
    pub clock: Clock,
    pub rebuilds: Arc<Rebuilds>,
}

impl fmt::Debug for NodeFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeFigures").finish_non_exhaustive()
    }
}

impl Collector for NodeFigures {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let mut out = Out(encoder);
        let stats = self.node.log.stats();
        out.info("build", "What runs", [("version", env!("CARGO_PKG_VERSION"))])?;
        self.log(&mut out, &stats)?;
        self.views(&mut out, stats.durable_head)?;
        self.work(&mut out)?;
        self.disk(&mut out)
    }
}

fn micros(bound: u64) -> f64 {
    std::time::Duration::from_micros(bound).as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "figures are floating point by definition")]
const fn float(count: u64) -> f64 {
    count as f64
}

impl NodeFigures {
    fn log(&self, out: &mut Out<'_>, stats: &Stats) -> fmt::Result {
        out.histogram(
            "append_seconds",
            "Time of an append from the call to the answer, its wait for the writer included",
            stats.append_seconds,
            LATENCY_BUCKETS_MICROS.map(micros),
            &stats.append_latency,
        )?;
        out.histogram(
            "append_group_events",
            "Events that one commit of the log made durable together",
            float(stats.events),
            GROUP_BUCKETS_EVENTS.map(float),
            &stats.group_sizes,
        )?;
        out.histogram(
            "commit_seconds",
            "Time of a commit of the log, its sync included",
            stats.commit_seconds,
            LATENCY_BUCKETS_MICROS.map(micros),
            &stats.commit_latency,
        )?;
        out.counter("log_appends", "Appends that became durable", stats.appends)?;
        out.counter("log_events", "Events that became durable", stats.events)?;
        out.counter("log_event_bytes", "Bytes of those events", stats.event_bytes)?;
        out.counter("log_repeats", "Appends recognised as repetitions", stats.already_there)?;
        out.counter("log_conflicts", "Appends refused because the stream had moved on", stats.conflicts)?;
        out.counter("log_failures", "Appends answered with a fault", stats.failures)?;
        out.counter("log_checkpoints", "Checkpoints of the log's write-ahead file", stats.checkpoints)?;
        out.count("log_head", "Position of the last durable event", stats.durable_head)?;
        out.count(
            "log_wal_pages",
            "Pages in the log's write-ahead file when last looked at",
            stats.wal_pages,
        )?;
        out.count("log_unindexed_events", "Events that the stream index does not hold yet", stats.tail_events)
    }

    fn views(&self, out: &mut Out<'_>, head: u64) -> fmt::Result {
        let views = &self.node.views;
        let now = u64::try_from((self.clock)().as_millisecond()).unwrap_or_default();
        let lag = views.lag(head, now);
        out.count("views_position", "Position that queries see", views.position())?;
        out.count("views_lag_events", "Events that queries do not see yet", lag.events)?;
        out.gauge(
            "views_lag_seconds",
            "Age of the oldest event that queries do not see yet; 0 when they see all",
            micros(lag.milliseconds.saturating_mul(1_000)),
        )?;
        let stopped = u64::from(views.failure().is_some());
        out.count("views_stopped", "1 when the views have stopped on a fault: rebuild them", stopped)?;
        let rebuilds = self.rebuilds.read();
        out.count("rebuild_running", "1 while the views are built anew", u64::from(rebuilds.running))?;
        out.count("rebuild_position", "How far the running or the last rebuild got", rebuilds.position)?;
        out.gauge("rebuild_last_seconds", "How long the last whole rebuild took", rebuilds.seconds)?;
        let outcomes = [("done", rebuilds.done), ("failed", rebuilds.failed)];
        out.counters(
            "rebuilds",
            "Rebuilds of the views since the start, by outcome",
            outcomes.map(|(outcome, count)| ([("outcome", outcome)], count)),
        )
    }

    fn work(&self, out: &mut Out<'_>) -> fmt::Result {
        let commands = self.node.app.command_outcomes();
        out.counters(
            "commands",
            "Commands by name and outcome: done, unchanged, or the code of the refusal or the fault",
            commands.into_iter().map(|(name, code, n)| ([("command", name), ("outcome", code)], n)),
        )?;
        let policies = self.node.app.policy_outcomes();
        out.counters(
            "policy_causes",
            "What time had made due, by kind and outcome: acted, void (gone or refused), failed",
            policies.into_iter().map(|(kind, outcome, n)| ([("kind", kind), ("outcome", outcome)], n)),
        )?;
        let usage = self.node.app.keyring().usage();
        out.counter("keyring_sealed", "Personal texts sealed", usage.sealed)?;
        out.counter("keyring_opened", "Personal texts opened", usage.opened)?;
        out.counter("keyring_erased_reads", "Personal texts asked for after their erasure", usage.erased)?;
        out.counter("keyring_erasures", "Keys of subjects destroyed", usage.erasures)
    }

    fn disk(&self, out: &mut Out<'_>) -> fmt::Result {
        let place = &self.node.place;
        let views = self.node.views.live_file();
        let files = [
            ("log", place.log()),
            ("keyring", place.keyring()),
            ("identity", place.identity()),
            ("views", views),
        ];
        let size = |path: &Path| fs::metadata(path).map_or(0, |data| data.len());
        let wal = |path: &Path| {
            let mut name = path.as_os_str().to_owned();
            name.push("-wal");
            size(Path::new(&name))
        };
        out.gauges(
            "database_bytes",
            "Size of a database",
            files.iter().map(|(name, path)| ([("database", *name)], size(path))),
        )?;
        out.gauges(
            "database_wal_bytes",
            "Size of a database's write-ahead file",
            files.iter().map(|(name, path)| ([("database", *name)], wal(path))),
        )?;
        if let Ok(disk) = rustix::fs::statvfs(&place.data) {
            out.count(
                "disk_free_bytes",
                "Room left where the data folder is",
                disk.f_bavail * disk.f_frsize,
            )?;
            out.count(
                "disk_bytes",
                "Room altogether where the data folder is",
                disk.f_blocks * disk.f_frsize,
            )?;
        }
        Ok(())
    }
}
