use domain::Language;
use serde_json::json;

use super::*;
use crate::engine::{reader::read, rules::tests::MODEL, weight::chosen};

/// What the values of the variables of `query(definitions)` become: as JSON, or what the first is refused for.
fn taken(definitions: &str, given: serde_json::Value) -> Result<serde_json::Value, (String, String)> {
    let read = read(&format!("query({definitions}) {{ a }}")).unwrap();
    let operation = chosen(&read.document, None).unwrap();
    match Inputs::of(&MODEL, &operation.node, &Variables::from_json(given)) {
        Ok(inputs) => {
            let values =
                inputs.values.into_iter().map(|(name, value)| (name.to_string(), value.into_json().unwrap()));
            Ok(serde_json::Value::Object(values.collect()))
        }
        Err(mistakes) => {
            let error = mistakes[0].error(Language::En);
            let extensions = serde_json::to_value(error.extensions).unwrap();
            assert_eq!(extensions["code"], "bad_user_input");
            let field = extensions["field"].as_str().unwrap();
            Err((extensions["variable"].as_str().unwrap().to_owned(), field.to_owned()))
        }
    }
}

#[test]
fn values_become_what_their_types_say() {
    for (definitions, given, becomes) in [
        ("$a: Int", json!({ "a": 7 }), json!({ "a": 7 })),
        ("$a: Int", json!({ "a": 7.0 }), json!({ "a": 7 })),
        ("$a: Int", json!({}), json!({})),
        ("$a: Int", json!({ "a": null }), json!({ "a": null })),
        ("$a: Int = 3", json!({}), json!({ "a": 3 })),
        ("$a: Int = 3", json!({ "a": null }), json!({ "a": null })),
        ("$a: Int! = 3", json!({}), json!({ "a": 3 })),
        ("$a: [Int!]", json!({ "a": 7 }), json!({ "a": [7] })),
        ("$a: [[Int]]", json!({ "a": 7 }), json!({ "a": [[7]] })),
        ("$a: [[Int]]", json!({ "a": [[7, null], null] }), json!({ "a": [[7, null], null] })),
        ("$a: [Int!] = 4", json!({}), json!({ "a": [4] })),
        ("$a: ID!", json!({ "a": 7 }), json!({ "a": "7" })),
        ("$a: ID!", json!({ "a": u64::MAX }), json!({ "a": "18446744073709551615" })),
        ("$a: ShiftPhase", json!({ "a": "CLOSED" }), json!({ "a": "CLOSED" })),
        ("$a: ShiftFilter", json!({ "a": { "phase": "CLOSED" } }), json!({ "a": { "phase": "CLOSED" } })),
        ("$a: DateTime", json!({ "a": "2026-08-01t08:00:00Z" }), json!({ "a": "2026-08-01t08:00:00Z" })),
        // What is not asked for is not looked at.
        ("$a: Int", json!({ "a": 1, "b": "x" }), json!({ "a": 1 })),
    ] {
        assert_eq!(taken(definitions, given.clone()), Ok(becomes), "{definitions} {given}");
    }
}

#[test]
fn what_does_not_fit_is_named_by_its_place() {
    for (definitions, given, field) in [
        ("$a: Int!", json!({}), "a"),
        ("$a: Int!", json!({ "a": null }), "a"),
        ("$a: Int! = 3", json!({ "a": null }), "a"),
        ("$a: Int", json!({ "a": "7" }), "a"),
        ("$a: Int", json!({ "a": 7.5 }), "a"),
        ("$a: Int", json!({ "a": 2_147_483_648_i64 }), "a"),
        ("$a: Int", json!({ "a": true }), "a"),
        ("$a: Int", json!({ "a": [7] }), "a"),
        ("$a: [Int!]", json!({ "a": [7, null] }), "a.1"),
        ("$a: [[Int!]]", json!({ "a": [[7], ["x"]] }), "a.1.0"),
        ("$a: String", json!({ "a": 7 }), "a"),
        ("$a: Boolean", json!({ "a": "true" }), "a"),
        ("$a: ID", json!({ "a": 1.5 }), "a"),
        ("$a: ID", json!({ "a": {} }), "a"),
        ("$a: ShiftPhase", json!({ "a": "closed" }), "a"),
        ("$a: ShiftFilter", json!({ "a": [] }), "a"),
        ("$a: ShiftFilter", json!({ "a": { "phase": 1 } }), "a.phase"),
        ("$a: ShiftFilter", json!({ "a": { "phrase": 1 } }), "a.phrase"),
        ("$a: AreaCode", json!({ "a": "1" }), "a"),
        ("$a: Date", json!({ "a": "2026-08-01T00:00:00Z" }), "a"),
        ("$a: Position", json!({ "a": "+7" }), "a"),
        ("$a: Fen", json!({ "a": 1e30 }), "a"),
        ("$input: PublishShiftInput!", json!({ "input": { "commandId": "x" } }), "shift"),
        ("$input: PublishShiftInput!", json!({ "input": "x" }), "input"),
        ("$in: PublishShiftInput!", json!({ "in": { "commandId": "x" } }), "in.shift"),
    ] {
        let variable = definitions.split(':').next().unwrap().trim_start_matches('$').to_owned();
        assert_eq!(
            taken(definitions, given.clone()),
            Err((variable, field.to_owned())),
            "{definitions} {given}"
        );
    }
}

#[test]
fn no_value_is_shown() {
    let secret = json!({ "a": { "phase": "13800000000", "from": "王小明" } });
    let read = read("query($a: ShiftFilter!) { a }").unwrap();
    let operation = chosen(&read.document, None).unwrap();
    let mistakes = Inputs::of(&MODEL, &operation.node, &Variables::from_json(secret)).unwrap_err();
    for language in [Language::En, Language::ZhCn] {
        let told = format!("{:?}", mistakes[0].error(language));
        assert!(!told.contains("138") && !told.contains('王'), "{told}");
    }
}
