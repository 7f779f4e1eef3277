//! Subscriptions of many: executed once for those with the same rights, told to each exactly once.

use serde_json::json;

use crate::support::{Node, Street, openmetrics::Exposition, socket::Socket, street::incident, wait_for};

const CHANGES: &str = "subscription { incidentChanged { position incident { id } } }";

fn groups(node: &Node) -> f64 {
    Exposition::parse(&node.get("/metrics").body).value("wardlog_subscription_groups_open", &[])
}

fn until_groups(node: &Node, wanted: f64) {
    wait_for(&format!("{wanted} groups"), || (groups(node) == wanted).then_some(()));
}

/// Position and incident of the next answer.
fn told(socket: &mut Socket, id: &str) -> (u64, String) {
    let change = socket.next(id)["incidentChanged"].take();
    let position = change["position"].as_str().and_then(|text| text.parse().ok()).expect("a position");
    (position, change["incident"]["id"].as_str().expect("an id").to_owned())
}

#[test]
fn those_with_the_same_rights_share_an_execution_and_miss_nothing() {
    let node = Node::demo();
    let street = Street::of(&node);
    let mut sockets: Vec<Socket> = (0..4).map(|_| Socket::open(&node, "officer")).collect();
    for socket in &mut sockets {
        for id in ["a", "b"] {
            socket.subscribe(id, CHANGES);
            socket.settle();
        }
    }
    // Other roles, other area: groups of their own, however equal the text.
    let mut chief = Socket::open(&node, "chief");
    chief.subscribe("a", CHANGES);
    chief.settle();
    let mut elsewhere = Socket::open(&node, "chief2");
    elsewhere.subscribe("a", CHANGES);
    elsewhere.settle();
    until_groups(&node, 3.0);

    let reported: Vec<String> = (0..8).map(|_| incident(&node, &street)).collect();
    let heard: Vec<(u64, String)> = reported.iter().map(|_| told(&mut chief, "a")).collect();
    assert_eq!(heard.iter().map(|(_, id)| id.clone()).collect::<Vec<_>>(), reported);
    assert!(heard.is_sorted_by(|one, next| one.0 < next.0), "{heard:?}");
    for socket in &mut sockets {
        let mut of = [Vec::new(), Vec::new()];
        for _ in 0..2 * reported.len() {
            let message = socket.message();
            assert_eq!(message["type"], "next", "{message}");
            let change = &message["payload"]["data"]["incidentChanged"];
            let which = usize::from(message["id"] == "b");
            of[which].push((
                change["position"].as_str().expect("a position").parse().expect("a number"),
                change["incident"]["id"].as_str().expect("an id").to_owned(),
            ));
            // Each pays for what it is told, shared or not.
            assert!(message["payload"]["extensions"]["cost"]["requested"].as_u64() > Some(0), "{message}");
        }
        assert_eq!(of, [heard.clone(), heard.clone()]);
    }

    // One that comes late is told what it missed, then goes on with the others.
    let mut late = Socket::open(&node, "officer");
    late.say(&json!({ "id": "late", "type": "subscribe", "payload": {
        "query": "subscription($after: Position) { incidentChanged(after: $after) { position incident { id } } }",
        "variables": { "after": heard[2].0.to_string() },
    } }));
    assert_eq!((3..8).map(|_| told(&mut late, "late")).collect::<Vec<_>>(), heard[3..]);
    let more = incident(&node, &street);
    assert_eq!(told(&mut late, "late").1, more);
    assert_eq!(told(&mut chief, "a").1, more);
    // Nothing of all that was for the other station.
    elsewhere.say(&json!({ "type": "ping", "payload": { "last": true } }));
    assert_eq!(elsewhere.message(), json!({ "type": "pong", "payload": { "last": true } }));

    drop((sockets, late));
    until_groups(&node, 2.0);
    drop((chief, elsewhere));
    until_groups(&node, 0.0);
}

#[test]
fn an_event_costs_no_less_than_its_operation() {
    let node = Node::demo();
    let street = Street::of(&node);
    let mut chief = Socket::open(&node, "chief");
    let report = r#"report(period: { from: "2026-01-01", to: "2026-01-02" }) { asOf }"#;
    chief.subscribe(
        "a",
        &format!("subscription {{ incidentChanged {{ incident {{ contract {{ {report} }} }} }} }}"),
    );
    chief.settle();
    incident(&node, &street);
    let message = chief.message();
    assert_eq!(
        message["payload"]["data"]["incidentChanged"]["incident"]["contract"],
        json!(null),
        "{message}"
    );
    assert!(message["payload"]["extensions"]["cost"]["requested"].as_u64() >= Some(100), "{message}");
}
