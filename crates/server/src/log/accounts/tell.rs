//! Telling the other nodes what changes here.

use std::collections::BTreeSet;

use event_log::{Append, Appended, Expected, LogError, NewEvent, Revision, StreamName};
use uuid::Uuid;

use super::outage::Outage;
use super::{CATEGORY, Fault, LOOK, SharedAccounts, There};
use crate::identity::shared::{Heard, Telling};

const KIND: &str = "AccountStood";
/// The form of what is told.
const FORM: u16 = 2;
/// Accounts that are told before it is looked what has changed since.
const AT_ONCE: usize = 20;
/// How often an account is told anew when another node tells it at the same moment.
const ATTEMPTS: usize = 5;

impl SharedAccounts {
    pub(super) async fn tell(&self) {
        let mut outage = Outage::new("the accounts can not be told to the other nodes");
        let mut refused = BTreeSet::new();
        loop {
            // Another process, such as `wardlog account`, changes the file without a word.
            let _ = tokio::time::timeout(LOOK, self.identity.changed_here()).await;
            let told = self.tell_all(&mut refused).await;
            match &told {
                Ok(()) => outage.is_over(),
                Err(cause) => outage.goes_on(cause),
            }
            match self.identity.count_untold().await {
                Ok(count) => self.node.note_untold(count),
                Err(cause) => outage.goes_on(&cause),
            }
            if told.is_err() {
                tokio::time::sleep(LOOK).await;
            }
        }
    }

    /// One that can not be told keeps none of the others waiting, unless nothing can be told. Each of those is said once.
    async fn tell_all(&self, refused: &mut BTreeSet<Uuid>) -> Result<(), Fault> {
        let mut tried = BTreeSet::new();
        let untold: BTreeSet<Uuid> = self.identity.untold().await?.into_iter().collect();
        refused.retain(|id| untold.contains(id));
        loop {
            // Asked again and again: what changes meanwhile may go before thousands that wait for an upgrade.
            let untold = self.identity.untold().await?;
            let next: Vec<Uuid> = untold.into_iter().filter(|id| !tried.contains(id)).take(AT_ONCE).collect();
            if next.is_empty() {
                return Ok(());
            }
            for id in next {
                tried.insert(id);
                match self.tell_one(id).await {
                    Ok(()) => {
                        refused.remove(&id);
                    }
                    Err(cause @ Fault::Log(LogError::Unavailable(_))) => return Err(cause),
                    Err(cause) if refused.insert(id) => {
                        tracing::warn!(account = %id, %cause, "an account can not be told to the other nodes");
                    }
                    Err(cause) => tracing::debug!(account = %id, %cause, "an account can still not be told"),
                }
            }
        }
    }

    async fn tell_one(&self, id: Uuid) -> Result<(), Fault> {
        let stream = StreamName::new(CATEGORY, id)?;
        for _ in 0..ATTEMPTS {
            let Some(telling) = self.identity.telling(id).await? else { return Ok(()) };
            if let Some(after) = telling.after
                && self.look(&stream, after).await? == There::Lost
            {
                // What stands there instead must not be cut off unheard.
                self.identity.heard_is_gone(id).await?;
                continue;
            }
            let event = self.sealed(id, &stream, &telling).await?;
            let told_as = event.id;
            let expected =
                telling.after.map_or(Expected::NoStream, |after| Expected::Exact(Revision(after.revision)));
            let append = Append { stream: stream.clone(), expected, events: vec![event] };
            match self.log.append(append).await? {
                Appended::Done { revision, position } | Appended::AlreadyThere { revision, position } => {
                    self.keys.keep_last(&stream).await?;
                    let (event, position) = (Some(told_as), Some(position.0));
                    let heard = Heard { revision: revision.0, event, position };
                    return Ok(self.identity.was_told(id, &telling, heard).await?);
                }
                Appended::Conflict { .. } => self.catch_up(id, &stream, telling.after).await?,
            }
        }
        Err(Fault::Busy)
    }

    async fn sealed(&self, id: Uuid, stream: &StreamName, telling: &Telling) -> Result<NewEvent, Fault> {
        let subject = self.subject(id);
        self.keys.ensure(&[subject], &[]).await?;
        let sealed = self.keyring.seal(subject, &serde_json::to_string(&telling.told)?)?;
        let data = serde_json::to_vec(&sealed)?;
        Ok(NewEvent {
            id: Uuid::new_v5(&Uuid::NAMESPACE_OID, &[stream.as_str().as_bytes(), &data].concat()),
            kind: KIND.into(),
            version: FORM,
            meta: b"{}".to_vec(),
            data,
        })
    }

    /// Takes over what the stream has after a revision.
    async fn catch_up(&self, id: Uuid, stream: &StreamName, after: Option<Heard>) -> Result<(), Fault> {
        let begin = after.map_or(0, |after| after.revision + 1);
        if self.take_from(stream, begin).await? > begin {
            return Ok(());
        }
        // It ends before what was heard of it: the cluster was restored from a backup.
        self.identity.heard_is_gone(id).await?;
        self.take_from(stream, 0).await?;
        Ok(())
    }
}
