//! What several nodes on one log tell each other of their accounts: each account as a whole, with its tokens and sessions,
//! as it stands after a change. Failed tries, and when something was last used, stay each node's own.
//!
//! The file notes by itself which accounts the others do not know yet. A record that comes is joined with what is here
//! ([`state`]), part by part, and what is here is told again when the record lacks something of it. So nothing depends on
//! which record comes when, and a log that was restored from a backup is told what it has lost.
//! Absent on purpose: how it gets from node to node (`crate::log`).

mod before;
mod file;
mod heard;
mod record;
mod state;

use std::sync::atomic::Ordering;
use std::time::Duration;

use rusqlite::{Transaction, params};
use uuid::Uuid;

pub(super) use before::tag_of;
pub(crate) use heard::Heard;
pub(crate) use record::Told;
pub(super) use state::{MOST_CLEARED, MOST_ENDED};

use super::{Identity, IdentityError, Result, store};

/// How long a change waits until the other nodes can know of it; then it goes on, and they learn it later.
const PATIENCE: Duration = Duration::from_secs(2);

/// An account to be told.
#[derive(Clone, Debug)]
pub(crate) struct Telling {
    pub(crate) told: Told,
    /// Gone when the account changes again.
    mark: i64,
    /// The newest record of its stream that is known here.
    pub(crate) after: Option<Heard>,
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

    /// The accounts that the other nodes do not know as they are here, those waiting longest first; behind them those that
    /// are only to be told in the present form. All of them: what can not be told, however many, keeps no other waiting.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn untold(&self) -> Result<Vec<Uuid>> {
        self.with_store(|store| {
            store.read(|conn| {
                let mut statement =
                    conn.prepare_cached("SELECT account FROM untold ORDER BY mark = 0, since")?;
                let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
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
                let Some(mark) = heard::untold(tx, id)? else { return Ok(None) };
                let Some(state) = file::read(tx, id)? else { return Ok(None) };
                let after = heard::last(tx, id)?;
                let told = Told::of(state, after.map(|after| after.revision));
                Ok(Some(Telling { told, mark, after }))
            })
        })
        .await
    }

    /// The log has it.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn was_told(&self, id: Uuid, telling: &Telling, heard: Heard) -> Result<()> {
        let mark = telling.mark;
        self.with_store(move |store| {
            store.write(|tx| {
                if heard::last(tx, id)?.is_some_and(|known| known.revision >= heard.revision) {
                    // It came back already, and was compared with what has changed here since.
                    return Ok(());
                }
                heard::note(tx, id, heard)?;
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

    /// Takes over what a record of the log says. What is known here and not in it will be told, unless the record is an old
    /// one that came again.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn hear(&self, id: Uuid, told: Told, heard: Heard) -> Result<()> {
        let done = self.with_store(move |store| store.write(|tx| hear(tx, id, told, heard))).await;
        // What was told by the other may have been waited for.
        self.inner.told.send_modify(|rounds| *rounds += 1);
        match done {
            Ok(true) => {
                self.forget_credentials();
                Ok(())
            }
            Ok(false) => Ok(()),
            // The file does not take it, now or later: no other account must wait for that.
            Err(IdentityError::Store(cause)) if is_refused(&cause) => {
                tracing::error!(account = %id, %cause, "an account of another node can not be taken over");
                self.heard_unreadable(id, heard).await
            }
            Err(cause) => Err(cause),
        }
    }

    /// A record of an account that says nothing to this node: it is passed over.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn heard_unreadable(&self, id: Uuid, heard: Heard) -> Result<()> {
        self.with_store(move |store| {
            store.write(|tx| {
                if heard::last(tx, id)?.is_none_or(|known| known.revision <= heard.revision) {
                    heard::note(tx, id, heard)?;
                }
                Ok(())
            })
        })
        .await
    }

    /// The log has not what was heard of an account: it was restored from a backup. What is known here is told anew.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn heard_is_gone(&self, id: Uuid) -> Result<()> {
        self.with_store(move |store| {
            store.write(|tx| {
                tx.execute("DELETE FROM heard WHERE account = ?1", [id.as_bytes()])?;
                // Positions of the log as it was say nothing about the one that there is now.
                tx.execute("DELETE FROM followed", [])?;
                heard::is_untold(tx, id, true)
            })
        })
        .await?;
        self.inner.wake.notify_one();
        Ok(())
    }

    /// The newest record of each account that is known here, the newest of all first.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn all_heard(&self) -> Result<Vec<(Uuid, Heard)>> {
        self.with_store(|store| store.read(heard::all)).await
    }

    /// Up to which position of the log everything has been taken over.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn followed_up_to(&self) -> Result<Option<u64>> {
        self.with_store(|store| store.read(heard::followed)).await
    }

    /// # Errors
    /// The store fails.
    pub(crate) async fn note_followed_up_to(&self, position: u64) -> Result<()> {
        self.with_store(move |store| store.write(|tx| heard::note_followed(tx, position))).await
    }

    /// How many accounts the other nodes do not know as they are here.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn count_untold(&self) -> Result<u64> {
        self.with_store(|store| store.read(heard::count_untold)).await
    }

    async fn is_untold(&self, id: Uuid) -> Result<bool> {
        self.with_store(move |store| store.read(|conn| Ok(heard::untold(conn, id)?.is_some()))).await
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
            while self.is_untold(id).await.unwrap_or_default() {
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

fn is_refused(cause: &rusqlite::Error) -> bool {
    cause.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation)
}

/// Whether something has changed here by it.
fn hear(tx: &Transaction<'_>, id: Uuid, told: Told, record: Heard) -> Result<bool> {
    let last = heard::last(tx, id)?;
    let same_place = last.filter(|last| last.revision == record.revision);
    let again = same_place.is_some_and(|last| last.event == record.event);
    let old = last.is_some_and(|last| last.revision > record.revision);
    if !old {
        heard::note(tx, id, record)?;
    }
    if again {
        return Ok(false);
    }
    let (here, mark) = (file::read(tx, id)?, heard::untold(tx, id)?);
    let follows = told.follows.filter(|_| mark.unwrap_or_default() == 0);
    let (told, in_full) = match told.state() {
        Ok(told) => (told, true),
        Err(_) if old => return Ok(false),
        // Already joined, by the version before; only the form is to be told.
        Err(_) if same_place.is_some_and(|last| last.event.is_none()) => {
            heard::is_untold(tx, id, false)?;
            return Ok(false);
        }
        Err(first) => {
            let knew = follows.is_some() && follows == last.map(|last| last.revision);
            (before::state(*first, here.as_ref(), knew), false)
        }
    };
    let mut joined = match here.clone() {
        Some(here) => here.joined(told.clone()),
        None => told.clone(),
    };
    let changed = here.as_ref() != Some(&joined);
    if changed {
        joined = file::write(tx, id, joined)?;
    }
    let known = joined.is_all_in(&told);
    match (old, known) {
        (true, _) => {}
        (false, true) if in_full => heard::is_told(tx, id)?,
        (false, _) => heard::is_untold(tx, id, !known)?,
    }
    Ok(changed)
}

#[cfg(test)]
mod tests;
