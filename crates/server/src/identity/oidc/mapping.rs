//! From the claims of a token to roles, areas, organisations and a person, by the tables of the settings alone. A value
//! that no table names gives nothing.

use std::collections::BTreeMap;

use app::AccountRole;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::identity::Grant;

/// Most values of one claim that are looked at.
const MOST_VALUES: usize = 500;

/// Where a claim is: the names on the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClaimPath(pub(super) Vec<String>);

/// A claim, and what each of its values gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table<T> {
    pub(super) claim: ClaimPath,
    pub(super) gives: BTreeMap<String, Vec<T>>,
}

/// What the claims of one issuer's tokens mean here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mapping {
    pub(super) roles: Option<Table<AccountRole>>,
    pub(super) areas: Option<Table<String>>,
    pub(super) organisations: Option<Table<Uuid>>,
    pub(super) person: Option<PersonClaim>,
    /// The claim that is shown as the name; a digest is shown when there is none.
    pub(super) name: Option<ClaimPath>,
}

/// How the person of a token is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PersonClaim {
    /// The claim holds the id of the person.
    Id(ClaimPath),
    Listed(Table<Uuid>),
}

impl Mapping {
    pub(super) fn grant(&self, claims: &Map<String, Value>) -> Grant {
        fn given<T: Clone + Ord>(table: Option<&Table<T>>, claims: &Map<String, Value>) -> Vec<T> {
            let mut all = table.map(|table| table.read(claims)).unwrap_or_default();
            all.sort_unstable();
            all.dedup();
            all
        }
        Grant {
            roles: given(self.roles.as_ref(), claims),
            areas: given(self.areas.as_ref(), claims),
            organisations: given(self.organisations.as_ref(), claims),
        }
    }

    /// The person, when the claim tells exactly one.
    pub(super) fn person(&self, claims: &Map<String, Value>) -> Option<Uuid> {
        let found = match self.person.as_ref()? {
            PersonClaim::Id(claim) => {
                let id = |value: &str| value.parse::<domain::PersonId>().ok().map(|person| person.0);
                claim.values(claims).into_iter().filter_map(id).collect()
            }
            PersonClaim::Listed(table) => table.read(claims),
        };
        match found.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    pub(super) fn name(&self, claims: &Map<String, Value>) -> Option<String> {
        let name = self.name.as_ref()?.find(claims)?.as_str()?;
        let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
        (!shown.is_empty()).then_some(shown)
    }
}

impl<T: Clone> Table<T> {
    fn read(&self, claims: &Map<String, Value>) -> Vec<T> {
        let values = self.claim.values(claims);
        values.iter().filter_map(|value| self.gives.get(*value)).flatten().cloned().collect()
    }
}

impl ClaimPath {
    fn find<'a>(&self, claims: &'a Map<String, Value>) -> Option<&'a Value> {
        let (last, way) = self.0.split_last()?;
        way.iter().try_fold(claims, |claims, name| claims.get(name)?.as_object())?.get(last)
    }

    /// A list of texts, or one text: its words, as `scope` has them, and the whole.
    fn values<'a>(&self, claims: &'a Map<String, Value>) -> Vec<&'a str> {
        match self.find(claims) {
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).take(MOST_VALUES).collect(),
            Some(Value::String(text)) if text.contains(' ') => {
                std::iter::once(text.as_str()).chain(text.split(' ')).take(MOST_VALUES).collect()
            }
            Some(Value::String(text)) => vec![text],
            _ => Vec::new(),
        }
    }
}
