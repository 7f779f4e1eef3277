//! Who opens whose personal data, and who learns of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{NOBODY, ROLES, Walk, world::Scope};
use crate::support::{Node, fresh, street::new};

/// The mutations that are no commands: they open personal data.
pub const REVEALS: &[&str] = &["reveal", "revealByPhone", "revealList"];

/// Subjects tried of each kind, by whether the asker may open them.
const TRIED: usize = 3;
const REASON: &str = "巡查核对";

fn query(name: &str) -> String {
    let field = "{ state value masked }";
    let person = format!(
        "id name {field} phone {field} idNumber {field} address {field} birthDate {field} credentials {{ number {field} }}"
    );
    let incident = format!(
        "id reporterName {field} reporterPhone {field} address {field} narrative {field} disposition {{ note {field} }}"
    );
    let (one, other) = if name == "reveal" { ("person", "incident") } else { ("persons", "incidents") };
    let kind = format!("{}Input", name[..1].to_uppercase() + &name[1..]);
    format!(
        "mutation($input: {kind}!) {{ done: {name}(input: $input) {{ {one} {{ {person} }} {other} {{ {incident} }}
            position errors {{ code field }} }} }}"
    )
}

fn ask(node: &Node, who: &str, name: &str, input: Value) -> Value {
    asked(node, who, &query(name), input)
}

/// The same with the smallest selection: who is not signed in has a small budget.
fn ask_briefly(node: &Node, who: &str, name: &str, input: Value) -> Value {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let query = format!("mutation($input: {kind}!) {{ done: {name}(input: $input) {{ position }} }}");
    asked(node, who, &query, input)
}

fn asked(node: &Node, who: &str, query: &str, mut input: Value) -> Value {
    input["commandId"] = fresh().to_string().into();
    input["purpose"] = "INSPECTION".into();
    input["reason"] = REASON.into();
    node.answer(who, query, &json!({ "input": input }))
}

/// Somebody or something with personal fields, and what decides who opens it.
struct Subject {
    id: String,
    area: String,
    organisations: BTreeSet<String>,
}

fn subjects(walk: &Walk, list: &str) -> Vec<Subject> {
    let entities = walk.world.0[list].iter();
    entities
        .map(|one| Subject {
            id: one.id.clone(),
            area: one.area.clone(),
            organisations: one.organisations.clone(),
        })
        .collect()
}

/// The rule, told once more: the person; those who act for an organisation that the person serves; for an incident the
/// police of the place.
fn may(who: &str, scope: &Scope, subject: &Subject) -> bool {
    let police = matches!(who, "chief" | "chief2" | "officer");
    let manages = police || who.starts_with("committee") || who.starts_with("company");
    if subject.id.starts_with("incident-") {
        return police && scope.areas.iter().any(|own| subject.area.starts_with(own.as_str()));
    }
    let serves = scope.organisations.iter().any(|own| subject.organisations.contains(own));
    scope.person.as_deref() == Some(subject.id.as_str()) || (manages && serves)
}

fn states(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) if fields.contains_key("masked") => {
            found.push(fields["state"].as_str().unwrap_or_default().to_owned());
            assert_eq!(fields["value"].is_string(), fields["state"] == "VISIBLE");
        }
        Value::Object(fields) => fields.values().for_each(|field| states(field, found)),
        Value::Array(items) => items.iter().for_each(|item| states(item, found)),
        _ => {}
    }
}

#[test]
fn every_role_opens_what_it_has_a_right_to_and_nothing_else() {
    let walk = Walk::begin();
    for who in ROLES.into_iter().filter(|who| *who != NOBODY) {
        let scope = walk.scope(who);
        for list in ["persons", "incidents"] {
            for due in [true, false] {
                let all = subjects(&walk, list);
                let some: Vec<&Subject> =
                    all.iter().filter(|one| may(who, &scope, one) == due).take(TRIED).collect();
                for one in &some {
                    let head = walk.node.head();
                    let answer = ask(&walk.node, who, "reveal", json!({ "id": one.id }));
                    let done = &answer["data"]["done"];
                    if due {
                        let mut found = Vec::new();
                        states(done, &mut found);
                        assert!(
                            !found.is_empty() && found.iter().all(|state| state == "VISIBLE"),
                            "{answer}"
                        );
                        assert!(done["position"].is_string(), "{answer}");
                    } else {
                        refused(&walk, who, &answer, &one.id, &scope);
                        walk.node.nothing_recorded_since(head, "what may not be opened");
                    }
                }
                let mut ids: Vec<&str> = some.iter().map(|one| one.id.as_str()).collect();
                let answer = ask(&walk.node, who, "revealList", json!({ "ids": ids }));
                let opened = answer["data"]["done"][list].as_array().map_or(0, Vec::len);
                assert_eq!(opened, if due { some.len() } else { 0 }, "{who}: {list}: {answer}");
                // One that may not be opened among those that may refuses all.
                let beyond = new("person");
                ids.push(&beyond);
                let answer = ask(&walk.node, who, "revealList", json!({ "ids": ids }));
                assert_eq!(answer["data"]["done"]["position"], Value::Null, "{who}: {answer}");
            }
        }
    }
    assert!(!walk.node.logs().contains(REASON), "a reason is nobody's business but the record's");
}

fn refused(walk: &Walk, who: &str, answer: &Value, id: &str, scope: &Scope) {
    let entity = walk.world.everything().find(|one| one.id == id).expect("an entity");
    let code = if scope.sees(entity) { "forbidden" } else { "not_found" };
    let done = &answer["data"]["done"];
    assert_eq!(done["errors"], json!([{ "code": code, "field": "id" }]), "{who}: {answer}");
    assert_eq!((&done["person"], &done["incident"]), (&Value::Null, &Value::Null), "{who}: {answer}");
}

#[test]
fn nobody_opens_nothing() {
    let walk = Walk::begin();
    let head = walk.node.head();
    let id = walk.street.guard.clone();
    for (name, input) in [
        ("reveal", json!({ "id": id })),
        ("revealList", json!({ "ids": [id] })),
        ("revealByPhone", json!({ "phone": "13907166021" })),
    ] {
        let answer = ask_briefly(&walk.node, NOBODY, name, input);
        assert_eq!(answer["errors"][0]["extensions"]["code"], "unauthenticated", "{name}: {answer}");
    }
    walk.node.nothing_recorded_since(head, "openings of nobody");
}

#[test]
fn a_number_is_looked_up_by_officers_alone_and_every_look_up_is_on_record() {
    let walk = Walk::begin();
    let number = "13907166021";
    let mut report = crate::support::street::report(&new("incident"), walk.street.area());
    report["reporterPhone"] = number.into();
    walk.node.must("officer", "reportIncident", report.clone());
    for who in ROLES.into_iter().filter(|who| *who != NOBODY) {
        let head = walk.node.head();
        let answer = ask(&walk.node, who, "revealByPhone", json!({ "phone": number }));
        let done = &answer["data"]["done"];
        match who {
            "chief" | "officer" => {
                assert_eq!(done["incidents"][0]["id"], report["incident"], "{who}: {answer}");
                assert_eq!(done["incidents"][0]["reporterPhone"]["value"], number, "{who}");
            }
            // Another district: the same answer as for a number that nobody has, and recorded.
            "chief2" => {
                let other = ask(&walk.node, who, "revealByPhone", json!({ "phone": "13700000000" }));
                for answer in [&answer, &other] {
                    let done = &answer["data"]["done"];
                    assert_eq!((&done["persons"], &done["incidents"]), (&json!([]), &json!([])), "{answer}");
                    assert_eq!(done["errors"], json!([]), "{answer}");
                }
                assert_eq!(walk.node.head(), head + 2);
            }
            _ => {
                assert_eq!(done["errors"][0]["code"], "forbidden", "{who}: {answer}");
                walk.node.nothing_recorded_since(head, "look-ups of others");
            }
        }
    }
    let text = walk.node.folder.done(&["export"]);
    assert!(!text.contains(number) && text.contains("PersonalDataSought"));
}

/// Own accesses, those of the jurisdiction, all: to whom which are told.
#[test]
fn an_access_is_told_to_whom_it_concerns() {
    let walk = Walk::begin();
    let node = &walk.node;
    let noise = crate::support::street::incident(node, &walk.street);
    ask(node, "company", "reveal", json!({ "id": walk.street.guard }));
    ask(node, "officer", "reveal", json!({ "id": noise }));
    let asked = "{ accesses(first: 50) { totalCount edges { node { subjectId fields purpose reason } } } }";
    for who in ROLES.into_iter().filter(|who| *who != NOBODY) {
        let seen = node.ask(who, asked, &json!({}));
        let edges = seen["accesses"]["edges"].as_array().expect("accesses");
        let told: BTreeSet<&str> =
            edges.iter().filter_map(|edge| edge["node"]["subjectId"].as_str()).collect();
        let due: BTreeSet<&str> = match who {
            "auditor" | "chief" => [walk.street.guard.as_str(), noise.as_str()].into(),
            "guard" => [walk.street.guard.as_str()].into(),
            _ => BTreeSet::new(),
        };
        assert_eq!(told, due, "{who}: {seen}");
        assert_eq!(seen["accesses"]["totalCount"], due.len(), "{who}");
        // The record of one subject as a history, and from the person itself.
        let history = format!(
            "{{ history(id: \"{}\", first: 5) {{ edges {{ node {{ kind }} }} }}
                person(id: \"{}\") {{ accesses(first: 5) {{ totalCount }} }} }}",
            walk.street.guard.replace("person-", "access-"),
            walk.street.guard
        );
        let seen = node.ask(who, &history, &json!({}));
        let knows = due.contains(walk.street.guard.as_str());
        assert_eq!(seen["history"].is_object(), knows, "{who}: {seen}");
        assert_eq!(seen["person"]["accesses"]["totalCount"] == 1, knows, "{who}: {seen}");
    }
}
