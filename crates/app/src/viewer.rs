//! Who asks.

use std::collections::BTreeSet;

use domain::{Actor, ActorId, AreaCode, OrganisationId, PersonId, Rejection};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use views::Scope;

use crate::reason;

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
    /// The one organisation that the request speaks for; the others' rights do not count then.
    acting: Option<OrganisationId>,
    /// Commands are refused, whatever the roles say.
    read_only: bool,
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
        let organisation = match organisations.as_slice() {
            [only] => Some(*only),
            // With several each command tells; see [`crate::acting`].
            _ => None,
        };
        let actor = Actor { id: ActorId(id), person, organisation };
        let scope = Scope { everything, areas, organisations, person };
        Self { actor, roles, scope, platform: false, acting: None, read_only: false }
    }

    /// The same, speaking for one of its organisations alone; `None` when it is not one of them. What it may see stays.
    #[must_use]
    pub fn acting_for(mut self, organisation: OrganisationId) -> Option<Self> {
        if !self.scope.organisations.contains(&organisation) {
            return None;
        }
        self.acting = Some(organisation);
        self.actor.organisation = Some(organisation);
        Some(self)
    }

    /// The same, without the right to send commands.
    #[must_use]
    pub fn reading_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// The platform itself.
    pub fn platform() -> Self {
        Self {
            actor: Actor::PLATFORM,
            roles: BTreeSet::new(),
            scope: Scope::everything(),
            platform: true,
            acting: None,
            read_only: false,
        }
    }

    /// The platform carrying out a step of a command that this viewer was allowed to send: the actor stays.
    pub(crate) fn stepping(&self) -> Self {
        Self { actor: self.actor, ..Self::platform() }
    }

    /// The same for a step that concerns an organisation: in its name, when it is one of several of the viewer's.
    pub(crate) fn stepping_for(&self, organisation: Option<OrganisationId>) -> Self {
        let mut step = self.stepping();
        if self.must_choose() {
            step.actor.organisation = organisation.filter(|own| self.scope.organisations.contains(own));
        }
        step
    }

    /// Whether each command must tell which of several organisations it is done for.
    pub(crate) fn must_choose(&self) -> bool {
        !self.platform && self.acting.is_none() && self.scope.organisations.len() > 1
    }

    /// Whether the organisation is one of its own, and the request does not speak for another one.
    pub(crate) fn speaks_for(&self, organisation: OrganisationId) -> bool {
        self.scope.organisations.contains(&organisation)
            && self.acting.is_none_or(|acting| acting == organisation)
    }

    pub(crate) const fn is_acting(&self) -> bool {
        self.acting.is_some()
    }

    /// # Errors
    /// `read_only`.
    pub(crate) fn may_command(&self) -> Result<(), Rejection> {
        if self.read_only { Err(Rejection::new(&reason::READ_ONLY)) } else { Ok(()) }
    }

    pub const fn is_platform(&self) -> bool {
        self.platform
    }

    pub fn is(&self, role: AccountRole) -> bool {
        self.roles.contains(&role)
    }
}
