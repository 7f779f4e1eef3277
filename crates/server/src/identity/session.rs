//! Sessions: a random secret in a cookie, its digest in the store.

use domain::Rejection;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use super::secret::{Digest, Secret};
use super::{Account, Identity, Result, account, reasons, store};

/// Seconds without a request after which a session ends.
pub const IDLE: i64 = 12 * 60 * 60;
/// Seconds after which a session ends in any case.
pub const ABSOLUTE: i64 = 7 * 24 * 60 * 60;
/// Sessions of one account; the oldest ends when there is one more.
const MOST: i64 = 10;
/// Signings-out everywhere of one account that are kept in all.
pub(super) const MOST_ENDINGS: i64 = 20;
/// Seconds between two notes of when a session was seen.
pub(super) const NOTED_EVERY: i64 = 60;

/// A session as its owner may see it. Where it was used from is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: Uuid,
    pub began_at: Timestamp,
    /// To the minute.
    pub seen_at: Timestamp,
    /// When it ends if it is not used again.
    pub ends_at: Timestamp,
}

impl Identity {
    /// The sessions of an account that have not ended, newest first.
    ///
    /// # Errors
    /// The store fails.
    pub async fn sessions(&self, account: Uuid, now: Timestamp) -> Result<Vec<Session>> {
        self.with_store(move |store| store.read(|conn| list(conn, account, now))).await
    }

    /// Ends one session at once, on the other nodes too where they can be told; whether there was one is not told.
    ///
    /// # Errors
    /// The store fails.
    pub async fn sign_out(&self, session: &Secret) -> Result<()> {
        let digest = session.digest();
        let done = self
            .with_store(move |store| {
                store.write(|tx| {
                    let of: Option<Vec<u8>> = tx
                        .query_row(
                            "DELETE FROM session WHERE digest = ?1 RETURNING account",
                            [&digest],
                            |row| row.get(0),
                        )
                        .optional()?;
                    of.as_deref().map(store::id).transpose()
                })
            })
            .await;
        self.forget_credentials();
        if let Some(of) = done? {
            self.until_told(of).await;
        }
        Ok(())
    }

    /// Ends one session of an account at once.
    ///
    /// # Errors
    /// The account has no such session.
    pub async fn end_session(&self, account: Uuid, id: Uuid) -> Result<()> {
        let done = self
            .with_store(move |store| {
                store.write(|tx| {
                    Ok(tx.execute(
                        "DELETE FROM session WHERE account = ?1 AND id = ?2",
                        params![account.as_bytes(), id.as_bytes()],
                    )?)
                })
            })
            .await;
        self.forget_credentials();
        match done? {
            0 => Err(Rejection::new(&reasons::SESSION_UNKNOWN).into()),
            _ => {
                self.until_told(account).await;
                Ok(())
            }
        }
    }

    /// Ends every session of an account, those too that began on another node and are not known here.
    ///
    /// # Errors
    /// The store fails.
    pub async fn sign_out_everywhere(&self, account: Uuid, now: Timestamp) -> Result<()> {
        let done = self.with_store(move |store| store.write(|tx| end_all(tx, account.as_bytes(), now))).await;
        self.forget_credentials();
        done?;
        self.until_told(account).await;
        Ok(())
    }
}

fn list(conn: &Connection, account: Uuid, now: Timestamp) -> Result<Vec<Session>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, created_at, seen_at FROM session WHERE account = ?1 ORDER BY created_at DESC, id",
    )?;
    let rows = statement.query_map([account.as_bytes()], |row| {
        Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
    })?;
    let mut sessions = Vec::new();
    for row in rows {
        let (id, created_at, seen_at) = row?;
        let ends_at = end(created_at, seen_at);
        if now < ends_at {
            let (began_at, seen_at) = (store::time(created_at), store::time(seen_at));
            sessions.push(Session { id: store::id(&id)?, began_at, seen_at, ends_at });
        }
    }
    Ok(sessions)
}

/// Ends those that are known here. Others end by the password that they began with.
pub(super) fn delete_all(conn: &Connection, account: &[u8]) -> Result<()> {
    conn.execute("DELETE FROM session WHERE account = ?1", [account])?;
    Ok(())
}

/// Ends all, also those that began elsewhere without knowing of it.
pub(super) fn end_all(conn: &Connection, account: &[u8], now: Timestamp) -> Result<()> {
    delete_all(conn, account)?;
    conn.execute(
        // Behind those of a clock that is ahead, which would push it out at once.
        "INSERT INTO ending (account, tag, at)
         SELECT ?1, lower(hex(randomblob(8))), max(?2, coalesce(max(at) + 1, 0)) FROM ending WHERE account = ?1",
        params![account, now.as_microsecond()],
    )?;
    // No session knows of the oldest and not of those after it.
    conn.execute(
        "DELETE FROM ending WHERE account = ?1 AND tag NOT IN (
             SELECT tag FROM ending WHERE account = ?1 ORDER BY at DESC, tag DESC LIMIT ?2)",
        params![account, MOST_ENDINGS],
    )?;
    Ok(())
}

pub(super) fn begin(conn: &Connection, digest: &Digest, account: &[u8], now: Timestamp) -> Result<()> {
    let now = now.as_microsecond();
    // Not those that idle: another node may see them used. Nor those of others: a clock that is wrong would end them all.
    for table in ["session", "ended_session"] {
        conn.execute(
            &format!("DELETE FROM {table} WHERE account = ?1 AND created_at <= ?2"),
            params![account, now - ABSOLUTE * 1_000_000],
        )?;
    }
    conn.execute(
        "INSERT INTO session (digest, id, account, created_at, seen_at, under, knew)
         SELECT ?1, randomblob(16), ?2, ?3, ?3, iif(own_generation > 0, own_tag, set_tag),
             (SELECT json_group_array(tag) FROM ending WHERE account = ?2)
         FROM standing WHERE account = ?2",
        params![digest, account, now],
    )?;
    conn.execute(
        "DELETE FROM session WHERE digest IN (
             SELECT digest FROM session WHERE account = ?1 ORDER BY created_at DESC, digest LIMIT -1 OFFSET ?2)",
        params![account, MOST],
    )?;
    Ok(())
}

fn end(created_at: i64, seen_at: i64) -> Timestamp {
    store::time((created_at + ABSOLUTE * 1_000_000).min(seen_at + IDLE * 1_000_000))
}

/// A live session as the store has it.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) id: Uuid,
    pub(super) account: Account,
    pub(super) ends_at: Timestamp,
    pub(super) note: bool,
}

/// The live session of this digest.
pub(super) fn find(conn: &Connection, digest: &Digest, now: Timestamp) -> Result<Option<Live>> {
    let row = conn
        .prepare_cached("SELECT id, account, created_at, seen_at FROM session WHERE digest = ?1")?
        .query_row([digest], |row| {
            let ids = (row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?);
            Ok((ids, row.get::<_, i64>(2)?, row.get::<_, i64>(3)?))
        })
        .optional()?;
    let Some(((id, account), created_at, seen_at)) = row else { return Ok(None) };
    let ends_at = end(created_at, seen_at);
    let account = account::by_id(conn, store::id(&account)?)?;
    if now >= ends_at || account.disabled_at.is_some() {
        return Ok(None);
    }
    let note = now.as_microsecond() - seen_at >= NOTED_EVERY * 1_000_000;
    Ok(Some(Live { id: store::id(&id)?, account, ends_at, note }))
}

pub(super) fn note_seen(conn: &Connection, digest: &Digest, now: Timestamp) -> Result<()> {
    conn.execute(
        "UPDATE session SET seen_at = max(seen_at, ?2) WHERE digest = ?1",
        params![digest, now.as_microsecond()],
    )?;
    Ok(())
}
