use std::collections::BTreeSet;

use serde_json::Value;

use super::{NOBODY, ROLES, Walk, classified, world::all};

/// Every personal field of the schema, as type and field.
const FIELDS: &[&str] = &[
    "Credential.number",
    "Disposition.note",
    "Incident.address",
    "Incident.narrative",
    "Incident.reporterName",
    "Incident.reporterPhone",
    "Person.address",
    "Person.birthDate",
    "Person.idNumber",
    "Person.name",
    "Person.phone",
];

pub const FIELD: &str = "{ state value masked }";

/// Every personal field inside an answer, wherever it stands.
fn personal<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(fields) if fields.contains_key("state") && fields.contains_key("masked") => {
            found.push(value);
        }
        Value::Object(fields) => fields.values().for_each(|field| personal(field, found)),
        Value::Array(items) => items.iter().for_each(|item| personal(item, found)),
        _ => {}
    }
}

/// What a query shows of somebody's fields.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// One's own.
    Plain,
    /// A part, to those who may open the rest.
    Part,
    Nothing,
}

/// Answers how many fields there were, and in how many of them a part was shown.
fn assert_shown(node: &Value, due: Shown, who: &str) -> (usize, usize) {
    let mut fields = Vec::new();
    personal(node, &mut fields);
    let mut parts = 0;
    for field in &fields {
        let expected = if due == Shown::Plain { "VISIBLE" } else { "MASKED" };
        assert_eq!(field["state"], expected, "{who}: {node}");
        assert_eq!(field["value"].is_string(), due == Shown::Plain, "{who}: {node}");
        assert!(field["masked"].is_null() || due == Shown::Part, "{who}: {node}");
        parts += usize::from(field["masked"].is_string());
    }
    (fields.len(), parts)
}

#[test]
fn no_role_sees_a_personal_field_beyond_its_right() {
    let walk = Walk::begin();
    let mut fields = BTreeSet::new();
    for known in walk.schema["types"].as_array().expect("types") {
        for field in known["fields"].as_array().into_iter().flatten() {
            if field["type"].to_string().contains("\"PersonalField\"") {
                let text = |value: &Value| value.as_str().expect("a name").to_owned();
                fields.insert(format!("{}.{}", text(&known["name"]), text(&field["name"])));
            }
        }
    }
    classified(&fields, FIELDS.iter().copied(), "personal fields");
    let of_person = format!(
        "id roles {{ organisationId }} name {FIELD} phone {FIELD} idNumber {FIELD} address {FIELD} birthDate {FIELD}
         credentials {{ number {FIELD} }}"
    );
    let of_incident = format!(
        "id areaCode reporterName {FIELD} reporterPhone {FIELD} address {FIELD} narrative {FIELD}
         disposition {{ note {FIELD} }}"
    );
    for who in ROLES.into_iter().filter(|who| *who != NOBODY) {
        let scope = walk.scope(who);
        let police = matches!(who, "chief" | "chief2" | "officer");
        let manages = police || who.starts_with("committee") || who.starts_with("company");
        let (mut seen, mut parts, mut others) = (0, 0, 0);
        let mut count = |(fields, part)| {
            seen += fields;
            parts += part;
        };
        for person in all(&walk.node, who, "persons", &of_person) {
            let serves = person["roles"].as_array().expect("roles").iter().any(|role| {
                scope.organisations.iter().any(|organisation| role["organisationId"] == organisation.as_str())
            });
            let oneself = scope.person.as_deref().is_some_and(|own| person["id"] == own);
            let due = match (oneself, manages && serves) {
                (true, _) => Shown::Plain,
                (false, true) => Shown::Part,
                (false, false) => Shown::Nothing,
            };
            others += usize::from(due == Shown::Part);
            count(assert_shown(&person, due, who));
        }
        for incident in all(&walk.node, who, "incidents", &of_incident) {
            let area = incident["areaCode"].as_str().expect("an area");
            let here = scope.areas.iter().any(|own| area.starts_with(own.as_str()));
            let due = if police && here { Shown::Part } else { Shown::Nothing };
            count(assert_shown(&incident, due, who));
        }
        assert!(others == 0 || parts > 0, "{who} was shown no part of anything");
        assert!(seen > 0 || who == "chief2", "{who} was shown nothing to check");
    }
}

/// What stands in a history is sealed for everybody, and so is what a search could reveal by its errors.
#[test]
fn histories_show_no_personal_field() {
    let walk = Walk::begin();
    let incident = &walk.world.0["incidents"][0].id;
    let person = &walk.street.guard;
    for (who, id) in [("auditor", person), ("admin", person), ("guard", person), ("chief", incident)] {
        let query = format!("{{ history(id: \"{id}\", first: 50) {{ edges {{ node {{ kind data }} }} }} }}");
        let data = walk.node.ask(who, &query, &serde_json::json!({}));
        let text = data.to_string();
        assert!(text.contains("‹sealed›") && !text.contains("\"subject\""), "{who}: {text}");
    }
}
