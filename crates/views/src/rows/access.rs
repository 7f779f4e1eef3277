use domain::{
    ActorId, AreaCode, OpeningId, OrganisationId, PersonId, When,
    access::{AccessPurpose, PersonalFieldName, PersonalSubject},
};
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{blob, blob_or_null, phases, second};
use crate::{Row, scope::ScopeColumns};

phases! {
    /// How personal data came to be seen.
    AccessWay {
        /// Opened by the id of its subject.
        Opened,
        /// Opened because its subject was found by a phone number.
        FoundByPhone,
        /// A phone number was looked up, and nothing was shown.
        Sought,
        /// Written out with many others'.
        Exported,
    }
}

/// How much an export held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessScale {
    pub events: u64,
    /// Personal fields in them.
    pub fields: u64,
}

/// One access to personal data; no value is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRow {
    pub id: OpeningId,
    pub way: AccessWay,
    /// Nobody in particular for a look-up that showed nothing, and for an export.
    pub subject: Option<Uuid>,
    pub subject_kind: Option<domain::access::PersonalSubjectKind>,
    /// Where the subject belonged then.
    pub area: Option<AreaCode>,
    pub actor: ActorId,
    /// The person behind the account.
    pub person: Option<PersonId>,
    /// In whose name.
    pub organisation: Option<OrganisationId>,
    pub fields: Vec<PersonalFieldName>,
    /// Subjects opened by the same request, this one included; 0 when nothing was opened.
    pub among: u16,
    pub purpose: AccessPurpose,
    pub reason: String,
    /// By the clock of the server.
    pub at: When,
    pub position: u64,
    pub scale: Option<AccessScale>,
}

impl AccessRow {
    pub fn subject(&self) -> Option<PersonalSubject> {
        Some(PersonalSubject::of(self.subject_kind?, self.subject?))
    }
}

impl Row for AccessRow {
    const TABLE: &'static str = "access";
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("subject", "BLOB"),
        ("area", "TEXT"),
        ("actor", "BLOB NOT NULL"),
        ("organisation", "BLOB"),
        ("purpose", "INTEGER NOT NULL"),
        ("at", "INTEGER NOT NULL"),
        ("exported", "INTEGER NOT NULL"),
    ];
    const INDEXES: &'static [&'static str] =
        &["subject, at", "actor, at", "area, at", "organisation, at", "at"];
    /// An export shows everybody's data, so it is everybody's to know of.
    const SCOPE: ScopeColumns = ScopeColumns {
        area: Some("area"),
        organisations: &["organisation"],
        person: Some("(subject = ? OR exported = 1)"),
    };

    fn key(&self) -> Vec<u8> {
        self.id.0.as_bytes().to_vec()
    }

    fn columns(&self) -> Vec<Value> {
        vec![
            blob_or_null(self.subject),
            self.area.as_ref().map_or(Value::Null, super::text),
            blob(self.actor.0),
            blob_or_null(self.organisation.map(|organisation| organisation.0)),
            Value::Integer(self.purpose as i64),
            second(self.at),
            Value::Integer(i64::from(self.way == AccessWay::Exported)),
        ]
    }
}
