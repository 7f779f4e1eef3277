//! What several nodes on one log tell each other of their accounts: each account as a whole, with its tokens and sessions,
//! as it stands after a change. Failed tries, and when something was last used, stay each node's own.
//!
//! The file notes by itself which accounts the others do not know yet. Where two nodes change one account at the same time
//! the later change of the account holds; of tokens and sessions what is there on either side, unless it ended on one.
//! Absent on purpose: how it gets from node to node (`crate::log`).

mod record;

use std::sync::atomic::Ordering;
use std::time::Duration;

use rusqlite::{OptionalExtension as _, Transaction, params};
use uuid::Uuid;

pub(crate) use record::Told;

use super::{Identity, Result, store};

/// Accounts told in one round.
const AT_ONCE: i64 = 100;
/// How long a change waits until the other nodes can know of it; then it goes on, and they learn it later.
const PATIENCE: Duration = Duration::from_secs(2);

/// An account to be told.
#[derive(Clone, Debug)]
pub(crate) struct Telling {
    pub(crate) told: Told,
    /// Gone when the account changes again.
    mark: i64,
    /// The newest record of its stream that is known here.
    pub(crate) after: Option<u64>,
}

/// The last record that was taken over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeardUpTo {
    pub(crate) position: u64,
    pub(crate) account: Uuid,
    /// What is known of that account: this record or a later one.
    pub(crate) revision: u64,
}

impl Identity {
    /// From here on changes are told to other nodes, and wait a little until they are.
    pub(crate) fn is_shared(&self) {
        self.inner.shares.store(true, Ordering::Release);
    }

    /// Returns when an account may have changed here; at once when one has since the last call.
    pub(crate) async fn changed_here(&self) {
        self.inner.wake.notified().await;
    }

    /// The accounts that the other nodes do not know as they are here, those waiting longest first.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn untold(&self) -> Result<Vec<Uuid>> {
        self.with_store(|store| {
            store.read(|conn| {
                let mut statement =
                    conn.prepare_cached("SELECT account FROM untold ORDER BY changed_at LIMIT ?1")?;
                let rows = statement.query_map([AT_ONCE], |row| row.get::<_, Vec<u8>>(0))?;
                rows.map(|row| store::id(&row?)).collect()
            })
        })
        .await
    }

    /// An account as it is to be told; nothing when the others know it.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn telling(&self, id: Uuid) -> Result<Option<Telling>> {
        self.with_store(move |store| {
            // In one transaction: the mark is of what is read.
            store.write(|tx| {
                let Some((mark, changed_at)) = untold(tx, id)? else { return Ok(None) };
                let after = heard(tx, id)?;
                let told = record::read(tx, id, changed_at, after)?;
                Ok(told.map(|told| Telling { told, mark, after }))
            })
        })
        .await
    }

    /// The log has it.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn was_told(&self, id: Uuid, telling: &Telling, revision: u64) -> Result<()> {
        let mark = telling.mark;
        self.with_store(move |store| {
            store.write(|tx| {
                note_heard(tx, id, revision)?;
                tx.execute(
                    "DELETE FROM untold WHERE account = ?1 AND mark = ?2",
                    params![id.as_bytes(), mark],
                )?;
                Ok(())
            })
        })
        .await?;
        self.inner.told.send_modify(|rounds| *rounds += 1);
        Ok(())
    }

    /// Takes over what a record of the log says, unless a later one is known; what has changed here meanwhile is kept.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn hear(&self, id: Uuid, told: Told, revision: u64) -> Result<()> {
        let changed = self
            .with_store(move |store| {
                store.write(|tx| {
                    if heard(tx, id)?.is_some_and(|known| known >= revision) {
                        return Ok(false);
                    }
                    note_heard(tx, id, revision)?;
                    let changed_at = untold(tx, id)?.map(|(_, changed_at)| changed_at);
                    let here = record::read(tx, id, changed_at.unwrap_or_default(), None)?;
                    let (told, own) = match (&here, changed_at) {
                        (Some(here), Some(_)) => (told.merged(here), true),
                        _ => (told, false),
                    };
                    if here.as_ref().is_some_and(|here| here.is_same(&told)) {
                        return Ok(false);
                    }
                    record::write(tx, id, &told)?;
                    if !own {
                        tx.execute("DELETE FROM untold WHERE account = ?1", [id.as_bytes()])?;
                    }
                    Ok(true)
                })
            })
            .await?;
        if changed {
            self.forget_credentials();
        }
        Ok(())
    }

    /// A record of an account that says nothing to this node: it is passed over.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn heard_unreadable(&self, id: Uuid, revision: u64) -> Result<()> {
        self.with_store(move |store| store.write(|tx| note_heard(tx, id, revision))).await
    }

    /// The stream of an account ends with this revision, or is not there: what was heard beyond that is gone.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn heard_too_much(&self, id: Uuid, last: Option<u64>) -> Result<()> {
        self.with_store(move |store| {
            store.write(|tx| {
                tx.execute("DELETE FROM heard WHERE account = ?1", [id.as_bytes()])?;
                last.map_or(Ok(()), |last| note_heard(tx, id, last))
            })
        })
        .await
    }

    /// Where in the log to go on: everything up to there has been taken over.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn heard_up_to(&self) -> Result<Option<HeardUpTo>> {
        self.with_store(|store| {
            store.write(|tx| {
                let row: Option<(i64, Vec<u8>)> = tx
                    .query_row("SELECT position, account FROM heard_up_to", [], |row| {
                        Ok((row.get(0)?, row.get(1)?))
                    })
                    .optional()?;
                let Some((position, account)) = row else { return Ok(None) };
                let account = store::id(&account)?;
                let (position, revision) = (position.try_into().ok(), heard(tx, account)?);
                Ok(position.zip(revision).map(|(position, revision)| HeardUpTo {
                    position,
                    account,
                    revision,
                }))
            })
        })
        .await
    }

    /// # Errors
    /// The store fails.
    pub(crate) async fn note_heard_up_to(&self, position: u64, account: Uuid) -> Result<()> {
        let position = i64::try_from(position).unwrap_or(i64::MAX);
        self.with_store(move |store| {
            store.write(|tx| {
                tx.execute(
                    "INSERT OR REPLACE INTO heard_up_to (one, position, account) VALUES (1, ?1, ?2)",
                    params![position, account.as_bytes()],
                )?;
                Ok(())
            })
        })
        .await
    }

    /// Waits until the other nodes can know of a change, but not for ever: here it holds already. Nothing where there is
    /// but one.
    pub(super) async fn until_told(&self, id: Uuid) {
        self.inner.wake.notify_one();
        if !self.inner.shares.load(Ordering::Acquire) {
            return;
        }
        let mut told = self.inner.told.subscribe();
        let all_told = async {
            while self.telling(id).await.is_ok_and(|telling| telling.is_some()) {
                if told.changed().await.is_err() {
                    return;
                }
            }
        };
        if tokio::time::timeout(PATIENCE, all_told).await.is_err() {
            tracing::warn!("a change of an account is not known to the other nodes yet");
        }
    }
}

/// Mark and time of the last change that has not been told.
fn untold(tx: &Transaction<'_>, id: Uuid) -> Result<Option<(i64, i64)>> {
    let row = tx
        .prepare_cached("SELECT mark, changed_at FROM untold WHERE account = ?1")?
        .query_row([id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(row)
}

fn heard(tx: &Transaction<'_>, id: Uuid) -> Result<Option<u64>> {
    let revision: Option<i64> = tx
        .prepare_cached("SELECT revision FROM heard WHERE account = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(revision.and_then(|revision| revision.try_into().ok()))
}

fn note_heard(tx: &Transaction<'_>, id: Uuid, revision: u64) -> Result<()> {
    let revision = i64::try_from(revision).unwrap_or(i64::MAX);
    tx.execute(
        "INSERT INTO heard (account, revision) VALUES (?1, ?2)
         ON CONFLICT (account) DO UPDATE SET revision = max(revision, excluded.revision)",
        params![id.as_bytes(), revision],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests;
