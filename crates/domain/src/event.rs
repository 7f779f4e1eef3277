//! How events are written and read. The kind stands beside the data, so the data of an event is the JSON object of its
//! fields alone.

use serde::{
    Deserializer, Serialize,
    de::{DeserializeOwned, Error as _, Visitor},
};

use crate::{Personal, upcast};

/// An enum of the events of one aggregate: every variant has named fields and is named in the past tense.
pub trait EventBody:
    Serialize + DeserializeOwned + Clone + std::fmt::Debug + PartialEq + Send + Sync + 'static
{
    /// Every personal field, so that the application can seal it. A forgotten one fails when the event is written.
    fn personal_mut(&mut self) -> Vec<&mut Personal>;

    /// Those of them that are phone numbers, by which the subject can be looked up.
    fn phones(&self) -> Vec<&Personal> {
        vec![]
    }

    /// Every personal field, to be opened for those who may see it.
    fn personal(&self) -> Vec<Personal> {
        self.clone().personal_mut().into_iter().map(|field| field.clone()).collect()
    }
}

/// An event as the log takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    pub kind: Box<str>,
    pub version: u16,
    pub data: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
#[error("an event could not be written: {0}")]
pub struct EncodeError(String);

#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("the event {kind} has version {version}, this build knows up to {known}")]
    NewerVersion { kind: String, version: u16, known: u16 },
    #[error("the event {kind} version {version} could not be read: {cause}")]
    Malformed { kind: String, version: u16, cause: serde_json::Error },
}

/// Writes an event in the current version of its kind.
///
/// # Errors
/// When a personal field is not sealed.
pub fn encode<E: EventBody>(event: &E) -> Result<Encoded, EncodeError> {
    // serde writes `{"Kind":{…}}`; the kind and the object inside are what we keep.
    let mut bytes = serde_json::to_vec(event).map_err(|cause| EncodeError(cause.to_string()))?;
    let end = bytes.iter().skip(2).position(|byte| *byte == b'"').map(|at| at + 2);
    let (Some(end), Some(b'}')) = (end, bytes.last()) else {
        return Err(EncodeError("an event must have named fields".into()));
    };
    let kind: Box<str> = String::from_utf8_lossy(&bytes[2..end]).into();
    bytes.pop();
    bytes.drain(..end + 2);
    Ok(Encoded { version: upcast::current_version(&kind), kind, data: bytes })
}

/// Reads an event of any version that this build knows.
///
/// # Errors
/// An unknown kind, a newer version, or data that does not fit.
pub fn decode<E: EventBody>(kind: &str, version: u16, data: &[u8]) -> Result<E, DecodeError> {
    let malformed = |cause| DecodeError::Malformed { kind: kind.into(), version, cause };
    let known = upcast::current_version(kind);
    if version > known || version == 0 {
        return Err(DecodeError::NewerVersion { kind: kind.into(), version, known });
    }
    let upcasted;
    let data = if version < known {
        let old = serde_json::from_slice(data).map_err(malformed)?;
        upcasted = serde_json::to_vec(&upcast::upcast(kind, version, old)).map_err(malformed)?;
        &upcasted
    } else {
        data
    };
    let mut tagged = Vec::with_capacity(data.len() + kind.len() + 5);
    tagged.extend_from_slice(b"{\"");
    tagged.extend_from_slice(kind.as_bytes());
    tagged.extend_from_slice(b"\":");
    tagged.extend_from_slice(data);
    tagged.push(b'}');
    serde_json::from_slice(&tagged).map_err(malformed)
}

/// The kinds of an aggregate's events, read off its deserializer so that no second list can go stale.
pub fn kinds<E: EventBody>() -> &'static [&'static str] {
    struct Probe<'a>(&'a mut &'static [&'static str]);
    impl<'de> Deserializer<'de> for Probe<'_> {
        type Error = serde::de::value::Error;

        fn deserialize_enum<V: Visitor<'de>>(
            self,
            _name: &'static str,
            variants: &'static [&'static str],
            _visitor: V,
        ) -> Result<V::Value, Self::Error> {
            *self.0 = variants;
            Err(Self::Error::custom("probed"))
        }

        fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Self::Error> {
            Err(Self::Error::custom("not an enum"))
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
            unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
        }
    }
    let mut kinds: &'static [&'static str] = &[];
    // The probe always answers an error; what it saw is what we came for.
    let _ = E::deserialize(Probe(&mut kinds));
    kinds
}
