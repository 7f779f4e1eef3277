//! argon2id with the parameters that OWASP recommends, and never more than a few at a time. A hash made with other
//! parameters is renewed when its owner signs in.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use domain::Rejection;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::turns::PATIENCE;
use super::{IdentityError, Result, blocking, common, reasons};

/// Memory in KiB, passes, lanes: OWASP Password Storage Cheat Sheet, argon2id.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Each hash takes 19 MiB and most of a core: two at a time leave the rest of the server alone.
const AT_ONCE: usize = 2;
/// How many wait for their turn before others are turned away.
const WAITING: usize = 64;

const LEAST_CHARACTERS: usize = 10;
const MOST_BYTES: usize = 256;

/// What came of looking at a password.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) right: bool,
    /// The PHC string to keep from now on, when the stored one was made with other parameters.
    pub(super) renewed: Option<String>,
}

/// Hashes and verifies passwords.
#[derive(Debug)]
pub(super) struct Hasher {
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
    /// Verified for names that do not exist, so that they take as long as those that do.
    decoy: String,
}

impl Hasher {
    pub(super) fn new() -> Result<Self> {
        let mut nobody = Zeroizing::new([0_u8; 32]);
        getrandom::fill(nobody.as_mut())?;
        let decoy = hash_now(nobody.as_ref())?;
        Ok(Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            places: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
            decoy,
        })
    }

    /// The PHC string of a new password.
    pub(super) async fn hash(&self, password: Zeroizing<String>) -> Result<String> {
        self.in_turn(move || hash_now(password.as_bytes())).await
    }

    /// Whether the password is the one of `stored`; a missing one takes as long as a wrong one.
    pub(super) async fn verify(
        &self,
        password: Zeroizing<String>,
        stored: Option<String>,
    ) -> Result<Verdict> {
        let known = stored.is_some();
        let phc = stored.unwrap_or_else(|| self.decoy.clone());
        self.in_turn(move || {
            let right = argon2()?.verify_password(password.as_bytes(), phc.as_str()).is_ok() && known;
            let renewed =
                if right && !is_up_to_date(&phc) { Some(hash_now(password.as_bytes())?) } else { None };
            Ok(Verdict { right, renewed })
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| IdentityError::Busy)?;
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned())
            .await
            .map_err(|_| IdentityError::Busy)?
            .map_err(|_| IdentityError::Stopped)?;
        // The permits go with the work: a client that hangs up must not free its turn while the hash still runs.
        blocking(move || {
            let _held = (place, turn);
            work()
        })
        .await
    }
}

fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(failed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn is_up_to_date(phc: &str) -> bool {
    let parameter = |hash: &PasswordHash, name: &str| hash.params.get_decimal(name);
    PasswordHash::new(phc).is_ok_and(|hash| {
        hash.algorithm == Algorithm::Argon2id.ident()
            && hash.version == Some(Version::V0x13.into())
            && parameter(&hash, "m") == Some(MEMORY_KIB)
            && parameter(&hash, "t") == Some(PASSES)
            && parameter(&hash, "p") == Some(LANES)
    })
}

fn hash_now(password: &[u8]) -> Result<String> {
    let mut salt = [0_u8; 16];
    getrandom::fill(&mut salt)?;
    let hash = argon2()?.hash_password_with_salt(password, &salt).map_err(failed)?;
    Ok(hash.to_string())
}

fn failed(error: impl std::fmt::Display) -> IdentityError {
    IdentityError::Hash(error.to_string())
}

/// Length, none of those that everybody tries first, and not the name itself; no rule of composition (NIST SP 800-63B,
/// 3.1.1.2).
pub(super) fn check(name: &str, password: &str) -> Result<()> {
    if password.chars().count() < LEAST_CHARACTERS {
        return Err(Rejection::new(&reasons::PASSWORD_TOO_SHORT)
            .field("password")
            .with("limit", LEAST_CHARACTERS)
            .into());
    }
    check_length(password)?;
    if password.to_lowercase().contains(&name.to_lowercase()) {
        return Err(Rejection::new(&reasons::PASSWORD_IS_NAME).field("password").into());
    }
    if common::is_common(password) {
        return Err(Rejection::new(&reasons::PASSWORD_COMMON).field("password").into());
    }
    Ok(())
}

/// Longer ones are refused before they cost anything.
pub(super) fn check_length(password: &str) -> Result<()> {
    if password.len() > MOST_BYTES {
        return Err(Rejection::new(&reasons::PASSWORD_TOO_LONG)
            .field("password")
            .with("limit", MOST_BYTES)
            .into());
    }
    Ok(())
}
