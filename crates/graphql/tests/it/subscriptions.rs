//! What subscriptions tell: everything once, in order, also to who was away.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use app::Viewer;
use async_graphql::{Request, Response};
use domain::Priority;
use event_log::EventLog;
use futures_util::{StreamExt as _, stream::BoxStream};
use graphql::{ResumeAfter, ResumeMost, Since, Standing, Toll, Until};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::{
    history::{Written, id},
    world::{COMMUNITY, INCIDENT, SHIFT, STATION, World, chief, codes, global},
};

const SEED: u64 = 20_263;
/// Outside of the chief's scope.
const ABROAD: &str = "421003001001";

fn request(query: impl Into<String>) -> Request {
    let mut request = Request::new(query);
    request.data.insert::<Viewer>(chief());
    request
}

fn follow(world: &World, after: Option<&str>) -> BoxStream<'static, Response> {
    let after = after.map_or(Value::Null, Value::from);
    let query = "subscription($after: Position) {
        incidentChanged(after: $after) { position kind incident { id priority } }
    }";
    let variables = async_graphql::Variables::from_json(json!({ "after": after }));
    world.schema.execute_stream(request(query).variables(variables))
}

fn item(response: Option<Response>) -> Value {
    let response = response.unwrap();
    assert!(response.errors.is_empty(), "{:?}", response.errors);
    response.data.into_json().unwrap()["incidentChanged"].clone()
}

fn position(item: &Value) -> u64 {
    item["position"].as_str().unwrap().parse().unwrap()
}

/// What one client has seen, whatever broke in between.
#[derive(Default)]
struct Seen {
    last: Option<String>,
    at: u64,
    /// Position and priority of the last item of each incident.
    incidents: BTreeMap<String, (u64, String)>,
    items: usize,
}

impl Seen {
    fn take(&mut self, item: &Value) {
        let at = position(item);
        assert!(at > self.at, "told twice or out of order: {item} after {}", self.at);
        (self.at, self.last) = (at, item["position"].as_str().map(str::to_owned));
        let incident = &item["incident"];
        let state = (at, incident["priority"].as_str().unwrap().to_owned());
        self.incidents.insert(incident["id"].as_str().unwrap().to_owned(), state);
        self.items += 1;
    }
}

/// Changes incidents at random, one for each permit; answers what became of each.
async fn write_paced(
    log: Arc<dyn EventLog>,
    (numbers, area): (std::ops::Range<u32>, &str),
    changes: usize,
    permits: Arc<Semaphore>,
) -> Vec<Written> {
    let mut random = fastrand::Rng::with_seed(SEED + u64::from(numbers.start));
    let mut written = Vec::new();
    for number in numbers {
        written.push(Written::report(&log, id(number), area).await);
    }
    for _ in 0..changes {
        permits.acquire().await.unwrap().forget();
        let priority = *random.choice(Priority::ALL).unwrap();
        random.choice(&mut written).unwrap().change(&log, priority).await;
    }
    written
}

/// The same, as fast as the log takes them.
async fn write(world: &World, numbers: std::ops::Range<u32>, changes: usize, area: &str) -> Vec<Written> {
    let permits = Arc::new(Semaphore::new(changes));
    write_paced(Arc::clone(world.app.log()), (numbers, area), changes, permits).await
}

/// Changes of each writer between two breaks: more than a client takes of them, even when they meet in one incident.
const ROUND: usize = 100;
const ROUNDS: usize = 15;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_repeated_however_often_a_client_breaks_off() {
    let world = World::new().await;
    let begin = world.app.views().position();
    let permits = Arc::new([0; 3].map(|_| Arc::new(Semaphore::new(0))));
    let writers = [(0..60, COMMUNITY), (100..160, COMMUNITY), (200..260, ABROAD)];
    let writers: Vec<_> = writers
        .into_iter()
        .zip(permits.iter())
        .map(|(numbers, permits)| {
            let log = Arc::clone(world.app.log());
            tokio::spawn(write_paced(log, numbers, ROUND * ROUNDS, Arc::clone(permits)))
        })
        .collect();
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut seen = Seen { last: Some(begin.to_string()), at: begin, ..Seen::default() };
    for _ in 0..ROUNDS {
        permits.iter().for_each(|permits| permits.add_permits(ROUND));
        // Breaks off in the midst of what comes: of a commit, of what was missed, of both.
        for _ in 0..3 {
            let mut stream = follow(&world, seen.last.as_deref());
            for _ in 0..random.usize(1..12) {
                seen.take(&item(stream.next().await));
            }
        }
    }
    let mut all = Vec::new();
    for writer in writers {
        all.extend(writer.await.unwrap());
    }
    let head = all.iter().map(|written| written.position).max().unwrap();
    world.app.views().wait_for(head, Duration::from_secs(30)).await.unwrap();
    let mut rest = request("subscription { incidentChanged { position incident { id priority } } }");
    rest.data.insert(ResumeAfter(seen.at));
    rest.data.insert(Until(head));
    let mut rest = world.schema.execute_stream(rest);
    while let Some(response) = rest.next().await {
        seen.take(&item(Some(response)));
    }
    let visible = all.iter().filter(|written| seen_in_scope(written));
    let wanted: BTreeMap<String, (u64, String)> = visible
        .map(|written| (format!("incident-{}", written.id), (written.position, name(written))))
        .collect();
    assert_eq!(seen.incidents, wanted, "seed {SEED}");
}

fn name(written: &Written) -> String {
    async_graphql::Value::from(written.priority).into_json().unwrap().as_str().unwrap().to_owned()
}

fn seen_in_scope(written: &Written) -> bool {
    !(200..260).any(|number| id(number) == written.id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_falls_behind_is_told_the_latest_of_everything() {
    let world = World::new().await;
    let mut stream = follow(&world, None);
    let mut first = Box::pin(stream.next());
    assert!(futures_util::poll!(&mut first).is_pending());
    // More than the feed keeps.
    let written = write(&world, 0..30, 6_000, COMMUNITY).await;
    let head = written.iter().map(|written| written.position).max().unwrap();
    world.app.views().wait_for(head, Duration::from_secs(30)).await.unwrap();
    let mut seen = Seen::default();
    seen.take(&item(first.await));
    while seen.at < head {
        seen.take(&item(stream.next().await));
    }
    for written in &written {
        assert_eq!(seen.incidents[&format!("incident-{}", written.id)], (written.position, name(written)));
    }
    assert!(seen.items < 6_000, "what nobody could follow is told once: {}", seen.items);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_nothing_can_be_resumed_from_is_refused() {
    let world = World::new().await;
    let head = world.app.views().position();
    let code = async |request: Request| {
        let mut stream = world.schema.execute_stream(request);
        let response = stream.next().await.unwrap();
        let end = stream.next().await;
        assert!(end.is_none(), "{end:?}");
        codes(&response).remove(0)
    };
    let after =
        |after: &str| request(format!("subscription {{ incidentChanged(after: {after}) {{ position }} }}"));
    assert_eq!(code(after(&format!("\"{}\"", head + 1))).await, "position_unknown");
    assert_eq!(code(after(&format!("\"{}\"", u64::MAX))).await, "position_unknown");
    for rubbish in ["\"x\"", "\"-1\"", "\"18446744073709551616\"", "5", "{}"] {
        assert_eq!(code(after(rubbish)).await, "bad_user_input", "{rubbish}");
    }
    write(&world, 0..4, 0, COMMUNITY).await;
    world.app.views().wait_for(head + 4, Duration::from_secs(30)).await.unwrap();
    let mut too_old = after(&format!("\"{head}\""));
    too_old.data.insert(ResumeMost(3));
    assert_eq!(code(too_old).await, "resume_too_old");
    let mut within = after(&format!("\"{head}\""));
    within.data.insert(ResumeMost(4));
    within.data.insert(Until(head + 4));
    assert_eq!(world.schema.execute_stream(within).count().await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_transport_says_comes_before_the_argument() {
    let world = World::new().await;
    let begin = world.app.views().position();
    let written = write(&world, 0..10, 0, COMMUNITY).await;
    world.app.views().wait_for(begin + 10, Duration::from_secs(30)).await.unwrap();
    let standing = Standing::default();
    let told = async |data: &dyn Fn(&mut Request)| {
        // The argument alone would tell everything.
        let mut request =
            request("subscription { incidentChanged(after: \"0\") { position incident { id } } }");
        data(&mut request);
        request.data.insert(Until(begin + 10));
        request.data.insert(standing.clone());
        let mut positions = Vec::new();
        let mut stream = world.schema.execute_stream(request);
        while let Some(response) = stream.next().await {
            let at = position(&item(Some(response)));
            assert_eq!(standing.position(), at);
            positions.push(at);
        }
        positions
    };
    assert_eq!(told(&|_| {}).await.len(), 11);
    let resumed = told(&|request| request.data.insert(ResumeAfter(written[6].position))).await;
    assert_eq!(resumed, written[7..].iter().map(|written| written.position).collect::<Vec<_>>());
    assert_eq!(told(&|request| request.data.insert(ResumeAfter(begin + 10))).await, [0; 0]);
    // Where "from now on" was asked for, when the request came.
    let mut since = request("subscription { incidentChanged { position } }");
    since.data.insert(Since(begin + 8));
    since.data.insert(Until(begin + 10));
    assert_eq!(world.schema.execute_stream(since).count().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_scopes_hold_for_what_was_missed_too() {
    let world = World::new().await;
    let begin = world.app.views().position();
    let here = write(&world, 0..3, 0, COMMUNITY).await;
    write(&world, 10..13, 0, "421002001002").await;
    let there = write(&world, 20..23, 0, ABROAD).await;
    let head = there.last().unwrap().position;
    world.app.views().wait_for(head, Duration::from_secs(30)).await.unwrap();
    let told = async |arguments: &str| {
        let query =
            format!("subscription {{ incidentChanged(after: \"{begin}\"{arguments}) {{ position }} }}");
        let mut request = request(query);
        request.data.insert(Until(head));
        world.schema.execute_stream(request).count().await
    };
    assert_eq!(told("").await, 6);
    assert_eq!(told(&format!(", areaPrefix: \"{COMMUNITY}\"")).await, 3);
    assert_eq!(told(&format!(", areaPrefix: \"{ABROAD}\"")).await, 0);
    assert_eq!(told(&format!(", id: \"incident-{}\"", here[1].id)).await, 1);
    assert_eq!(told(&format!(", id: \"incident-{}\"", there[1].id)).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_and_not_told_is_owed_before_anything_is_read_again() {
    let world = World::new().await;
    let begin = world.app.views().position();
    let here = write(&world, 0..8, 0, COMMUNITY).await;
    let there = write(&world, 20..28, 0, ABROAD).await;
    let head = there.last().unwrap().position;
    world.app.views().wait_for(head, Duration::from_secs(30)).await.unwrap();
    let owed = Arc::new(Mutex::new(Vec::new()));
    let turn = Arc::new(tokio::sync::Mutex::new(()));
    let follow = |filter: &str, most: u32, wait: Duration| {
        let query = format!("subscription {{ incidentChanged(after: \"{begin}\"{filter}) {{ position }} }}");
        let mut request = request(query);
        let (owed, alone) = (Arc::clone(&owed), Arc::clone(&turn));
        request.data.insert(Until(head));
        request.data.insert(ResumeMost(most));
        request.data.insert(Toll::new(Arc::clone(&turn), move |cost| {
            assert!(alone.try_lock().is_err(), "read without its turn");
            owed.lock().unwrap().push(cost);
            wait
        }));
        world.schema.execute_stream(request)
    };
    let took = || std::mem::take(&mut *owed.lock().unwrap());
    let now = Duration::ZERO;
    // 16 rows have changed; the 8 within the scope are read.
    assert_eq!(follow(&format!(", areaPrefix: \"{ABROAD}\""), 100, now).count().await, 0);
    assert_eq!(took(), [16 / 4, 8]);
    assert_eq!(follow(&format!(", id: \"incident-{}\"", here[3].id), 100, now).count().await, 1);
    assert_eq!(took(), [16 / 4, 7]);
    // Each of those is paid by who gets it.
    assert_eq!(follow("", 100, now).count().await, 8);
    assert_eq!(took(), [16 / 4]);
    // Who owes is told nothing until it is paid, and keeps its turn: nobody else of the account reads meanwhile.
    let mut poor = follow("", 100, Duration::from_secs(3_600));
    let mut first = Box::pin(poor.next());
    while owed.lock().unwrap().is_empty() {
        assert!(futures_util::poll!(&mut first).is_pending());
        tokio::task::yield_now().await;
    }
    let mut other = follow("", 100, now);
    let mut second = Box::pin(other.next());
    for _ in 0..20 {
        assert!(
            futures_util::poll!(&mut first).is_pending() && futures_util::poll!(&mut second).is_pending()
        );
        tokio::task::yield_now().await;
    }
    assert_eq!(took(), [16 / 4], "the other one has not read");
    drop(first);
    drop(poor);
    assert!(second.await.is_some(), "who hangs up gives the turn back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_is_shown_again_only_when_something_was_recorded() {
    let world = World::new().await;
    let query = |after: &str| {
        let station = global("organisation", STATION);
        request(format!(
            "subscription {{ dutyBoard(station: \"{station}\"{after}) {{ position gaps {{ id }} }} }}"
        ))
    };
    let board = |response: Option<Response>| {
        let response = response.unwrap();
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        response.data.into_json().unwrap()["dutyBoard"].clone()
    };
    let mut stream = world.schema.execute_stream(query(""));
    let first = board(stream.next().await);
    drop(stream);
    let after = format!(", after: {}", first["position"]);
    let mut stream = world.schema.execute_stream(query(&after));
    let mut next = Box::pin(stream.next());
    for _ in 0..20 {
        assert!(futures_util::poll!(&mut next).is_pending(), "nothing has been recorded");
        tokio::task::yield_now().await;
    }
    world.command("publishShift", json!({ "shift": global("shift", SHIFT) })).await;
    let second = board(next.await);
    assert_eq!(second["gaps"], json!([{ "id": global("shift", SHIFT) }]));
    // At once to who was away.
    let mut again = world.schema.execute_stream(query(&after));
    assert_eq!(board(again.next().await), second);
    // An incident that is moved out of the station's areas leaves the board.
    world.command("registerArea", json!({ "area": "421003", "name": "荆州区" })).await;
    let open = "openIncidents { priority count }";
    let station = global("organisation", STATION);
    let counts = request(format!("subscription {{ dutyBoard(station: \"{station}\") {{ {open} }} }}"));
    let mut counts = world.schema.execute_stream(counts);
    assert_eq!(board(counts.next().await)["openIncidents"][1]["count"], 1);
    let corrected = json!({ "incident": global("incident", INCIDENT), "reason": "moved", "area": "421003" });
    world.command("correctIncident", corrected).await;
    assert_eq!(board(counts.next().await)["openIncidents"][1]["count"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_operation_is_one_subscription() {
    let world = World::new().await;
    for query in [
        "subscription { a: incidentChanged { position } b: incidentChanged { position } }",
        "subscription { incidentChanged { position } shiftChanged { position } }",
        "subscription { ...F } fragment F on Subscription { incidentChanged { position } a: incidentChanged { position } }",
        "subscription { __typename }",
        "subscription { incidentChanged @skip(if: false) { position } }",
        "subscription { ... @include(if: true) { incidentChanged { position } } }",
    ] {
        let mut stream = world.schema.execute_stream(request(query));
        assert_eq!(codes(&stream.next().await.unwrap()), ["bad_query"], "{query}");
        assert!(stream.next().await.is_none());
    }
}

/// Its one root field may stand anywhere, and more than once.
#[tokio::test(flavor = "multi_thread")]
async fn the_root_of_a_subscription_is_found_in_fragments() {
    let world = World::new().await;
    let board = |fields: &str| {
        format!("b: dutyBoard(station: \"{}\") {{ {fields} }}", global("organisation", STATION))
    };
    let query = format!(
        "subscription {{ ...F {} ... on Subscription {{ {} }} }} fragment F on Subscription {{ {} }}",
        board("emptyPlaces"),
        board("x: onDutyCount emptyPlaces"),
        board("onDutyCount"),
    );
    let mut stream = world.schema.execute_stream(request(&query));
    let first = stream.next().await.unwrap();
    assert!(first.errors.is_empty(), "{:?}", first.errors);
    let data = serde_json::to_string(&first.data).unwrap();
    assert_eq!(data, r#"{"b":{"onDutyCount":0,"emptyPlaces":0,"x":0}}"#);
}
