//! Who asks.

use std::collections::BTreeSet;

use domain::{Actor, ActorId, AreaCode, OrganisationId, PersonId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use views::Scope;

/// A role of an account. What a role allows where is told by the permission of each command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountRole {
    StationChief,
    StationOfficer,
    CommitteeClerk,
    CompanyManager,
    /// A guard, volunteer, grid officer or auxiliary: oneself only.
    Member,
    /// Reads everything, changes nothing, opens no personal data.
    Auditor,
    /// Registers areas and organisations and keeps accounts; opens no personal data.
    Administrator,
}

impl AccountRole {
    pub const ALL: &[Self] = &[
        Self::StationChief,
        Self::StationOfficer,
        Self::CommitteeClerk,
        Self::CompanyManager,
        Self::Member,
        Self::Auditor,
        Self::Administrator,
    ];

    /// The stable written name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StationChief => "station_chief",
            Self::StationOfficer => "station_officer",
            Self::CommitteeClerk => "committee_clerk",
            Self::CompanyManager => "company_manager",
            Self::Member => "member",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }
}

impl std::str::FromStr for AccountRole {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|role| role.as_str() == text).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|role| role.as_str()).collect();
            format!("a role is one of {}", known.join(", "))
        })
    }
}

/// An asker with its roles and what it may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    pub actor: Actor,
    pub roles: BTreeSet<AccountRole>,
    pub scope: Scope,
    /// The platform itself: policies and sagas. No account is ever this.
    platform: bool,
}

impl Viewer {
    pub fn new(
        id: Uuid,
        roles: impl IntoIterator<Item = AccountRole>,
        areas: Vec<AreaCode>,
        organisations: Vec<OrganisationId>,
        person: Option<PersonId>,
    ) -> Self {
        let roles: BTreeSet<AccountRole> = roles.into_iter().collect();
        let everything = roles.contains(&AccountRole::Auditor) || roles.contains(&AccountRole::Administrator);
        let actor = Actor { id: ActorId(id), person, organisation: organisations.first().copied() };
        Self { actor, roles, scope: Scope { everything, areas, organisations, person }, platform: false }
    }

    /// The platform itself.
    pub fn platform() -> Self {
        Self { actor: Actor::PLATFORM, roles: BTreeSet::new(), scope: Scope::everything(), platform: true }
    }

    /// The platform carrying out a step of a command that this viewer was allowed to send: the actor stays.
    pub(crate) fn stepping(&self) -> Self {
        Self { actor: self.actor, ..Self::platform() }
    }

    pub const fn is_platform(&self) -> bool {
        self.platform
    }

    pub fn is(&self, role: AccountRole) -> bool {
        self.roles.contains(&role)
    }
}
