//! Loads the scenario *shashi* into a new folder and prints what came of it: `load [SEED] [small]`.

use std::{error::Error, sync::Arc, time::Instant};

use app::{App, Config};
use city::{Plan, SimClock, load};
use event_log::{EventLog, SqliteLog, SqliteOptions};
use keyring::{Keyring, MasterKey};
use views::{
    Calendar, Scope, Views, ViewsOptions,
    rows::{IncidentRow, ShiftRow, StatementRow},
};

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let seed = std::env::args().nth(1).map_or(Ok(1), |text| text.parse())?;
    let small = std::env::args().nth(2).is_some_and(|text| text == "small");
    let folder = tempfile::tempdir()?;
    let ends_at: jiff::Timestamp = "2026-11-23T12:10:00Z".parse()?;
    let sqlite = Arc::new(SqliteLog::open(&folder.path().join("log.db"), SqliteOptions::default())?);
    let log: Arc<dyn EventLog> = Arc::<SqliteLog>::clone(&sqlite);
    let keyring = Arc::new(Keyring::open(&folder.path().join("keyring.db"), MasterKey::generate()?)?);
    let options =
        ViewsOptions { directory: folder.path().to_owned(), calendar: Calendar::new("Asia/Shanghai")? };
    let clock = Arc::new(SimClock::new(ends_at));
    let views = Arc::new(Views::open(options, clock.paced(Arc::clone(&log)))?);
    let app = Arc::new(App::new(log, keyring, Arc::clone(&views), clock.clock(), Config::default()));
    let plan = if small { Plan::small(seed, ends_at) } else { Plan::shashi(seed, ends_at) };
    let started = Instant::now();
    let world = load(app, clock, &plan, &|progress| {
        if progress.day % 10 == 0 && progress.done % 97 == 0 {
            println!("day {}: {} of about {} commands", progress.day, progress.done, progress.of);
        }
    })
    .await?;
    let seconds = started.elapsed().as_secs_f64();
    println!("{:#?}", world.expected);
    let stats = sqlite.stats();
    println!("{} events in {seconds:.1} s, {} commits", world.expected.events, stats.groups);
    let all = Scope::everything();
    let (statements, running, open) = views.read_now(|views| {
        let statements: Vec<StatementRow> = views.all(&all, "1 = 1", vec![], 10_000)?;
        let running: Vec<ShiftRow> =
            views.all(&all, "open_until > ?", vec![ends_at.as_second().into()], 10_000)?;
        let incidents: Vec<IncidentRow> = views.all(&all, "1 = 1", vec![], 100_000)?;
        Ok((statements, running, incidents.iter().filter(|incident| incident.closed_at.is_none()).count()))
    })?;
    let capped = statements.iter().filter(|statement| statement.deductions > statement.deducted);
    println!("{} statements, {} with deductions above the cap", statements.len(), capped.count());
    let on_duty: usize = running.iter().map(ShiftRow::on_duty).sum();
    println!(
        "{} shifts to come or running, {on_duty} people on duty, {open} incidents not closed",
        running.len()
    );
    for entry in std::fs::read_dir(folder.path())? {
        let entry = entry?;
        println!("{}: {} KiB", entry.file_name().display(), entry.metadata()?.len() / 1_024);
    }
    Ok(())
}
