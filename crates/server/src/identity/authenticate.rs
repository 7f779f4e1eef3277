//! From a request's headers to the principal.

use std::sync::Arc;

use axum::http::HeaderMap;
use jiff::Timestamp;
use uuid::Uuid;

use super::credential::{Carried, carried};
use super::oidc::Failed;
use super::{Credential, Grant, Identity, IdentityError, Principal, Result, SessionCookie, session, token};

/// By what somebody has said who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// The session of this id. A browser sends its cookie by itself: such requests are held to their origin.
    Session(Uuid),
    /// The API token of this id.
    Token(Uuid),
    /// A token of an OpenID Connect issuer.
    Issued,
}

impl Means {
    /// For logs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Session(_) => "session",
            Self::Token(_) => "token",
            Self::Issued => "issuer",
        }
    }
}

/// A good credential and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    pub principal: Arc<Principal>,
    /// What it was, so that it can be looked at again while a connection stays open.
    pub credential: Credential,
    pub means: Means,
    /// When the credential ends if nothing else happens.
    pub ends_at: Timestamp,
}

impl Authenticated {
    /// Whether a browser sent the credential by itself.
    pub const fn by_cookie(&self) -> bool {
        matches!(self.means, Means::Session(_))
    }
}

/// What the headers say.
#[derive(Clone, Debug)]
pub enum Authentication {
    /// No credential, or a session that has ended.
    Anonymous,
    Known(Arc<Authenticated>),
    /// A bearer token that is malformed, unknown, revoked or expired: who sends one does not mean to be anonymous. Why,
    /// in a word for the figures; the sender is not told.
    Refused(&'static str),
}

impl Identity {
    /// Who sends these headers.
    ///
    /// # Errors
    /// The store fails.
    pub async fn authenticate(
        &self,
        headers: &HeaderMap,
        cookie: SessionCookie,
        now: Timestamp,
    ) -> Result<Authentication> {
        let credential = match carried(headers, cookie) {
            Carried::Nothing => return Ok(Authentication::Anonymous),
            Carried::Malformed => return Ok(Authentication::Refused("token_malformed")),
            Carried::Credential(Credential::Signed(token)) => {
                return match self.inner.oidc.verify(token.text(), now).await {
                    Ok(known) => Ok(Authentication::Known(known)),
                    Err(Failed::Refused(why)) => Ok(Authentication::Refused(why.as_str())),
                    Err(Failed::Unavailable) => Err(IdentityError::IssuerUnavailable),
                };
            }
            Carried::Credential(credential) => credential,
        };
        let is_token = matches!(credential, Credential::Token(_));
        Ok(match self.verify(credential, now).await? {
            Some(authenticated) => Authentication::Known(authenticated),
            None if is_token => Authentication::Refused("token_unknown"),
            None => Authentication::Anonymous,
        })
    }

    /// Whether a credential is good at this moment, and whose it is.
    ///
    /// # Errors
    /// The store fails.
    pub async fn verify(&self, credential: Credential, now: Timestamp) -> Result<Option<Arc<Authenticated>>> {
        let digest = match &credential {
            Credential::Session(secret) | Credential::Token(secret) => secret.digest(),
            Credential::Signed(token) => {
                return match self.inner.oidc.verify(token.text(), now).await {
                    Ok(known) => Ok(Some(known)),
                    Err(Failed::Refused(_)) => Ok(None),
                    Err(Failed::Unavailable) => Err(IdentityError::IssuerUnavailable),
                };
            }
        };
        let generation = match self.inner.cache.get(&digest, now) {
            Ok(known) => return Ok(Some(known)),
            Err(generation) => generation,
        };
        let found = self
            .with_store(move |store| match &credential {
                Credential::Session(_) => {
                    let live = store.read(|conn| session::find(conn, &digest, now))?;
                    if live.as_ref().is_some_and(|live| live.note) {
                        store.write(|tx| session::note_seen(tx, &digest, now))?;
                    }
                    Ok(live.map(|live| by_session(live, credential)))
                }
                Credential::Signed(_) => Ok(None),
                Credential::Token(_) => {
                    let live = store.read(|conn| token::find(conn, &digest, now))?;
                    if live.as_ref().is_some_and(|live| live.note) {
                        store.write(|tx| token::note_used(tx, &digest, now))?;
                    }
                    Ok(live.map(|live| by_token(live, credential)))
                }
            })
            .await?;
        let Some(authenticated) = found.map(Arc::new) else { return Ok(None) };
        self.inner.cache.put(digest, Arc::clone(&authenticated), now, generation);
        Ok(Some(authenticated))
    }
}

fn by_session(live: session::Live, credential: Credential) -> Authenticated {
    Authenticated {
        principal: Arc::new(live.account.principal()),
        credential,
        means: Means::Session(live.id),
        ends_at: live.ends_at,
    }
}

fn by_token(live: token::Live, credential: Credential) -> Authenticated {
    let Grant { roles, areas, organisations } = live.token.grant.narrowed(&live.owner.grant);
    let read_only = live.token.read_only;
    let principal = Principal { roles, areas, organisations, read_only, ..live.owner.principal() };
    Authenticated {
        principal: Arc::new(principal),
        credential,
        means: Means::Token(live.token.id),
        ends_at: live.token.expires_at,
    }
}
