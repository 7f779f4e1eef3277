//! The reading side: the cache of opened keys, kept true to the tombstones in the file.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::Stats;
use crate::cache::KeyCache;
use crate::store;
use crate::wrap::{DataKey, UnwrapFault, Wrapper};
use crate::{KeyringError, Result};

/// Opened keys in memory, about 2 MiB.
const CACHED_KEYS: usize = 16_384;

/// What the keyring has for a subject.
pub(super) enum Found {
    Key(Arc<DataKey>),
    Erased,
    Missing,
}

pub(super) struct Reader {
    conn: Connection,
    cache: KeyCache,
    /// Changes whenever another connection commits; `None` before the first look.
    data_version: Option<i64>,
    /// The last tombstone that the cache knows.
    tombstone_seq: i64,
}

impl Reader {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let conn = store::reader(path)?;
        Ok(Self { conn, cache: KeyCache::new(CACHED_KEYS), data_version: None, tombstone_seq: 0 })
    }

    /// Drops the keys of subjects that were erased since the last call, by whichever handle.
    pub(super) fn sync(&mut self) -> Result<()> {
        let version: i64 =
            self.conn.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if self.data_version == Some(version) {
            return Ok(());
        }
        let mut query =
            self.conn.prepare_cached("SELECT seq, subject FROM tombstone WHERE seq > ?1 ORDER BY seq")?;
        let mut rows = query.query([self.tombstone_seq])?;
        while let Some(row) = rows.next()? {
            self.cache.remove(Uuid::from_bytes(row.get(1)?));
            self.tombstone_seq = row.get(0)?;
        }
        self.data_version = Some(version);
        Ok(())
    }

    pub(super) fn find(&mut self, subject: Uuid, wrapper: &Wrapper) -> Result<Found> {
        self.sync()?;
        if let Some(key) = self.cache.get(subject) {
            return Ok(Found::Key(key));
        }
        if self.is_erased(subject)? {
            return Ok(Found::Erased);
        }
        let wrapped: Option<Vec<u8>> = self
            .conn
            .prepare_cached("SELECT wrapped FROM subject_key WHERE subject = ?1")?
            .query_row([subject.as_bytes()], |row| row.get(0))
            .optional()?;
        let Some(wrapped) = wrapped else { return Ok(Found::Missing) };
        let key = match wrapper.unwrap(&wrapped, subject.as_bytes()) {
            Ok(key) => Arc::new(DataKey::new(key)),
            // Erased between the two statements: the tombstone is there now.
            Err(_) if self.is_erased(subject)? => return Ok(Found::Erased),
            Err(UnwrapFault::OtherGeneration) => return Err(KeyringError::MasterRotated),
            Err(UnwrapFault::Damaged) => return Err(KeyringError::DamagedKey { subject }),
        };
        self.cache.insert(subject, Arc::clone(&key));
        Ok(Found::Key(key))
    }

    /// Those of `subjects` that have no key yet.
    pub(super) fn missing(&mut self, subjects: &[Uuid]) -> Result<Vec<Uuid>> {
        self.sync()?;
        let mut missing = Vec::new();
        for &subject in subjects {
            if self.cache.contains(subject) {
                continue;
            }
            if self.is_erased(subject)? {
                return Err(KeyringError::Erased { subject });
            }
            let known = self
                .conn
                .prepare_cached("SELECT 1 FROM subject_key WHERE subject = ?1")?
                .exists([subject.as_bytes()])?;
            if !known {
                missing.push(subject);
            }
        }
        Ok(missing)
    }

    fn is_erased(&self, subject: Uuid) -> Result<bool> {
        let mut query = self.conn.prepare_cached("SELECT 1 FROM tombstone WHERE subject = ?1")?;
        Ok(query.exists([subject.as_bytes()])?)
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.conn
    }

    pub(super) fn stats(&self) -> Result<Stats> {
        let stats = self.conn.query_row(
            "SELECT (SELECT count(*) FROM subject_key AS k
                     WHERE NOT EXISTS (SELECT 1 FROM tombstone AS t WHERE t.subject = k.subject)),
                    (SELECT count(*) FROM tombstone),
                    (SELECT count(*) FROM retention),
                    (SELECT generation FROM keyring)",
            [],
            |row| {
                let count = |column| row.get(column).map(i64::unsigned_abs);
                Ok(Stats {
                    keys: count(0)?,
                    erased: count(1)?,
                    retentions: count(2)?,
                    master_generation: row.get(3)?,
                    cached_keys: self.cache.len(),
                })
            },
        )?;
        Ok(stats)
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("cached_keys", &self.cache.len()).finish_non_exhaustive()
    }
}
