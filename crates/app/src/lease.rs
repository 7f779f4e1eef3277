//! Work that one node of several does at a time: a lease in the log. Who holds it is the last event of its stream, so that
//! the exact revision lets one node through; it ends by itself. It saves work and is no lock: clocks of nodes differ, and
//! what is done under it has to be harmless when two do it.

use std::sync::Arc;
use std::time::Duration;

use event_log::{Append, Appended, EventLog, Expected, LogError, NewEvent, Revision, StreamName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::AppError;

/// Category of the streams of leases.
const CATEGORY: &str = "lease";
/// Events read at once.
const PAGE: usize = 1_000;

/// A lease that a node asks for again and again.
pub struct Lease {
    log: Arc<dyn EventLog>,
    stream: StreamName,
    holder: Uuid,
    term: Duration,
    /// The last that is known: its revision and what it says.
    known: Option<(Revision, Term)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Term {
    holder: Uuid,
    until: Timestamp,
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lease")
            .field("stream", &self.stream)
            .field("known", &self.known)
            .finish_non_exhaustive()
    }
}

impl Lease {
    /// `holder` names this node, anew at every start.
    ///
    /// # Errors
    /// `work` is not the second part of a stream's name.
    pub fn new(
        log: Arc<dyn EventLog>,
        work: &str,
        holder: Uuid,
        term: Duration,
    ) -> Result<Self, event_log::StreamNameError> {
        Ok(Self { log, stream: StreamName::new(CATEGORY, work)?, holder, term, known: None })
    }

    /// The stream of the lease; all but its last events can be forgotten.
    pub const fn stream(&self) -> &StreamName {
        &self.stream
    }

    /// Whether this node holds it at `now`; takes it when nobody does, and prolongs it when half of it is over.
    ///
    /// # Errors
    /// The log can not be used; then nobody here holds it.
    pub async fn is_held(&mut self, now: Timestamp) -> Result<bool, AppError> {
        let half = now.saturating_add(self.term / 2).unwrap_or(now);
        if let Some((_, term)) = self.known
            && term.holder == self.holder
            && term.until > half
        {
            return Ok(true);
        }
        self.look().await?;
        match self.known {
            Some((_, term)) if term.holder != self.holder && term.until > now => Ok(false),
            _ => {
                let until = now.saturating_add(self.term).unwrap_or(now);
                self.put(Term { holder: self.holder, until }).await
            }
        }
    }

    /// Gives it up, so that another node need not wait for its end.
    ///
    /// # Errors
    /// The log can not be used: it ends by itself.
    pub async fn give_up(&mut self, now: Timestamp) -> Result<(), AppError> {
        if self.known.is_some_and(|(_, term)| term.holder == self.holder && term.until > now) {
            self.put(Term { holder: self.holder, until: now }).await?;
        }
        Ok(())
    }

    async fn look(&mut self) -> Result<(), AppError> {
        loop {
            let from = self.known.map_or(Revision(0), |(revision, _)| Revision(revision.0 + 1));
            let page = self.log.read_stream(&self.stream, from, PAGE).await?;
            if let Some(last) = page.last() {
                let term = serde_json::from_slice(&last.data)
                    .map_err(|_| LogError::Damaged(format!("{} can not be read", self.stream)))?;
                self.known = Some((last.revision, term));
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    /// `false` when another node was faster.
    async fn put(&mut self, term: Term) -> Result<bool, AppError> {
        let data = serde_json::to_vec(&term).map_err(|cause| LogError::Malformed(cause.to_string()))?;
        let next = self.known.map_or(0, |(revision, _)| revision.0 + 1);
        let id = Uuid::new_v5(&self.holder, format!("{} {next}", self.stream).as_bytes());
        let event = NewEvent { id, kind: "LeaseTaken".into(), version: 1, meta: b"{}".to_vec(), data };
        let expected = self.known.map_or(Expected::NoStream, |(revision, _)| Expected::Exact(revision));
        let append = Append { stream: self.stream.clone(), expected, events: vec![event] };
        match self.log.append(append).await? {
            Appended::Done { revision, .. } | Appended::AlreadyThere { revision, .. } => {
                self.known = Some((revision, term));
                Ok(true)
            }
            Appended::Conflict { .. } => Ok(false),
        }
    }
}
