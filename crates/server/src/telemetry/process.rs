//! Figures of the process, under the names that every Prometheus client gives them, from `/proc`.
//!
//! A figure that can not be read is left out.

use std::fmt;

use prometheus_client::{collector::Collector, encoding::DescriptorEncoder};

use super::out::Out;

#[derive(Debug)]
pub(crate) struct ProcessFigures;

impl Collector for ProcessFigures {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let mut out = Out(encoder);
        if let Some(stat) = Stat::read() {
            out.seconds_counter("process_cpu_seconds", "User and system time spent", stat.cpu_seconds)?;
            out.count("process_resident_memory_bytes", "Resident memory", stat.resident_bytes)?;
            out.count("process_threads", "Threads", stat.threads)?;
            if let Some(booted) = boot_second() {
                let started = booted + stat.started_seconds;
                out.gauge("process_start_time_seconds", "When the process started, since 1970", started)?;
            }
        }
        if let Some(open) = open_files() {
            out.count("process_open_fds", "Open file descriptors", open)?;
        }
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        if let Some(most) = limit.current {
            out.count("process_max_fds", "Most file descriptors that may be open", most)?;
        }
        Ok(())
    }
}

struct Stat {
    cpu_seconds: f64,
    started_seconds: f64,
    resident_bytes: u64,
    threads: u64,
}

impl Stat {
    /// `proc_pid_stat(5)`; the name, which may hold anything, ends at the last bracket.
    fn read() -> Option<Self> {
        let text = std::fs::read_to_string("/proc/self/stat").ok()?;
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        // The first field behind the name is the third of the manual.
        let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
        #[expect(clippy::cast_precision_loss, reason = "seconds as Prometheus has them")]
        let seconds = |ticks: u64| ticks as f64 / rustix::param::clock_ticks_per_second() as f64;
        let page = u64::try_from(rustix::param::page_size()).ok()?;
        Some(Self {
            cpu_seconds: seconds(number(14)? + number(15)?),
            threads: number(20)?,
            started_seconds: seconds(number(22)?),
            resident_bytes: number(24)? * page,
        })
    }
}

fn boot_second() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/stat").ok()?;
    text.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok())
}

fn open_files() -> Option<u64> {
    let entries = std::fs::read_dir("/proc/self/fd").ok()?;
    // One of them is this look.
    Some(u64::try_from(entries.count()).ok()?.saturating_sub(1))
}
