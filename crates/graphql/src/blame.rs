//! Which field of an input holds a text that is no id of its kind. The library says what an id looks like, and not where
//! there is none.

use async_graphql::{
    Value,
    registry::{MetaType, Registry},
};

/// Most ids of an input that are looked at; each costs one more reading of the input.
const MOST: usize = 64;
/// An id of every kind, when it stands without the name of its kind.
const ANY: &str = "00000000-0000-0000-0000-000000000000";

/// The path of a field that is at fault, if what was `said` of the input is about an id. `unread` says what is wrong with
/// an input of this type.
pub(crate) fn field(
    registry: &Registry,
    ty: &str,
    input: &Value,
    said: &str,
    unread: impl Fn(Value) -> Option<String>,
) -> Option<String> {
    let mut tried = input.clone();
    // Each is made right, and stays so, until something else is wrong or nothing.
    (0..MOST).find_map(|number| {
        let (mut at, mut path) = (0, None);
        ids(registry, ty, &mut tried, "", &mut |place, id| {
            if at == number {
                *id = ANY.to_owned();
                path = Some(place.to_owned());
            }
            at += 1;
        });
        let path = path?;
        (unread(tried.clone()).as_deref() != Some(said)).then_some(path)
    })
}

/// Shows every text that stands for an id, with its path, in the order of the input.
fn ids(
    registry: &Registry,
    ty: &str,
    value: &mut Value,
    path: &str,
    show: &mut dyn FnMut(&str, &mut String),
) {
    let ty = ty.trim_end_matches('!');
    let within = |name: &dyn std::fmt::Display| {
        if path.is_empty() { name.to_string() } else { format!("{path}.{name}") }
    };
    match (ty.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')), value) {
        (Some(item), Value::List(items)) => {
            for (index, value) in items.iter_mut().enumerate() {
                ids(registry, item, value, &within(&index), show);
            }
        }
        // One value stands for a list of one.
        (Some(item), one) => ids(registry, item, one, path, show),
        (None, Value::String(id)) if ty == "ID" => show(path, id),
        (None, Value::Object(given)) => {
            let Some(MetaType::InputObject { input_fields, .. }) = registry.types.get(ty) else { return };
            for (name, value) in given {
                if let Some(field) = input_fields.get(name.as_str()) {
                    ids(registry, &field.ty, value, &within(name), show);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::prepare_command;

    #[test]
    fn the_field_of_a_wrong_id_is_named_wherever_it_stands() {
        let (id, run) = ("0198f2f0-0000-7000-8000-000000000001", "run-0198f2f0-0000-7000-8000-000000000002");
        let stop =
            |checkpoint: &str| json!({ "checkpoint": checkpoint, "dueAfterMinutes": 5, "graceMinutes": 5 });
        let route = |stops: serde_json::Value| json!({ "commandId": id, "plan": id, "name": "一号线", "checkpoints": stops });
        let long: Vec<_> = (0..80).map(|_| stop(id)).chain([stop("x")]).collect();
        for (command, input, field) in [
            (
                "startPatrol",
                json!({ "commandId": id, "run": "x", "plan": id, "route": id, "members": [id], "payer": "STATE" }),
                Some("run"),
            ),
            (
                "startPatrol",
                json!({ "commandId": id, "run": run, "plan": "x", "route": "y", "members": [id], "payer": "STATE" }),
                Some("plan"),
            ),
            ("publishShift", json!({ "commandId": run, "shift": id }), Some("commandId")),
            ("defineRoute", route(json!([stop(id), stop("team-x")])), Some("checkpoints.1.checkpoint")),
            ("defineRoute", route(json!(stop("x"))), Some("checkpoints.checkpoint")),
            ("defineRoute", route(json!(long)), None),
        ] {
            let refused = prepare_command(command, input.clone()).err().unwrap();
            assert_eq!((refused.code, refused.field.as_deref()), ("bad_user_input", field), "{input}");
            assert!(refused.message_zh.contains("-<uuid>"), "{}", refused.message_zh);
        }
    }
}
