//! Views that are built anew equal the live ones.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::support::{Folder, Node, Street, day, fresh, street::incident, wait_for};

fn dashboard(node: &Node, street: &Street) -> Value {
    // A text of its own each time: what was just answered is not answered again from memory.
    let query = format!("query Q{}", fresh().simple()) + "($id: ID!, $period: PeriodInput!) { station(id: $id) { dashboard(period: $period) {
        incidents { numerator } closed { numerator denominator } queue { count p50Seconds p90Seconds }
        response { count p50Seconds p90Seconds } patrolCoverage { numerator denominator } patrolRuns
        payers { payer shifts requiredMinutes certifiedMinutes } teams { kind payer teams members } volunteerMinutes
        activeContracts households
    } } }";
    let period = json!({ "from": day(-30), "to": day(0) });
    let mut data = node.ask("chief", &query, &json!({ "id": street.station, "period": period }));
    data["station"]["dashboard"].take()
}

#[test]
fn a_rebuild_gives_the_same_rows() {
    let folder = Folder::demo();
    for _ in 0..2 {
        let said = folder.done(&["rebuild"]);
        assert!(said.contains("equal to the present views, row by row"), "{said}");
    }
    // The same after changes that a server has made.
    let node = Node::start(folder);
    let street = Street::of(&node);
    let noise = incident(&node, &street);
    let disposition = json!({ "incident": noise, "code": "MEDIATED", "note": "双方和解" });
    node.must("officer", "recordDisposition", disposition);
    let before = dashboard(&node, &street);
    let (folder, _) = node.stop();
    let said = folder.done(&["rebuild"]);
    assert!(said.contains("equal to the present views, row by row"), "{said}");
    let node = Node::start(folder);
    assert_eq!(dashboard(&node, &street), before);
}

#[test]
fn views_that_are_lost_are_built_from_the_log() {
    let node = Node::demo();
    let street = Street::of(&node);
    let before = dashboard(&node, &street);
    let (folder, _) = node.stop();
    let mut lost = 0;
    for entry in std::fs::read_dir(folder.data()).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("views-")) {
            std::fs::remove_file(path).expect("a file of the views");
            lost += 1;
        }
    }
    assert!(lost > 0);
    assert_eq!(dashboard(&Node::start(folder), &street), before);
}

#[test]
fn a_server_that_holds_the_log_says_how_to_rebuild() {
    let node = Node::demo();
    let refused = node.folder.run(&["rebuild"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("SIGHUP"), "{refused:?}");
}

#[test]
fn a_running_server_swaps_its_views_without_a_failed_query() {
    let node = Node::start_with(Folder::demo(), &["--cost-per-minute", "4000000000"]);
    let street = Street::of(&node);
    let before = dashboard(&node, &street);
    let (stop, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    // Panics on any error, and the figures never show a view that is half built.
                    assert_eq!(dashboard(&node, &street), before);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for round in 1..=3 {
            node.signal("HUP");
            wait_for("the rebuilt views", || {
                (node.logs().matches("rebuilt views are live").count() >= round).then_some(())
            });
            let seen = answered.load(Ordering::Relaxed);
            wait_for("answers from them", || (answered.load(Ordering::Relaxed) >= seen + 6).then_some(()));
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(!node.logs().contains("\"ERROR\""), "{}", node.logs());
    // What comes after the swap is seen in the new views.
    let noise = incident(&node, &street);
    let seen = node.ask("officer", &format!("{{ incident(id: \"{noise}\") {{ id }} }}"), &json!({}));
    assert_eq!(seen["incident"]["id"], noise.as_str());
}

#[test]
fn views_that_stopped_come_back_when_the_server_is_told_to_rebuild() {
    let node = Node::demo();
    let street = Street::of(&node);
    let views = std::fs::read_dir(node.folder.data())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| {
            path.extension().is_some_and(|ending| ending == "db") && path.to_string_lossy().contains("views-")
        })
        .expect("the views");
    let connection = rusqlite::Connection::open(views).expect("the views");
    let refuse = "CREATE TRIGGER broken BEFORE INSERT ON incident BEGIN SELECT RAISE(ABORT, 'no room'); END;";
    connection.execute_batch(refuse).expect("a trigger");
    drop(connection);
    let input = crate::support::street::report(&crate::support::street::new("incident"), street.area());
    let id = input["incident"].as_str().expect("an id").to_owned();
    node.command("officer", "reportIncident", input);
    // Recorded; but no query shows it, and the balancer is told so.
    let ready = wait_for("the end of the views", || {
        let ready = node.get("/readyz");
        (ready.status == 503).then(|| ready.json())
    });
    let stopped = ready["checks"].as_array().expect("checks").iter().find(|check| check["name"] == "views");
    assert_eq!(stopped.expect("a check")["ok"], false);
    let figures = || crate::support::openmetrics::Exposition::parse(&node.get("/metrics").body);
    assert_eq!(figures().value("wardlog_views_stopped", &[]), 1.0);
    assert!(figures().value("wardlog_views_lag_events", &[]) >= 1.0);
    assert_eq!(node.lines("the views have stopped").len(), 1);

    node.signal("HUP");
    wait_for("the views to follow again", || (node.get("/readyz").status == 200).then_some(()));
    let query = format!("{{ incident(id: \"{id}\") {{ id }} }}");
    let seen = wait_for("the incident", || {
        let data = node.ask("officer", &query, &json!({}));
        data["incident"]["id"].as_str().map(str::to_owned)
    });
    assert_eq!(seen, id);
    assert_eq!(figures().value("wardlog_views_stopped", &[]), 0.0);
    assert_eq!(figures().value("wardlog_rebuilds_total", &[("outcome", "done")]), 1.0);
    // The next server finds them whole.
    let (folder, _) = node.stop();
    let said = folder.done(&["rebuild"]);
    assert!(said.contains("equal to the present views, row by row"), "{said}");
}
