//! From a name and a password to a session.

use domain::Rejection;
use jiff::Timestamp;
use rusqlite::{Connection, params};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::secret::{Digest, Secret};
use super::{
    Account, Identity, IdentityError, Principal, Result, account, attempts, password, reasons, session, store,
};

/// The outcome of a sign-in.
#[derive(Debug)]
pub struct SignedIn {
    /// For the cookie, once.
    pub secret: Secret,
    pub principal: Principal,
}

/// A password that was right, and the hash that it was right for.
struct Proven {
    account: Vec<u8>,
    phc: String,
}

impl Identity {
    /// Signs in with name and password. One that does not exist costs what a wrong password costs.
    ///
    /// # Errors
    /// `sign_in_failed`, [`Locked`](IdentityError::Locked) after too many failures, or [`Busy`](IdentityError::Busy).
    pub async fn sign_in(&self, name: &str, password: Zeroizing<String>, now: Timestamp) -> Result<SignedIn> {
        password::check_length(&password)?;
        if name.chars().count() > account::MOST_OF_A_NAME {
            return Err(Rejection::new(&reasons::SIGN_IN_FAILED).into());
        }
        let proven = self.prove(name, password, now).await?;
        self.begin(move |conn, digest| {
            let account = still_open(conn, &proven)?;
            session::begin(conn, digest, &proven.account, now)?;
            Ok(account)
        })
        .await
    }

    /// Sets another password for an account whose owner knows the present one, ends all its sessions, and begins a new
    /// one. Tokens stay.
    ///
    /// # Errors
    /// As [`Identity::sign_in`] for the present password; the new one is too short, too long or too common.
    pub async fn change_password(
        &self,
        id: Uuid,
        present: Zeroizing<String>,
        new: Zeroizing<String>,
        now: Timestamp,
    ) -> Result<SignedIn> {
        let account = self.account(id).await?;
        password::check_length(&present)?;
        // The new one first: a rule that it breaks must not cost a try.
        password::check(&account.name, &new)?;
        let proven = self.prove(&account.name, present, now).await?;
        let phc = self.inner.hasher.hash(new).await?;
        let done = self
            .begin(move |conn, digest| {
                let account = still_open(conn, &proven)?;
                conn.execute(
                    "UPDATE account SET password = ?2, password_by = 'owner' WHERE id = ?1",
                    params![proven.account, phc],
                )?;
                session::delete_all(conn, &proven.account)?;
                session::begin(conn, digest, &proven.account, now)?;
                Ok(account)
            })
            .await;
        self.forget_credentials();
        if done.is_ok() {
            self.until_told(id).await;
        }
        done
    }

    async fn begin(
        &self,
        work: impl FnOnce(&Connection, &Digest) -> Result<Account> + Send + 'static,
    ) -> Result<SignedIn> {
        let secret = Secret::session()?;
        let digest = secret.digest();
        let account = self.with_store(move |store| store.write(|tx| work(tx, &digest))).await?;
        self.inner.wake.notify_one();
        Ok(SignedIn { secret, principal: account.principal() })
    }

    /// Looks at a password in the turn of its name. What is found is counted even when the asker has hung up.
    async fn prove(&self, name: &str, password: Zeroizing<String>, now: Timestamp) -> Result<Proven> {
        let (this, name) = (self.clone(), name.to_owned());
        let work = tokio::spawn(async move { this.prove_in_turn(name, password, now).await });
        work.await.map_err(|_| IdentityError::Stopped)?
    }

    async fn prove_in_turn(
        &self,
        name: String,
        password: Zeroizing<String>,
        now: Timestamp,
    ) -> Result<Proven> {
        let _turn = self.inner.turns.take(attempts::digest(&name)).await?;
        let looked = name.clone();
        let tried =
            self.with_store(move |store| store.read(|conn| attempts::look(conn, &looked, now))).await?;
        let (id, phc) = tried.account.unzip();
        let verdict = self.inner.hasher.verify(password, phc.clone()).await?;
        let (Some(account), Some(phc), true) = (id, phc, verdict.right) else {
            self.with_store(move |store| store.write(|tx| attempts::failed(tx, &name, now))).await?;
            return Err(Rejection::new(&reasons::SIGN_IN_FAILED).into());
        };
        self.with_store(move |store| {
            store.write(|tx| {
                attempts::succeeded(tx, &account)?;
                let Some(renewed) = verdict.renewed else { return Ok(Proven { account, phc }) };
                let kept = tx.execute(
                    "UPDATE account SET password = ?3, password_by = 'renewal' WHERE id = ?1 AND password = ?2",
                    params![account, phc, renewed],
                )?;
                Ok(Proven { account, phc: if kept == 1 { renewed } else { phc } })
            })
        })
        .await
    }
}

/// Between the look at the password and here, the account may have been disabled or got another password.
fn still_open(conn: &Connection, proven: &Proven) -> Result<Account> {
    let same: bool = conn.query_row(
        "SELECT exists (SELECT 1 FROM account WHERE id = ?1 AND password = ?2 AND disabled_at IS NULL)",
        params![proven.account, proven.phc],
        |row| row.get(0),
    )?;
    if !same {
        return Err(Rejection::new(&reasons::SIGN_IN_FAILED).into());
    }
    account::by_id(conn, store::id(&proven.account)?)
}
