//! What a credential is good for on the running binary: tokens that only read, and for whom somebody speaks who has two
//! organisations.

use serde_json::{Value, json};

use crate::support::{Folder, Node, Reply, Street, folder::shown_once, fresh, http, node::mutation};

/// The payload or the whole answer to a command sent with headers of the test's own.
fn send(node: &Node, token: &str, headers: &[(&str, &str)], name: &str, mut input: Value) -> Reply {
    input["commandId"] = fresh().to_string().into();
    let query = mutation(name);
    let bearer = format!("Bearer {token}");
    let mut all = vec![("content-type", "application/json"), ("authorization", bearer.as_str())];
    all.extend_from_slice(headers);
    let body = json!({ "query": query, "variables": { "input": input } }).to_string();
    http::send(node.address, "POST", "/graphql", &all, body.as_bytes()).expect("an answer")
}

fn codes(reply: &Reply) -> Value {
    let answer = reply.json();
    let errors = answer["data"]["done"]["errors"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
    errors.iter().map(|error| error["code"].clone()).collect()
}

/// A token made on the command line while the server runs.
fn token(folder: &Folder, account: &str, options: &[&str]) -> String {
    shown_once(&folder.done(&[&["token", "create", account, "--name", "a test"], options].concat()))
}

#[test]
fn a_token_that_reads_only_changes_nothing() {
    let node = Node::demo();
    let street = Street::of(&node);
    let reader = token(&node.folder, "chief", &["--read-only"]);
    let head = node.head();
    let noise = json!({ "incident": format!("incident-{}", fresh()), "kind": "DISTURBANCE" });
    assert_eq!(codes(&send(&node, &reader, &[], "triageIncident", noise)), json!(["read_only"]));
    node.nothing_recorded_since(head, "the token reads only");
    let bearer = format!("Bearer {reader}");
    let body = json!({ "query": "{ viewer { organisationIds } }" }).to_string();
    let headers = [("content-type", "application/json"), ("authorization", bearer.as_str())];
    let seen = http::send(node.address, "POST", "/graphql", &headers, body.as_bytes()).expect("an answer");
    assert_eq!(seen.json()["data"]["viewer"]["organisationIds"], json!([street.station]));
    let listed = node.folder.done(&["token", "list", "chief"]);
    assert!(listed.lines().any(|line| line.ends_with("reads only")), "{listed}");
}

#[test]
fn who_manages_two_companies_acts_for_the_one_that_is_meant() {
    let node = Node::demo();
    let street = Street::of(&node);
    let [one, other] = &street.companies;
    node.folder.done(&[
        "account",
        "add",
        "both",
        "--role",
        "company_manager",
        "--organisation",
        one,
        "--organisation",
        other,
    ]);
    let both = token(&node.folder, "both", &[]);
    let head = node.head();
    let shift = json!({
        "area": street.area(), "organisation": other, "duty": "PATROL", "payer": "STATE",
        "startsAt": crate::support::minutes(60), "endsAt": crate::support::minutes(120), "places": 1,
    });
    assert_eq!(codes(&send(&node, &both, &[], "scheduleShift", shift.clone())), json!([]));
    let person = json!({ "area": street.area(), "name": "试验员", "schooling": "SENIOR_MIDDLE" });
    let unclear = send(&node, &both, &[], "enrolPerson", person.clone());
    assert_eq!(codes(&unclear), json!(["acting_organisation_unclear"]));
    let acting = |organisation| [("wardlog-acting-organisation", organisation)];
    assert_eq!(codes(&send(&node, &both, &acting(one.as_str()), "enrolPerson", person.clone())), json!([]));
    let differs = send(&node, &both, &acting(one.as_str()), "scheduleShift", shift);
    assert_eq!(codes(&differs), json!(["acting_organisation_differs"]));
    let refused = send(&node, &both, &acting(street.station.as_str()), "enrolPerson", person);
    assert_eq!(
        (refused.status, &refused.json()["errors"][0]["extensions"]["code"]),
        (403, &json!("acting_organisation_refused"))
    );
    let events = node.folder.export(&["--after", &head.to_string()]);
    let named: Vec<&Value> = events
        .iter()
        .filter(|event| {
            let kind = event["type"].as_str().expect("a type");
            kind.contains("ShiftScheduled") || kind.contains("PersonEnrolled")
        })
        .map(|event| &event["actingorganisation"])
        .collect();
    let bare = |organisation: &str| json!(organisation.trim_start_matches("organisation-"));
    assert_eq!(named, [&bare(other), &bare(one)], "{events:?}");
}
