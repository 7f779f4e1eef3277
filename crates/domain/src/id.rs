//! Ids as newtypes over UUIDs. Outside (GraphQL, files) an id is written `<category>-<uuid>`, which is also the
//! name of its stream; inside events it is the bare UUID.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not an id of the wanted kind. It is not repeated: a telephone number may have got into the wrong field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not an id of the form `{category}-<uuid>`")]
pub struct IdError {
    pub category: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $category:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Prefix of the written form; for an aggregate it is the category of its streams.
            pub const CATEGORY: &'static str = $category;

            /// The id that a command gives to what it creates when its sender named none.
            pub fn derived(command: CommandId) -> Self {
                Self(Uuid::new_v5(&command.0, $category.as_bytes()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($category, "-{}"), self.0.as_hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let bare = text.strip_prefix(concat!($category, "-")).unwrap_or(text);
                Uuid::try_parse(bare).map(Self).map_err(|_| IdError { category: $category })
            }
        }

        #[cfg(feature = "graphql")]
        crate::graphql::id_as_input!($name);
    )*};
}

ids! {
    /// One request to change something; chosen by the sender so that a repetition is recognised.
    CommandId = "command";
    /// Who or what acts: an account, a token's owner, or the platform itself (nil).
    ActorId = "actor";
    OrganisationId = "organisation";
    TeamId = "team";
    PersonId = "person";
    CredentialId = "credential";
    PlanId = "plan";
    RouteId = "route";
    CheckpointId = "checkpoint";
    ShiftId = "shift";
    TradeId = "trade";
    RunId = "run";
    /// One scan by a device; chosen by the device so that a repeated upload is recognised.
    ScanId = "scan";
    DeviationId = "deviation";
    IncidentId = "incident";
    UnitId = "unit";
    ContractId = "contract";
    PostId = "post";
    BreachId = "breach";
    RectificationId = "rectification";
    StatementId = "statement";
    PostOrderId = "post_order";
    /// The record of accesses to one subject: the id is the subject's.
    AccessId = "access";
    /// One access to personal data: the id of its event.
    OpeningId = "opening";
}

/// Whose key a personal field is sealed with: a person, or the incident whose parties it tells about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SubjectId(pub Uuid);

impl From<PersonId> for SubjectId {
    fn from(id: PersonId) -> Self {
        Self(id.0)
    }
}

impl From<IncidentId> for SubjectId {
    fn from(id: IncidentId) -> Self {
        Self(id.0)
    }
}
