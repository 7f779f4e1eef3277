//! The keys of several nodes on one log. A subject's wrapped key, its look-ups and its erasure lie in a stream of its own
//! in the cluster, `key-<subject>`; every node keeps a copy of what is in there in its own keyring.
//!
//! A key is in the cluster before anything sealed with it is, and a node takes it over before it delivers the events that
//! come after it. An erasure is appended like everything else and ends the key on every node that follows. What the
//! cluster still holds of it is cut off at once (`$maxCount` 1) and goes from its disks with the next scavenge.

mod followed;
mod record;

use std::sync::Arc;

use event_log::{Append, Appended, EventLog, Expected, LogError, Position, Recorded, Revision, StreamName};
use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use keyring::{Keyring, Lookup};
use uuid::Uuid;

pub use followed::KeyedLog;
use record::Said;

use crate::AppError;

/// Category of the streams of keys.
pub const CATEGORY: &str = "key";
/// How often a stream is looked at anew when others write to it at the same moment.
const ATTEMPTS: usize = 5;
/// Subjects whose streams are written at the same time.
const AT_ONCE: usize = 32;
/// Keys read at once.
const PAGE: u32 = 1_000;

/// Cuts a stream of the log off, so that all but its last event can be scavenged.
pub trait Shred: Send + Sync {
    /// Nothing but the last event of the stream is readable afterwards. To be repeated freely.
    fn keep_last<'a>(&'a self, stream: &'a StreamName) -> BoxFuture<'a, Result<(), LogError>>;
}

/// The keys of a log that several nodes share.
pub struct SharedKeys {
    log: Arc<dyn EventLog>,
    keyring: Arc<Keyring>,
    shred: Arc<dyn Shred>,
}

impl std::fmt::Debug for SharedKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SharedKeys").finish_non_exhaustive()
    }
}

impl SharedKeys {
    pub fn new(log: Arc<dyn EventLog>, keyring: Arc<Keyring>, shred: Arc<dyn Shred>) -> Self {
        Self { log, keyring, shred }
    }

    /// Makes the keys and look-ups of these subjects durable in the cluster and here.
    ///
    /// # Errors
    /// A subject has been erased, or the log or the keyring can not be used.
    pub async fn ensure(&self, subjects: &[Uuid], lookups: &[Lookup]) -> Result<(), AppError> {
        let missing = self.keyring.missing(subjects)?;
        let mut wanted: Vec<(Uuid, Vec<Lookup>)> =
            missing.into_iter().map(|subject| (subject, vec![])).collect();
        for lookup in lookups {
            let known = self.keyring.lookups_of(lookup.subject)?;
            if is_known(&known, lookup) {
                continue;
            }
            match wanted.iter_mut().find(|(subject, _)| *subject == lookup.subject) {
                Some((_, lookups)) => lookups.push(*lookup),
                None => wanted.push((lookup.subject, vec![*lookup])),
            }
        }
        let written = wanted.into_iter().map(|(subject, lookups)| self.write(subject, lookups));
        stream::iter(written).buffer_unordered(AT_ONCE).try_collect::<()>().await
    }

    /// Destroys the key of a subject on every node. The local keyring is left to the caller.
    ///
    /// # Errors
    /// The log can not be used: the same call goes on where it was.
    pub async fn erase(&self, subject: Uuid, at: Timestamp) -> Result<(), AppError> {
        let stream = stream_of(subject)?;
        for _ in 0..ATTEMPTS {
            let there = self.read(&stream).await?;
            if !there.iter().any(|record| Said::read(record).is_some_and(|said| said.is_erasure())) {
                let expected = expected(&there);
                match self.append(&stream, expected, vec![Said::erased(at)]).await? {
                    Appended::Conflict { .. } => continue,
                    Appended::Done { .. } | Appended::AlreadyThere { .. } => {}
                }
            }
            return Ok(self.shred.keep_last(&stream).await?);
        }
        Err(LogError::Unavailable("others keep writing to the key's stream".to_owned()).into())
    }

    /// Takes over the key of one subject, for who needs it before it comes by.
    ///
    /// # Errors
    /// As [`Self::adopt`], and when the log can not be read.
    pub async fn fetch(&self, subject: Uuid) -> Result<(), AppError> {
        self.adopt(&self.read(&stream_of(subject)?).await?)
    }

    /// Cuts a stream of the log off: see [`Shred::keep_last`].
    ///
    /// # Errors
    /// The log can not be used.
    pub async fn keep_last(&self, stream: &StreamName) -> Result<(), LogError> {
        self.shred.keep_last(stream).await
    }

    /// Takes over what the records say, in one go.
    ///
    /// # Errors
    /// A key does not open with the master key, or the keyring can not be used.
    pub fn adopt(&self, records: &[Recorded]) -> Result<(), AppError> {
        record::adopt(&self.keyring, records)
    }

    /// Takes over all keys that are in the cluster; `keys` reads streams of keys alone.
    ///
    /// # Errors
    /// As [`Self::adopt`], and when the log can not be read.
    pub async fn adopt_all(&self, keys: &dyn EventLog) -> Result<(), AppError> {
        let mut after: Option<Position> = None;
        loop {
            let page = keys.read_all(after, PAGE as usize).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.position);
            self.adopt(&page)?;
        }
    }

    /// Puts all keys, look-ups and erasures of the local keyring into the cluster.
    ///
    /// # Errors
    /// A key of the cluster is another one; or as [`Self::ensure`].
    pub async fn publish_all(&self, mut progress: impl FnMut(u64)) -> Result<(), AppError> {
        let (mut after, mut count) = (0, 0);
        loop {
            let page = self.keyring.wrapped_keys(after, PAGE)?;
            let Some((last, _)) = page.last() else { break };
            after = *last;
            count += page.len() as u64;
            let written = page.iter().map(|(_, key)| self.publish(key));
            stream::iter(written).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
            progress(count);
        }
        for buried in self.keyring.tombstones()? {
            self.erase(buried.subject, buried.at).await?;
        }
        Ok(())
    }

    async fn publish(&self, key: &keyring::WrappedKey) -> Result<(), AppError> {
        let stream = stream_of(key.subject)?;
        let lookups = self.keyring.lookups_of(key.subject)?;
        let mut said = vec![Said::made(key)];
        said.extend(lookups.iter().map(|(purpose, digest)| Said::found(purpose, *digest)));
        match self.append(&stream, Expected::NoStream, said).await? {
            Appended::Done { .. } | Appended::AlreadyThere { .. } => Ok(()),
            // Already there: it has to be the same key.
            Appended::Conflict { .. } => self.adopt(&self.read(&stream).await?),
        }
    }

    /// One subject: a key if it has none, and the look-ups that are not there.
    async fn write(&self, subject: Uuid, lookups: Vec<Lookup>) -> Result<(), AppError> {
        let stream = stream_of(subject)?;
        let mut there = Vec::new();
        for _ in 0..ATTEMPTS {
            self.adopt(&there)?;
            let missing = self.keyring.missing(&[subject])?;
            let key = missing.first().map(|_| self.keyring.new_wrapped(subject)).transpose()?;
            let known = self.keyring.lookups_of(subject)?;
            let new = lookups.iter().filter(|lookup| !is_known(&known, lookup));
            let mut said: Vec<Said> = key.iter().map(Said::made).collect();
            said.extend(new.map(|lookup| Said::found(lookup.purpose, lookup.digest)));
            if said.is_empty() {
                // Somebody was faster, and has written all of it.
                return Ok(());
            }
            if key.is_none() && there.is_empty() {
                // The key came another way; where its stream ends has to be read.
                there = self.read(&stream).await?;
            }
            match self.append(&stream, expected(&there), said).await? {
                Appended::Done { .. } | Appended::AlreadyThere { .. } => {
                    self.keyring.adopt(key.as_slice(), &lookups)?;
                    return Ok(());
                }
                Appended::Conflict { .. } => there = self.read(&stream).await?,
            }
        }
        Err(LogError::Unavailable("others keep writing to the key's stream".to_owned()).into())
    }

    async fn read(&self, stream: &StreamName) -> Result<Vec<Recorded>, LogError> {
        self.log.read_stream(stream, Revision(0), PAGE as usize).await
    }

    /// An append of unknown outcome is repeated with the same ids.
    async fn append(
        &self,
        stream: &StreamName,
        expected: Expected,
        said: Vec<Said>,
    ) -> Result<Appended, AppError> {
        let events = said.iter().map(|said| said.event(stream)).collect::<Result<_, _>>()?;
        Ok(crate::append::certainly(&*self.log, Append { stream: stream.clone(), expected, events }).await?)
    }
}

fn is_known(known: &[(String, [u8; 16])], lookup: &Lookup) -> bool {
    known.iter().any(|(purpose, digest)| purpose == lookup.purpose && *digest == lookup.digest)
}

fn stream_of(subject: Uuid) -> Result<StreamName, AppError> {
    Ok(StreamName::new(CATEGORY, subject)?)
}

fn expected(there: &[Recorded]) -> Expected {
    there.last().map_or(Expected::NoStream, |last| Expected::Exact(last.revision))
}
