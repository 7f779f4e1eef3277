//! Secrets that are shown once and stored as digests only.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::Result;

/// What an API token starts with, so that it is recognised where it leaked.
const TOKEN_PREFIX: &str = "wl_";
/// 32 bytes in base64url.
const ENCODED: usize = 43;

/// SHA-256 of a secret: 32 random bytes need no slow hash.
pub(super) type Digest = [u8; 32];

/// The secret of a session or of a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    text: Zeroizing<String>,
}

impl Secret {
    /// A new one for a session. Randomness is not an argument here: a seeded one would be a way in.
    pub(super) fn session() -> Result<Self> {
        Self::random("")
    }

    /// A new one for an API token.
    pub(super) fn token() -> Result<Self> {
        Self::random(TOKEN_PREFIX)
    }

    fn random(prefix: &str) -> Result<Self> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        getrandom::fill(bytes.as_mut())?;
        let encoded = Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_ref()));
        Ok(Self { text: Zeroizing::new(format!("{prefix}{}", encoded.as_str())) })
    }

    /// What a client sent as a session, if it has the form of one.
    pub(super) fn as_session(text: &str) -> Option<Self> {
        well_formed(text).then(|| Self { text: Zeroizing::new(text.to_owned()) })
    }

    /// What a client sent as an API token, if it has the form of one.
    pub(super) fn as_token(text: &str) -> Option<Self> {
        let encoded = text.strip_prefix(TOKEN_PREFIX)?;
        well_formed(encoded).then(|| Self { text: Zeroizing::new(text.to_owned()) })
    }

    pub(super) fn digest(&self) -> Digest {
        Sha256::digest(self.text.as_bytes()).into()
    }

    /// The text for its owner, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

fn well_formed(encoded: &str) -> bool {
    encoded.len() == ENCODED && encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
