//! Exact look-ups: which subjects had this value, without keeping the value. A digest says "had", not "has": a value
//! that was corrected stays behind until its subject is erased. So whoever looks up opens what was found and compares.

use rusqlite::{Transaction, params};
use uuid::Uuid;

use super::Keyring;
use crate::Result;
use crate::store;

/// A subject that is to be found by a digest of [`Keyring::blind_index`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lookup {
    /// Keeps the look-ups of different fields apart.
    pub purpose: &'static str,
    pub digest: [u8; 16],
    pub subject: Uuid,
}

impl Keyring {
    /// The subjects that had the value of a digest, at most `limit`, in no order.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn found_by(&self, purpose: &str, digest: [u8; 16], limit: u32) -> Result<Vec<Uuid>> {
        let reader = self.reader();
        let mut query = reader
            .connection()
            .prepare_cached("SELECT subject FROM lookup WHERE purpose = ?1 AND digest = ?2 LIMIT ?3")?;
        let rows =
            query.query_map(params![purpose, digest, limit], |row| row.get(0).map(Uuid::from_bytes))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Whether the look-ups of a purpose were also made for what had been sealed before this keyring kept any.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn lookups_complete(&self, purpose: &str) -> Result<bool> {
        let reader = self.reader();
        let mut query =
            reader.connection().prepare_cached("SELECT 1 FROM lookup_complete WHERE purpose = ?1")?;
        Ok(query.exists([purpose])?)
    }

    /// States that they were.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn complete_lookups(&self, purpose: &str) -> Result<()> {
        let mut writer = self.writer();
        let tx = store::write(&mut writer)?;
        tx.execute("INSERT OR IGNORE INTO lookup_complete (purpose) VALUES (?1)", [purpose])?;
        tx.commit()?;
        Ok(())
    }
}

/// An erased subject is not found any more, also when the erasure came between the call and this transaction.
pub(super) fn insert(tx: &Transaction<'_>, lookups: &[Lookup]) -> Result<()> {
    if lookups.is_empty() {
        return Ok(());
    }
    let mut insert = tx.prepare_cached(
        "INSERT INTO lookup (purpose, digest, subject) SELECT ?1, ?2, ?3
         WHERE NOT EXISTS (SELECT 1 FROM tombstone WHERE subject = ?3)
         ON CONFLICT DO NOTHING",
    )?;
    for lookup in lookups {
        insert.execute(params![lookup.purpose, lookup.digest, lookup.subject.as_bytes()])?;
    }
    Ok(())
}
