//! The settings of an issuer, as `[oidc]` in the settings file has them, and their checks.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use app::AccountRole;
use domain::{AreaCode, OrganisationId, PersonId};
use reqwest::Url;
use serde::Deserialize;

use super::claims::Policy;
use super::fetch;
use super::jose::Algorithm;
use super::mapping::{ClaimPath, Mapping, PersonClaim, Table};
use super::source::Place;

/// Most values that one table may name.
const MOST_VALUES: usize = 1_000;

/// One issuer as it is written down. What is left out has a default; nothing is granted by default.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IssuerConfig {
    /// `iss` of its tokens, letter by letter; an https address.
    issuer: String,
    /// `aud` of tokens that are for this server.
    audience: Words,
    /// Address of its keys; its discovery document tells when this is left out.
    jwks_uri: Option<String>,
    algorithms: Option<Words>,
    /// `azp` or `client_id` of the clients whose tokens are taken; any when left out.
    parties: Words,
    leeway_seconds: Option<i64>,
    longest_life_seconds: Option<i64>,
    refresh_seconds: Option<i64>,
    stale_seconds: Option<i64>,
    roles_claim: Option<OneOrMany>,
    roles: BTreeMap<String, Words>,
    areas_claim: Option<OneOrMany>,
    areas: BTreeMap<String, Words>,
    organisations_claim: Option<OneOrMany>,
    organisations: BTreeMap<String, Words>,
    /// Holds the id of a person, or a value of `persons` when there are any.
    person_claim: Option<OneOrMany>,
    persons: BTreeMap<String, Words>,
    /// Shown as the name; a digest is when this is left out.
    name_claim: Option<OneOrMany>,
}

/// One text or a list of them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(from = "OneOrMany")]
struct Words(Vec<String>);

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for Words {
    fn from(given: OneOrMany) -> Self {
        match given {
            OneOrMany::One(one) => Self(vec![one]),
            OneOrMany::Many(many) => Self(many),
        }
    }
}

/// An issuer whose settings make sense.
#[derive(Clone, Debug)]
pub struct IssuerSettings {
    pub(super) policy: Policy,
    pub(super) algorithms: BTreeSet<Algorithm>,
    pub(super) place: Place,
    pub(super) mapping: Mapping,
}

impl IssuerSettings {
    /// As its tokens write it.
    pub fn name(&self) -> &str {
        &self.policy.issuer
    }
}

impl IssuerConfig {
    /// # Errors
    /// A sentence that names the setting at fault.
    pub fn checked(self) -> Result<IssuerSettings, String> {
        let place = self.place()?;
        let audiences = self.audience.0.clone();
        if audiences.is_empty() || audiences.iter().any(String::is_empty) {
            return Err("oidc.audience: name what tokens for this server have in `aud`".into());
        }
        let policy = Policy {
            issuer: self.issuer.clone(),
            audiences,
            parties: self.parties.0.clone(),
            leeway: within("oidc.leeway_seconds", self.leeway_seconds, 30, 0..=300)?,
            longest_life: within(
                "oidc.longest_life_seconds",
                self.longest_life_seconds,
                86_400,
                60..=604_800,
            )?,
        };
        Ok(IssuerSettings { policy, algorithms: self.algorithms()?, place, mapping: self.mapping()? })
    }

    fn place(&self) -> Result<Place, String> {
        let issuer = address("oidc.issuer", &self.issuer, true)?;
        if issuer.query().is_some() {
            return Err("oidc.issuer: an issuer has no query".into());
        }
        let here = fetch::is_here(&issuer);
        let keys = self.jwks_uri.as_deref().map(|uri| address("oidc.jwks_uri", uri, here)).transpose()?;
        Ok(Place {
            issuer,
            name: self.issuer.clone(),
            keys,
            pause: within("oidc.refresh_seconds", self.refresh_seconds, 30, 5..=3_600)?,
            grace: within("oidc.stale_seconds", self.stale_seconds, 3_600, 0..=86_400)?,
        })
    }

    fn algorithms(&self) -> Result<BTreeSet<Algorithm>, String> {
        let Some(Words(names)) = &self.algorithms else {
            return Ok(Algorithm::ALL.iter().copied().collect());
        };
        let known = |name: &String| {
            Algorithm::named(name)
                .ok_or_else(|| format!("oidc.algorithms: {name} is none of RS256, PS256, ES256, EdDSA"))
        };
        let algorithms: BTreeSet<Algorithm> = names.iter().map(known).collect::<Result<_, _>>()?;
        if algorithms.is_empty() { Err("oidc.algorithms: name one".into()) } else { Ok(algorithms) }
    }

    fn mapping(&self) -> Result<Mapping, String> {
        let role = |text: &str| AccountRole::from_str(text);
        let area =
            |text: &str| AreaCode::from_str(text).map(|_| text.to_owned()).map_err(|cause| cause.to_string());
        let organisation =
            |text: &str| OrganisationId::from_str(text).map(|id| id.0).map_err(|cause| cause.to_string());
        let person = |text: &str| PersonId::from_str(text).map(|id| id.0).map_err(|cause| cause.to_string());
        let person = match path("oidc.person_claim", self.person_claim.as_ref())? {
            Some(claim) if self.persons.is_empty() => Some(PersonClaim::Id(claim)),
            _ => table("person", self.person_claim.as_ref(), "persons", &self.persons, person)?
                .map(PersonClaim::Listed),
        };
        Ok(Mapping {
            roles: table("roles", self.roles_claim.as_ref(), "roles", &self.roles, role)?,
            areas: table("areas", self.areas_claim.as_ref(), "areas", &self.areas, area)?,
            organisations: table(
                "organisations",
                self.organisations_claim.as_ref(),
                "organisations",
                &self.organisations,
                organisation,
            )?,
            person,
            name: path("oidc.name_claim", self.name_claim.as_ref())?,
        })
    }
}

fn address(setting: &str, text: &str, here: bool) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|cause| format!("{setting}: {cause}"))?;
    if fetch::is_safe(&url, here) {
        Ok(url)
    } else {
        Err(format!("{setting}: an https address without a name, a password or a fragment is needed"))
    }
}

fn within(
    setting: &str,
    given: Option<i64>,
    default: i64,
    range: std::ops::RangeInclusive<i64>,
) -> Result<i64, String> {
    let value = given.unwrap_or(default);
    if range.contains(&value) {
        Ok(value)
    } else {
        Err(format!("{setting}: {} to {} is possible", range.start(), range.end()))
    }
}

/// One text is split at its dots; a list is taken name by name, for claims whose names have dots.
fn path(setting: &str, given: Option<&OneOrMany>) -> Result<Option<ClaimPath>, String> {
    let names: Vec<String> = match given {
        None => return Ok(None),
        Some(OneOrMany::One(text)) => text.split('.').map(str::to_owned).collect(),
        Some(OneOrMany::Many(names)) => names.clone(),
    };
    let fits = (1..=8).contains(&names.len()) && names.iter().all(|name| !name.is_empty());
    if fits { Ok(Some(ClaimPath(names))) } else { Err(format!("{setting}: this is no way to a claim")) }
}

fn table<T>(
    claim: &str,
    given: Option<&OneOrMany>,
    name: &str,
    values: &BTreeMap<String, Words>,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<Table<T>>, String> {
    let path = path(&format!("oidc.{claim}_claim"), given)?;
    let Some(path) = path else {
        return if values.is_empty() {
            Ok(None)
        } else {
            Err(format!("oidc.{name}: name the claim with oidc.{claim}_claim"))
        };
    };
    if values.is_empty() {
        return Err(format!("oidc.{claim}_claim: say in [oidc.{name}] what its values give"));
    }
    if values.len() > MOST_VALUES || values.values().any(|given| given.0.len() > 200) {
        return Err(format!("oidc.{name}: too many values"));
    }
    let mut gives = BTreeMap::new();
    for (value, Words(words)) in values {
        let given = words.iter().map(|word| read(word)).collect::<Result<Vec<T>, String>>();
        gives.insert(value.clone(), given.map_err(|cause| format!("oidc.{name}.{value}: {cause}"))?);
    }
    Ok(Some(Table { claim: path, gives }))
}
