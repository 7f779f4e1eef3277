//! A small district behind a real application in a folder of its own.

use std::sync::Arc;

use app::{AccountRole, App, Config, Viewer};
use async_graphql::{Request, Response};
use domain::{AreaCode, OrganisationId, PersonId};
use event_log::{SqliteLog, SqliteOptions};
use keyring::{Keyring, MasterKey};
use serde_json::{Value, json};
use uuid::Uuid;
use views::{Calendar, Views, ViewsOptions};

pub const NOW: &str = "2026-08-01T12:00:00+08:00";
pub const COMMUNITY: &str = "421002001001";

pub struct World {
    pub app: Arc<App>,
    pub schema: graphql::Engine,
    _folder: tempfile::TempDir,
}

/// A fixed UUID.
pub fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(0x0198_f2f0_0000_7000_8000_0000_0000_0000 + number)
}

pub const STATION: u128 = 1;
pub const COMMITTEE: u128 = 2;
pub const VOLUNTEER: u128 = 11;
pub const TEAM: u128 = 21;
pub const SHIFT: u128 = 31;
pub const INCIDENT: u128 = 41;

pub fn global(category: &str, number: u128) -> String {
    format!("{category}-{}", uuid(number))
}

/// An account that acts for an organisation, at a place.
pub fn viewer(
    role: AccountRole,
    area: Option<&str>,
    organisation: Option<u128>,
    person: Option<u128>,
) -> Viewer {
    let areas: Vec<AreaCode> = area.map(|code| code.parse().unwrap()).into_iter().collect();
    let organisations = organisation.map(|number| OrganisationId(uuid(number))).into_iter().collect();
    Viewer::new(uuid(99), [role], areas, organisations, person.map(|number| PersonId(uuid(number))))
}

pub fn chief() -> Viewer {
    viewer(AccountRole::StationChief, Some("421002001"), Some(STATION), None)
}

impl World {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = SqliteLog::open(&folder.path().join("log.db"), SqliteOptions::default()).unwrap();
        let log: Arc<dyn event_log::EventLog> = Arc::new(log);
        let key = MasterKey::from_text(&"a7".repeat(32)).unwrap();
        let keyring = Arc::new(Keyring::open(&folder.path().join("keyring.db"), key).unwrap());
        let calendar = Calendar::new("Asia/Shanghai").unwrap();
        let options = ViewsOptions { directory: folder.path().to_owned(), calendar };
        let views = Arc::new(Views::open(options, Arc::clone(&log)).unwrap());
        let now: domain::When = NOW.parse().unwrap();
        let app = Arc::new(App::new(log, keyring, views, Arc::new(move || now.at), Config::default()));
        let schema = graphql::engine(&app, false);
        let world = Self { app, schema, _folder: folder };
        world.fill().await;
        world
    }

    /// Runs a command in the name of the platform; its id follows from its content.
    pub async fn command(&self, name: &str, input: Value) {
        let mut input = input;
        let id = Uuid::new_v5(&uuid(0), format!("{name}{input}").as_bytes());
        input["commandId"] = json!(id);
        let command = graphql::prepare_command(name, input).unwrap();
        let outcome = command.run(&self.app, &Viewer::platform()).await;
        outcome.unwrap_or_else(|refused| panic!("{name}: {refused:?}"));
    }

    async fn fill(&self) {
        for (code, name) in [
            ("42", "湖北省"),
            ("4210", "荆州市"),
            ("421002", "沙市区"),
            ("421002001", "崇文街道"),
            (COMMUNITY, "凤台坊社区"),
        ] {
            self.command("registerArea", json!({ "area": code, "name": name })).await;
        }
        let (station, committee) = (global("organisation", STATION), global("organisation", COMMITTEE));
        for (id, kind, name) in
            [(&station, "POLICE_STATION", "崇文派出所"), (&committee, "COMMITTEE", "凤台坊居委会")]
        {
            let input = json!({ "organisation": id, "kind": kind, "name": name, "area": "421002001" });
            self.command("registerOrganisation", input).await;
        }
        self.command("assignJurisdiction", json!({ "organisation": station, "areas": ["421002001"] })).await;
        let volunteer = global("person", VOLUNTEER);
        let enrol = json!({
            "person": volunteer, "name": "王小明", "phone": "13800000000", "birthDate": "1980-05-01",
            "area": COMMUNITY, "schooling": "COLLEGE",
        });
        self.command("enrolPerson", enrol).await;
        let role = json!({ "person": volunteer, "role": "VOLUNTEER", "organisation": committee });
        self.command("grantRole", role).await;
        let team = json!({
            "organisation": committee, "team": global("team", TEAM), "name": "一队", "kind": "VOLUNTEER",
            "payer": "COMMUNITY", "area": COMMUNITY, "members": [volunteer],
        });
        self.command("formTeam", team).await;
        let shift = json!({
            "shift": global("shift", SHIFT), "area": COMMUNITY, "organisation": committee,
            "team": global("team", TEAM), "duty": "PATROL", "payer": "COMMUNITY",
            "startsAt": "2026-08-01T11:00:00+08:00", "endsAt": "2026-08-01T15:00:00+08:00", "places": 2,
        });
        self.command("scheduleShift", shift).await;
        let incident = json!({
            "incident": global("incident", INCIDENT), "area": COMMUNITY, "kind": "THEFT", "channel": "PHONE",
            "priority": "URGENT", "selfInitiated": false, "drill": false, "reporterName": "李四",
        });
        self.command("reportIncident", incident).await;
    }

    pub async fn ask(&self, viewer: Option<Viewer>, query: impl Into<Request>) -> Response {
        let mut request = query.into();
        if let Some(viewer) = viewer {
            request.data.insert(viewer);
        }
        self.schema.execute(request).await
    }

    /// The data of an answer without errors.
    pub async fn data(&self, viewer: Viewer, query: impl Into<Request>) -> Value {
        let response = self.ask(Some(viewer), query).await;
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        response.data.into_json().unwrap()
    }

    /// The codes of the errors of an answer.
    pub async fn codes(&self, viewer: Option<Viewer>, query: impl Into<Request>) -> Vec<String> {
        codes(&self.ask(viewer, query).await)
    }
}

pub fn codes(response: &Response) -> Vec<String> {
    let code = |error: &async_graphql::ServerError| {
        let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code").cloned());
        code.unwrap_or_default().to_string().replace('"', "")
    };
    response.errors.iter().map(code).collect()
}
