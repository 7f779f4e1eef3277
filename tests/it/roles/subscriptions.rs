use serde_json::{Value, json};

use super::{NOBODY, ROLES, Walk, classified};
use crate::support::{
    Node,
    socket::{Heard, Socket},
    street::{new, report},
};

/// Every root field of `Subscription`.
const ROOTS: &[&str] = &["dutyBoard", "incidentChanged", "shiftChanged"];

#[test]
fn a_duty_board_is_for_those_who_see_the_station() {
    let walk = Walk::begin();
    classified(&walk.fields("Subscription"), ROOTS.iter().copied(), "Subscription");
    let query = format!("subscription {{ dutyBoard(station: \"{}\") {{ position }} }}", walk.street.station);
    let station = walk.world.0["organisations"].iter().find(|known| known.id == walk.street.station);
    let station = station.expect("the station");
    for who in ROLES {
        let mut socket = Socket::open(&walk.node, who);
        socket.say(&json!({ "id": "board", "type": "subscribe", "payload": { "query": query } }));
        let answer = socket.message();
        let sees = who != NOBODY && walk.scope(who).sees(station);
        if sees {
            assert!(answer["payload"]["data"]["dutyBoard"].is_object(), "{who}: {answer}");
        } else {
            assert!(!answer.to_string().contains("\"position\""), "{who}: {answer}");
        }
    }
}

fn follow(node: &Node, who: &str, query: &str) -> Socket {
    let mut socket = Socket::open(node, who);
    socket.subscribe("changes", query);
    socket.settle();
    socket
}

#[test]
fn changes_are_told_to_those_who_see_them() {
    let walk = Walk::begin();
    let (node, street) = (&walk.node, &walk.street);
    // A district of its own for the chief of another one.
    for (area, name) in [("33", "浙江省"), ("3309", "舟山市"), ("330903", "普陀区")] {
        node.must("admin", "registerArea", json!({ "area": area, "name": name }));
    }
    let query = "subscription { incidentChanged { incident { id } } }";
    let mut sockets: Vec<(&str, Socket)> =
        ROLES.into_iter().filter(|who| *who != NOBODY).map(|who| (who, follow(node, who, query))).collect();
    // Of the first change only the community of `committee` and those above it learn.
    let first = new("incident");
    node.must("officer", "reportIncident", report(&first, street.area()));
    // Then each of the others sees one of its own: had it been told of the first, that would come before it.
    let own = |who: &str| {
        let id = new("incident");
        let mut input = report(&id, &street.communities[1].0);
        match who {
            "chief2" => input["area"] = "330903".into(),
            "committee2" => {}
            "company" => input["company"] = street.companies[0].clone().into(),
            "company2" => input["company"] = street.companies[1].clone().into(),
            "guard" | "volunteer" => input["shift"] = a_shift_of(&walk, who).into(),
            _ => return None,
        }
        let by = if who == "chief2" { "chief2" } else { "officer" };
        node.must(by, "reportIncident", input);
        Some(id)
    };
    for (who, socket) in &mut sockets {
        let expected = own(who).unwrap_or_else(|| first.clone());
        assert_eq!(socket.next("changes")["incidentChanged"]["incident"]["id"], expected.as_str(), "{who}");
    }
    // Nobody is told nothing at all.
    let mut socket = Socket::open(node, NOBODY);
    socket.say(&json!({ "id": "changes", "type": "subscribe", "payload": { "query": query } }));
    match socket.hear() {
        Heard::Message(answer) => assert!(answer.to_string().contains("unauthenticated"), "{answer}"),
        Heard::Closed(code) => assert_eq!(code, 4401),
    }
}

fn a_shift_of(walk: &Walk, who: &str) -> String {
    let person = walk.scope(who).person.expect("a person");
    let shifts = &walk.world.0["shifts"];
    shifts.iter().find(|shift| shift.people.contains(&person)).expect("a shift").id.clone()
}

#[test]
fn a_shift_is_told_to_its_organisation_and_not_to_another() {
    let walk = Walk::begin();
    let (node, street) = (&walk.node, &walk.street);
    let query = "subscription { shiftChanged { shift { id } } }";
    let roles = ["company", "company2", "committee2"];
    let mut sockets = roles.map(|who| (who, follow(node, who, query)));
    let schedule = |organisation: &str, area: &str| {
        let id = new("shift");
        let input: Value = json!({
            "shift": id, "area": area, "organisation": organisation, "duty": "PATROL", "payer": "MARKET",
            "startsAt": crate::support::minutes(60), "endsAt": crate::support::minutes(120), "places": 1,
        });
        node.must("chief", "scheduleShift", input);
        id
    };
    let expected = [
        schedule(&street.companies[0], street.area()),
        schedule(&street.companies[1], street.area()),
        schedule(street.committee(), &street.communities[1].0),
    ];
    for ((who, socket), expected) in sockets.iter_mut().zip(expected) {
        assert_eq!(socket.next("changes")["shiftChanged"]["shift"]["id"], expected.as_str(), "{who}");
    }
}
