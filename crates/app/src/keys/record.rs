//! What stands in the stream of a key.

use event_log::{LogError, NewEvent, Recorded, StreamName};
use jiff::Timestamp;
use keyring::{Keyring, Lookup, Tombstone, WrappedKey};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{AppError, content::hex, lookup::PHONE};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Said {
    /// The key, wrapped by the master key; hexadecimal.
    KeyMade { wrapped: String },
    /// By which digest the subject is found; hexadecimal.
    LookupMade { purpose: String, digest: String },
    /// The key is destroyed.
    KeyErased { at: Timestamp },
}

impl Said {
    pub(super) fn made(key: &WrappedKey) -> Self {
        Self::KeyMade { wrapped: hex(&key.wrapped) }
    }

    pub(super) fn found(purpose: &str, digest: [u8; 16]) -> Self {
        Self::LookupMade { purpose: purpose.to_owned(), digest: hex(&digest) }
    }

    pub(super) const fn erased(at: Timestamp) -> Self {
        Self::KeyErased { at }
    }

    pub(super) const fn is_erasure(&self) -> bool {
        matches!(self, Self::KeyErased { .. })
    }

    /// `None`: not one that this version knows.
    pub(super) fn read(record: &Recorded) -> Option<Self> {
        serde_json::from_slice(&record.data).ok()
    }

    /// The same thing said of the same subject has the same id.
    pub(super) fn event(&self, stream: &StreamName) -> Result<NewEvent, LogError> {
        let kind = match self {
            Self::KeyMade { .. } => "KeyMade",
            Self::LookupMade { .. } => "LookupMade",
            Self::KeyErased { .. } => "KeyErased",
        };
        let data = serde_json::to_vec(self).map_err(|cause| LogError::Malformed(cause.to_string()))?;
        let name = [stream.as_str().as_bytes(), &data].concat();
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, &name);
        Ok(NewEvent { id, kind: kind.into(), version: 1, meta: b"{}".to_vec(), data })
    }
}

pub(super) fn adopt(keyring: &Keyring, records: &[Recorded]) -> Result<(), AppError> {
    let (mut keys, mut lookups, mut buried) = (Vec::new(), Vec::new(), Vec::new());
    for record in records {
        let damaged = || LogError::Damaged(format!("{} can not be read", record.stream));
        let subject = Uuid::try_parse(record.stream.id()).map_err(|_| damaged())?;
        match Said::read(record).ok_or_else(damaged)? {
            Said::KeyMade { wrapped } => {
                keys.push(WrappedKey { subject, wrapped: unhex(&wrapped).ok_or_else(damaged)? });
            }
            Said::LookupMade { purpose, digest } => {
                let digest = unhex(&digest).and_then(|bytes| bytes.try_into().ok()).ok_or_else(damaged)?;
                // Of another purpose nothing can be looked up here.
                if purpose == PHONE {
                    lookups.push(Lookup { purpose: PHONE, digest, subject });
                }
            }
            Said::KeyErased { at } => buried.push(Tombstone { subject, at }),
        }
    }
    if !buried.is_empty() {
        // First: of a key that is erased in the same records nothing is ever written here.
        keyring.apply_tombstone_list(&buried)?;
    }
    if !keys.is_empty() || !lookups.is_empty() {
        keyring.adopt(&keys, &lookups)?;
    }
    Ok(())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}
