//! Accounts of several nodes: each node tells the others what changes in its file, and takes over what they tell.
//!
//! An account is a stream `account-<id>` whose last record is the whole account, sealed with a key of its own; what it was
//! before is cut off at once (`$maxCount` 1) and goes with the next scavenge. A node reads them by a subscription of its
//! own from the last record that the log still has as it was heard, so that a file from a backup catches up too, and what a
//! log from a backup has lost is told anew.

mod outage;
mod tell;

use std::sync::Arc;
use std::time::Duration;

use app::AppError;
use app::keys::SharedKeys;
use event_log::{Delivery, EventLog, LogError, Position, Recorded, Revision, StreamName};
use event_log_kurrent::KurrentLog;
use keyring::{Keyring, KeyringError, Opened};
use uuid::Uuid;

use super::{Log, LogAddress, open};
use crate::identity::shared::{Heard, Told};
use crate::identity::{Identity, IdentityError};
use crate::node::{Node, NodeError};
use outage::Outage;

/// Category of the streams of accounts.
const CATEGORY: &str = "account";
/// Between two looks for what another process has changed in the file, and two tries after a fault.
const LOOK: Duration = Duration::from_secs(1);
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

/// What an account's stream has at the revision that was heard last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum There {
    /// Just that.
    Same,
    /// Later ones, or nothing can be said.
    Unclear,
    /// Nothing, or another record.
    Lost,
}

/// The accounts of a node, and the log that it shares with others.
pub(crate) struct SharedAccounts {
    identity: Identity,
    log: Arc<dyn EventLog>,
    /// The streams of accounts alone.
    followed: KurrentLog,
    keys: Arc<SharedKeys>,
    keyring: Arc<Keyring>,
    /// Has the figures.
    node: Arc<Log>,
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
        node: &Node,
        keys: Arc<SharedKeys>,
    ) -> Result<Self, NodeError> {
        let followed = open::connect_to(address, CATEGORY)?;
        identity.is_shared();
        let (log, keyring) = (Arc::clone(node.app.log()), Arc::clone(node.app.keyring()));
        Ok(Self { identity, log, followed, keys, keyring, node: Arc::clone(&node.log) })
    }

    /// Tells and takes over until it is dropped.
    pub(crate) async fn run(self) {
        tokio::join!(self.follow(), self.tell());
    }

    async fn follow(&self) {
        let mut outage = Outage::new("the accounts of the other nodes can not be followed");
        loop {
            if let Err(cause) = self.follow_on(&mut outage).await {
                outage.goes_on(&cause);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn follow_on(&self, outage: &mut Outage) -> Result<(), Fault> {
        // From the begin, also when the cluster was restored from a backup and goes on in another way.
        let mut coming = self.followed.subscribe(self.known_up_to().await?.map(Position));
        loop {
            let delivery = coming.next().await?;
            if let Delivery::Events(records) = &delivery {
                for record in records {
                    self.take(record).await?;
                }
                if let Some(last) = records.last() {
                    self.identity.note_followed_up_to(last.position.0).await?;
                }
            }
            outage.is_over();
        }
    }

    /// Up to which position the log is the one that was heard: that of the newest record that is still there. Asked of the
    /// accounts' own streams: the end of all streams of a category may lie far back in the log. What is there no more is
    /// told anew.
    async fn known_up_to(&self) -> Result<Option<u64>, Fault> {
        let followed = self.identity.followed_up_to().await?;
        let (mut known, mut lost) = (None, Vec::new());
        for (id, heard) in self.identity.all_heard().await? {
            let there = self.look(&StreamName::new(CATEGORY, id)?, heard).await?;
            match there {
                There::Lost => lost.push(id),
                There::Same if heard.position.is_some() && heard.position <= followed => {
                    known = heard.position;
                    break;
                }
                There::Same | There::Unclear => {}
            }
        }
        if !lost.is_empty() {
            tracing::warn!(
                accounts = lost.len(),
                "the log was restored from a backup; accounts are told anew"
            );
            self.publish_keys().await;
        }
        for id in lost {
            self.identity.heard_is_gone(id).await?;
        }
        Ok(known)
    }

    /// The log may have lost the keys of accounts as well, without which nobody else can open them.
    async fn publish_keys(&self) {
        let (keys, runtime) = (Arc::clone(&self.keys), tokio::runtime::Handle::current());
        let published = tokio::task::spawn_blocking(move || runtime.block_on(keys.publish_all(|_| {})));
        if let Ok(Err(cause)) = published.await {
            tracing::warn!(%cause, "not all keys could be brought into the restored log");
        }
    }

    async fn look(&self, stream: &StreamName, heard: Heard) -> Result<There, Fault> {
        let found = self.log.read_stream(stream, Revision(heard.revision), 1).await?;
        Ok(match (found.first(), heard.event) {
            (None, _) => There::Lost,
            (Some(_), None) => There::Unclear,
            (Some(first), _) if first.revision.0 != heard.revision => There::Unclear,
            (Some(first), Some(event)) if first.id != event => There::Lost,
            // The log was moved to another place.
            (Some(first), _) if heard.position.is_some_and(|position| position != first.position.0) => {
                There::Unclear
            }
            _ => There::Same,
        })
    }

    /// What can not be read is passed over: nothing else must wait for it.
    async fn take(&self, record: &Recorded) -> Result<(), Fault> {
        let Ok(id) = Uuid::try_parse(record.stream.id()) else { return Ok(()) };
        let (event, position) = (Some(record.id), Some(record.position.0));
        let heard = Heard { revision: record.revision.0, event, position };
        match self.open(id, record).await?.filter(|told| told.belongs_at(record.revision.0)) {
            Some(told) => Ok(self.identity.hear(id, told, heard).await?),
            None => {
                // The next one that is told goes behind it.
                self.identity.heard_unreadable(id, heard).await?;
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
