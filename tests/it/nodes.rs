//! Global ids: whatever stands in a list is found again by `node`, by those who see the list and by nobody else.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::Node;

const LISTS: &str = "{
    areas(first: 2) { edges { node { __typename id } } }
    organisations(first: 2) { edges { node { __typename id teams(first: 2) { edges { node { __typename id } } } } } }
    teams(first: 2) { edges { node { __typename id } } }
    persons(first: 2) { edges { node { __typename id } } }
    plans(first: 2) { edges { node { __typename id } } }
    patrolRuns(first: 2) { edges { node { __typename id } } }
    shifts(first: 2) { edges { node { __typename id } } }
    incidents(first: 2) { edges { node { __typename id } } }
    contracts(first: 20) { edges { node { __typename id
        posts { __typename id }
        attendances(first: 2) { edges { node { __typename id } } }
        breaches(first: 2) { edges { node { __typename id } } }
        statements(first: 2) { edges { node { __typename id } } }
    } } }
}";
const HISTORY: &str = "query($id: ID!) { history(id: $id, first: 3) { edges { node { __typename id eventId kind revision } } } }";
const NODE: &str =
    "query($id: ID!) { node(id: $id) { __typename id ... on HistoryEvent { eventId revision } } }";

/// Every object with an id: its id to its type.
fn found(value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            if let (Some(Value::String(id)), Some(Value::String(name))) =
                (fields.get("id"), fields.get("__typename"))
            {
                into.insert(id.clone(), name.clone());
            }
            fields.values().for_each(|value| found(value, into));
        }
        Value::Array(items) => items.iter().for_each(|item| found(item, into)),
        _ => {}
    }
}

#[test]
fn what_stands_in_a_list_is_found_by_its_id() {
    let node = Node::demo();
    let lists = node.ask("chief", LISTS, &json!({}));
    let mut all = BTreeMap::new();
    found(&lists, &mut all);
    let contract = lists["contracts"]["edges"][0]["node"]["id"].as_str().expect("a contract");
    let area = lists["areas"]["edges"][0]["node"]["id"].as_str().expect("an area");
    let mut records = Vec::new();
    for entity in [contract, area] {
        let history = node.ask("chief", HISTORY, &json!({ "id": entity }));
        found(&history, &mut all);
        let edges = history["history"]["edges"].as_array().expect("a history").clone();
        records.extend(edges.into_iter().map(|edge| edge["node"].clone()));
    }
    let types: Vec<&str> = all.values().map(String::as_str).collect();
    for noun in [
        "Area",
        "Organisation",
        "Team",
        "Person",
        "PatrolPlan",
        "PatrolRun",
        "Shift",
        "Incident",
        "Contract",
        "Post",
        "Attendance",
        "HistoryEvent",
    ] {
        assert!(types.contains(&noun), "no {noun} in {types:?}");
    }
    for (id, name) in &all {
        let seen = node.ask("chief", NODE, &json!({ "id": id }));
        assert_eq!((&seen["node"]["id"], &seen["node"]["__typename"]), (&json!(id), &json!(name)));
        // The chief of another district: nothing of this one exists for them.
        let elsewhere = node.ask("chief2", NODE, &json!({ "id": id }));
        let shared = name == "Area" || (name == "HistoryEvent" && id.starts_with("record-area-"));
        assert!(shared || elsewhere["node"].is_null(), "{elsewhere}");
    }
    for record in records {
        let seen = node.ask("chief", NODE, &json!({ "id": record["id"] }));
        assert_eq!(seen["node"]["eventId"], record["eventId"]);
        assert_eq!(seen["node"]["revision"], record["revision"]);
    }
}

#[test]
fn an_id_that_is_none_is_told_so() {
    let node = Node::demo();
    let lists = node.ask("chief", LISTS, &json!({}));
    let contract = lists["contracts"]["edges"][0]["node"]["id"].as_str().expect("a contract").to_owned();
    let most = u64::MAX;
    for (id, code) in [
        (String::new(), Some("bad_user_input")),
        ("record".into(), Some("bad_user_input")),
        ("record-".into(), Some("bad_user_input")),
        ("record--".into(), Some("bad_user_input")),
        (format!("record-{contract}"), Some("bad_user_input")),
        (format!("record-{contract}--1"), Some("bad_user_input")),
        (format!("record-{contract}-1x"), Some("bad_user_input")),
        (format!("record-{contract}-{most}0"), Some("bad_user_input")),
        (format!("record-{contract}-{most}"), None),
        (format!("record-{contract}-999999"), None),
        ("attendance-1".into(), Some("bad_user_input")),
        (format!("attendance-{}", "é".repeat(40)), Some("bad_user_input")),
        ("attendance-0198f2f0-0000-7000-8000-000000000001".into(), Some("bad_user_input")),
    ] {
        let answer = node.answer("chief", NODE, &json!({ "id": id }));
        assert_eq!(answer["errors"][0]["extensions"]["code"].as_str(), code, "{id}: {answer}");
        assert!(answer["data"]["node"].is_null(), "{id}");
    }
}
