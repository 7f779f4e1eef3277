use domain::{
    AreaCode, CredentialId, Day, OrganisationId, PersonId, PersonRole, Personal, When,
    person::{CredentialKind, Schooling},
};
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};

use super::{blob, phases, text};
use crate::{Row, scope::ScopeColumns};

phases! {
    /// State of a credential 证件.
    CredentialStatus {
        /// In force.
        Valid,
        /// Its last day has passed.
        Expired,
        /// Out of force for a time.
        Suspended,
        /// Taken away for good.
        Revoked,
    }
}

/// A credential of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialRow {
    pub id: CredentialId,
    pub kind: CredentialKind,
    pub number: Personal,
    pub valid_from: Day,
    pub valid_until: Option<Day>,
    pub status: CredentialStatus,
}

/// A person 人员; every personal field is sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRow {
    pub id: PersonId,
    pub name: Personal,
    pub id_number: Option<Personal>,
    pub phone: Option<Personal>,
    pub birth_date: Option<Personal>,
    pub address: Option<Personal>,
    pub area: AreaCode,
    pub schooling: Schooling,
    pub roles: Vec<(PersonRole, OrganisationId)>,
    pub credentials: Vec<CredentialRow>,
    pub training_hours: u32,
    /// Requested, and neither blocked nor finished.
    pub erasing_since: Option<When>,
    /// An erasure was requested, and a duty to keep the data holds against it until the end of this day.
    pub erasure_blocked_until: Option<Day>,
    pub erased_at: Option<When>,
}

impl Row for PersonRow {
    const TABLE: &'static str = "person";
    const COLUMNS: &'static [(&'static str, &'static str)] =
        &[("area", "TEXT NOT NULL"), ("credential_until", "INTEGER"), ("erasing_since", "INTEGER")];
    const INDEXES: &'static [&'static str] = &[
        "area",
        "credential_until WHERE credential_until IS NOT NULL",
        "erasing_since WHERE erasing_since IS NOT NULL",
    ];
    const SCOPE: ScopeColumns = ScopeColumns {
        area: Some("area"),
        organisations: &["id IN (SELECT person FROM membership WHERE organisation = ?)"],
        person: Some("id = ?"),
    };

    fn key(&self) -> Vec<u8> {
        self.id.0.as_bytes().to_vec()
    }

    fn columns(&self) -> Vec<Value> {
        let running = self
            .credentials
            .iter()
            .filter(|c| matches!(c.status, CredentialStatus::Valid | CredentialStatus::Suspended));
        let until = running.filter_map(|credential| credential.valid_until).min();
        let until =
            until.map_or(Value::Null, |day| Value::Integer(i64::from(crate::calendar::day_number(day))));
        vec![text(&self.area), until, super::second_or_null(self.erasing_since)]
    }
}

/// One role of a person in an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipRow {
    pub person: PersonId,
    pub organisation: OrganisationId,
    pub role: PersonRole,
}

impl MembershipRow {
    pub(crate) fn key_of(person: PersonId, organisation: OrganisationId, role: PersonRole) -> Vec<u8> {
        let mut key = super::pair(organisation.0, person.0);
        key.push(role as u8);
        key
    }
}

impl Row for MembershipRow {
    const TABLE: &'static str = "membership";
    const COLUMNS: &'static [(&'static str, &'static str)] =
        &[("person", "BLOB NOT NULL"), ("organisation", "BLOB NOT NULL")];
    const INDEXES: &'static [&'static str] = &["organisation, person", "person"];
    const SCOPE: ScopeColumns =
        ScopeColumns { area: None, organisations: &["organisation"], person: Some("person = ?") };

    fn key(&self) -> Vec<u8> {
        Self::key_of(self.person, self.organisation, self.role)
    }

    fn columns(&self) -> Vec<Value> {
        vec![blob(self.person.0), blob(self.organisation.0)]
    }
}
