//! A small load: whole, the same every time, and safe to repeat. Imports: bad lines named, repetitions harmless.

#![expect(clippy::unwrap_used, reason = "a test that can not go on has failed")]

use std::{path::Path, sync::Arc};

use app::{AccountRole, App, Config, Viewer};
use city::{Plan, SimClock, World, areas_csv, import_areas, load};
use domain::{Actor, Meta, Payer, TeamKind};
use event_log::{EventLog, Position, SqliteLog, SqliteOptions};
use keyring::{Keyring, MasterKey};
use uuid::Uuid;
use views::{
    Calendar, Scope, Views, ViewsOptions,
    rows::{IncidentRow, ShiftRow, TeamRow},
};

const ENDS_AT: &str = "2026-11-23T12:10:00Z";

struct Place {
    app: Arc<App>,
    log: Arc<dyn EventLog>,
    clock: Arc<SimClock>,
}

fn place(folder: &Path, paced: bool) -> Place {
    let log: Arc<dyn EventLog> =
        Arc::new(SqliteLog::open(&folder.join("log.db"), SqliteOptions::default()).unwrap());
    let keyring =
        Keyring::open(&folder.join("keyring.db"), MasterKey::from_text(&"0a".repeat(32)).unwrap()).unwrap();
    let clock = Arc::new(SimClock::new(ENDS_AT.parse().unwrap()));
    let followed = if paced { clock.paced(Arc::clone(&log)) } else { Arc::clone(&log) };
    let options =
        ViewsOptions { directory: folder.to_owned(), calendar: Calendar::new("Asia/Shanghai").unwrap() };
    let views = Arc::new(Views::open(options, followed).unwrap());
    let app = App::new(Arc::clone(&log), Arc::new(keyring), views, clock.clock(), Config::default());
    Place { app: Arc::new(app), log, clock }
}

async fn small(place: &Place, seed: u64) -> World {
    let plan = Plan::small(seed, ENDS_AT.parse().unwrap());
    load(Arc::clone(&place.app), Arc::clone(&place.clock), &plan, &|_| {}).await.unwrap()
}

/// Stream, revision, id, kind and times of every event, in the order of the streams: all but what is sealed with random
/// nonces, the ids that the platform gives its own steps (keyed by the keyring), and the order between streams.
async fn story(log: &dyn EventLog) -> Vec<String> {
    let (mut lines, mut after) = (Vec::new(), None::<Position>);
    loop {
        let records = log.read_all(after, 1_000).await.unwrap();
        let Some(last) = records.last() else { break };
        after = Some(last.position);
        lines.extend(records.iter().map(|record| {
            let meta: Meta = serde_json::from_slice(&record.meta).unwrap();
            let (stream, revision) = (record.stream.as_str(), record.revision.0);
            let (occurred, recorded) = (meta.occurred_at, meta.recorded_at);
            let own = meta.command.0 != meta.correlation || meta.actor == Actor::PLATFORM;
            let id = if own { Uuid::nil() } else { record.id };
            format!("{stream} {revision:06} {id} {} {occurred} {recorded}", record.kind)
        }));
    }
    lines.sort_unstable();
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_load_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path(), true);
    let world = small(&place, 7).await;
    let expected = world.expected;
    let all = Scope::everything();
    let (teams, shifts, incidents) = place
        .app
        .views()
        .read_now(|views| {
            let teams: Vec<TeamRow> = views.all(&all, "1 = 1", vec![], 10_000)?;
            let shifts: Vec<ShiftRow> = views.all(&all, "1 = 1", vec![], 10_000)?;
            let incidents: Vec<IncidentRow> = views.all(&all, "1 = 1", vec![], 10_000)?;
            Ok((teams, shifts, incidents))
        })
        .unwrap();
    let of = |kind| {
        let teams: Vec<&TeamRow> = teams.iter().filter(|team| team.kind == kind).collect();
        assert!(
            kind == TeamKind::Contracted
                || kind == TeamKind::Police
                || teams.iter().all(|team| team.payer == Payer::Community)
        );
        let members: usize = teams.iter().map(|team| team.members.len()).sum();
        (teams.len() as u64, members as u64)
    };
    assert_eq!(of(TeamKind::Volunteer), (expected.volunteer_teams, expected.volunteers));
    assert_eq!(of(TeamKind::Paid), (expected.paid_teams, expected.paid_members));
    assert_eq!((expected.volunteer_teams, expected.volunteers), (6, 26));
    assert_eq!((expected.paid_teams, expected.paid_members), (5, 10));
    assert!(!incidents.is_empty() && incidents.len() as u64 <= expected.incidents);
    let ends_at = ENDS_AT.parse().unwrap();
    assert!(shifts.iter().any(|shift| shift.on_duty() > 0), "somebody is on duty now");
    assert!(shifts.iter().any(|shift| shift.starts_at.at > ends_at), "the next days are planned");
    assert!(expected.events > 1_500 && expected.refused > 0 && expected.repeated > 0, "{expected:?}");
    assert_eq!(expected.events, place.log.head().await.unwrap().unwrap().0);
    assert_eq!(place.app.views().position(), expected.events);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_gives_the_same_events_and_a_repetition_none() {
    let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let [one, other, third] =
        [(0, true), (1, false), (2, true)].map(|(at, paced)| place(folders[at].path(), paced));
    let world = small(&one, 7).await;
    small(&other, 7).await;
    small(&third, 8).await;
    let story_of_one = story(&*one.log).await;
    let story_of_other = story(&*other.log).await;
    let differs = story_of_one.iter().zip(&story_of_other).find(|(one, other)| one != other);
    assert_eq!(differs, None);
    assert_eq!(story_of_one.len(), story_of_other.len());
    assert_ne!(story_of_one, story(&*third.log).await);
    let again = small(&one, 7).await;
    let added = one.log.read_all(Some(event_log::Position(world.expected.events)), 5).await.unwrap();
    let added: Vec<_> = added.iter().map(|event| format!("{} of {}", event.kind, event.stream)).collect();
    assert_eq!(added, Vec::<String>::new(), "a repeated load adds nothing");
    assert_eq!(again.expected.events, world.expected.events);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_recorded_after_the_end_or_before_it_happened() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path(), true);
    small(&place, 3).await;
    let ends_at: jiff::Timestamp = ENDS_AT.parse().unwrap();
    let mut after = None;
    loop {
        let records = place.log.read_all(after, 1_000).await.unwrap();
        let Some(last) = records.last() else { break };
        after = Some(last.position);
        for record in &records {
            let meta: Meta = serde_json::from_slice(&record.meta).unwrap();
            assert!(meta.recorded_at <= ends_at, "{} {}", record.kind, meta.recorded_at);
            assert!(meta.occurred_at.at <= meta.recorded_at, "{} {}", record.kind, meta.occurred_at);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn areas_are_imported_once_and_bad_lines_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path(), false);
    let administrator = Viewer::new(Uuid::from_u128(1), [AccountRole::Administrator], vec![], vec![], None);
    let bad = "code,level,name,parent_code\n990101,county,某县,9901\n4x,province,甲,\n42,province,湖北省,\n";
    let report = import_areas(&place.app, &administrator, bad.as_bytes(), &|_, _| {}).await.unwrap();
    assert_eq!((report.lines, report.registered), (3, 1));
    assert_eq!(report.bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), [2, 3]);
    let import = || import_areas(&place.app, &administrator, areas_csv().as_bytes(), &|_, _| {});
    let first = import().await.unwrap();
    assert_eq!((first.registered, first.unchanged, first.bad.len()), (1_246, 1, 0));
    let second = import().await.unwrap();
    assert_eq!((second.registered, second.unchanged, second.bad.len()), (0, 1_247, 0));
    let renamed = "code,level,name,parent_code\n42,province,湖南省,\n";
    let report = import_areas(&place.app, &administrator, renamed.as_bytes(), &|_, _| {}).await.unwrap();
    assert_eq!((report.registered, report.bad.len()), (0, 1));
}
