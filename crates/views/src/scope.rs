//! What an asker may see at all.

use domain::{AreaCode, OrganisationId, PersonId};
use rusqlite::types::Value;

/// A set of area-code prefixes, organisations and at most one person. Something is visible when it lies in one of the
/// areas, has one of the organisations as a party, or is about the person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Everything: auditors, administrators and the platform itself.
    pub everything: bool,
    pub areas: Vec<AreaCode>,
    pub organisations: Vec<OrganisationId>,
    pub person: Option<PersonId>,
}

/// Which columns of a table answer the three questions of a scope.
#[derive(Clone, Copy, Debug)]
pub struct ScopeColumns {
    pub area: Option<&'static str>,
    /// Column names, or SQL conditions with one placeholder `?` for an organisation's id.
    pub organisations: &'static [&'static str],
    /// An SQL condition with one placeholder `?` for the person's id.
    pub person: Option<&'static str>,
}

impl Scope {
    /// The scope of the platform, of auditors and of administrators.
    pub fn everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// Whether an area lies inside.
    pub fn covers_area(&self, area: &AreaCode) -> bool {
        self.everything || self.areas.iter().any(|prefix| prefix.contains(area))
    }

    pub fn covers_organisation(&self, organisation: &OrganisationId) -> bool {
        self.everything || self.organisations.contains(organisation)
    }

    pub fn covers_person(&self, person: &PersonId) -> bool {
        self.everything || self.person == Some(*person)
    }

    /// The condition that a row lies inside, with its values. An empty scope sees nothing.
    pub(crate) fn condition(&self, columns: &ScopeColumns) -> (String, Vec<Value>) {
        if self.everything {
            return ("1".into(), vec![]);
        }
        let mut any = Vec::new();
        let mut values = Vec::new();
        if let Some(column) = columns.area {
            for area in &self.areas {
                any.push(format!("({column} >= ? AND {column} < ?)"));
                values.push(Value::Text(area.to_string()));
                values.push(Value::Text(area.range_end()));
            }
        }
        for column in columns.organisations {
            for organisation in &self.organisations {
                any.push(if column.contains('?') { (*column).to_owned() } else { format!("{column} = ?") });
                values.push(Value::Blob(organisation.0.as_bytes().to_vec()));
            }
        }
        if let (Some(condition), Some(person)) = (columns.person, self.person) {
            any.push(condition.to_owned());
            values.push(Value::Blob(person.0.as_bytes().to_vec()));
        }
        if any.is_empty() { ("0".into(), vec![]) } else { (format!("({})", any.join(" OR ")), values) }
    }
}
