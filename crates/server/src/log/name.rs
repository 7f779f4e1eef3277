//! The name of a log: the first event of the stream `wardlog-log`, written once. It tells logs apart, and it tells
//! whether a master key is that of the log, before anything is read with it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use event_log::{Append, Appended, EventLog, Expected, LogError, NewEvent, Revision, StreamName};
use keyring::Charter;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Category and id of the stream; no view follows it.
const STREAM: (&str, &str) = ("wardlog", "log");
const KIND: &str = "LogNamed";

/// Who a log is, and whose keyring it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub log: Uuid,
    pub charter: Charter,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    log: Uuid,
    generation: u32,
    key_check: String,
    index_secret: String,
}

impl Name {
    /// The name that stands in the log; `None` when it has none.
    pub(crate) async fn read(log: &dyn EventLog) -> Result<Option<Self>, LogError> {
        let events = log.read_stream(&stream()?, Revision(0), 1).await?;
        let Some(event) = events.first() else { return Ok(None) };
        let damaged = || LogError::Damaged("the name of the log can not be read".to_owned());
        let written: Written = serde_json::from_slice(&event.data).map_err(|_| damaged())?;
        let bytes = |text: &str| STANDARD.decode(text).map_err(|_| damaged());
        let charter = Charter {
            generation: written.generation,
            key_check: bytes(&written.key_check)?,
            index_secret: bytes(&written.index_secret)?,
        };
        Ok(Some(Self { log: written.log, charter }))
    }

    /// Gives the log this name, unless somebody was faster: the name that stands there then.
    pub(crate) async fn write(&self, log: &dyn EventLog) -> Result<Self, LogError> {
        let written = Written {
            log: self.log,
            generation: self.charter.generation,
            key_check: STANDARD.encode(&self.charter.key_check),
            index_secret: STANDARD.encode(&self.charter.index_secret),
        };
        let data = serde_json::to_vec(&written).map_err(|cause| LogError::Malformed(cause.to_string()))?;
        let event = NewEvent { id: self.log, kind: KIND.into(), version: 1, meta: b"{}".to_vec(), data };
        let append = Append { stream: stream()?, expected: Expected::NoStream, events: vec![event] };
        match log.append(append).await? {
            Appended::Done { .. } | Appended::AlreadyThere { .. } => Ok(self.clone()),
            Appended::Conflict { .. } => Self::read(log)
                .await?
                .ok_or_else(|| LogError::Damaged("the name of the log has gone".to_owned())),
        }
    }
}

fn stream() -> Result<StreamName, LogError> {
    StreamName::new(STREAM.0, STREAM.1).map_err(|cause| LogError::Malformed(cause.to_string()))
}
