//! What the schema says of itself, beyond that it says something.

use serde_json::Value;

use crate::schema::{BUILT_IN, introspect, items};

fn name(value: &Value) -> &str {
    value["name"].as_str().unwrap()
}

fn text(value: &Value) -> &str {
    value["description"].as_str().unwrap_or_default().trim()
}

fn ours(types: &Value) -> impl Iterator<Item = &Value> {
    let all = types.as_array().unwrap().iter();
    all.filter(|ty| !name(ty).starts_with("__") && !BUILT_IN.contains(&name(ty)))
}

#[tokio::test]
async fn everything_has_a_description() {
    let types = introspect().await;
    let mut missing = Vec::new();
    let mut check = |what: &Value, path: String| {
        if text(what).is_empty() {
            missing.push(path);
        }
    };
    for ty in ours(&types) {
        check(ty, name(ty).to_owned());
        for field in items(ty, "fields") {
            let path = format!("{}.{}", name(ty), name(field));
            check(field, path.clone());
            items(field, "args").for_each(|arg| check(arg, format!("{path}({})", name(arg))));
        }
        for list in ["inputFields", "enumValues"] {
            items(ty, list).for_each(|part| check(part, format!("{}.{}", name(ty), name(part))));
        }
    }
    assert!(missing.is_empty(), "{} without a description:\n{}", missing.len(), missing.join("\n"));
}

fn optional(value: &Value) -> bool {
    value["type"]["kind"] != "NON_NULL"
}

/// Null means something else in every field. A relation is null for one reason only, which its description names.
#[tokio::test]
async fn an_answer_that_may_be_null_says_what_null_means() {
    let types = introspect().await;
    let mut silent = Vec::new();
    for ty in ours(&types) {
        for field in items(ty, "fields").filter(|field| optional(field)) {
            let said = text(field).to_lowercase();
            if !said.contains("null") && !said.contains("asker's scope") {
                silent.push(format!("{}.{}: {}", name(ty), name(field), text(field)));
            }
        }
    }
    assert!(silent.is_empty(), "what does null mean?\n{}", silent.join("\n"));
}

/// A condition of a filter that is left out holds for everything: its type says that all conditions must hold.
#[tokio::test]
async fn an_input_that_may_be_left_out_says_what_happens_then() {
    let types = introspect().await;
    let mut silent = Vec::new();
    for ty in ours(&types).filter(|ty| ty["kind"] == "INPUT_OBJECT") {
        if text(ty).contains("left out") || text(ty).contains("all conditions must hold") {
            continue;
        }
        for field in
            items(ty, "inputFields").filter(|field| optional(field) && field["defaultValue"].is_null())
        {
            if !text(field).contains("Left out") && !text(field).contains("left out") {
                silent.push(format!("{}.{}: {}", name(ty), name(field), text(field)));
            }
        }
    }
    assert!(silent.is_empty(), "what when it is left out?\n{}", silent.join("\n"));
}
