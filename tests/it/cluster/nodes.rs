//! Several nodes on one log.
//!
//! What does not look into the store takes any two nodes, so that it runs on a real server as well ([`super::real`]).

use serde_json::json;

use super::Moved;
use crate::support::{
    Node, Street, fresh,
    street::{incident, new, person, report},
    wait_for,
};

#[test]
fn what_one_node_has_acknowledged_another_shows_at_that_position() {
    let moved = Moved::demo();
    shown_by_the_other(&moved.node(), &moved.node());
}

pub fn shown_by_the_other(one: &Node, other: &Node) {
    let street = Street::of(one);
    for round in 0..10 {
        let id = new("incident");
        let (writer, reader) = if round % 2 == 0 { (one, other) } else { (other, one) };
        let done = writer.must("officer", "reportIncident", report(&id, street.area()));
        let query =
            "query($id: ID!, $at: Position!) { log(atLeast: $at) { position } incident(id: $id) { phase } }";
        let at = json!({ "id": id, "at": done["position"] });
        // `log` waits, so it is asked for first and alone.
        reader.ask(
            "officer",
            "query($at: Position!) { log(atLeast: $at) { position } }",
            &json!({ "at": done["position"] }),
        );
        let seen = reader.ask("officer", query, &at);
        assert_eq!(seen["incident"]["phase"], "REPORTED", "{seen}");
    }
}

#[test]
fn the_same_command_on_two_nodes_is_done_once() {
    let moved = Moved::demo();
    let id = done_once(&moved.node(), &moved.node());
    assert_eq!(moved.cluster.store().ids(&id).len(), 1);
}

/// Gives the same command to both; the stream that it made.
pub fn done_once(one: &Node, other: &Node) -> String {
    let street = Street::of(one);
    let id = new("incident");
    let mut input = report(&id, street.area());
    input["commandId"] = fresh().to_string().into();
    // At the same time, and again afterwards, whatever the views of the other node know by then.
    let done = std::thread::scope(|scope| {
        let both = [one, other].map(|node| {
            let input = input.clone();
            scope.spawn(move || node.must("officer", "reportIncident", input))
        });
        both.map(|thread| thread.join().expect("an answer"))
    });
    assert_eq!(done[0]["position"], done[1]["position"]);
    input["priority"] = "URGENT".into();
    for node in [one, other] {
        let again = node.command("officer", "reportIncident", input.clone());
        assert_eq!(again["errors"][0]["code"], "command_id_reused", "{again}");
    }
    id
}

#[test]
fn a_key_is_the_same_on_every_node_and_its_erasure_too() {
    let moved = Moved::demo();
    let (one, other) = (moved.node(), moved.node());
    let street = Street::of(&one);
    let guard = person(&one, &street, "VOLUNTEER", street.committee(), "1990-01-01");
    // The other node seals for the same person, and opens what the first one sealed.
    other.must("chief", "correctPerson", json!({ "person": guard, "name": "改名者" }));
    let key = format!("key-{}", guard.trim_start_matches("person-"));
    assert_eq!(moved.cluster.store().ids(&key).len(), 1, "one key for both");
    let wrapped = moved.cluster.store().stream(&key).first().map(|made| made.data().to_vec());
    erased_on_both(&one, &other, &guard);
    // The erasure is what is left to be read; the next scavenge takes the key off the disks.
    let wrapped = wrapped.expect("the key as it was made");
    wait_for("the stream of the key to be cut off", || {
        (moved.cluster.store().stream(&key).first()?.revision > 0).then_some(())
    });
    assert!(!moved.cluster.store().scavenge_and_find(&wrapped));
    incident(&other, &street);
}

/// Erases a person at the one node and waits until both have done it.
pub fn erased_on_both(one: &Node, other: &Node, person: &str) {
    one.must("chief", "requestErasure", json!({ "person": person }));
    for node in [one, other] {
        wait_for("the erasure to reach the node", || {
            let query = "query($id: ID!) { person(id: $id) { name { state } } }";
            let seen = node.ask("chief", query, &json!({ "id": person }));
            (seen["person"]["name"]["state"] == "ERASED").then_some(())
        });
    }
}
