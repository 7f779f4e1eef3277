//! What a token says, held against what the settings ask for. Pure: the time is an argument.

use serde_json::{Map, Value};

use super::Why;

/// Most bytes of a subject (OpenID Connect Core, section 2: 255 characters).
const MOST_OF_SUBJECT: usize = 255;
/// Most audiences that are looked at.
const MOST_AUDIENCES: usize = 64;

/// What an issuer's tokens must say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub issuer: String,
    /// One of these must be in `aud`.
    pub audiences: Vec<String>,
    /// When there are any, `azp` (or `client_id`) must be one of these.
    pub parties: Vec<String>,
    /// Seconds that clocks may differ.
    pub leeway: i64,
    /// Most seconds from `iat` to `exp`, and so most seconds since `iat`.
    pub longest_life: i64,
}

/// What is left to know once a token's claims are good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub subject: String,
    /// Seconds since 1970 from which it is not taken any more; the leeway is in it.
    pub ends_at: i64,
}

/// Holds claims against a policy at `now` (seconds since 1970). The signature is not this function's matter.
///
/// # Errors
/// The first thing that does not fit.
pub fn check_claims(claims: &Map<String, Value>, policy: &Policy, now: i64) -> Result<Checked, Why> {
    if text(claims, "iss") != Some(policy.issuer.as_str()) {
        return Err(Why::Issuer);
    }
    if !is_for(claims.get("aud"), &policy.audiences) {
        return Err(Why::Audience);
    }
    check_party(claims, policy)?;
    let expires = seconds(claims, "exp")?.ok_or(Why::Claim)?;
    let issued = seconds(claims, "iat")?.ok_or(Why::Claim)?;
    let life = expires.saturating_sub(issued);
    let ends_at = expires.saturating_add(policy.leeway);
    if now >= ends_at {
        return Err(Why::Expired);
    }
    let latest = now.saturating_add(policy.leeway);
    if issued > latest || seconds(claims, "nbf")?.is_some_and(|begins| begins > latest) {
        return Err(Why::Early);
    }
    if life <= 0 || life > policy.longest_life {
        return Err(Why::Life);
    }
    let subject = text(claims, "sub").filter(|subject| (1..=MOST_OF_SUBJECT).contains(&subject.len()));
    Ok(Checked { subject: subject.ok_or(Why::Claim)?.to_owned(), ends_at })
}

fn check_party(claims: &Map<String, Value>, policy: &Policy) -> Result<(), Why> {
    if policy.parties.is_empty() {
        return Ok(());
    }
    let party = text(claims, "azp").or_else(|| text(claims, "client_id")).ok_or(Why::Party)?;
    if policy.parties.iter().any(|known| known == party) { Ok(()) } else { Err(Why::Party) }
}

fn is_for(aud: Option<&Value>, audiences: &[String]) -> bool {
    let ours = |value: &Value| value.as_str().is_some_and(|aud| audiences.iter().any(|own| own == aud));
    match aud {
        Some(one @ Value::String(_)) => ours(one),
        Some(Value::Array(many)) => {
            many.len() <= MOST_AUDIENCES && many.iter().all(Value::is_string) && many.iter().any(ours)
        }
        _ => false,
    }
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name)?.as_str()
}

/// A NumericDate, which may have a fraction (RFC 7519, section 2); the fraction is dropped.
fn seconds(claims: &Map<String, Value>, name: &str) -> Result<Option<i64>, Why> {
    /// The year 9999.
    const LATEST: f64 = 253_402_300_799.0;
    let Some(value) = claims.get(name) else { return Ok(None) };
    let number = value.as_f64().filter(|number| (0.0..=LATEST).contains(number)).ok_or(Why::Claim)?;
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and the year 9999")]
    let whole = number as i64;
    Ok(Some(whole))
}
