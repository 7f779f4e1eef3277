//! Two nodes on a real server, when one is named: the fake cluster tests faults, it does not stand for the real one.
//!
//! The server must be empty: a cluster holds one log.

use serde_json::json;

use super::{
    Move,
    nodes::{done_once, erased_on_both, shown_by_the_other},
};
use crate::support::{
    Node, Street,
    street::{incident, person},
};

/// Names the server: a connection string.
const REAL: &str = "WARDLOG_TEST_EVENTSTORE";

#[test]
fn two_nodes_work_on_a_real_server_when_one_is_named() {
    let Ok(address) = std::env::var(REAL) else {
        eprintln!("{REAL} is not set: no node ran on a real server");
        return;
    };
    let site = Move::demo(address);
    let said = site.run();
    assert!(said.contains("compared from start to end and equal"), "{said}");
    let (one, other) = (site.node(), site.node());
    shown_by_the_other(&one, &other);
    done_once(&one, &other);
    let street = Street::of(&one);
    let volunteer = person(&one, &street, "VOLUNTEER", street.committee(), "1990-01-01");
    other.must("chief", "correctPerson", json!({ "person": volunteer, "name": "改名者" }));
    erased_on_both(&one, &other, &volunteer);
    // A node that was stopped comes back with what it had, and with what it missed.
    let (folder, _) = one.stop();
    incident(&other, &street);
    let one = super::start(folder);
    shown_by_the_other(&one, &other);
    let file = Node::start(site.back(&one.folder));
    let seen = file.ask("chief", "{ incidents(first: 1) { edges { node { id } } } }", &json!({}));
    assert_eq!(seen["incidents"]["edges"].as_array().map(Vec::len), Some(1), "{seen}");
}
