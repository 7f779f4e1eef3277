use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use app::{AccountRole, App, AppError, Config, Done, Handles, Request, Viewer};
use domain::{
    AreaCode, CommandId, DutyKind, OrganisationId, OrganisationKind, Payer, PersonId, PersonRole,
    PersonalText, ShiftId, When,
    area::RegisterArea,
    organisation::RegisterOrganisation,
    person::{EnrolPerson, GrantRole, Schooling},
    shift::{PublishShift, ScheduleShift},
};
use event_log::{EventLog, SqliteLog, SqliteOptions};
use jiff::Timestamp;
use keyring::{Keyring, MasterKey};
use tempfile::TempDir;
use uuid::Uuid;
use views::{Calendar, Views, ViewsOptions};

pub const AREA: &str = "421002001001";
pub const STATION: OrganisationId = OrganisationId(Uuid::from_u128(0x57));

/// An application in a folder of its own, with a clock that the test moves.
pub struct TestApp {
    pub app: Arc<App>,
    pub log: Arc<SqliteLog>,
    pub folder: TempDir,
    clock: Arc<AtomicI64>,
    ids: AtomicI64,
}

pub fn at(text: &str) -> When {
    text.parse().unwrap()
}

pub fn area() -> AreaCode {
    AREA.parse().unwrap()
}

impl TestApp {
    /// With areas down to one community and one station.
    pub async fn new() -> Self {
        Self::with(Config::default()).await
    }

    pub async fn with(config: Config) -> Self {
        let this = Self::open(tempfile::tempdir().unwrap(), at("2026-08-01T06:00:00+08:00"), config);
        for code in ["42", "4210", "421002", "421002001", AREA] {
            let area: AreaCode = code.parse().unwrap();
            this.does(RegisterArea { area, name: format!("区域{code}"), parent: area.parent() }).await;
        }
        this.does(RegisterOrganisation {
            organisation: Some(STATION),
            kind: OrganisationKind::PoliceStation,
            name: "沙市派出所".into(),
            area: "421002".parse().unwrap(),
            unified_code: None,
        })
        .await;
        this
    }

    fn open(folder: TempDir, now: When, config: Config) -> Self {
        let path = folder.path();
        let log = Arc::new(SqliteLog::open(&path.join("log.db"), SqliteOptions::default()).unwrap());
        let master = MasterKey::load_or_create(&path.join("key")).unwrap().0;
        let keyring = Arc::new(Keyring::open(&path.join("keyring.db"), master).unwrap());
        let options =
            ViewsOptions { directory: path.to_owned(), calendar: Calendar::new("Asia/Shanghai").unwrap() };
        let port: Arc<dyn EventLog> = Arc::clone(&log) as Arc<dyn EventLog>;
        let views = Arc::new(Views::open(options, Arc::clone(&port)).unwrap());
        let clock = Arc::new(AtomicI64::new(now.at.as_second()));
        let told = Arc::clone(&clock);
        let now = Arc::new(move || Timestamp::from_second(told.load(Ordering::Relaxed)).unwrap());
        let app = Arc::new(App::new(port, keyring, views, now, config));
        Self { app, log, folder, clock, ids: AtomicI64::new(1) }
    }

    /// The same folder with a new process's eyes.
    pub fn restart(self) -> Self {
        let now = self.app.views().calendar().local(self.app.now());
        self.app.views().close();
        let Self { app, log, folder, ids, .. } = self;
        let config = app.config().clone();
        drop((app, log));
        let again = Self::open(folder, now, config);
        again.ids.store(ids.load(Ordering::Relaxed) + 1_000, Ordering::Relaxed);
        again
    }

    pub fn set_clock(&self, now: &str) {
        self.clock.store(at(now).at.as_second(), Ordering::Relaxed);
    }

    pub fn request(&self) -> Request {
        let number = self.ids.fetch_add(1, Ordering::Relaxed).unsigned_abs();
        Request::new(CommandId(Uuid::from_u128(u128::from(number))))
    }

    /// As the platform; must succeed.
    pub async fn does<C>(&self, command: C) -> Done
    where
        App: Handles<C>,
    {
        self.app.handle(&Viewer::platform(), &self.request(), command).await.unwrap()
    }

    /// As a viewer; must succeed.
    pub async fn can<C>(&self, viewer: &Viewer, command: C) -> Done
    where
        App: Handles<C>,
    {
        self.app.handle(viewer, &self.request(), command).await.unwrap()
    }

    /// As a viewer; must be refused. Answers the code.
    pub async fn refuses<C>(&self, viewer: &Viewer, command: C) -> &'static str
    where
        App: Handles<C>,
    {
        refusal(self.app.handle(viewer, &self.request(), command).await)
    }

    pub async fn head(&self) -> u64 {
        self.log.head().await.unwrap().map_or(0, |position| position.0)
    }

    pub async fn person(&self, number: u128, role: PersonRole) -> PersonId {
        let person = PersonId(Uuid::from_u128(0x1000 + number));
        self.does(EnrolPerson {
            person: Some(person),
            name: PersonalText::new("王小明"),
            id_number: None,
            phone: Some(PersonalText::new("13900001111")),
            birth_date: Some(PersonalText::new("1980-05-01")),
            address: None,
            area: area(),
            schooling: Schooling::JuniorMiddle,
        })
        .await;
        self.does(GrantRole { person, role, organisation: STATION }).await;
        person
    }

    pub fn schedule(number: u128, from: &str, to: &str) -> ScheduleShift {
        ScheduleShift {
            shift: Some(ShiftId(Uuid::from_u128(0x2000 + number))),
            area: area(),
            organisation: STATION,
            team: None,
            contract: None,
            post: None,
            duty: DutyKind::Patrol,
            payer: Payer::State,
            starts_at: at(from),
            ends_at: at(to),
            places: 1,
        }
    }

    pub async fn shift(&self, number: u128, from: &str, to: &str) -> ShiftId {
        let command = Self::schedule(number, from, to);
        let shift = command.shift.unwrap();
        self.does(command).await;
        self.does(PublishShift { shift }).await;
        shift
    }
}

pub fn officer(prefix: &str) -> Viewer {
    Viewer::new(
        Uuid::from_u128(0xf1),
        [AccountRole::StationOfficer],
        vec![prefix.parse().unwrap()],
        vec![],
        None,
    )
}

pub fn refusal(outcome: Result<Done, AppError>) -> &'static str {
    match outcome {
        Err(AppError::Rejected(rejection)) => rejection.code(),
        other => panic!("not refused: {other:?}"),
    }
}
