//! The rows of the views, one file per noun.

mod access;
mod area;
mod contract;
mod incident;
mod organisation;
mod patrol;
mod person;
mod shift;

pub use access::{AccessRow, AccessScale, AccessWay};
pub use area::AreaRow;
pub use contract::{
    Assessment, AttendanceRow, BreachPhase, BreachRow, ContractPhase, ContractRow, MoneyVersion,
    PostDefinition, PostRow, Rectification, Refusal, ServiceLevelVersion, StatementPhase, StatementRow,
};
pub use incident::{Disposition, IncidentPhase, IncidentRow, Transfer, UnitTimes};
pub use organisation::{LicenceRow, LicenceStatus, OrganisationRow, TeamRow};
pub use patrol::{
    CheckpointRow, Deviation, PlanPhase, PlanRow, PlanVersion, Route, RunPhase, RunRow, Stop, StopOutcome,
};
pub use person::{CredentialRow, CredentialStatus, MembershipRow, PersonRow};
pub use shift::{PlaceRow, ReservationRow, ShiftPerson, ShiftPhase, ShiftRow};

use domain::{AreaCode, When};
use rusqlite::types::Value;
use uuid::Uuid;

pub(crate) fn blob(id: Uuid) -> Value {
    Value::Blob(id.as_bytes().to_vec())
}

pub(crate) fn blob_or_null(id: Option<Uuid>) -> Value {
    id.map_or(Value::Null, blob)
}

pub(crate) fn text(area: &AreaCode) -> Value {
    Value::Text(area.to_string())
}

/// Instants are indexed as seconds since 1970.
pub(crate) fn second(when: When) -> Value {
    Value::Integer(when.at.as_second())
}

pub(crate) fn second_or_null(when: Option<When>) -> Value {
    when.map_or(Value::Null, second)
}

/// Two ids as one key.
pub(crate) fn pair(one: Uuid, other: Uuid) -> Vec<u8> {
    [*one.as_bytes(), *other.as_bytes()].concat()
}

/// A closed set of states that the API shows.
macro_rules! phases {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, async_graphql::Enum)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }
    )*};
}
pub(crate) use phases;
