//! What an operator and a dashboard rely on: health, metrics, a gentle end, one process a folder, backups.

use std::io::{Read as _, Write as _};

use serde_json::{Value, json};

use crate::{
    binary,
    support::{
        Folder, Node, PASSWORD, PATIENCE, Street,
        folder::copy,
        http, minutes, now,
        socket::{Heard, Socket},
        street::{incident, person, shift},
    },
};

#[test]
fn health_readiness_and_metrics() {
    let node = Node::demo();
    let alive = node.get("/healthz");
    assert_eq!((alive.status, alive.body.trim()), (200, "ok"));
    let ready = node.get("/readyz").json();
    assert_eq!(ready["ready"], true);
    let names: Vec<&str> = ready["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .filter_map(|check| check["name"].as_str())
        .collect();
    assert!(names.contains(&"views") && names.contains(&"lag"), "{ready}");
    let street = Street::of(&node);
    incident(&node, &street);
    let metrics = node.get("/metrics");
    assert!(
        metrics
            .header("content-type")
            .is_some_and(|kind| kind.contains("openmetrics") || kind.contains("text/plain"))
    );
    let value = |name: &str| -> f64 {
        let line = metrics.body.lines().find(|line| line.split([' ', '{']).next() == Some(name));
        let line = line.unwrap_or_else(|| panic!("no `{name}` in\n{}", metrics.body));
        line.rsplit(' ').next().and_then(|text| text.parse().ok()).expect("a number")
    };
    let head = value("wardlog_log_head");
    assert_eq!(head, value("wardlog_views_position") + value("wardlog_views_lag_events"));
    assert!(value("wardlog_log_appends_total") >= 1.0 && value("wardlog_log_events_total") >= 1.0);
    assert_eq!(value("wardlog_views_stopped"), 0.0);
    for name in [
        "wardlog_log_conflicts_total",
        "wardlog_log_failures_total",
        "wardlog_append_group_events_count",
        "wardlog_views_lag_seconds",
        "wardlog_http_requests_total",
        "wardlog_http_request_seconds_count",
        "wardlog_websockets_open",
        "wardlog_subscriptions_open",
    ] {
        value(name);
    }
    assert!(metrics.body.ends_with("# EOF\n"));
}

#[test]
fn people_sign_in_with_a_cookie() {
    let folder = Folder::demo();
    let node = Node::start_with(folder, &["--insecure-cookies"]);
    let post = |body: Value| {
        let headers = [("content-type", "application/json")];
        http::send(node.address, "POST", "/session", &headers, body.to_string().as_bytes())
            .expect("an answer")
    };
    assert_eq!(post(json!({ "name": "chief", "password": "not this one" })).status, 401);
    let signed_in = post(json!({ "name": "chief", "password": PASSWORD }));
    assert_eq!(signed_in.status, 200, "{signed_in:?}");
    let cookie =
        signed_in.header("set-cookie").expect("a cookie").split(';').next().expect("a cookie").to_owned();
    let ask = |origin: &str| {
        let headers = [("content-type", "application/json"), ("cookie", cookie.as_str()), ("origin", origin)];
        let body = json!({ "query": "{ viewer { roles } }" }).to_string();
        http::send(node.address, "POST", "/graphql", &headers, body.as_bytes()).expect("an answer")
    };
    let own = ask(&format!("http://{}", node.address));
    assert_eq!(own.json()["data"]["viewer"]["roles"], json!(["STATION_CHIEF"]));
    // Another page can not act in the name of whoever is signed in.
    assert_eq!(ask("http://evil.example").status, 403);
}

#[test]
fn a_request_in_flight_is_answered_before_the_end() {
    let node = Node::demo();
    let token = node.folder.token("chief").expect("a token");
    let body = json!({ "query": "{ viewer { roles } }" }).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         authorization: Bearer {token}\r\ncontent-length: {}\r\n\r\n",
        node.address,
        body.len()
    );
    let mut socket = std::net::TcpStream::connect(node.address).expect("a connection");
    socket.set_read_timeout(Some(PATIENCE)).expect("a limit");
    let (first, rest) = body.split_at(10);
    // `Expect` makes the server say that it has begun to read the request.
    let head = head.replace("connection: close\r\n", "connection: close\r\nexpect: 100-continue\r\n");
    socket.write_all(head.as_bytes()).expect("a head");
    let mut told = [0_u8; 25];
    socket.read_exact(&mut told).expect("100 Continue");
    assert!(told.starts_with(b"HTTP/1.1 100 Continue"), "{}", String::from_utf8_lossy(&told));
    socket.write_all(first.as_bytes()).expect("a part");
    node.signal("TERM");
    // The end has begun once no new connection is taken.
    crate::support::wait_for("the listener to close", || std::net::TcpStream::connect(node.address).err());
    socket.write_all(rest.as_bytes()).expect("the rest");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("an answer");
    assert!(answer.contains("200 OK") && answer.contains("STATION_CHIEF"), "{answer}");
    let (status, _, logs) = node.ended();
    assert_eq!(status.code(), Some(0), "{logs}");
    assert!(logs.contains("\"stopped\""), "{logs}");
}

#[test]
fn subscriptions_tell_of_changes_and_end_with_the_server() {
    let node = Node::demo();
    let street = Street::of(&node);
    let mut socket = Socket::open(&node, "chief");
    let area = street.area();
    socket.subscribe(
        "incidents",
        &format!("subscription {{ incidentChanged(areaPrefix: \"{area}\") {{ position incident {{ id phase }} }} }}"),
    );
    socket.settle();
    let noise = incident(&node, &street);
    let told = socket.next("incidents")["incidentChanged"].take();
    assert_eq!(told["incident"], json!({ "id": noise, "phase": "REPORTED" }));
    let done = node.must("officer", "triageIncident", json!({ "incident": noise, "kind": "DISTURBANCE" }));
    let told = socket.next("incidents")["incidentChanged"].take();
    assert_eq!((&told["incident"]["phase"], &told["position"]), (&json!("TRIAGED"), &done["position"]));
    socket.say(&json!({ "id": "incidents", "type": "complete" }));

    let organisation = street.committee();
    socket.subscribe(
        "shifts",
        &format!(
            "subscription {{ shiftChanged(organisation: \"{organisation}\") {{ shift {{ id phase }} }} }}"
        ),
    );
    socket.settle();
    let post = shift(&node, &street, organisation, "COMMUNITY", (-30, 240));
    for phase in ["SCHEDULED", "PUBLISHED"] {
        // Two changes in a row may be told as one: as it is now.
        let told = socket.next("shifts")["shiftChanged"].take();
        assert_eq!(told["shift"]["id"], post.as_str());
        if told["shift"]["phase"] == "PUBLISHED" {
            break;
        }
        assert_eq!(told["shift"]["phase"], phase);
    }
    socket.say(&json!({ "id": "shifts", "type": "complete" }));
    board(&node, &street, &mut socket, &post);

    node.signal("TERM");
    loop {
        if let Heard::Closed(code) = socket.hear() {
            assert_eq!(code, 1001);
            break;
        }
    }
    assert_eq!(node.ended().0.code(), Some(0));
}

/// Somebody clocks in: the board of the station shows the shift as staffed.
fn board(node: &Node, street: &Street, socket: &mut Socket, post: &str) {
    let query = format!(
        "subscription {{ dutyBoard(station: \"{}\") {{ position onDutyCount onDuty {{ id }} }} }}",
        street.station
    );
    let mut socket_of_board = Socket::open(node, "officer");
    socket_of_board.subscribe("board", &query);
    assert!(socket_of_board.next("board")["dutyBoard"]["onDutyCount"].is_i64());
    let volunteer = person(node, street, "VOLUNTEER", street.committee(), "1990-05-06");
    let place = json!({ "shift": post, "person": volunteer });
    node.must("committee", "assignShift", place.clone());
    let mut clocked = place;
    clocked["occurredAt"] = minutes(-1).into();
    node.must("committee", "clockIn", clocked);
    loop {
        let board = socket_of_board.next("board")["dutyBoard"].take();
        let here = board["onDuty"].as_array().expect("shifts").iter().any(|shift| shift["id"] == post);
        if here {
            assert!(board["onDutyCount"].as_i64().is_some_and(|count| count > 0), "{board}");
            break;
        }
    }
    // The other socket has not been told of what it has completed.
    socket.subscribe("again", "subscription { incidentChanged { incident { id } } }");
    socket.settle();
}

#[test]
fn a_second_process_on_the_same_folder_is_refused() {
    let node = Node::demo();
    let second = node.folder.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.starts_with("wardlog: ") && said.contains("another process"), "{said}");
    // What only reads works beside the server.
    assert!(node.folder.done(&["verify"]).starts_with("intact: "));
    assert_eq!(node.get("/readyz").status, 200);
}

#[test]
fn a_backup_of_a_running_server_restores_to_the_same_figures() {
    let node = Node::demo();
    let street = Street::of(&node);
    let noise = incident(&node, &street);
    let figures = |node: &Node| {
        let query = "query($id: ID!, $period: PeriodInput!) { station(id: $id) { dashboard(period: $period) {
            incidents { numerator } payers { payer certifiedMinutes } teams { kind teams members } patrolRuns } } }";
        let period = json!({ "from": crate::support::day(-30), "to": crate::support::day(0) });
        node.ask("chief", query, &json!({ "id": street.station, "period": period }))
    };
    let before = figures(&node);
    let copied = node.folder.beside("copy");
    let target = copied.to_str().expect("a path").to_owned();
    let said = node.folder.done(&["backup", "--to", &target]);
    assert!(said.contains("events copied and verified"), "{said}");
    let again = node.folder.run(&["backup", "--to", &target]);
    assert_eq!(again.status.code(), Some(1), "an existing folder is not written over");
    // The key is not in the copy; put back beside it, everything is as before.
    let restored = Folder::empty();
    copy(&copied, &restored.data());
    for name in ["data.master-key", "tokens.json"] {
        std::fs::copy(node.folder.beside(name), restored.beside(name)).expect("a copy");
    }
    drop(node);
    let node = Node::start(restored);
    assert_eq!(figures(&node), before);
    let query = format!(
        "{{ incident(id: \"{noise}\") {{ phase }} person(id: \"{}\") {{ name {{ state }} }} }}",
        street.guard
    );
    let seen = node.ask("chief", &query, &json!({}));
    assert_eq!(seen["incident"]["phase"], "REPORTED");
    let own = node.ask("guard", "{ viewer { person { name { state value } } } }", &json!({}));
    assert_eq!(own["viewer"]["person"]["name"]["state"], "VISIBLE");
}

#[test]
fn a_missing_or_wrong_master_key_is_said_clearly() {
    let folder = Folder::demo();
    let key = folder.beside("data.master-key");
    let kept = std::fs::read(&key).expect("the key");
    let refused = |why: &str| {
        let output = folder.run(&["serve", "--listen", "127.0.0.1:0"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{why}: {said}");
        let last = said.lines().last().unwrap_or_default();
        assert!(last.starts_with("wardlog: ") && last.contains("master key"), "{why}: {said}");
    };
    std::fs::remove_file(&key).expect("no key");
    refused("missing");
    assert!(!key.exists(), "a new key must not be made over an old keyring");
    // That of another installation.
    let other = Folder::empty();
    let node = Node::start(other);
    let (other, _) = node.stop();
    std::fs::copy(other.beside("data.master-key"), &key).expect("a copy");
    refused("wrong");
    std::fs::write(&key, kept).expect("the key");
    Node::start(folder).stop();
}

#[test]
fn the_demo_is_loaded_once_a_day() {
    let folder = Folder::demo();
    let load = || {
        let output = folder.run(&["demo", "--load-only", "--scenario", "shashi-small"]);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).expect("text")
    };
    let today = || now().strftime("%Y-%m-%d").to_string();
    let (begun, said) = (today(), load());
    let mark = std::fs::read_to_string(folder.data().join("demo.txt")).expect("the mark");
    // At midnight it is loaded anew, and rightly so.
    if mark.contains(&begun) && begun == today() {
        let events = folder.export(&[]).len();
        assert!(said.contains("loaded already"), "{said}");
        assert!(load().contains("loaded already"));
        assert_eq!(folder.export(&[]).len(), events);
    }
    // A folder that holds something else is left alone.
    let other = Folder::empty();
    std::fs::create_dir(other.data()).expect("a folder");
    std::fs::write(other.data().join("letters.txt"), "dear").expect("a file");
    let refused = binary::command(&other.data(), &["demo", "--load-only"]).output().expect("the binary");
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(std::fs::read_dir(other.data()).expect("a folder").count(), 1);
}
