//! Scalars of the API itself; those of the vocabulary stand beside it in `domain`.

use async_graphql::{ID, InputValueError, InputValueResult, Scalar, ScalarType, Value};

/// A place in the log, written as decimal digits in a string. Opaque: it can be compared by its issuer alone, kept, and
/// sent back to ask for an answer that shows at least that much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position(pub u64);

/// A place in the log: an integer as decimal digits in a string, as I-JSON (RFC 7493) has it for integers of more than 53
/// bits. Opaque: to be kept, and sent back to ask for an answer that shows at least that much.
#[Scalar(name = "Position", specified_by_url = "https://www.rfc-editor.org/rfc/rfc7493#section-2.2")]
impl ScalarType for Position {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => {
                let digits = Some(text).filter(|text| text.bytes().all(|letter| letter.is_ascii_digit()));
                let position = digits.and_then(|digits| digits.parse().ok()).map(Self);
                position.ok_or_else(|| InputValueError::custom("a position is a string of digits"))
            }
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// Any JSON value.
#[derive(Clone, Debug, PartialEq)]
pub struct Json(pub serde_json::Value);

/// Any JSON value (RFC 8259), as it was recorded. Sealed personal fields are shown as `‹sealed›`.
#[Scalar(name = "JSON", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        Ok(Self(value.into_json()?))
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or_default()
    }
}

/// A global id: `<category>-<uuid>`.
pub(crate) fn id(typed: impl std::fmt::Display) -> ID {
    ID(typed.to_string())
}

pub(crate) fn ids<T: std::fmt::Display>(typed: impl IntoIterator<Item = T>) -> Vec<ID> {
    typed.into_iter().map(id).collect()
}

/// Ids of recorded events.
pub(crate) fn event_ids(events: &[uuid::Uuid]) -> Vec<ID> {
    events.iter().map(|event| ID(format!("event-{}", event.as_hyphenated()))).collect()
}
