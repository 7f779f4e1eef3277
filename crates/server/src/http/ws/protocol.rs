//! Messages and close codes of `graphql-transport-ws`.

use async_graphql::Response;
use serde_json::{Map, Value, json};

use crate::http::graphql::Wire;

/// A close code and its reason (at most 123 bytes).
pub(super) type Close = (u16, &'static str);

pub(super) const GOING_AWAY: Close = (1001, "The server is stopping");
pub(super) const SILENT: Close = (1001, "No answer to keep-alive");
pub(super) const TOO_BIG: Close = (1009, "Message too big");
pub(super) const INVALID: Close = (4400, "Invalid message");
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

/// What a client says.
#[derive(Debug, PartialEq)]
pub(super) enum Said {
    Init(Map<String, Value>),
    Ping(Option<Value>),
    Pong,
    Subscribe { id: String, payload: Map<String, Value> },
    Complete { id: String },
}

impl Said {
    /// Nothing when the text is no message of the protocol.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let Ok(Value::Object(mut object)) = serde_json::from_str(text) else { return None };
        let payload = object.remove("payload");
        let id = match object.remove("id") {
            Some(Value::String(id)) if !id.is_empty() => Some(id),
            None => None,
            Some(_) => return None,
        };
        match object.get("type")?.as_str()? {
            "connection_init" => Some(Self::Init(optional(payload)?.unwrap_or_default())),
            "ping" => Some(Self::Ping(optional(payload)?.map(Value::Object))),
            "pong" => optional(payload).map(|_| Self::Pong),
            "subscribe" => match payload {
                Some(Value::Object(payload)) => Some(Self::Subscribe { id: id?, payload }),
                _ => None,
            },
            "complete" => Some(Self::Complete { id: id? }),
            _ => None,
        }
    }
}

/// A payload that may be missing, but is an object if it is there.
fn optional(payload: Option<Value>) -> Option<Option<Map<String, Value>>> {
    match payload {
        None | Some(Value::Null) => Some(None),
        Some(Value::Object(object)) => Some(Some(object)),
        Some(_) => None,
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

pub(super) fn next(id: &str, response: &Response) -> Result<String, serde_json::Error> {
    let payload = serde_json::to_string(&Wire { response, executed: true })?;
    Ok(format!(r#"{{"id":{},"type":"next","payload":{payload}}}"#, Value::from(id)))
}

/// The operation ends with this message.
pub(super) fn errors(id: &str, response: &Response) -> Result<String, serde_json::Error> {
    let payload = serde_json::to_string(&response.errors)?;
    Ok(format!(r#"{{"id":{},"type":"error","payload":{payload}}}"#, Value::from(id)))
}

pub(super) fn error(id: &str, code: &str, message: &str) -> String {
    let payload = json!([{ "message": message, "extensions": { "code": code } }]);
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
        for text in [
            "",
            "{",
            "[]",
            "1",
            "{}",
            r#"{"type":1}"#,
            r#"{"type":"start","id":"1","payload":{}}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":1,"payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":"1","payload":null}"#,
            r#"{"type":"complete"}"#,
            r#"{"type":"connection_init","payload":"x"}"#,
            r#"{"type":"ping","payload":[]}"#,
        ] {
            assert_eq!(Said::parse(text), None, "{text}");
        }
        assert_eq!(Said::parse(r#"{"type":"ping"}"#), Some(Said::Ping(None)));
        assert_eq!(Said::parse(r#"{"type":"connection_init","payload":null}"#), Some(Said::Init(Map::new())));
    }
}
