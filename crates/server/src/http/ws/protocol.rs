//! Messages and close codes of `graphql-transport-ws`.

use domain::Language;
use serde_json::{Map, Value, json};

use crate::http::problem::Told;

/// A close code and its reason (at most 123 bytes).
pub(super) type Close = (u16, &'static str);

pub(super) const GOING_AWAY: Close = (1001, "The server is stopping");
pub(super) const SILENT: Close = (1001, "No answer to keep-alive");
/// RFC 6455, 7.4.1: a frame that the protocol does not allow.
pub(super) const BROKEN: Close = (1002, "WebSocket protocol error");
/// RFC 6455, 7.4.1: a text that is not UTF-8.
pub(super) const NOT_TEXT: Close = (1007, "Text must be UTF-8");
pub(super) const TOO_BIG: Close = (1009, "Message too big");
pub(super) const INVALID: u16 = 4400;
pub(super) const UNAUTHORIZED: Close = (4401, "Unauthorized");
pub(super) const FORBIDDEN: Close = (4403, "Forbidden");
pub(super) const SUBPROTOCOL_NOT_ACCEPTABLE: Close = (4406, "Subprotocol not acceptable");
pub(super) const INIT_TIMEOUT: Close = (4408, "Connection initialisation timeout");
pub(super) const DUPLICATE: u16 = 4409;
pub(super) const TOO_MANY_INITS: Close = (4429, "Too many initialisation requests");
pub(super) const INTERNAL: Close = (4500, "Internal server error");
/// Ours: the account has no place left; known only after `connection_init`, so it cannot be said by a status.
pub(super) const TOO_MANY_SOCKETS: Close = (4503, "Too many sockets of this account");
/// Ours: the reader is slower than what it subscribed to.
pub(super) const TOO_SLOW: Close = (4508, "The reader is too slow");

/// Most bytes of the id of an operation.
const ID_BYTES: usize = 256;

/// What a client says.
#[derive(Debug, PartialEq)]
pub(super) enum Said {
    Init(Map<String, Value>),
    Ping(Option<Value>),
    Pong,
    Subscribe { id: String, payload: Map<String, Value> },
    Complete { id: String },
}

/// Why a text is no message of the protocol; at most 123 bytes.
pub(super) type Invalid = &'static str;

impl Said {
    /// # Errors
    /// When the text is no message of the protocol that a client may send.
    pub(super) fn parse(text: &str) -> Result<Self, Invalid> {
        let Ok(value) = serde_json::from_str(text) else { return Err("The message is not JSON") };
        let Value::Object(mut object) = value else { return Err("The message is not a JSON object") };
        let payload = object.remove("payload");
        let id = object.remove("id");
        let Some(Value::String(kind)) = object.remove("type") else { return Err("The message has no type") };
        match kind.as_str() {
            "connection_init" => Ok(Self::Init(optional(payload)?.unwrap_or_default())),
            "ping" => Ok(Self::Ping(optional(payload)?.map(Value::Object))),
            "pong" => optional(payload).map(|_| Self::Pong),
            "subscribe" => match payload {
                Some(Value::Object(payload)) => Ok(Self::Subscribe { id: required(id)?, payload }),
                _ => Err("The payload of a subscribe message is not an object"),
            },
            "complete" => Ok(Self::Complete { id: required(id)? }),
            "connection_ack" | "next" | "error" => Err("Only the server sends messages of this type"),
            _ => Err("The type of the message is unknown"),
        }
    }
}

/// A payload that may be missing, but is an object if it is there.
fn optional(payload: Option<Value>) -> Result<Option<Map<String, Value>>, Invalid> {
    match payload {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err("The payload is not an object"),
    }
}

fn required(id: Option<Value>) -> Result<String, Invalid> {
    match id {
        Some(Value::String(id)) if (1..=ID_BYTES).contains(&id.len()) => Ok(id),
        _ => Err("The id of the operation is not a string of 1 to 256 bytes"),
    }
}

pub(super) fn ack() -> String {
    json!({ "type": "connection_ack" }).to_string()
}

pub(super) fn pong(payload: Option<Value>) -> String {
    match payload {
        Some(payload) => json!({ "type": "pong", "payload": payload }).to_string(),
        None => json!({ "type": "pong" }).to_string(),
    }
}

/// An execution result that is JSON already.
pub(super) fn next(id: &str, payload: &str) -> String {
    format!(r#"{{"id":{},"type":"next","payload":{payload}}}"#, Value::from(id))
}

/// Errors that are JSON already. The operation ends with this message.
pub(super) fn errors(id: &str, payload: &str) -> String {
    format!(r#"{{"id":{},"type":"error","payload":{payload}}}"#, Value::from(id))
}

pub(super) fn error(id: &str, told: &Told, language: Language) -> String {
    let payload = json!([told.error(language)]);
    json!({ "id": id, "type": "error", "payload": payload }).to_string()
}

pub(super) fn complete(id: &str) -> String {
    json!({ "id": id, "type": "complete" }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_message_is_refused() {
        let long = format!(r#"{{"type":"complete","id":"{}"}}"#, "x".repeat(257));
        for text in [
            "",
            "{",
            "[]",
            "1",
            "null",
            "{}",
            r#"{"type":1}"#,
            r#"{"type":null}"#,
            r#"{"type":"start","id":"1","payload":{}}"#,
            r#"{"type":"connection_ack"}"#,
            r#"{"type":"next","id":"1","payload":{}}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":1,"payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":null,"payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":"1","payload":null}"#,
            r#"{"type":"subscribe","id":"1","payload":"{a}"}"#,
            r#"{"type":"complete"}"#,
            r#"{"type":"complete","id":""}"#,
            &long,
            r#"{"type":"connection_init","payload":"x"}"#,
            r#"{"type":"connection_init","payload":false}"#,
            r#"{"type":"ping","payload":[]}"#,
            r#"{"type":"pong","payload":1}"#,
        ] {
            let why = Said::parse(text).expect_err(text);
            assert!(why.len() <= 123, "{why}");
        }
    }

    #[test]
    fn a_payload_may_be_missing_or_null() {
        for payload in ["", r#","payload":null"#] {
            let said = |kind: &str| Said::parse(&format!(r#"{{"type":"{kind}"{payload}}}"#));
            assert_eq!(said("connection_init"), Ok(Said::Init(Map::new())));
            assert_eq!(said("ping"), Ok(Said::Ping(None)));
            assert_eq!(said("pong"), Ok(Said::Pong));
        }
        let empty = Said::parse(r#"{"type":"ping","payload":{}}"#);
        assert_eq!(empty, Ok(Said::Ping(Some(json!({})))));
        // What the protocol does not speak of is passed over.
        assert_eq!(Said::parse(r#"{"type":"pong","id":7,"x":[]}"#), Ok(Said::Pong));
    }

    #[test]
    fn ids_are_quoted() {
        let id = "a\"}\n";
        let message: Value = serde_json::from_str(&next(id, "{}")).unwrap();
        assert_eq!(message, json!({ "id": id, "type": "next", "payload": {} }));
        let message: Value = serde_json::from_str(&errors(id, "[]")).unwrap();
        assert_eq!(message, json!({ "id": id, "type": "error", "payload": [] }));
    }
}
