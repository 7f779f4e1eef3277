//! Speed of the whole, each figure beside a floor of the same run: load, read, rebuild, lag, dashboard.
//!
//! `bench FOLDER EVENTS`. Nothing here decides a test; it only prints.

mod client;
mod fanout;
mod hostile;
mod lag;
mod load;
mod rows;
mod server;

use std::{
    error::Error,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use event_log::SqliteReader;
use server::Server;
use views::{Calendar, rebuild_file};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next().ok_or("bench FOLDER EVENTS")?;
    if first == rows::FLOOR {
        return rows::serve(arguments);
    }
    let folder = PathBuf::from(first).join("data");
    let events: u64 = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    std::fs::create_dir_all(&folder)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    println!("| figure | target | measured | floor of the same run |");
    println!("|---|---|---|---|");
    let loaded = runtime.block_on(load::run(&folder, events))?;
    row(
        "load through all commands",
        "-",
        format!("{:.0} events/s", loaded.rate()),
        format!("{} events", loaded.events),
    );
    let read = read(&folder)?;
    row("sequential read of the log", ">= 1,000,000/s", format!("{read:.0} events/s"), "-".into());
    let rebuilt = rebuild(&folder)?;
    row(
        "rebuild of all views",
        ">= 100,000/s",
        format!("{rebuilt:.0} events/s"),
        format!("{:.1} % of the read", rebuilt * 100.0 / read),
    );
    dashboard(&folder, &runtime, &loaded)?;
    // Last: it leaves tens of thousands of open incidents behind, as no district has them.
    let lag = runtime.block_on(lag::run(&folder))?;
    row(
        "commit to visible, 5,000 events/s",
        "p99 <= 10 ms",
        format!("p50 {:.1} ms, p99 {:.1} ms at {:.0}/s", lag.p50, lag.p99, lag.rate),
        format!("bare fdatasync p50 {:.2} ms", lag.floor),
    );
    Ok(())
}

fn row(figure: &str, target: &str, measured: String, floor: String) {
    println!("| {figure} | {target} | {measured} | {floor} |");
}

fn read(folder: &Path) -> Outcome<f64> {
    let reader = SqliteReader::open(&folder.join("log.db"))?;
    let (begun, mut after, mut count) = (Instant::now(), None, 0_u32);
    loop {
        let records = reader.read_all(after, 4_096)?;
        let Some(last) = records.last() else { break };
        after = Some(last.position);
        count += u32::try_from(records.len())?;
    }
    Ok(f64::from(count) / begun.elapsed().as_secs_f64())
}

fn rebuild(folder: &Path) -> Outcome<f64> {
    let reader = SqliteReader::open(&folder.join("log.db"))?;
    let built = folder.join("bench-views.db");
    let calendar = Calendar::new("Asia/Shanghai")?;
    let done = rebuild_file(&built, &calendar, move |after, limit| reader.read_all(after, limit), |_| {})?;
    views::remove_file(&built)?;
    Ok(f64::from(u32::try_from(done.events)?) / done.took.as_secs_f64())
}

fn dashboard(folder: &Path, runtime: &tokio::runtime::Runtime, loaded: &load::Loaded) -> Outcome<()> {
    let server = Server::start(folder, &loaded.station)?;
    let address = server.address;
    let floor = runtime.block_on(client::load(address, client::health(), 1_000, Duration::from_secs(5)))?;
    for (name, days) in [("30 days", 30), ("90 days", 90)] {
        let request = client::dashboard(&server.token, &loaded.station, loaded.ends_at, days);
        let measured = runtime.block_on(client::load(address, request, 1_000, Duration::from_secs(10)))?;
        row(
            &format!("station dashboard ({name}), 1,000/s over 32 connections"),
            "p99 <= 10 ms",
            format!("p50 {:.2} ms, p99 {:.2} ms at {:.0}/s", measured.p50, measured.p99, measured.rate),
            format!("/healthz the same way: p50 {:.2} ms, p99 {:.2} ms", floor.p50, floor.p99),
        );
    }
    row("resident memory of the server", "<= 256 MB", format!("{:.0} MB", server.resident()?), "-".into());
    let rows = runtime.block_on(rows::run(&server))?;
    row(
        "50-row connection, four fields",
        ">= 60 % of the floor",
        format!("{:.0}/s, {:.0} % of the floor", rows.connection, rows.connection * 100.0 / rows.floor),
        format!("axum, JSON of {} bytes from memory: {:.0}/s", rows.bytes, rows.floor),
    );
    let hostile = runtime.block_on(hostile::run(&server))?;
    for (name, took) in &hostile.all {
        eprintln!("hostile: {name}: {took:.2} ms");
    }
    row(
        "hostile documents of up to 256 KiB, the slowest",
        "-",
        format!("{}: p50 {:.2} ms", hostile.name, hostile.p50),
        format!("a query of one field: p50 {:.2} ms", hostile.floor),
    );
    let told = runtime.block_on(fanout::run(&server, folder, &loaded.station))?;
    row(
        "append to client, 1,000 WebSockets, 100 changes/s",
        "p99 <= 500 ms",
        format!(
            "p50 {:.1} ms, p99 {:.1} ms, most {:.1} ms; {} messages, {} missing",
            told.p50, told.p99, told.most, told.messages, told.missing
        ),
        format!("one WebSocket: p50 {:.1} ms, p99 {:.1} ms", told.floor_p50, told.floor_p99),
    );
    row(
        "resident memory of the server after that",
        "bounded",
        format!("{:.0} MB", server.resident()?),
        "-".into(),
    );
    Ok(())
}
