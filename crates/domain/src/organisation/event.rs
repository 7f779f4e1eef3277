//! What happens to an organisation.

use serde::{Deserialize, Serialize};

use crate::{
    AreaCode, Day, EventBody, OrganisationKind, Payer, PersonId, Personal, TeamId, TeamKind,
    organisation::LicenceKind,
};

/// Events of an organisation. Names of organisations are public; its people are named by id only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum OrganisationEvent {
    OrganisationRegistered {
        kind: OrganisationKind,
        name: String,
        area: AreaCode,
        /// 统一社会信用代码 (GB 32100-2015).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unified_code: Option<String>,
    },
    LicenceGranted {
        licence: LicenceKind,
        number: String,
        valid_from: Day,
        /// The last day on which it is valid.
        valid_until: Day,
    },
    LicenceRenewed {
        /// The last day on which it is valid from now on.
        valid_until: Day,
    },
    LicenceSuspended {
        reason: String,
    },
    LicenceReinstated {},
    LicenceRevoked {
        reason: String,
    },
    /// Its last day, `valid_until`, has passed.
    LicenceExpired {
        valid_until: Day,
    },
    /// The areas that a station or a committee answers for; replaces those of before.
    JurisdictionAssigned {
        areas: Vec<AreaCode>,
    },
    TeamFormed {
        team: TeamId,
        name: String,
        kind: TeamKind,
        payer: Payer,
        area: AreaCode,
        members: Vec<PersonId>,
    },
    TeamMemberJoined {
        team: TeamId,
        person: PersonId,
    },
    TeamMemberLeft {
        team: TeamId,
        person: PersonId,
    },
    TeamDisbanded {
        team: TeamId,
        reason: String,
    },
    OrganisationDissolved {
        reason: String,
    },
}

impl EventBody for OrganisationEvent {
    fn personal_mut(&mut self) -> Vec<&mut Personal> {
        vec![]
    }
}
