//! What happens to a person.

use serde::{Deserialize, Serialize};

use crate::{
    AreaCode, CredentialId, Day, EventBody, OrganisationId, PersonRole, Personal, When,
    person::{CredentialKind, RetentionReason, Schooling},
};

/// Events of a person. All personal fields are sealed with the key of that person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum PersonEvent {
    PersonEnrolled {
        name: Personal,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id_number: Option<Personal>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        phone: Option<Personal>,
        /// Opened it reads `YYYY-MM-DD`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        birth_date: Option<Personal>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<Personal>,
        area: AreaCode,
        schooling: Schooling,
    },
    /// Replaces the fields that are present; the original stays in the log, sealed.
    PersonCorrected {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Personal>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id_number: Option<Personal>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        phone: Option<Personal>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        birth_date: Option<Personal>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<Personal>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        area: Option<AreaCode>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        schooling: Option<Schooling>,
    },
    RoleGranted {
        role: PersonRole,
        organisation: OrganisationId,
    },
    RoleRevoked {
        role: PersonRole,
        organisation: OrganisationId,
        reason: String,
    },
    CredentialIssued {
        credential: CredentialId,
        kind: CredentialKind,
        number: Personal,
        valid_from: Day,
        /// The last day on which it is valid; none: valid without end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        valid_until: Option<Day>,
    },
    CredentialRenewed {
        credential: CredentialId,
        /// The last day on which it is valid from now on.
        valid_until: Day,
    },
    CredentialSuspended {
        credential: CredentialId,
        reason: String,
    },
    CredentialReinstated {
        credential: CredentialId,
    },
    CredentialRevoked {
        credential: CredentialId,
        reason: String,
        /// The bars of art. 17 run from here.
        at: When,
    },
    /// Its last day, `valid_until`, has passed.
    CredentialExpired {
        credential: CredentialId,
        valid_until: Day,
    },
    TrainingCompleted {
        course: String,
        hours: u16,
        on: Day,
    },
    ErasureRequested {
        at: When,
    },
    /// Retention duties hold against the request; it can be made again after `until`.
    ErasureBlocked {
        /// The last day of the longest duty.
        until: Day,
        reasons: Vec<RetentionReason>,
    },
    /// The key was destroyed before this was written: no personal field of this person can be opened any more.
    PersonErased {
        at: When,
    },
}

impl EventBody for PersonEvent {
    fn phones(&self) -> Vec<&Personal> {
        match self {
            Self::PersonEnrolled { phone, .. } | Self::PersonCorrected { phone, .. } => {
                phone.iter().collect()
            }
            _ => vec![],
        }
    }

    fn personal_mut(&mut self) -> Vec<&mut Personal> {
        match self {
            Self::PersonEnrolled { name, id_number, phone, birth_date, address, .. } => std::iter::once(name)
                .chain([id_number, phone, birth_date, address].into_iter().flatten())
                .collect(),
            Self::PersonCorrected { name, id_number, phone, birth_date, address, .. } => {
                [name, id_number, phone, birth_date, address].into_iter().flatten().collect()
            }
            Self::CredentialIssued { number, .. } => vec![number],
            Self::RoleGranted { .. }
            | Self::RoleRevoked { .. }
            | Self::CredentialRenewed { .. }
            | Self::CredentialSuspended { .. }
            | Self::CredentialReinstated { .. }
            | Self::CredentialRevoked { .. }
            | Self::CredentialExpired { .. }
            | Self::TrainingCompleted { .. }
            | Self::ErasureRequested { .. }
            | Self::ErasureBlocked { .. }
            | Self::PersonErased { .. } => vec![],
        }
    }
}
