//! A cluster that is away: the views are served, commands are refused with a code, and it ends by itself.

use serde_json::{Value, json};

use super::{Moved, on_cluster, start};
use crate::support::{
    Node, Street,
    node::mutation,
    street::{incident, new, report},
    wait_for,
};

/// The check of the log in `/readyz`.
fn log_check(node: &Node) -> (u16, Value) {
    let reply = node.get("/readyz");
    let checks = reply.json()["checks"].clone();
    let log = checks.as_array().expect("checks").iter().find(|check| check["name"] == "log").cloned();
    (reply.status, log.unwrap_or_default())
}

fn until_refused(node: &Node) {
    wait_for("the log to be told as unreachable", || {
        let (status, log) = log_check(node);
        let told = log["detail"].as_str().is_some_and(|detail| detail.starts_with("log_unreachable: "));
        (status == 503 && log["ok"] == false && told).then_some(())
    });
}

/// Queries go on; a command is refused as unavailable.
fn reads_only(node: &Node, street: &Street) {
    let seen = node.ask("chief", "{ incidents(first: 2) { edges { node { id } } } }", &json!({}));
    assert!(!seen["incidents"]["edges"].as_array().expect("incidents").is_empty(), "{seen}");
    let mut input = report(&new("incident"), street.area());
    input["commandId"] = crate::support::fresh().to_string().into();
    let answer = node.answer("officer", &mutation("reportIncident"), &json!({ "input": input }));
    assert_eq!(answer["errors"][0]["extensions"]["code"], "unavailable", "{answer}");
}

#[test]
fn a_node_serves_its_views_while_the_cluster_is_away_and_comes_back_by_itself() {
    let mut moved = Moved::demo();
    let node = moved.node();
    let street = Street::of(&node);
    assert_eq!(log_check(&node).1["ok"], true);
    for index in 0..3 {
        moved.cluster.kill(index);
    }
    until_refused(&node);
    reads_only(&node, &street);
    let metrics = node.get("/metrics").body;
    assert!(metrics.contains("wardlog_cluster_unusable 1"), "{metrics}");
    for counter in ["renewals", "restarts", "retries"] {
        assert!(metrics.contains(&format!("wardlog_cluster_{counter}_total")), "{metrics}");
    }
    let mut back = |node: &Node| {
        for index in 0..3 {
            moved.cluster.revive(index);
        }
        moved.cluster.elect(Some(2));
        wait_for("the node to be ready again", || (node.get("/readyz").status == 200).then_some(()));
        incident(node, &street);
        for index in 0..3 {
            moved.cluster.kill(index);
        }
    };
    back(&node);
    let (folder, _) = node.stop();
    // Started while it is away.
    let options = on_cluster(&folder);
    let node = Node::start_unready(folder, &options.each_ref().map(String::as_str));
    until_refused(&node);
    reads_only(&node, &street);
    back(&node);
}

#[test]
fn a_node_that_was_started_without_the_cluster_ends_when_that_turns_out_to_be_another_one() {
    let mut moved = Moved::demo();
    let (folder, _) = start(moved.folder()).stop();
    for index in 0..3 {
        moved.cluster.kill(index);
    }
    let options = on_cluster(&folder);
    let node = Node::start_unready(folder, &options.each_ref().map(String::as_str));
    moved.cluster.forget();
    for index in 0..3 {
        moved.cluster.revive(index);
    }
    moved.cluster.elect(Some(0));
    let (status, _, logs) = node.ended();
    assert_eq!(status.code(), Some(4), "{logs}");
    assert!(logs.contains("another log"), "{logs}");
}
