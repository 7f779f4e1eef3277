//! The keyring itself: finding, making and using the key of a subject.
//!
//! Two connections, each behind its lock, always taken in the order writer, then reader. The cache of opened keys
//! sits behind the reader's lock and is checked against the tombstones of the file before every use, so that an
//! erasure by any handle of any process ends all reading.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use rusqlite::{Connection, params};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::sealed::{self, Sealed};
use crate::store;
use crate::wrap::{DataKey, Wrapper, hmac};
use crate::{KeyringError, MasterKey, Result};

pub(crate) mod custody;
pub(crate) mod erase;
pub(crate) mod lookup;
mod reader;
pub(crate) mod shared;

use lookup::Lookup;
use reader::{Found, Reader};

/// Data keys of subjects, wrapped by a master key, in one SQLite file. Blocking and thread-safe.
pub struct Keyring {
    path: PathBuf,
    wrapper: RwLock<Arc<Wrapper>>,
    index_secret: Zeroizing<[u8; 32]>,
    writer: Mutex<Connection>,
    reader: Mutex<Reader>,
    pending: Mutex<Pending>,
    asked: Asked,
}

#[derive(Debug, Default)]
struct Asked {
    sealed: AtomicU64,
    opened: AtomicU64,
    erased: AtomicU64,
    erasures: AtomicU64,
}

/// What a keyring was asked for since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Texts sealed.
    pub sealed: u64,
    /// Texts opened.
    pub opened: u64,
    /// Texts that could not be opened because their subject is erased.
    pub erased: u64,
    /// Keys destroyed.
    pub erasures: u64,
}

/// What a sealed text turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// The plain text; wiped from memory on drop.
    Plain(Zeroizing<String>),
    /// The key has been destroyed: nobody can read the text any more.
    Erased,
}

/// Figures for operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Subjects with a key.
    pub keys: u64,
    /// Subjects whose key has been destroyed.
    pub erased: u64,
    /// Retention duties on record, also lapsed ones.
    pub retentions: u64,
    /// How often the master key has been set, 1 for a keyring that was never rotated.
    pub master_generation: u32,
    /// Opened keys held in memory.
    pub cached_keys: usize,
}

/// Subjects and their look-ups that wait for the next commit, and the callers' common word on it.
#[derive(Default)]
struct Pending {
    subjects: BTreeSet<Uuid>,
    lookups: Vec<Lookup>,
    durable: Arc<AtomicBool>,
}

impl Keyring {
    /// Opens the keyring at `path`, or makes one with mode 0600. Takes a moment of the write lock.
    ///
    /// # Errors
    /// [`KeyringError::WrongMasterKey`], [`KeyringError::NotAKeyring`], [`KeyringError::TooNew`], or a fault.
    pub fn open(path: &Path, master: MasterKey) -> Result<Self> {
        store::create_private(path)?;
        let mut writer = store::writer(path)?;
        let unlocked = store::unlock(&mut writer, &master)?;
        // After a crash in the middle of an erasure the old bytes may still wait in the write-ahead file. A busy
        // neighbour is no reason not to start; its own checkpoints get there.
        match store::scrub(&writer) {
            Ok(()) | Err(KeyringError::ScrubPending) => {}
            Err(error) => return Err(error),
        }
        Ok(Self {
            path: path.to_owned(),
            wrapper: RwLock::new(Arc::new(unlocked.wrapper)),
            index_secret: unlocked.index_secret,
            writer: Mutex::new(writer),
            reader: Mutex::new(Reader::open(path)?),
            pending: Mutex::default(),
            asked: Asked::default(),
        })
    }

    /// Makes the missing keys of `subjects` durable in one transaction; callers that wait for the disk at the same
    /// time share the next one. To be called before events that need the keys are appended.
    ///
    /// # Errors
    /// [`KeyringError::Erased`] when one of the subjects has been erased (then no key is made), or a fault.
    pub fn ensure(&self, subjects: &[Uuid]) -> Result<()> {
        self.ensure_found(subjects, &[])
    }

    /// The same, and makes subjects durable as found by the digests of `lookups` in the same transaction. A look-up
    /// that is there already, or whose subject has been erased, changes nothing.
    ///
    /// # Errors
    /// As [`Keyring::ensure`].
    pub fn ensure_found(&self, subjects: &[Uuid], lookups: &[Lookup]) -> Result<()> {
        let missing = self.reader().missing(subjects)?;
        if missing.is_empty() && lookups.is_empty() {
            return Ok(());
        }
        let durable = {
            let mut pending = lock(&self.pending);
            pending.subjects.extend(&missing);
            pending.lookups.extend_from_slice(lookups);
            Arc::clone(&pending.durable)
        };
        let mut writer = self.writer();
        if durable.load(Ordering::Acquire) {
            return Ok(());
        }
        // First of its group, or its group's commit failed: then this caller tries for itself and reports.
        let mut group = std::mem::take(&mut *lock(&self.pending));
        group.subjects.extend(missing);
        group.lookups.extend_from_slice(lookups);
        self.create_keys(&mut writer, &group)?;
        group.durable.store(true, Ordering::Release);
        Ok(())
    }

    fn create_keys(&self, writer: &mut Connection, group: &Pending) -> Result<()> {
        let wrapper = self.wrapper();
        let tx = store::write(writer)?;
        store::require_current(&tx, &wrapper)?;
        {
            // Erased meanwhile: the row is there, zeroed, and stays. A tombstone may also stand without a row.
            let mut insert = tx.prepare_cached(
                "INSERT INTO subject_key (subject, wrapped) SELECT ?1, ?2
                 WHERE NOT EXISTS (SELECT 1 FROM tombstone WHERE subject = ?1)
                 ON CONFLICT (subject) DO NOTHING",
            )?;
            for subject in &group.subjects {
                let key = DataKey::generate()?;
                insert.execute(params![subject.as_bytes(), wrapper.wrap(&key, subject.as_bytes())?])?;
            }
            lookup::insert(&tx, &group.lookups)?;
        }
        tx.commit()?;
        Ok(())
    }

    /// What the keyring was asked for since it was opened.
    pub fn usage(&self) -> Usage {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Asked { sealed, opened, erased, erasures } = &self.asked;
        Usage { sealed: read(sealed), opened: read(opened), erased: read(erased), erasures: read(erasures) }
    }

    /// Seals a personal text for its subject; makes the subject's key durable first when there is none. Sealing the
    /// same text twice gives two different results.
    ///
    /// # Errors
    /// [`KeyringError::Erased`] when the subject has been erased, or a fault.
    pub fn seal(&self, subject: Uuid, plain: &str) -> Result<String> {
        let key = match self.find(subject)? {
            Found::Key(key) => key,
            Found::Erased => return Err(KeyringError::Erased { subject }),
            Found::Missing => {
                self.ensure(&[subject])?;
                match self.find(subject)? {
                    Found::Key(key) => key,
                    Found::Erased => return Err(KeyringError::Erased { subject }),
                    Found::Missing => return Err(KeyringError::UnknownSubject { subject }),
                }
            }
        };
        self.asked.sealed.fetch_add(1, Ordering::Relaxed);
        sealed::seal(&key, subject, plain)
    }

    /// Opens a text that [`Keyring::seal`] made for the same subject.
    ///
    /// # Errors
    /// [`KeyringError::Malformed`], [`KeyringError::Tampered`], [`KeyringError::OtherKey`],
    /// [`KeyringError::UnknownSubject`], or a fault. An erased subject is not an error but [`Opened::Erased`].
    pub fn open_sealed(&self, subject: Uuid, sealed: &str) -> Result<Opened> {
        let sealed = Sealed::parse(sealed)?;
        match self.find(subject)? {
            Found::Key(key) => {
                self.asked.opened.fetch_add(1, Ordering::Relaxed);
                sealed.open(&key, subject).map(Opened::Plain)
            }
            Found::Erased => {
                self.asked.erased.fetch_add(1, Ordering::Relaxed);
                Ok(Opened::Erased)
            }
            Found::Missing => Err(KeyringError::UnknownSubject { subject }),
        }
    }

    /// A keyed digest for exact look-ups of a value (a phone number) that is stored sealed only. `purpose` keeps the
    /// indexes of different fields apart; `normalised` is the value in the one spelling that is looked up. The same
    /// for all handles of a keyring and across rotations of the master key.
    ///
    /// Who has the master key can test a guessed value against it. So it must go with its subject, and belongs into no
    /// log: [`Keyring::ensure_found`] keeps it here.
    #[must_use]
    pub fn blind_index(&self, purpose: &str, normalised: &str) -> [u8; 16] {
        let length = (purpose.len() as u64).to_le_bytes();
        let digest = hmac(&self.index_secret, &[&length, purpose.as_bytes(), normalised.as_bytes()]);
        let mut index = [0; 16];
        index.copy_from_slice(&digest[..16]);
        index
    }

    /// Counts keys, erasures and retention duties; reads the whole key table.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn stats(&self) -> Result<Stats> {
        self.reader().stats()
    }

    fn find(&self, subject: Uuid) -> Result<Found> {
        // The reader's lock first: a rotation swaps the wrapper while it holds that lock.
        let mut reader = self.reader();
        let wrapper = self.wrapper();
        reader.find(subject, &wrapper)
    }

    fn wrapper(&self) -> Arc<Wrapper> {
        Arc::clone(&self.wrapper.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        lock(&self.writer)
    }

    fn reader(&self) -> MutexGuard<'_, Reader> {
        lock(&self.reader)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("path", &self.path).finish_non_exhaustive()
    }
}

/// What the locks guard is valid after a panic: a transaction rolls back, and the sets only say what to do.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
