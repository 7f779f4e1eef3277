//! Events on the wire. The event's type is its kind and its data are the exact bytes; what the server has no field for
//! (our metadata, the version, the digest) goes into its custom metadata as JSON, so that the server's own pages show it.
//!
//! Our metadata are kept byte for byte: as they are when they are JSON, in base64 otherwise.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use event_log::{Digest, LogError, NewEvent, Position, Recorded, Revision, StreamName};
use eventstore::{EventData, RecordedEvent};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Shape of the custom metadata.
const SHAPE: u8 = 1;

#[derive(Serialize, Deserialize)]
struct Wrapped<'a> {
    /// [`SHAPE`].
    wardlog: u8,
    version: u16,
    /// Hexadecimal.
    sha256: String,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    meta: Option<&'a RawValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    meta_base64: Option<String>,
    /// The server's own names for them: its pages and projections follow them.
    #[serde(rename = "$correlationId", default, skip_serializing_if = "Option::is_none")]
    correlation: Option<String>,
    #[serde(rename = "$causationId", default, skip_serializing_if = "Option::is_none")]
    causation: Option<String>,
}

/// The part of our metadata that the server has names for.
#[derive(Default, Deserialize)]
struct Chain {
    #[serde(default)]
    correlation: Option<String>,
    #[serde(default)]
    causation: Option<String>,
}

/// An event for the wire; `revision` is the one it will have.
pub(crate) fn proposed(
    stream: &StreamName,
    revision: Revision,
    event: &NewEvent,
) -> Result<EventData, LogError> {
    let as_json = serde_json::from_slice::<&RawValue>(&event.meta).ok();
    // `null` reads back as nothing at all.
    let exact = as_json.filter(|raw| raw.get().as_bytes() == event.meta.as_slice() && raw.get() != "null");
    let chain: Chain = exact.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    let wrapped = Wrapped {
        wardlog: SHAPE,
        version: event.version,
        sha256: hex(&Recorded::digest_of(stream, revision, event)),
        meta: exact,
        meta_base64: exact.is_none().then(|| STANDARD.encode(&event.meta)),
        correlation: chain.correlation,
        causation: chain.causation,
    };
    let metadata = serde_json::to_vec(&wrapped).map_err(|cause| LogError::Malformed(cause.to_string()))?;
    let data = Bytes::copy_from_slice(&event.data);
    let message = match serde_json::from_slice::<&RawValue>(&event.data) {
        // Raw JSON text goes out as it is.
        Ok(raw) if raw.get().len() == event.data.len() => {
            EventData::json(&*event.kind, &raw).map_err(|cause| LogError::Malformed(cause.to_string()))?
        }
        _ => EventData::binary(&*event.kind, data),
    };
    Ok(message.id(event.id).metadata(Bytes::from(metadata)))
}

/// What servers before 22.6 say of an event that is read from its stream (KurrentDB, pull request 3459).
const NO_POSITION: u64 = u64::MAX;

/// An event as the cluster holds it.
///
/// # Errors
/// [`LogError::Damaged`]: it was not written by this adapter, or its bytes do not fit its digest;
/// [`LogError::Unavailable`]: the server does not tell its position.
pub(crate) fn recorded(event: &RecordedEvent) -> Result<Recorded, LogError> {
    if event.position.commit == NO_POSITION {
        let why = "the server is too old to tell positions in reads of a stream; 22.6 or newer is needed";
        return Err(LogError::Unavailable(why.to_owned()));
    }
    let damaged = |why: &str| {
        LogError::Damaged(format!("event {} of stream {}: {why}", event.revision, event.stream_id()))
    };
    let stream =
        StreamName::parse(event.stream_id()).map_err(|_| damaged("the stream's name is not one of ours"))?;
    let wrapped: Wrapped<'_> = serde_json::from_slice(&event.custom_metadata)
        .map_err(|_| damaged("its metadata were not written by wardlog"))?;
    if wrapped.wardlog != SHAPE {
        return Err(damaged("its metadata have a shape that this version does not know"));
    }
    let meta = match (wrapped.meta, wrapped.meta_base64) {
        (Some(raw), None) => raw.get().as_bytes().to_vec(),
        (None, Some(text)) => STANDARD.decode(text).map_err(|_| damaged("its metadata are not base64"))?,
        _ => return Err(damaged("its metadata are missing")),
    };
    let recorded = Recorded {
        position: Position(event.position.commit),
        stream,
        revision: Revision(event.revision),
        id: event.id,
        kind: event.event_type.as_str().into(),
        version: wrapped.version,
        meta,
        data: event.data.to_vec(),
        digest: unhex(&wrapped.sha256).ok_or_else(|| damaged("its digest is missing"))?,
    };
    if recorded.is_intact() { Ok(recorded) } else { Err(damaged("its bytes do not fit its digest")) }
}

fn hex(digest: &Digest) -> String {
    use std::fmt::Write as _;
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Digest> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut digest = [0; 32];
    for (byte, at) in digest.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(digest)
}
