use std::sync::Arc;

use async_graphql::{Response, Value};
use graphql::{Standing, engine::event_cost};
use serde_json::value::RawValue;

use crate::http::engine::Executed;
use crate::http::graphql::{Wire, is_request_error};

/// One answer to a subscription, written once for all who get it. Cheap to clone.
#[derive(Clone, Debug)]
pub(in crate::http) struct Told {
    /// The one that its subscription stands at, or else the one that it shows; 0 for none.
    pub(in crate::http) position: u64,
    /// The execution result as JSON.
    pub(in crate::http) json: Arc<str>,
    /// What it carries costs who gets it.
    pub(in crate::http) cost: u64,
    /// Answers that were executed for who gets it and were not taken in time, with this one: each is paid.
    pub(in crate::http) executed: u64,
    /// The request as a whole failed: these are its errors as JSON, and nothing was executed.
    pub(in crate::http) refused: Option<Arc<str>>,
    /// Nothing comes after it.
    pub(in crate::http) last: bool,
}

/// The subscription broke off by a fault of the server; the logs have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) struct Fault;

impl Told {
    pub(in crate::http) fn of(response: &Response, standing: &Standing) -> Result<Self, Fault> {
        Self::written(response, None, standing)
    }

    /// The one answer of a query or a mutation.
    pub(in crate::http) fn once(executed: &Executed, standing: &Standing) -> Result<Self, Fault> {
        Self::written(&executed.response, executed.data.as_deref(), standing)
    }

    fn written(response: &Response, data: Option<&RawValue>, standing: &Standing) -> Result<Self, Fault> {
        let refused = is_request_error(response);
        let wire = Wire { response, data, executed: !refused };
        let errors = refused.then(|| serde_json::to_string(&response.errors)).transpose();
        let (Ok(json), Ok(errors)) = (serde_json::to_string(&wire), errors) else { return Err(Fault) };
        Ok(Self {
            position: match standing.position() {
                0 => position(&response.data).unwrap_or(0),
                standing => standing,
            },
            json: json.into(),
            cost: event_cost(&response.data).max(1),
            executed: 1,
            refused: errors.map(Arc::from),
            last: response.errors.iter().any(|error| error.path.len() <= 1),
        })
    }
}

impl Told {
    /// The same for one subscriber, with how the account stands after paying for it.
    pub(super) fn with_cost(mut self, standing: &Value) -> Self {
        // An execution result as the schema gives it has no extensions of its own.
        if let (Some(open), Ok(standing)) = (self.json.strip_suffix('}'), serde_json::to_string(standing)) {
            self.json = format!(r#"{open},"extensions":{{"cost":{standing}}}}}"#).into();
        }
        self
    }
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
