//! Versions of event shapes, and how an older shape becomes the next one. An event is never rewritten in the log: it is
//! lifted when it is read, one version at a time.

use serde_json::{Value, json};

/// The version in which an event of this kind is written today.
pub fn current_version(kind: &str) -> u16 {
    match kind {
        "ShiftScheduled" | "AssignmentReserved" => 2,
        _ => 1,
    }
}

/// Lifts the data of an event from `version` to the current version of its kind.
pub fn upcast(kind: &str, mut version: u16, mut data: Value) -> Value {
    while version < current_version(kind) {
        data = match (kind, version) {
            ("ShiftScheduled", 1) => shift_scheduled_v1(data),
            // v1 of AssignmentReserved did not name the command that reserves.
            _ => data,
        };
        version += 1;
    }
    data
}

/// v1 knew shifts of one person with a length in minutes; v2 has places and an end.
fn shift_scheduled_v1(mut data: Value) -> Value {
    let Some(fields) = data.as_object_mut() else { return data };
    let minutes = fields.remove("minutes").and_then(|m| m.as_i64()).unwrap_or_default();
    let starts_at =
        fields.get("starts_at").and_then(Value::as_str).and_then(|t| t.parse::<crate::When>().ok());
    if let Some(starts_at) = starts_at {
        fields.insert("ends_at".into(), json!(starts_at.plus_minutes(minutes)));
    }
    fields.entry("places").or_insert(json!(1));
    data
}
