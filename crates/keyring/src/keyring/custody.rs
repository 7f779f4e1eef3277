//! Care of the keyring as a whole: rotation of the master key, and backups.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, PoisonError};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, Transaction, params};
use uuid::Uuid;

use super::Keyring;
use crate::master::{io_error, sync_parent};
use crate::store;
use crate::wrap::{UnwrapFault, Wrapper};
use crate::{KeyringError, MasterKey, Result};

/// Rows read at a time during a rotation.
const CHUNK: usize = 1_000;

impl Keyring {
    /// Wraps every key by `new_master` in one transaction. Sealed texts and blind indexes stay as they are. Other
    /// open handles can not load or make keys any more ([`KeyringError::MasterRotated`]) until they are opened anew.
    /// Older backups still need the old master key. Where the new one is kept is the caller's duty, before this call.
    ///
    /// The blind index is not rotated: it would have to be computed anew from every opened value.
    ///
    /// # Errors
    /// [`KeyringError::DamagedKey`] names a key that does not open; then nothing is changed.
    /// [`KeyringError::ScrubPending`] when the rotation is committed but old bytes could not leave the write-ahead
    /// file yet. Otherwise a fault.
    pub fn rewrap(&self, new_master: &MasterKey) -> Result<()> {
        let mut writer = self.writer();
        let old = self.wrapper();
        let new = Wrapper::new(new_master, old.generation.wrapping_add(1));
        let tx = store::write(&mut writer)?;
        store::require_current(&tx, &old)?;
        rewrap_rows(&tx, &old, &new)?;
        store::put_lock(&tx, &new, &self.index_secret)?;
        {
            // No reader of this handle may see new rows with the old wrapper.
            let _reader = self.reader();
            tx.commit()?;
            *self.wrapper.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        }
        store::scrub(&writer)
    }

    /// Writes a consistent copy to `to`, while the keyring is in use; mode 0600, never over an existing file,
    /// durable on return. It holds wrapped keys only: to use it the master key of this moment is needed.
    /// See the crate's notes on backups for what a restore has to do.
    ///
    /// # Errors
    /// [`KeyringError::Io`] when `to` exists or can not be written, or a fault; what was written is removed then.
    pub fn backup(&self, to: &Path) -> Result<()> {
        if !store::create_private(to)? {
            return Err(io_error(to, std::io::ErrorKind::AlreadyExists.into()));
        }
        let copied = self.copy_to(to);
        if copied.is_err() {
            // Ours, made above; half a backup must not look like one.
            let _ = std::fs::remove_file(to);
        }
        copied
    }

    fn copy_to(&self, to: &Path) -> Result<()> {
        // A connection of its own, so that readers do not wait for the copy.
        let source = store::reader(&self.path)?;
        let mut target = Connection::open(to)?;
        {
            let backup = Backup::new(&source, &mut target)?;
            // All pages in one step: one snapshot.
            let step = backup.step(-1)?;
            if step != StepResult::Done {
                let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
                return Err(rusqlite::Error::SqliteFailure(busy, None).into());
            }
        }
        // One file, without a write-ahead file beside it.
        target.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
        target.close().map_err(|(_, error)| error)?;
        File::open(to).and_then(|file| file.sync_all()).map_err(|source| io_error(to, source))?;
        sync_parent(to)
    }
}

fn rewrap_rows(tx: &Transaction<'_>, old: &Wrapper, new: &Wrapper) -> Result<()> {
    let mut select = tx.prepare(
        "SELECT id, subject, wrapped FROM subject_key AS k WHERE id > ?1
         AND NOT EXISTS (SELECT 1 FROM tombstone AS t WHERE t.subject = k.subject) ORDER BY id LIMIT ?2",
    )?;
    let mut update = tx.prepare("UPDATE subject_key SET wrapped = ?2 WHERE id = ?1")?;
    let mut last = i64::MIN;
    loop {
        let rows: Vec<(i64, [u8; 16], Vec<u8>)> = select
            .query_map(params![last, CHUNK as i64], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<_>>()?;
        for (id, subject, wrapped) in &rows {
            let key = old.unwrap(wrapped, subject).map_err(|fault| match fault {
                UnwrapFault::OtherGeneration => KeyringError::MasterRotated,
                UnwrapFault::Damaged => KeyringError::DamagedKey { subject: Uuid::from_bytes(*subject) },
            })?;
            update.execute(params![id, new.wrap(&key, subject)?])?;
            last = *id;
        }
        if rows.len() < CHUNK {
            return Ok(());
        }
    }
}
