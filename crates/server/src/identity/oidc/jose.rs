//! The form of a signed token (RFC 7515, compact serialization), before anything in it is believed.
//!
//! What a header says about keys (`jwk`, `jku`, `x5u`, `x5c`) is never looked at: keys come from the issuer alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::{Why, strict};

/// Most bytes of a token.
pub const MOST: usize = 16 * 1024;
/// Most bytes of a key's name.
const MOST_OF_KID: usize = 256;

/// The signatures that are understood. There is no `none` and no shared secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    pub const ALL: &[Self] = &[Self::Rs256, Self::Ps256, Self::Es256, Self::EdDsa];

    /// As headers and keys write it: case counts (RFC 7515, section 4.1.1).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        // RFC 9864 names the curve.
        let name = if name == "Ed25519" { "EdDSA" } else { name };
        Self::ALL.iter().copied().find(|algorithm| algorithm.as_str() == name)
    }
}

/// A token in its parts. Nothing of it is verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Unverified<'a> {
    pub algorithm: Algorithm,
    pub key_id: Option<String>,
    pub claims: Map<String, Value>,
    /// What the signature is over.
    pub signed: &'a str,
    pub signature: Vec<u8>,
}

/// Whether a text has the form of a signed token rather than of anything else that a client may send.
pub(crate) fn looks_signed(text: &str) -> bool {
    text.len() <= MOST
        && text.bytes().filter(|byte| *byte == b'.').count() == 2
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// # Errors
/// What is wrong with the form, the algorithm or the kind.
pub fn read(token: &str) -> Result<Unverified<'_>, Why> {
    if token.len() > MOST {
        return Err(Why::TooLong);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(Why::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(Why::Malformed)?;
    let header = strict::object(&decoded(header)?).ok_or(Why::Malformed)?;
    let (algorithm, key_id) = understood(&header)?;
    let claims = strict::object(&decoded(claims)?).ok_or(Why::Malformed)?;
    Ok(Unverified { algorithm, key_id, claims, signed, signature: decoded(signature)? })
}

fn decoded(part: &str) -> Result<Vec<u8>, Why> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Why::Malformed)
}

fn understood(header: &Map<String, Value>) -> Result<(Algorithm, Option<String>), Why> {
    // RFC 7515, section 4.1.11: what must be understood and is not, refuses the whole.
    if header.contains_key("crit") || header.contains_key("b64") || header.contains_key("zip") {
        return Err(Why::Critical);
    }
    let algorithm =
        header.get("alg").and_then(Value::as_str).and_then(Algorithm::named).ok_or(Why::Algorithm)?;
    // RFC 9068, section 4, and what issuers without it write; anything else is no access token (RFC 8725, 3.11).
    let kind = header.get("typ").and_then(Value::as_str).ok_or(Why::Type)?;
    let known = ["at+jwt", "application/at+jwt", "JWT"];
    if !known.iter().any(|known| known.eq_ignore_ascii_case(kind)) {
        return Err(Why::Type);
    }
    let key_id = match header.get("kid") {
        None => None,
        Some(Value::String(kid)) if kid.len() <= MOST_OF_KID => Some(kid.clone()),
        Some(_) => return Err(Why::Key),
    };
    Ok((algorithm, key_id))
}
