//! Events as the event-stream format writes them (HTML, 9.2.6).

use async_graphql::Value;
use axum::body::Bytes;

use crate::http::graphql::Wire;

/// Says nothing; keeps what lies between awake.
pub(super) const COMMENT: Bytes = Bytes::from_static(b":\n\n");

/// Everything was said. Without a line of data a browser would not tell of it.
pub(super) const COMPLETE: Bytes = Bytes::from_static(b"event: complete\ndata:\n\n");

/// One answer; nothing when it cannot be written. Its id is the position that it shows, or else the one that its
/// subscription stands at (0: at none). JSON has no line breaks, so it is one line of data.
pub(super) fn next(wire: &Wire<'_>, standing: u64) -> Option<Bytes> {
    let data = serde_json::to_string(wire).ok()?;
    let id = match position(&wire.response.data).unwrap_or(standing) {
        0 => String::new(),
        position => format!("id: {position}\n"),
    };
    Some(format!("event: next\n{id}data: {data}\n\n").into())
}

/// The position of an answer: field `position` of its one root field.
fn position(data: &Value) -> Option<u64> {
    let Value::Object(fields) = data else { return None };
    fields.values().find_map(|field| match field {
        Value::Object(field) => match field.get("position")? {
            Value::String(text) => text.parse().ok(),
            Value::Number(number) => number.as_u64(),
            _ => None,
        },
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_position_is_found_in_the_root_field_only() {
        let of = |json| position(&Value::from_json(json).unwrap());
        assert_eq!(of(json!({ "changed": { "position": "7", "x": 1 } })), Some(7));
        assert_eq!(of(json!({ "changed": { "position": 8 } })), Some(8));
        assert_eq!(of(json!({ "changed": { "x": { "position": "7" } } })), None);
        assert_eq!(of(json!({ "changed": { "position": "\n7" } })), None);
        assert_eq!(of(json!({ "position": "7" })), None);
        assert_eq!(of(json!(null)), None);
    }
}
