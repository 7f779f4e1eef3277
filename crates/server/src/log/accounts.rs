//! Accounts of several nodes: each node tells the others what changes in its file, and takes over what they tell.
//!
//! An account is a stream `account-<id>` whose last record is the whole account, sealed with a key of its own; what it was
//! before is cut off at once (`$maxCount` 1) and goes with the next scavenge. A node reads them by a subscription of its
//! own from the position that stands in the same file as the accounts, so that a file from a backup catches up too.

use std::sync::Arc;
use std::time::Duration;

use app::keys::SharedKeys;
use app::{App, AppError};
use event_log::{
    Append, Appended, Delivery, EventLog, Expected, LogError, NewEvent, Position, Recorded, Revision,
    StreamName,
};
use event_log_kurrent::KurrentLog;
use keyring::{Keyring, KeyringError, Opened};
use uuid::Uuid;

use super::{LogAddress, open};
use crate::identity::shared::{HeardUpTo, Telling, Told};
use crate::identity::{Identity, IdentityError};
use crate::node::NodeError;

/// Category of the streams of accounts.
const CATEGORY: &str = "account";
const KIND: &str = "AccountStood";
/// Between two looks for what another process has changed in the file, and two tries after a fault.
const LOOK: Duration = Duration::from_secs(1);
/// How often an account is told anew when another node tells it at the same moment.
const ATTEMPTS: usize = 5;
/// Records read at once of an account's stream; all but the last are cut off.
const PAGE: usize = 100;

/// Why an account can not be told or taken over now.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("{0}")]
    Log(#[from] LogError),
    #[error("{0}")]
    Name(#[from] event_log::StreamNameError),
    #[error("{0}")]
    Keys(#[from] AppError),
    #[error("{0}")]
    Keyring(#[from] KeyringError),
    #[error("{0}")]
    File(#[from] IdentityError),
    #[error("an account can not be written: {0}")]
    Form(#[from] serde_json::Error),
    #[error("others keep writing to its stream")]
    Busy,
}

/// The accounts of a node, and the log that it shares with others.
pub(crate) struct SharedAccounts {
    identity: Identity,
    log: Arc<dyn EventLog>,
    /// The streams of accounts alone.
    followed: KurrentLog,
    keys: Arc<SharedKeys>,
    keyring: Arc<Keyring>,
}

impl std::fmt::Debug for SharedAccounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SharedAccounts").finish_non_exhaustive()
    }
}

impl SharedAccounts {
    /// # Errors
    /// The client can not be made.
    pub(crate) fn new(
        identity: Identity,
        address: &LogAddress,
        app: &App,
        keys: Arc<SharedKeys>,
    ) -> Result<Self, NodeError> {
        let followed = open::connect_to(address, CATEGORY)?;
        identity.is_shared();
        let (log, keyring) = (Arc::clone(app.log()), Arc::clone(app.keyring()));
        Ok(Self { identity, log, followed, keys, keyring })
    }

    /// Tells and takes over until it is dropped.
    pub(crate) async fn run(self) {
        tokio::join!(self.follow(), self.tell());
    }

    async fn follow(&self) {
        loop {
            if let Err(cause) = self.follow_on().await {
                tracing::debug!(%cause, "the accounts of the other nodes can not be followed now");
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn follow_on(&self) -> Result<(), Fault> {
        let after = match self.identity.heard_up_to().await? {
            Some(last) if self.is_there(last).await? => Some(last.position),
            // From the begin, also when the cluster was restored from a backup and goes on in another way.
            _ => None,
        };
        let mut coming = self.followed.subscribe(after.map(Position));
        loop {
            let Delivery::Events(records) = coming.next().await? else { continue };
            for record in &records {
                self.take(record).await?;
            }
            let last = records.last().and_then(|last| Some((last, Uuid::try_parse(last.stream.id()).ok()?)));
            if let Some((last, id)) = last {
                self.identity.note_heard_up_to(last.position.0, id).await?;
            }
        }
    }

    /// Whether the log still has what was heard of an account. Asked of its stream: the end of all streams of a category
    /// may lie far back in the log.
    async fn is_there(&self, heard: HeardUpTo) -> Result<bool, Fault> {
        let stream = StreamName::new(CATEGORY, heard.account)?;
        Ok(!self.log.read_stream(&stream, Revision(heard.revision), 1).await?.is_empty())
    }

    /// What can not be read is passed over: nothing else must wait for it.
    async fn take(&self, record: &Recorded) -> Result<(), Fault> {
        let Ok(id) = Uuid::try_parse(record.stream.id()) else { return Ok(()) };
        match self.open(id, record).await?.filter(|told| told.belongs_at(record.revision.0)) {
            Some(told) => Ok(self.identity.hear(id, told, record.revision.0).await?),
            None => {
                // The next one that is told goes behind it.
                self.identity.heard_unreadable(id, record.revision.0).await?;
                tracing::error!(stream = %record.stream, "an account of another node can not be read");
                Ok(())
            }
        }
    }

    /// Whose key an account is sealed with. Nobody outside can name it: a person of that id could be enrolled and erased.
    fn subject(&self, id: Uuid) -> Uuid {
        Uuid::from_bytes(self.keyring.blind_index(CATEGORY, &id.to_string()))
    }

    async fn open(&self, id: Uuid, record: &Recorded) -> Result<Option<Told>, Fault> {
        let Ok(sealed) = serde_json::from_slice::<String>(&record.data) else { return Ok(None) };
        let opened = match self.keyring.open_sealed(self.subject(id), &sealed) {
            Err(KeyringError::UnknownSubject { .. }) => {
                self.keys.fetch(self.subject(id)).await?;
                self.keyring.open_sealed(self.subject(id), &sealed)
            }
            opened => opened,
        };
        Ok(match opened {
            Ok(Opened::Plain(text)) => serde_json::from_str(&text).ok(),
            Ok(Opened::Erased) => None,
            Err(
                KeyringError::UnknownSubject { .. }
                | KeyringError::Malformed
                | KeyringError::Tampered { .. }
                | KeyringError::OtherKey { .. },
            ) => None,
            Err(cause) => return Err(cause.into()),
        })
    }

    async fn tell(&self) {
        loop {
            // Another process, such as `wardlog account`, changes the file without a word.
            let _ = tokio::time::timeout(LOOK, self.identity.changed_here()).await;
            if let Err(cause) = self.tell_all().await {
                tracing::debug!(%cause, "the accounts can not be told to the other nodes now");
                tokio::time::sleep(LOOK).await;
            }
        }
    }

    /// One that can not be told keeps none of the others waiting, unless nothing can be told.
    async fn tell_all(&self) -> Result<(), Fault> {
        let mut failed = None;
        for id in self.identity.untold().await? {
            match self.tell_one(id).await {
                Ok(()) => {}
                Err(cause @ Fault::Log(LogError::Unavailable(_))) => return Err(cause),
                Err(cause) => {
                    tracing::warn!(account = %id, %cause, "an account can not be told to the other nodes");
                    failed = Some(cause);
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn tell_one(&self, id: Uuid) -> Result<(), Fault> {
        let stream = StreamName::new(CATEGORY, id)?;
        for _ in 0..ATTEMPTS {
            let Some(telling) = self.identity.telling(id).await? else { return Ok(()) };
            match self.append(id, &stream, &telling).await? {
                Appended::Done { revision, .. } | Appended::AlreadyThere { revision, .. } => {
                    self.keys.keep_last(&stream).await?;
                    return Ok(self.identity.was_told(id, &telling, revision.0).await?);
                }
                Appended::Conflict { .. } => self.catch_up(id, &stream, telling.after).await?,
            }
        }
        Err(Fault::Busy)
    }

    async fn append(&self, id: Uuid, stream: &StreamName, telling: &Telling) -> Result<Appended, Fault> {
        let subject = self.subject(id);
        self.keys.ensure(&[subject], &[]).await?;
        let sealed = self.keyring.seal(subject, &serde_json::to_string(&telling.told)?)?;
        let data = serde_json::to_vec(&sealed)?;
        let event = NewEvent {
            id: Uuid::new_v5(&Uuid::NAMESPACE_OID, &[stream.as_str().as_bytes(), &data].concat()),
            kind: KIND.into(),
            version: 1,
            meta: b"{}".to_vec(),
            data,
        };
        let expected = telling.after.map_or(Expected::NoStream, |after| Expected::Exact(Revision(after)));
        Ok(self.log.append(Append { stream: stream.clone(), expected, events: vec![event] }).await?)
    }

    /// Takes over what the stream has after a revision.
    async fn catch_up(&self, id: Uuid, stream: &StreamName, after: Option<u64>) -> Result<(), Fault> {
        let begin = after.map_or(0, |after| after + 1);
        if self.take_from(stream, begin).await? > begin {
            return Ok(());
        }
        // It ends before what was heard of it: the cluster was restored from a backup.
        let end = self.take_from(stream, 0).await?;
        Ok(self.identity.heard_too_much(id, end.checked_sub(1)).await?)
    }

    /// Takes over what the stream has from a revision on; the revision behind the last.
    async fn take_from(&self, stream: &StreamName, mut from: u64) -> Result<u64, Fault> {
        loop {
            let records = self.log.read_stream(stream, Revision(from), PAGE).await?;
            for record in &records {
                self.take(record).await?;
                from = record.revision.0 + 1;
            }
            if records.len() < PAGE {
                return Ok(from);
            }
        }
    }
}
