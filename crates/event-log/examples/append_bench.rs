//! Prints what an append costs beside the floor of this machine, measured in the same run on the same disk.
//!
//! `cargo run --release -p event-log --example append_bench -- [FOLDER] [EVENTS]`

use std::error::Error;
use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use event_log::sqlite::Stats;
use event_log::{
    Append, Appended, EventLog as _, Expected, NewEvent, Position, Revision, SqliteLog, SqliteOptions,
    StreamName,
};
use uuid::Uuid;

const DATA_BYTES: usize = 500;
const IN_FLIGHT: usize = 256;
const SINGLE: usize = 2_000;
const FLOOR_BYTES: usize = 64 << 20;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from).join("append-bench");
    let events = arguments.next().map_or(Ok(500_000), |count| count.parse())?;
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(measure(&folder, events));
    std::fs::remove_dir_all(&folder)?;
    outcome
}

async fn measure(folder: &Path, events: usize) -> Outcome<()> {
    let path = folder.join("log.sqlite");
    let log = Arc::new(SqliteLog::open(&path, SqliteOptions::default())?);
    let mut ratios = Vec::new();
    for round in 1..=3 {
        let floor = floor_single(folder)?;
        let ours = single(&log, round).await?;
        let ratio = ours.as_secs_f64() / floor.as_secs_f64();
        println!("one in flight, p50: fdatasync {floor:.1?}, append {ours:.1?}, ratio {ratio:.2}");
        ratios.push(ratio);
    }
    // Many streams, so that the 256 in flight meet the index where it is.
    let clients = Arc::new(Clients::new(log.clone(), 100_000));
    for _ in 0..3 {
        let floor = floor_group(folder)?;
        let before = log.stats();
        let (rate, elapsed) = many(&clients, events / 3).await?;
        let after = log.stats();
        println!(
            "{IN_FLIGHT} in flight: floor {floor:.0} events/s, append {rate:.0} events/s, {:.0} %, in {elapsed:.1?}; {}",
            100.0 * rate / floor,
            groups(&before, &after),
        );
    }
    for round in 1..=2 {
        let floor = floor_single(folder)?;
        let ours = single(&log, 10 + round).await?;
        let ratio = ours.as_secs_f64() / floor.as_secs_f64();
        println!(
            "one in flight on the grown log, p50: fdatasync {floor:.1?}, append {ours:.1?}, ratio {ratio:.2}"
        );
    }
    read(&log)?;
    drop(clients);
    let Some(log) = Arc::into_inner(log) else { return Err("the log is still in use".into()) };
    let started = Instant::now();
    drop(log);
    println!("close: {:.1?}", started.elapsed());
    let started = Instant::now();
    let log = SqliteLog::open(&path, SqliteOptions::default())?;
    println!("open: {:.1?}", started.elapsed());
    drop(log);
    let started = Instant::now();
    let verified = event_log::sqlite::verify(&path, |_, _| {})?;
    println!("verify: {verified:?} in {:.1?}", started.elapsed());
    Ok(())
}

fn groups(before: &Stats, after: &Stats) -> String {
    let count = after.groups - before.groups;
    let events = after.events - before.events;
    let commit = (after.commit_seconds - before.commit_seconds) / count as f64;
    format!(
        "{count} groups of {:.0}, commit {:.0} us, {} checkpoints, {} pages in the write-ahead log",
        events as f64 / count as f64,
        commit * 1e6,
        after.checkpoints - before.checkpoints,
        after.wal_pages,
    )
}

fn preallocated(folder: &Path) -> Outcome<File> {
    let mut file = File::create(folder.join("floor"))?;
    file.write_all(&vec![1; FLOOR_BYTES])?;
    file.sync_all()?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

/// p50 of writing one event to a preallocated file and syncing its data.
fn floor_single(folder: &Path) -> Outcome<Duration> {
    let mut file = preallocated(folder)?;
    let event = [2; DATA_BYTES];
    let mut times = Vec::with_capacity(SINGLE);
    for _ in 0..SINGLE {
        let started = Instant::now();
        file.write_all(&event)?;
        file.sync_data()?;
        times.push(started.elapsed());
    }
    Ok(median(times))
}

/// Events a second when the bytes of 256 events are written at once and then synced.
fn floor_group(folder: &Path) -> Outcome<f64> {
    let mut file = preallocated(folder)?;
    let group = vec![3; DATA_BYTES * IN_FLIGHT];
    let rounds = FLOOR_BYTES / group.len();
    let started = Instant::now();
    for _ in 0..rounds {
        file.write_all(&group)?;
        file.sync_data()?;
    }
    Ok((rounds * IN_FLIGHT) as f64 / started.elapsed().as_secs_f64())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn event(id: u128) -> NewEvent {
    // Kind and metadata are part of the 500 bytes.
    let meta = vec![b'm'; 100];
    let data = vec![b'd'; DATA_BYTES - 100 - "ShiftPublished".len()];
    NewEvent { id: Uuid::from_u128(id), kind: "ShiftPublished".into(), version: 1, meta, data }
}

async fn single(log: &SqliteLog, round: u128) -> Outcome<Duration> {
    let mut times = Vec::with_capacity(SINGLE);
    for count in 0..SINGLE as u128 {
        let stream = StreamName::new("shift", Uuid::from_u128(round << 64 | count))?;
        let events = vec![event(round << 80 | count)];
        let started = Instant::now();
        let answer = log.append(Append { stream, expected: Expected::NoStream, events }).await?;
        times.push(started.elapsed());
        if !matches!(answer, Appended::Done { .. }) {
            return Err(format!("unexpected answer {answer:?}").into());
        }
    }
    Ok(median(times))
}

struct Clients {
    log: Arc<SqliteLog>,
    /// Next revision of every stream. A client owns every 256th, so that no append conflicts.
    next: Vec<std::sync::atomic::AtomicU64>,
}

impl Clients {
    fn new(log: Arc<SqliteLog>, streams: usize) -> Self {
        Self { log, next: (0..streams).map(|_| std::sync::atomic::AtomicU64::new(0)).collect() }
    }

    async fn client(&self, number: usize, appends: usize) -> Outcome<()> {
        let mut random = number as u64 * 0x9e37_79b9_7f4a_7c15 + 1;
        for _ in 0..appends {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let own = self.next.len() / IN_FLIGHT;
            let at = (random as usize % own) * IN_FLIGHT + number;
            let next = self.next[at].fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let expected = if next == 0 { Expected::NoStream } else { Expected::Exact(Revision(next - 1)) };
            let stream = StreamName::new("patrol_run", Uuid::from_u128(at as u128))?;
            let id = (at as u128) << 64 | u128::from(next);
            let answer = self.log.append(Append { stream, expected, events: vec![event(id)] }).await?;
            if !matches!(answer, Appended::Done { .. }) {
                return Err(format!("unexpected answer {answer:?}").into());
            }
        }
        Ok(())
    }
}

async fn many(clients: &Arc<Clients>, events: usize) -> Outcome<(f64, Duration)> {
    let each = events / IN_FLIGHT;
    let started = Instant::now();
    let running: Vec<_> = (0..IN_FLIGHT)
        .map(|number| {
            let clients = Arc::clone(clients);
            tokio::spawn(async move { clients.client(number, each).await })
        })
        .collect();
    for client in running {
        client.await??;
    }
    let elapsed = started.elapsed();
    Ok(((each * IN_FLIGHT) as f64 / elapsed.as_secs_f64(), elapsed))
}

fn read(log: &SqliteLog) -> Outcome<()> {
    for _ in 0..3 {
        let reader = log.reader()?;
        let started = Instant::now();
        let (mut after, mut events) = (Position(0), 0);
        loop {
            let batch = reader.read_all(Some(after), 4_096)?;
            let Some(last) = batch.last() else { break };
            after = last.position;
            events += batch.len();
        }
        let rate = events as f64 / started.elapsed().as_secs_f64();
        println!("sequential read: {events} events, {rate:.0} events/s");
    }
    Ok(())
}
