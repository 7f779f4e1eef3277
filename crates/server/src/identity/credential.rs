//! What a request carries to say who asks.

use std::fmt;

use axum::http::{HeaderMap, header};
use zeroize::Zeroizing;

use super::oidc::looks_signed;
use super::secret::Secret;

/// How the session cookie is named and guarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionCookie {
    /// Behind https: `__Host-wardlog`, which a browser sends only to this very host, encrypted.
    Secure,
    /// Plain http on the loopback interface: `wardlog`.
    Loopback,
}

impl SessionCookie {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Secure => "__Host-wardlog",
            Self::Loopback => "wardlog",
        }
    }

    /// `Set-Cookie` that hands out a session.
    pub fn set(self, secret: &Secret, seconds: i64) -> String {
        let guard = self.guard();
        format!(
            "{}={}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{guard}",
            self.name(),
            secret.reveal()
        )
    }

    /// `Set-Cookie` that takes it back.
    pub fn clear(self) -> String {
        format!("{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict{}", self.name(), self.guard())
    }

    const fn guard(self) -> &'static str {
        match self {
            Self::Secure => "; Secure",
            Self::Loopback => "",
        }
    }
}

/// A credential as it was sent: nothing is known yet about whether it is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    Session(Secret),
    Token(Secret),
    /// Of an OpenID Connect issuer.
    Signed(SignedToken),
}

/// A signed token as it was sent. It is a secret until it ends.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedToken(Zeroizing<String>);

impl From<&str> for SignedToken {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}

impl SignedToken {
    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SignedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignedToken(…)")
    }
}

/// What the headers carry. A bearer token goes before a cookie.
#[derive(Debug)]
pub(super) enum Carried {
    Nothing,
    Credential(Credential),
    /// An `Authorization` that is no token of ours.
    Malformed,
}

pub(super) fn carried(headers: &HeaderMap, cookie: SessionCookie) -> Carried {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        return match value.to_str().ok().and_then(Credential::bearer) {
            Some(credential) => Carried::Credential(credential),
            None => Carried::Malformed,
        };
    }
    let session = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == cookie.name())
        .and_then(|(_, value)| Secret::as_session(value));
    session.map_or(Carried::Nothing, |secret| Carried::Credential(Credential::Session(secret)))
}

impl Credential {
    /// From the value of an `Authorization` header: `Bearer wl_…`, or a signed token.
    pub fn bearer(value: &str) -> Option<Self> {
        let (scheme, rest) = value.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let token = rest.trim();
        if looks_signed(token) {
            return Some(Self::Signed(token.into()));
        }
        Secret::as_token(token).map(Self::Token)
    }
}
