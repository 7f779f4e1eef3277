//! Personal data. A command carries [`PersonalText`]; an event carries [`Personal`], which refuses to be written
//! anywhere before it is sealed with the key of its subject.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct};
use zeroize::Zeroizing;

use crate::SubjectId;

/// Plain personal text on its way in. Never shown by `Debug`, wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonalText(Zeroizing<String>);

impl std::hash::Hash for PersonalText {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.as_str().hash(state);
    }
}

impl PersonalText {
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PersonalText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹personal›")
    }
}

/// A personal field of an event.
#[derive(Clone, PartialEq, Eq)]
pub struct Personal {
    /// Whose key seals it.
    pub subject: SubjectId,
    value: Value,
}

#[derive(Clone, PartialEq, Eq)]
enum Value {
    Plain(PersonalText),
    Sealed(Box<str>),
}

impl Personal {
    pub fn plain(subject: impl Into<SubjectId>, text: &PersonalText) -> Self {
        Self { subject: subject.into(), value: Value::Plain(text.clone()) }
    }

    pub fn sealed(subject: impl Into<SubjectId>, sealed: impl Into<Box<str>>) -> Self {
        Self { subject: subject.into(), value: Value::Sealed(sealed.into()) }
    }

    /// The plain text, as long as it is not sealed.
    pub fn as_plain(&self) -> Option<&str> {
        match &self.value {
            Value::Plain(text) => Some(text.expose()),
            Value::Sealed(_) => None,
        }
    }

    /// The sealed text; `None` before sealing.
    pub fn as_sealed(&self) -> Option<&str> {
        match &self.value {
            Value::Sealed(sealed) => Some(sealed),
            Value::Plain(_) => None,
        }
    }

    /// Replaces the plain text by its sealed form. A field that is sealed already stays as it is.
    ///
    /// # Errors
    /// Whatever `seal` answers.
    pub fn seal_with<E>(&mut self, seal: impl FnOnce(SubjectId, &str) -> Result<String, E>) -> Result<(), E> {
        if let Value::Plain(text) = &self.value {
            self.value = Value::Sealed(seal(self.subject, text.expose())?.into());
        }
        Ok(())
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹personal›")
    }
}

impl Serialize for Personal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Value::Sealed(sealed) = &self.value else {
            return Err(serde::ser::Error::custom("a personal field must be sealed before it is written"));
        };
        let mut out = serializer.serialize_struct("Personal", 2)?;
        out.serialize_field("subject", &self.subject)?;
        out.serialize_field("sealed", &**sealed)?;
        out.end()
    }
}

impl<'de> Deserialize<'de> for Personal {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Stored {
            subject: SubjectId,
            sealed: Box<str>,
        }
        let stored = Stored::deserialize(deserializer)?;
        Ok(Self { subject: stored.subject, value: Value::Sealed(stored.sealed) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_can_not_be_written() {
        let mut field = Personal::plain(SubjectId(uuid::Uuid::nil()), &PersonalText::new("王小明"));
        assert!(serde_json::to_string(&field).is_err());
        assert!(!format!("{field:?}").contains("王"));
        field.seal_with(|_, text| Ok::<_, ()>(format!("x{}", text.len()))).unwrap();
        assert_eq!(serde_json::to_value(&field).unwrap()["sealed"], "x9");
    }
}
