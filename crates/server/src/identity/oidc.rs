//! Bearer tokens of OpenID Connect issuers: signed, short-lived, verified here with the issuer's published keys.
//!
//! Nothing is stored. What a token says counts only as far as the tables of the settings give something for it. The
//! form, the claims and the keys are read by functions without IO ([`read`], [`check_claims`]). Absent on purpose:
//! `none`, shared secrets, encrypted tokens, keys from a token's header, and token introspection.

mod claims;
mod config;
mod fetch;
mod jose;
mod keys;
mod mapping;
mod source;
mod strict;
mod why;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use uuid::Uuid;

use super::cache::Cache;
use super::secret::Digest;
use super::{Authenticated, Credential, Means, Principal};

pub use claims::{Checked, Policy, check_claims};
pub use config::{IssuerConfig, IssuerSettings};
pub use fetch::FetchError;
pub use jose::{Algorithm, MOST as MOST_TOKEN_BYTES, Unverified, read};
pub use why::Why;

pub(super) use jose::looks_signed;

use mapping::Mapping;
use source::{OnChange, Source};

/// Seconds that a verified token is not looked at again, its end aside: for so long a key that an issuer has withdrawn
/// may still count, when nothing else has made this server ask for the keys.
const REMEMBERED: i64 = 300;
/// Most verified tokens remembered.
const MOST_REMEMBERED: usize = 1_024;

/// The issuers that are trusted, and the tokens of theirs that were seen a moment ago.
pub(super) struct Oidc {
    issuers: Vec<Issuer>,
    verified: Arc<Cache>,
}

struct Issuer {
    settings: IssuerSettings,
    source: Arc<Source>,
    /// Names actors by their subject.
    namespace: Uuid,
}

/// Why a token gives nobody.
#[derive(Debug)]
pub(super) enum Failed {
    Refused(Why),
    /// The issuer's keys are not to be had: nothing can be said about the token.
    Unavailable,
}

impl From<Why> for Failed {
    fn from(why: Why) -> Self {
        Self::Refused(why)
    }
}

impl fmt::Debug for Oidc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.issuers.iter().map(|issuer| issuer.settings.name()).collect();
        f.debug_struct("Oidc").field("issuers", &names).finish_non_exhaustive()
    }
}

impl Oidc {
    /// `changes` is told when an issuer's keys have become others: what they vouched for is to be looked at again.
    pub(super) fn new(
        settings: Vec<IssuerSettings>,
        changes: watch::Sender<u64>,
    ) -> Result<Self, FetchError> {
        let verified = Arc::new(Cache::new(REMEMBERED, MOST_REMEMBERED));
        let remembered = Arc::clone(&verified);
        let on_change: OnChange = Arc::new(move || {
            remembered.clear();
            changes.send_modify(|count| *count += 1);
        });
        let issuer = |settings: IssuerSettings| {
            let source = Source::new(settings.place.clone(), Arc::clone(&on_change))?;
            let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, settings.name().as_bytes());
            Ok(Issuer { settings, source: Arc::new(source), namespace })
        };
        let issuers = settings.into_iter().map(issuer).collect::<Result<_, FetchError>>()?;
        Ok(Self { issuers, verified })
    }

    /// Whose token it is, and until when. What is cheap is looked at first; keys are asked for last.
    pub(super) async fn verify(&self, token: &str, now: Timestamp) -> Result<Arc<Authenticated>, Failed> {
        let digest: Digest = Sha256::digest(token.as_bytes()).into();
        let generation = match self.verified.get(&digest, now) {
            Ok(known) => return Ok(known),
            Err(generation) => generation,
        };
        let read = read(token)?;
        let named = read.claims.get("iss").and_then(Value::as_str);
        let issuer =
            self.issuers.iter().find(|issuer| Some(issuer.settings.name()) == named).ok_or(Why::Issuer)?;
        let IssuerSettings { policy, algorithms, mapping, .. } = &issuer.settings;
        if !algorithms.contains(&read.algorithm) {
            return Err(Why::Algorithm.into());
        }
        let checked = check_claims(&read.claims, policy, now.as_second())?;
        let id = read.key_id.as_deref();
        let keys = issuer.source.keys_for(id, read.algorithm, now.as_second()).await;
        let keys = keys.map_err(|source::Unavailable| Failed::Unavailable)?;
        keys.verify(id, read.algorithm, read.signed, &read.signature)?;
        let principal = principal(issuer.namespace, &checked.subject, mapping, &read.claims);
        let authenticated = Arc::new(Authenticated {
            principal: Arc::new(principal),
            credential: Credential::Signed(token.into()),
            means: Means::Issued,
            ends_at: Timestamp::from_second(checked.ends_at).unwrap_or(now),
        });
        self.verified.put(digest, Arc::clone(&authenticated), now, generation);
        Ok(authenticated)
    }
}

fn principal(
    namespace: Uuid,
    subject: &str,
    mapping: &Mapping,
    claims: &serde_json::Map<String, Value>,
) -> Principal {
    let id = Uuid::new_v5(&namespace, subject.as_bytes());
    let super::Grant { roles, areas, organisations } = mapping.grant(claims);
    let unnamed = || format!("oidc-{}", &id.simple().to_string()[..12]);
    Principal {
        id,
        name: mapping.name(claims).unwrap_or_else(unnamed),
        roles,
        areas,
        organisations,
        person: mapping.person(claims),
        language: None,
        acting: None,
        read_only: false,
    }
}
