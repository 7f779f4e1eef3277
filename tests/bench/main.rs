//! Speed of the whole, each figure beside a floor of the same run: load, read, rebuild, lag, dashboard.
//!
//! `bench FOLDER EVENTS`. Nothing here decides a test; it only prints.

mod client;
mod lag;
mod load;

use std::{
    error::Error,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use event_log::SqliteReader;
use views::{Calendar, rebuild_file};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("bench FOLDER EVENTS")?).join("data");
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

/// A server of its own, stopped at the end.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn dashboard(folder: &Path, runtime: &tokio::runtime::Runtime, loaded: &load::Loaded) -> Outcome<()> {
    let binary = std::env::current_exe()?.with_file_name("wardlog");
    let run = |arguments: &[&str]| -> Outcome<String> {
        let data = folder.to_str().ok_or("the folder's name is not UTF-8")?;
        let done = Command::new(&binary).args(arguments).args(["--data", data]).output()?;
        let text = String::from_utf8(done.stdout)?;
        if done.status.success() {
            Ok(text)
        } else {
            Err(String::from_utf8_lossy(&done.stderr).into_owned().into())
        }
    };
    run(&[
        "account",
        "add",
        "bench",
        "--role",
        "station_chief",
        "--area",
        "421002",
        "--organisation",
        &loaded.station,
    ])?;
    let made = run(&["token", "create", "bench", "--name", "bench"])?;
    let token = made.split("wl_").nth(1).and_then(|rest| rest.split_whitespace().next()).ok_or("no token")?;
    let token = format!("wl_{token}");
    let address = "127.0.0.1:18089";
    let server = Command::new(&binary)
        .args(["serve", "--listen", address, "--data"])
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let server = Server(server);
    client::wait_until_ready(address, Duration::from_secs(60))?;
    let floor = runtime.block_on(client::load(address, client::health(), 1_000, Duration::from_secs(5)))?;
    for (name, days) in [("30 days", 30), ("90 days", 90)] {
        let request = client::dashboard(&token, &loaded.station, loaded.ends_at, days);
        let measured = runtime.block_on(client::load(address, request, 1_000, Duration::from_secs(10)))?;
        row(
            &format!("station dashboard ({name}), 1,000/s over 32 connections"),
            "p99 <= 10 ms",
            format!("p50 {:.2} ms, p99 {:.2} ms at {:.0}/s", measured.p50, measured.p99, measured.rate),
            format!("/healthz the same way: p50 {:.2} ms, p99 {:.2} ms", floor.p50, floor.p99),
        );
    }
    row(
        "resident memory of the server",
        "<= 256 MB",
        format!("{:.0} MB", resident(server.0.id())?),
        "-".into(),
    );
    Ok(())
}

/// Peak resident memory of a process, in MB.
fn resident(process: u32) -> Outcome<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmHWM")).ok_or("no VmHWM")?;
    let kilobytes: f64 = line.split_whitespace().nth(1).ok_or("no figure")?.parse()?;
    Ok(kilobytes / 1_024.0)
}
