//! `wardlog migrate`: from a file into a cluster and back.

use serde_json::{Value, json};

use super::{Moved, on_cluster};
use crate::support::{Folder, Node, Street};

/// What identifies an event, and all that it says; the position belongs to the engine.
fn story(mut events: Vec<Value>) -> Vec<Value> {
    for event in &mut events {
        event
            .as_object_mut()
            .expect("an event")
            .retain(|name, _| !matches!(name.as_str(), "position" | "sequence"));
    }
    events
}

fn figures(node: &Node, street: &Street) -> Value {
    let query = "query($id: ID!, $period: PeriodInput!) { station(id: $id) { dashboard(period: $period) {
        incidents { numerator } payers { payer certifiedMinutes } teams { kind teams members } patrolRuns } } }";
    let period = json!({ "from": crate::support::day(-30), "to": crate::support::day(0) });
    node.ask("chief", query, &json!({ "id": street.station, "period": period }))
}

#[test]
fn a_log_moves_into_a_cluster_and_back_with_its_keys() {
    let moved = Moved::demo();
    let events = story(moved.from.source.export(&[]));
    let again = moved.from.run();
    assert!(again.contains(", 0 of them moved now"), "{again}");
    let node = moved.node();
    let options = on_cluster(&node.folder);
    let exported = node.folder.export(&options.each_ref().map(String::as_str));
    // The policies of the node may have added what has become due since.
    let moved_events = story(exported);
    assert!(moved_events.starts_with(&events), "{} events of {}", moved_events.len(), events.len());
    let back = moved.from.back(&node.folder);
    let street = Street::of(&node);
    let file = Node::start(back);
    assert_eq!(figures(&node, &street), figures(&file, &street));
    for node in [&node, &file] {
        let own = node.ask("guard", "{ viewer { person { name { state value } } } }", &json!({}));
        assert_eq!(own["viewer"]["person"]["name"]["state"], "VISIBLE", "the key has come along");
    }
}

#[test]
fn a_move_into_something_else_is_refused_and_a_broken_one_goes_on() {
    let mut moved = Moved::nothing();
    let from = format!("sqlite:{}", moved.from.source.data().display());
    let address = moved.cluster.address();
    // The cluster goes away under it once it has begun.
    let mut child =
        crate::binary::command(&moved.from.source.data(), &["migrate", "--from", &from, "--to", &address])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the binary");
    crate::support::wait_for("the move to begin", || (moved.cluster.store().all(0).len() > 20).then_some(()));
    for node in 0..3 {
        moved.cluster.kill(node);
    }
    let status = child.wait().expect("its end");
    for node in 0..3 {
        moved.cluster.revive(node);
    }
    moved.cluster.elect(Some(1));
    // A fast machine may have finished before.
    if !status.success() {
        let node = moved.folder();
        let options = on_cluster(&node);
        let arguments = ["serve", "--listen", "127.0.0.1:0", &options[0], &options[1]];
        let refused = node.run(&arguments);
        assert_eq!(refused.status.code(), Some(4), "a log that is not whole: {refused:?}");
        assert!(moved.from.run().contains("compared from start to end and equal"));
    }
    // Another log does not go into it: they share the beginning, and each has grown an end of its own since.
    let other = Folder::demo();
    let node = Node::start(other);
    let street = Street::of(&node);
    crate::support::street::incident(&node, &street);
    let (other, _) = node.stop();
    let ours = moved.node();
    crate::support::street::incident(&ours, &Street::of(&ours));
    let from = format!("sqlite:{}", other.data().display());
    let refused = other.run(&["migrate", "--from", &from, "--to", &address]);
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");
}
