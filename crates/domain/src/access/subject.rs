//! Whose personal fields can be opened, and the spelling in which a phone number is looked up.

use std::{fmt, str::FromStr};

use uuid::Uuid;

use super::{PersonalFieldName, PersonalSubjectKind};
use crate::{AccessId, IncidentId, PersonId, PersonalText};

/// A person, or an incident whose parties are told about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PersonalSubject {
    Person(PersonId),
    Incident(IncidentId),
}

/// A text that is not the global id of something with personal fields. It does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id of the form `person-<uuid>` or `incident-<uuid>` is needed")]
pub struct PersonalSubjectError;

impl PersonalSubject {
    pub const fn kind(self) -> PersonalSubjectKind {
        match self {
            Self::Person(_) => PersonalSubjectKind::Person,
            Self::Incident(_) => PersonalSubjectKind::Incident,
        }
    }

    pub const fn uuid(self) -> Uuid {
        match self {
            Self::Person(id) => id.0,
            Self::Incident(id) => id.0,
        }
    }

    /// The record of accesses to it.
    pub const fn access(self) -> AccessId {
        AccessId(self.uuid())
    }

    /// The subject of a kind with this id.
    pub const fn of(kind: PersonalSubjectKind, id: Uuid) -> Self {
        match kind {
            PersonalSubjectKind::Person => Self::Person(PersonId(id)),
            PersonalSubjectKind::Incident => Self::Incident(IncidentId(id)),
        }
    }
}

impl PersonalSubjectKind {
    /// The personal fields that a subject of this kind has.
    pub const fn fields(self) -> &'static [PersonalFieldName] {
        use PersonalFieldName as Name;
        match self {
            Self::Person => &[
                Name::Name,
                Name::IdNumber,
                Name::Phone,
                Name::BirthDate,
                Name::Address,
                Name::CredentialNumber,
            ],
            Self::Incident => &[
                Name::ReporterName,
                Name::ReporterPhone,
                Name::Address,
                Name::Narrative,
                Name::DispositionNote,
            ],
        }
    }
}

impl fmt::Display for PersonalSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => id.fmt(f),
            Self::Incident(id) => id.fmt(f),
        }
    }
}

impl FromStr for PersonalSubject {
    type Err = PersonalSubjectError;

    fn from_str(text: &str) -> Result<Self, PersonalSubjectError> {
        let (category, rest) = text.split_once('-').ok_or(PersonalSubjectError)?;
        let id = Uuid::try_parse(rest).map_err(|_| PersonalSubjectError)?;
        match category {
            PersonId::CATEGORY => Ok(Self::Person(PersonId(id))),
            IncidentId::CATEGORY => Ok(Self::Incident(IncidentId(id))),
            _ => Err(PersonalSubjectError),
        }
    }
}

#[cfg(feature = "graphql")]
crate::graphql::id_as_input!(PersonalSubject);

/// The one spelling in which a phone number is looked up: its digits, without the country code of China. `None` when
/// there are fewer than 5 digits.
pub fn phone_key(text: &str) -> Option<PersonalText> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let national = match digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86")) {
        // 86 begins no number of a length that is dialled within the country.
        Some(rest) if rest.len() >= 10 => rest.to_owned(),
        Some(_) | None => digits,
    };
    (national.len() >= 5).then(|| PersonalText::new(national))
}
