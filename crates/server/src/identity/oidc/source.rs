//! Where an issuer's keys come from, and how long they are used.
//!
//! A key that is not known yet is asked for, but not more often than once in a while, whoever sends what: a flood of
//! made-up key names does not become a flood at the issuer. While the issuer is away its last keys serve on, for a
//! bounded time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::{Client, Url};
use serde_json::Value;

use super::fetch::{self, FetchError};
use super::keys::KeySet;
use super::{Algorithm, strict};

/// Bounds of what `Cache-Control` may say, and what counts without it; seconds.
const FRESH: std::ops::RangeInclusive<i64> = 60..=86_400;
const FRESH_UNTOLD: i64 = 3_600;

/// There are no keys of the issuer that may be used.
#[derive(Debug)]
pub(super) struct Unavailable;

/// Called when the keys have become others.
pub(super) type OnChange = Arc<dyn Fn() + Send + Sync>;

/// What is set about an issuer's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) issuer: Url,
    /// As the issuer writes itself, letter by letter.
    pub(super) name: String,
    /// The issuer's discovery document tells when this is missing.
    pub(super) keys: Option<Url>,
    /// Least seconds between two tries.
    pub(super) pause: i64,
    /// Seconds that keys are used beyond their time when no newer ones can be had.
    pub(super) grace: i64,
}

pub(super) struct Source {
    place: Place,
    client: Client,
    state: Mutex<State>,
    /// One try at a time; the others wait for what comes of it.
    trying: tokio::sync::Mutex<()>,
    on_change: OnChange,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    tried_at: Option<i64>,
}

struct Held {
    keys: Arc<KeySet>,
    fresh_until: i64,
}

/// What the keys at hand are worth for a token.
enum Standing {
    Good(Arc<KeySet>),
    /// Good, but newer ones are to be asked for.
    Old(Arc<KeySet>),
    Lacking,
}

impl Source {
    pub(super) fn new(place: Place, on_change: OnChange) -> Result<Self, FetchError> {
        let client = fetch::client(&place.issuer)?;
        Ok(Self { place, client, state: Mutex::default(), trying: tokio::sync::Mutex::default(), on_change })
    }

    /// The keys for a token with this header at `now` (seconds since 1970); they may lack the one that is meant.
    pub(super) async fn keys_for(
        self: &Arc<Self>,
        id: Option<&str>,
        algorithm: Algorithm,
        now: i64,
    ) -> Result<Arc<KeySet>, Unavailable> {
        match self.standing(id, algorithm, now) {
            Standing::Good(keys) => return Ok(keys),
            Standing::Old(keys) => {
                let this = Arc::clone(self);
                tokio::spawn(async move {
                    if let Ok(_turn) = this.trying.try_lock() {
                        this.try_again(now).await;
                    }
                });
                return Ok(keys);
            }
            Standing::Lacking => {}
        }
        let _turn = self.trying.lock().await;
        // Somebody else may have asked meanwhile.
        if let Standing::Good(keys) | Standing::Old(keys) = self.standing(id, algorithm, now) {
            return Ok(keys);
        }
        self.try_again(now).await;
        let state = self.lock();
        let held = state.held.as_ref().filter(|held| now < held.fresh_until.saturating_add(self.place.grace));
        held.map(|held| Arc::clone(&held.keys)).ok_or(Unavailable)
    }

    fn standing(&self, id: Option<&str>, algorithm: Algorithm, now: i64) -> Standing {
        let state = self.lock();
        match &state.held {
            Some(held) if !held.keys.has(id, algorithm) => Standing::Lacking,
            Some(held) if now < held.fresh_until => Standing::Good(Arc::clone(&held.keys)),
            Some(held) if now < held.fresh_until.saturating_add(self.place.grace) => {
                Standing::Old(Arc::clone(&held.keys))
            }
            Some(_) | None => Standing::Lacking,
        }
    }

    /// Asks the issuer, unless that was done a moment ago. What comes of it is in the state and in the log.
    async fn try_again(&self, now: i64) {
        {
            let mut state = self.lock();
            let just =
                state.tried_at.is_some_and(|at| at <= now && now < at.saturating_add(self.place.pause));
            if just {
                return;
            }
            state.tried_at = Some(now);
        }
        match self.ask().await {
            Ok((keys, max_age)) => self.hold(keys, max_age, now),
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(issuer = %self.place.name, error, "the keys of an issuer could not be had");
            }
        }
    }

    fn hold(&self, keys: KeySet, max_age: Option<i64>, now: i64) {
        let fresh = max_age.unwrap_or(FRESH_UNTOLD).clamp(*FRESH.start(), *FRESH.end());
        let changed = {
            let mut state = self.lock();
            let changed = state.held.as_ref().is_some_and(|held| *held.keys != keys);
            tracing::info!(issuer = %self.place.name, keys = keys.len(), fresh_seconds = fresh, "keys of an issuer");
            state.held = Some(Held { keys: Arc::new(keys), fresh_until: now.saturating_add(fresh) });
            changed
        };
        if changed {
            (self.on_change)();
        }
    }

    async fn ask(&self) -> Result<(KeySet, Option<i64>), FetchError> {
        let address = match &self.place.keys {
            Some(address) => address.clone(),
            None => self.discover().await?,
        };
        let fetched = fetch::get(&self.client, address).await?;
        let keys = KeySet::parse(&fetched.body).ok_or(FetchError::Shape("set of keys"))?;
        Ok((keys, fetched.max_age))
    }

    /// Where the keys are, by OpenID Connect Discovery 1.0.
    async fn discover(&self) -> Result<Url, FetchError> {
        let base = self.place.name.trim_end_matches('/');
        let address = Url::parse(&format!("{base}/.well-known/openid-configuration"));
        let address = address.map_err(|_| FetchError::Shape("name"))?;
        let fetched = fetch::get(&self.client, address).await?;
        let document = strict::object(&fetched.body).ok_or(FetchError::Shape("discovery document"))?;
        let text = |name: &str| document.get(name).and_then(Value::as_str);
        if text("issuer") != Some(self.place.name.as_str()) {
            return Err(FetchError::OtherIssuer);
        }
        let keys = text("jwks_uri").and_then(|address| Url::parse(address).ok());
        let keys = keys.ok_or(FetchError::Shape("address of keys"))?;
        // A document from elsewhere must not make this server ask around on its own machine.
        if !fetch::is_safe(&keys, fetch::is_here(&self.place.issuer)) {
            return Err(FetchError::Insecure);
        }
        Ok(keys)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
