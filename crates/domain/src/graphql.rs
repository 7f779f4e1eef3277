//! How the scalars of the vocabulary are read and written in GraphQL. Each tells whether a value fits, so that the
//! validation of a request can name the field that does not.

use std::borrow::Cow;

use async_graphql::{
    InputType, InputValueError, InputValueResult, Scalar, ScalarType, Value, registry::Registry,
};

use crate::{AreaCode, BasisPoints, Day, Fen, PersonalText, When, rfc3339, time::WhenError};

/// Typed ids are `ID` in the schema, so that one global id serves every field.
macro_rules! id_as_input {
    ($name:ident) => {
        impl async_graphql::InputType for $name {
            type RawValueType = Self;

            fn type_name() -> std::borrow::Cow<'static, str> {
                <async_graphql::ID as async_graphql::InputType>::type_name()
            }

            fn create_type_info(registry: &mut async_graphql::registry::Registry) -> String {
                <async_graphql::ID as async_graphql::InputType>::create_type_info(registry)
            }

            fn parse(value: Option<async_graphql::Value>) -> async_graphql::InputValueResult<Self> {
                match value.unwrap_or_default() {
                    async_graphql::Value::String(text) => {
                        text.parse().map_err(async_graphql::InputValueError::custom)
                    }
                    other => Err(async_graphql::InputValueError::expected_type(other)),
                }
            }

            fn to_value(&self) -> async_graphql::Value {
                async_graphql::Value::String(self.to_string())
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }
        }
    };
}
pub(crate) use id_as_input;

/// Code of an administrative division, digits in a string. 2, 4 or 6 digits are province, prefecture and county (GB/T
/// 2260); 9 township or street (GB/T 10114); 12 village or community (rules of the National Bureau of Statistics, which
/// take in both standards); 15 a grid: its village's code and three digits of the platform's own. A code is a prefix of
/// the codes of all areas inside it.
#[Scalar(
    name = "AreaCode",
    specified_by_url = "https://www.stats.gov.cn/sj/tjbz/gjtjbz/202302/t20230213_1902741.html"
)]
impl ScalarType for AreaCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => text.parse().map_err(InputValueError::custom),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.to_string())
    }
}

/// Date and time with the UTC offset of whoever told it, `date-time` of RFC 3339: `2026-08-01T08:00:00+08:00`. A leap
/// second is taken for the second before it.
#[Scalar(name = "DateTime", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for When {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => rfc3339::date_time(text).ok_or_else(|| InputValueError::custom(WhenError)),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.to_string())
    }
}

/// Day of the local calendar of the installation (Beijing time unless configured), `full-date` of RFC 3339:
/// `2026-08-01`.
#[Scalar(name = "Date", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for Day {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => {
                rfc3339::date(text).ok_or_else(|| InputValueError::custom("a date is written as 2026-08-01"))
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

/// Amount of money in whole fen (100 fen are 1 yuan, CNY of ISO 4217): an integer of I-JSON (RFC 7493), so of at most 53
/// bits and a sign.
#[Scalar(name = "Fen", specified_by_url = "https://www.rfc-editor.org/rfc/rfc7493#section-2.2")]
impl ScalarType for Fen {
    fn parse(value: Value) -> InputValueResult<Self> {
        const MOST: i64 = (1 << 53) - 1;
        match &value {
            Value::Number(number) => match number.as_i64() {
                Some(fen) if (-MOST..=MOST).contains(&fen) => Ok(Self(fen)),
                _ => Err(InputValueError::custom("an amount is a whole number of fen")),
            },
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::Number(self.0.into())
    }
}

/// A share in basis points, an integer of I-JSON (RFC 7493) from 0 to 10,000: 10,000 is the whole, 1 is 0.01 %.
#[Scalar(name = "BasisPoints", specified_by_url = "https://www.rfc-editor.org/rfc/rfc7493#section-2.2")]
impl ScalarType for BasisPoints {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) => match number.as_i64().and_then(|n| u16::try_from(n).ok()) {
                Some(points) if points <= Self::WHOLE.0 => Ok(Self(points)),
                _ => Err(InputValueError::custom("a share is a whole number from 0 to 10000")),
            },
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::Number(self.0.into())
    }
}

/// Personal text is a plain `String` in inputs; what comes of it is sealed before it is stored.
impl InputType for PersonalText {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        String::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        String::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        <String as InputType>::parse(value).map(Self::new).map_err(InputValueError::propagate)
    }

    fn to_value(&self) -> Value {
        // Values go into error texts and logs: the plain text must not.
        Value::Null
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}
