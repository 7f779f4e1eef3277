//! One keyring in many places: its charter, by which places know that they belong together, and the wrapped keys that
//! go from one to another. A wrapped key is bound to its subject and to the master key, so that it can be handed on as
//! it is.

use std::path::Path;

use rusqlite::{OptionalExtension as _, Transaction, params};
use uuid::Uuid;

use super::{Keyring, Lookup, lookup};
use crate::store;
use crate::wrap::{DataKey, UnwrapFault, Wrapper};
use crate::{KeyringError, MasterKey, Result};

/// What all places of one keyring have in common. Nothing in it opens anything without the master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charter {
    /// How often the master key has been set.
    pub generation: u32,
    /// Tells whether a master key is the right one.
    pub key_check: Vec<u8>,
    /// The secret of the blind index, wrapped by the master key.
    pub index_secret: Vec<u8>,
}

/// A key of a subject as it is handed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    pub subject: Uuid,
    pub wrapped: Vec<u8>,
}

impl Keyring {
    /// Opens the keyring at `path`, or makes one, as a place of the keyring that the charter tells of.
    ///
    /// # Errors
    /// [`KeyringError::WrongMasterKey`] when the charter is of another master key, [`KeyringError::OtherKeyring`] when
    /// the file belongs to another keyring; nothing is made then. Otherwise as [`Keyring::open`].
    pub fn open_chartered(path: &Path, master: MasterKey, charter: &Charter) -> Result<Self> {
        let secret = store::charter_secret(&master, charter)?;
        store::create_private(path)?;
        store::found(&mut store::writer(path)?, &master, charter.generation, &secret)?;
        let keyring = Self::open(path, master)?;
        let here = keyring.charter()?;
        if here.generation != charter.generation || *keyring.index_secret != *secret {
            return Err(KeyringError::OtherKeyring { path: path.to_owned() });
        }
        Ok(keyring)
    }

    /// The charter of this keyring.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn charter(&self) -> Result<Charter> {
        let reader = self.reader();
        let query = "SELECT generation, key_check, index_secret FROM keyring";
        Ok(reader.connection().query_row(query, [], |row| {
            Ok(Charter { generation: row.get(0)?, key_check: row.get(1)?, index_secret: row.get(2)? })
        })?)
    }

    /// A new key for a subject, wrapped, that is not kept here yet: whoever hands it out first [`Keyring::adopt`]s it.
    ///
    /// # Errors
    /// No random bytes.
    pub fn new_wrapped(&self, subject: Uuid) -> Result<WrappedKey> {
        let key = DataKey::generate()?;
        Ok(WrappedKey { subject, wrapped: self.wrapper().wrap(&key, subject.as_bytes())? })
    }

    /// Those of the subjects that have no key here.
    ///
    /// # Errors
    /// [`KeyringError::Erased`] when one of them has been erased.
    pub fn missing(&self, subjects: &[Uuid]) -> Result<Vec<Uuid>> {
        self.reader().missing(subjects)
    }

    /// Takes over keys and look-ups that another place has made, durably and together. What is there already stays, and an
    /// erased subject gets nothing.
    ///
    /// # Errors
    /// [`KeyringError::DamagedKey`] when a key does not open with this master key, or is another one than is here.
    pub fn adopt(&self, keys: &[WrappedKey], lookups: &[Lookup]) -> Result<()> {
        let wrapper = self.wrapper();
        let mut writer = self.writer();
        let tx = store::write(&mut writer)?;
        store::require_current(&tx, &wrapper)?;
        for key in keys {
            adopt(&tx, &wrapper, key)?;
        }
        lookup::insert(&tx, lookups)?;
        tx.commit()?;
        Ok(())
    }

    /// The keys after `after` in the order in which they came here, with their place in it; at most `limit`. Erased
    /// subjects have none.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn wrapped_keys(&self, after: i64, limit: u32) -> Result<Vec<(i64, WrappedKey)>> {
        let reader = self.reader();
        let mut query = reader.connection().prepare_cached(
            "SELECT id, subject, wrapped FROM subject_key AS k WHERE id > ?1
             AND NOT EXISTS (SELECT 1 FROM tombstone AS t WHERE t.subject = k.subject) ORDER BY id LIMIT ?2",
        )?;
        let rows = query.query_map(params![after, limit], |row| {
            let key = WrappedKey { subject: Uuid::from_bytes(row.get(1)?), wrapped: row.get(2)? };
            Ok((row.get(0)?, key))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The look-ups of a subject: purpose and digest.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn lookups_of(&self, subject: Uuid) -> Result<Vec<(String, [u8; 16])>> {
        let reader = self.reader();
        let mut query = reader.connection().prepare_cached(
            "SELECT purpose, digest FROM lookup WHERE subject = ?1 ORDER BY purpose, digest",
        )?;
        let rows = query.query_map([subject.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

fn adopt(tx: &Transaction<'_>, wrapper: &Wrapper, key: &WrappedKey) -> Result<()> {
    let WrappedKey { subject, wrapped } = key;
    let open = |bytes: &[u8]| open(wrapper, bytes, *subject);
    let buried =
        tx.prepare_cached("SELECT 1 FROM tombstone WHERE subject = ?1")?.exists([subject.as_bytes()])?;
    let known: Option<Vec<u8>> = tx
        .prepare_cached("SELECT wrapped FROM subject_key WHERE subject = ?1")?
        .query_row([subject.as_bytes()], |row| row.get(0))
        .optional()?;
    match known {
        _ if buried => {}
        Some(known) if *open(&known)? == *open(wrapped)? => {}
        Some(_) => return Err(KeyringError::DamagedKey { subject: *subject }),
        None => {
            open(wrapped)?;
            tx.prepare_cached("INSERT INTO subject_key (subject, wrapped) VALUES (?1, ?2)")?
                .execute(params![subject.as_bytes(), wrapped])?;
        }
    }
    Ok(())
}

fn open(wrapper: &Wrapper, wrapped: &[u8], subject: Uuid) -> Result<zeroize::Zeroizing<[u8; 32]>> {
    wrapper.unwrap(wrapped, subject.as_bytes()).map_err(|fault| match fault {
        UnwrapFault::OtherGeneration => KeyringError::MasterRotated,
        UnwrapFault::Damaged => KeyringError::DamagedKey { subject },
    })
}
