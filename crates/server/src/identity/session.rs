//! Sessions: a random secret in a cookie, its digest in the store.

use domain::Rejection;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::secret::{Digest, Secret};
use super::{Account, Identity, Principal, Result, account, attempts, password, reasons, store};

/// Seconds without a request after which a session ends.
pub const IDLE: i64 = 12 * 60 * 60;
/// Seconds after which a session ends in any case.
pub const ABSOLUTE: i64 = 7 * 24 * 60 * 60;
/// Sessions of one account; the oldest ends when there is one more.
const MOST: i64 = 10;
/// Seconds between two notes of when a session was seen.
pub(super) const NOTED_EVERY: i64 = 60;

/// The outcome of a sign-in.
#[derive(Debug)]
pub struct SignedIn {
    /// For the cookie, once.
    pub secret: Secret,
    pub principal: Principal,
}

impl Identity {
    /// Signs in with name and password. One that does not exist costs what a wrong password costs.
    ///
    /// # Errors
    /// `sign_in_failed`, [`Locked`](super::IdentityError::Locked) after too many failures, or
    /// [`Busy`](super::IdentityError::Busy).
    pub async fn sign_in(&self, name: &str, password: Zeroizing<String>, now: Timestamp) -> Result<SignedIn> {
        password::check_length(&password)?;
        if name.chars().count() > 64 {
            return Err(Rejection::new(&reasons::SIGN_IN_FAILED).into());
        }
        let name = name.to_owned();
        let tried = self.with_store(move |store| store.write(|tx| attempts::begin(tx, &name, now))).await?;
        let (id, phc) = tried.account.unzip();
        let matches = self.inner.hasher.verify(password, phc.clone()).await?;
        let (Some(id), Some(phc), true) = (id, phc, matches) else {
            return Err(Rejection::new(&reasons::SIGN_IN_FAILED).into());
        };
        let secret = Secret::session()?;
        let digest = secret.digest();
        let principal = self
            .with_store(move |store| {
                store.write(|tx| {
                    let account = still_open(tx, &id, &phc)?;
                    attempts::succeeded(tx, &id)?;
                    begin(tx, &digest, &id, now)?;
                    Ok(account.principal())
                })
            })
            .await?;
        Ok(SignedIn { secret, principal })
    }

    /// Ends one session at once; whether there was one is not told.
    ///
    /// # Errors
    /// The store fails.
    pub async fn sign_out(&self, session: &Secret) -> Result<()> {
        let digest = session.digest();
        let done = self
            .with_store(move |store| {
                store.write(|tx| Ok(tx.execute("DELETE FROM session WHERE digest = ?1", [&digest])?))
            })
            .await;
        self.forget_credentials();
        done.map(|_| ())
    }

    /// Ends every session of an account.
    ///
    /// # Errors
    /// The store fails.
    pub async fn sign_out_everywhere(&self, account: Uuid) -> Result<()> {
        let done = self
            .with_store(move |store| {
                store.write(|tx| {
                    Ok(tx.execute("DELETE FROM session WHERE account = ?1", [account.as_bytes()])?)
                })
            })
            .await;
        self.forget_credentials();
        done.map(|_| ())
    }
}

/// Between the look at the password and here, the account may have been disabled or got another password.
fn still_open(conn: &Connection, id: &[u8], phc: &str) -> Result<Account> {
    let same: bool = conn.query_row(
        "SELECT exists (SELECT 1 FROM account WHERE id = ?1 AND password = ?2 AND disabled_at IS NULL)",
        params![id, phc],
        |row| row.get(0),
    )?;
    if !same {
        return Err(Rejection::new(&reasons::SIGN_IN_FAILED).into());
    }
    account::by_id(conn, store::id(id)?)
}

fn begin(conn: &Connection, digest: &Digest, account: &[u8], now: Timestamp) -> Result<()> {
    let now = now.as_microsecond();
    conn.execute(
        "DELETE FROM session WHERE created_at <= ?1 OR seen_at <= ?2",
        params![now - ABSOLUTE * 1_000_000, now - IDLE * 1_000_000],
    )?;
    conn.execute(
        "INSERT INTO session (digest, account, created_at, seen_at) VALUES (?1, ?2, ?3, ?3)",
        params![digest, account, now],
    )?;
    conn.execute(
        "DELETE FROM session WHERE digest IN (
             SELECT digest FROM session WHERE account = ?1 ORDER BY created_at DESC, digest LIMIT -1 OFFSET ?2)",
        params![account, MOST],
    )?;
    Ok(())
}

/// A live session as the store has it.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) account: Account,
    pub(super) ends_at: Timestamp,
    pub(super) note: bool,
}

/// The live session of this digest.
pub(super) fn find(conn: &Connection, digest: &Digest, now: Timestamp) -> Result<Option<Live>> {
    let row = conn
        .prepare_cached("SELECT account, created_at, seen_at FROM session WHERE digest = ?1")?
        .query_row([digest], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
        })
        .optional()?;
    let Some((id, created_at, seen_at)) = row else { return Ok(None) };
    let ends_at = (created_at + ABSOLUTE * 1_000_000).min(seen_at + IDLE * 1_000_000);
    let account = account::by_id(conn, store::id(&id)?)?;
    if now.as_microsecond() >= ends_at || account.disabled_at.is_some() {
        return Ok(None);
    }
    let note = now.as_microsecond() - seen_at >= NOTED_EVERY * 1_000_000;
    Ok(Some(Live { account, ends_at: store::time(ends_at), note }))
}

pub(super) fn note_seen(conn: &Connection, digest: &Digest, now: Timestamp) -> Result<()> {
    conn.execute(
        "UPDATE session SET seen_at = max(seen_at, ?2) WHERE digest = ?1",
        params![digest, now.as_microsecond()],
    )?;
    Ok(())
}
