//! What happens to the personal data of a subject without changing it: it is seen.

use serde::{Deserialize, Serialize};

use super::{AccessPurpose, PersonalFieldName, PersonalSubjectKind};
use crate::{AreaCode, EventBody, Personal};

/// Events of the accesses to one subject; the subject is the stream, and who opened is the actor in the envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum AccessEvent {
    /// The fields are shown to the actor, once.
    PersonalDataOpened {
        kind: PersonalSubjectKind,
        /// Where the subject belonged then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        area: Option<AreaCode>,
        fields: Vec<PersonalFieldName>,
        purpose: AccessPurpose,
        reason: String,
        /// Subjects opened by the same request, this one included.
        among: u16,
        /// It was found by a phone number; the number itself is recorded nowhere.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        by_phone: bool,
    },
    /// The actor looked for a phone number and was shown nothing. The stream is the actor's.
    PersonalDataSought { purpose: AccessPurpose, reason: String },
    /// The personal fields of a stretch of the log are written out opened. The stream is the one of exports.
    PersonalDataExported {
        /// Position before the first exported event.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<u64>,
        up_to: u64,
        events: u64,
        fields: u64,
        purpose: AccessPurpose,
        reason: String,
    },
}

impl EventBody for AccessEvent {
    fn personal_mut(&mut self) -> Vec<&mut Personal> {
        match self {
            Self::PersonalDataOpened { .. }
            | Self::PersonalDataSought { .. }
            | Self::PersonalDataExported { .. } => vec![],
        }
    }
}
