//! A log of about as many events as asked for, made by the scenario generator through the application.

use std::{path::Path, sync::Arc, time::Instant};

use app::{App, Config};
use city::{Plan, SimClock};
use event_log::{EventLog, SqliteLog, SqliteOptions};
use jiff::Timestamp;
use keyring::{Keyring, MasterKey};
use views::{Calendar, Views, ViewsOptions};

use crate::Outcome;

/// From this many events on the district is as busy as in no report: more teams are out each day, more is reported.
const BUSY: u64 = 500_000;

pub struct Loaded {
    pub events: u64,
    pub seconds: f64,
    pub station: String,
    pub ends_at: Timestamp,
}

impl Loaded {
    pub fn rate(&self) -> f64 {
        f64::from(u32::try_from(self.events).unwrap_or(u32::MAX)) / self.seconds
    }
}

/// An application over a folder.
pub struct Opened {
    pub log: Arc<SqliteLog>,
    pub views: Arc<Views>,
    pub app: Arc<App>,
}

pub fn open(folder: &Path, clock: app::Clock) -> Outcome<Opened> {
    open_with(folder, clock, |log| log)
}

/// The same, with the views following `followed(log)`.
fn open_with(
    folder: &Path,
    clock: app::Clock,
    followed: impl FnOnce(Arc<dyn EventLog>) -> Arc<dyn EventLog>,
) -> Outcome<Opened> {
    let log = Arc::new(SqliteLog::open(&folder.join("log.db"), SqliteOptions::default())?);
    let master = MasterKey::load_or_create(&folder.with_file_name("data.master-key"))?.0;
    let keyring = Arc::new(Keyring::open(&folder.join("keyring.db"), master)?);
    let options = ViewsOptions { directory: folder.to_owned(), calendar: Calendar::new("Asia/Shanghai")? };
    let port: Arc<dyn EventLog> = Arc::<SqliteLog>::clone(&log);
    let views = Arc::new(Views::open(options, followed(Arc::clone(&port)))?);
    let app = Arc::new(App::new(port, keyring, Arc::clone(&views), clock, Config::default()));
    Ok(Opened { log, views, app })
}

pub async fn run(folder: &Path, events: u64) -> Outcome<Loaded> {
    let ends_at: Timestamp = "2026-11-23T04:00:00Z".parse()?;
    let usual = Plan::shashi(421_002, ends_at);
    let plan = if events < BUSY {
        usual
    } else {
        Plan { volunteer_every: 2, paid_every: 2, incidents: (150, 210), ..usual }
    };
    let clock = Arc::new(SimClock::new(ends_at));
    let opened = open_with(folder, clock.clock(), |log| clock.paced(log))?;
    let begun = Instant::now();
    let world = city::load(Arc::clone(&opened.app), clock, &plan, &|_| {}).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let events = opened.log.stats().durable_head;
    let views = Arc::clone(&opened.views);
    tokio::task::spawn_blocking(move || views.close()).await?;
    Ok(Loaded { events, seconds, station: world.station.to_string(), ends_at })
}
