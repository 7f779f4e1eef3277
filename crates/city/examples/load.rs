//! Loads the scenario *shashi* into a new folder and prints what came of it: `load [SEED] [small]`.

use std::{error::Error, sync::Arc, time::Instant};

use app::{App, Config};
use city::{Plan, SimClock, load};
use event_log::{EventLog, SqliteLog, SqliteOptions};
use keyring::{Keyring, MasterKey};
use views::{Calendar, Views, ViewsOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let seed = std::env::args().nth(1).map_or(Ok(1), |text| text.parse())?;
    let small = std::env::args().nth(2).is_some_and(|text| text == "small");
    let folder = tempfile::tempdir()?;
    let ends_at = "2026-11-23T12:10:00Z".parse()?;
    let log: Arc<dyn EventLog> =
        Arc::new(SqliteLog::open(&folder.path().join("log.db"), SqliteOptions::default())?);
    let keyring = Arc::new(Keyring::open(&folder.path().join("keyring.db"), MasterKey::generate()?)?);
    let options =
        ViewsOptions { directory: folder.path().to_owned(), calendar: Calendar::new("Asia/Shanghai")? };
    let views = Arc::new(Views::open(options, Arc::clone(&log))?);
    let clock = Arc::new(SimClock::new(ends_at));
    let app = Arc::new(App::new(log, keyring, views, clock.clock(), Config::default()));
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
    println!("{} events in {seconds:.1} s", world.expected.events);
    for entry in std::fs::read_dir(folder.path())? {
        let entry = entry?;
        println!("{}: {} KiB", entry.file_name().display(), entry.metadata()?.len() / 1_024);
    }
    Ok(())
}
