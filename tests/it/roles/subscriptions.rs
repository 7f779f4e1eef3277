use serde_json::{Value, json};

use super::{NOBODY, ROLES, Walk, classified};
use crate::support::{
    Node,
    socket::{Heard, Socket},
    street::{contract_between, new, patrol_of, person, report},
};

/// Every root field of `Subscription`.
const ROOTS: &[&str] =
    &["contractChanged", "dutyBoard", "incidentChanged", "patrolRunChanged", "shiftChanged"];

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

/// Of two things that are changed one after the other, the first belongs to one asker and the second to another: had
/// the other been told of the first, that would come before.
fn each_sees_the_own(
    walk: &Walk,
    root: &str,
    noun: &str,
    who: &[(&'static str, usize)],
    make: impl Fn(usize) -> String,
) {
    let query = format!("subscription {{ {root} {{ {noun} {{ id }} }} }}");
    let mut sockets: Vec<_> =
        who.iter().map(|(who, sees)| (*who, *sees, follow(&walk.node, who, &query))).collect();
    let made = [make(0), make(1)];
    for (who, sees, socket) in &mut sockets {
        assert_eq!(socket.next("changes")[root][noun]["id"], made[*sees].as_str(), "{root}: {who}");
    }
    // The same holds for what was missed: nothing of the first, then the second.
    for (who, sees) in who {
        let mut socket = Socket::open(&walk.node, who);
        let id = &made[1 - sees];
        let query =
            format!("subscription {{ {root}(after: \"0\", id: \"{id}\") {{ {noun} {{ id }} position }} }}");
        if !matches!(*who, "chief" | "officer" | "auditor" | "admin") {
            socket.subscribe("missed", &query);
            socket.subscribe("own", &query.replace(id.as_str(), &made[*sees]));
            assert_eq!(socket.next("own")[root][noun]["id"], made[*sees].as_str(), "{root}: {who}");
        }
    }
}

#[test]
fn a_contract_is_told_to_its_parties_and_to_the_police_of_its_place() {
    let walk = Walk::begin();
    let (node, street) = (&walk.node, &walk.street);
    let roles = [
        ("company", 0),
        ("committee", 0),
        ("chief", 0),
        ("officer", 0),
        ("auditor", 0),
        ("admin", 0),
        ("company2", 1),
        ("committee2", 1),
    ];
    each_sees_the_own(&walk, "contractChanged", "contract", &roles, |number| {
        let (area, client) = &street.communities[number];
        let by = ["committee", "committee2"][number];
        contract_between(node, by, area, &street.companies[number], client)
    });
}

#[test]
fn a_run_is_told_to_its_organisation_and_to_the_police_of_its_place() {
    let walk = Walk::begin();
    let (node, street) = (&walk.node, &walk.street);
    let walkers = street
        .communities
        .each_ref()
        .map(|(_, committee)| person(node, street, "VOLUNTEER", committee, "1990-05-06"));
    let roles =
        [("committee", 0), ("chief", 0), ("officer", 0), ("auditor", 0), ("admin", 0), ("committee2", 1)];
    each_sees_the_own(&walk, "patrolRunChanged", "patrolRun", &roles, |number| {
        let by = ["committee", "committee2"][number];
        patrol_of(node, by, &street.communities[number], &walkers[number]).1
    });
    // A call for help is told where only those are followed.
    let query = "subscription { patrolRunChanged(sos: true) { kind patrolRun { id sosAt } } }";
    let mut socket = follow(node, "chief", query);
    let (_, run, _) = patrol_of(node, "committee", &street.communities[0], &walkers[0]);
    node.must("committee", "raiseSos", json!({ "run": run, "person": walkers[0] }));
    let told = socket.next("changes")["patrolRunChanged"].take();
    assert_eq!((&told["kind"], &told["patrolRun"]["id"]), (&json!("SosRaised"), &json!(run)));
    assert_eq!(told["patrolRun"]["sosAt"].as_array().map(Vec::len), Some(1));
}
