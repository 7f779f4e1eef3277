//! A cluster's log as a node uses it: nothing passes before it is known to be the log of the data folder, whether it is
//! there is looked at all the time, and its faults end by themselves.

use std::fmt;
use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use app::keys::Shred;
use event_log::sqlite::Stats;
use event_log::{
    Append, Appended, Delivery, EventLog, LogError, Position, Recorded, Revision, StreamName, Subscription,
};
use event_log_kurrent::{Health, KurrentLog};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use uuid::Uuid;

use super::{Name, Trouble};

/// Between two looks at whether the cluster answers.
const LOOK: Duration = Duration::from_secs(1);

/// Whether the cluster holds the log of the data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It has not answered since the start.
    Unknown,
    Ours,
    Foreign,
}

/// A log on a cluster.
pub struct Cluster {
    shared: Arc<Shared>,
    /// Accounts that the other nodes do not know as they are here.
    untold: AtomicU64,
    /// Keeps a second process from the data folder; released with it.
    _folder: File,
}

struct Shared {
    log: KurrentLog,
    pinned: Uuid,
    standing: watch::Sender<Standing>,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("log", &self.shared.log).finish_non_exhaustive()
    }
}

impl Cluster {
    /// `known`: whether the name of the log was compared with that of the folder already.
    pub(super) fn new(log: KurrentLog, pinned: Uuid, known: bool, folder: File) -> Self {
        let standing = watch::Sender::new(if known { Standing::Ours } else { Standing::Unknown });
        let shared = Arc::new(Shared { log, pinned, standing });
        tokio::spawn(look(Arc::downgrade(&shared)));
        Self { shared, untold: AtomicU64::new(0), _folder: folder }
    }

    /// By what keys end.
    pub(crate) fn shredder(&self) -> Arc<dyn Shred> {
        Arc::new(Shredder(self.shared.log.clone()))
    }

    pub(super) fn adapter_stats(&self) -> event_log_kurrent::Stats {
        self.shared.log.stats()
    }

    pub(super) fn note_untold(&self, count: u64) {
        self.untold.store(count, Ordering::Relaxed);
    }

    pub(super) fn untold(&self) -> u64 {
        self.untold.load(Ordering::Relaxed)
    }

    pub(super) fn stats(&self) -> Stats {
        let seen = self.adapter_stats();
        Stats {
            appends: seen.appends,
            already_there: seen.already_there,
            conflicts: seen.conflicts,
            failures: seen.failures,
            events: seen.events,
            durable_head: seen.highest_position.unwrap_or_default(),
            ..Stats::default()
        }
    }

    pub(super) fn trouble(&self) -> Option<Trouble> {
        match (*self.shared.standing.borrow(), self.shared.log.health()) {
            (Standing::Foreign, _) => Some("log_foreign: the cluster holds another log"),
            (_, Health::Unreachable(_)) => Some("log_unreachable: circuit open"),
            (Standing::Unknown, Health::Answering) => Some("log_unreachable: not reached since the start"),
            (Standing::Ours, Health::Answering) => None,
        }
    }

    pub(super) async fn foreign(&self) {
        let mut standing = self.shared.standing.subscribe();
        if standing.wait_for(|standing| *standing == Standing::Foreign).await.is_err() {
            std::future::pending().await
        }
    }

    fn usable(&self) -> Result<&KurrentLog, LogError> {
        match *self.shared.standing.borrow() {
            Standing::Ours => Ok(&self.shared.log),
            Standing::Unknown => {
                Err(LogError::Unavailable("the cluster has not been reached since the start".to_owned()))
            }
            Standing::Foreign => Err(LogError::Unavailable("the cluster holds another log".to_owned())),
        }
    }
}

/// Cuts streams off in a cluster.
pub(crate) struct Shredder(pub KurrentLog);

impl Shred for Shredder {
    fn keep_last<'a>(&'a self, stream: &'a StreamName) -> BoxFuture<'a, Result<(), LogError>> {
        self.0.keep_last(stream).boxed()
    }
}

/// Compares the name of the log until it is known, then asks for the head now and then: so that an idle node notices
/// that the cluster has gone, and knows how far behind it is.
async fn look(shared: Weak<Shared>) {
    loop {
        let Some(shared) = shared.upgrade() else { return };
        if *shared.standing.borrow() == Standing::Ours {
            // What it answers is kept by the adapter: the circuit, the highest position.
            let _ = shared.log.head().await;
        } else {
            match Name::read(&shared.log).await {
                Ok(Some(name)) if name.log == shared.pinned => {
                    tracing::info!("the cluster answers and holds the log of this data folder");
                    shared.standing.send_replace(Standing::Ours);
                }
                Ok(_) => {
                    tracing::error!("the cluster holds another log than the one of this data folder");
                    shared.standing.send_replace(Standing::Foreign);
                    return;
                }
                Err(cause) => tracing::debug!(%cause, "the cluster does not answer yet"),
            }
        }
        drop(shared);
        tokio::time::sleep(LOOK).await;
    }
}

impl EventLog for Cluster {
    fn append(&self, append: Append) -> BoxFuture<'_, Result<Appended, LogError>> {
        match self.usable() {
            Ok(log) => log.append(append),
            Err(cause) => std::future::ready(Err(cause)).boxed(),
        }
    }

    fn read_stream<'a>(
        &'a self,
        stream: &'a StreamName,
        from: Revision,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Recorded>, LogError>> {
        match self.usable() {
            Ok(log) => log.read_stream(stream, from, limit),
            Err(cause) => std::future::ready(Err(cause)).boxed(),
        }
    }

    fn read_all(
        &self,
        after: Option<Position>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Recorded>, LogError>> {
        match self.usable() {
            Ok(log) => log.read_all(after, limit),
            Err(cause) => std::future::ready(Err(cause)).boxed(),
        }
    }

    fn subscribe(&self, after: Option<Position>) -> Box<dyn Subscription> {
        Box::new(Held { standing: self.shared.standing.subscribe(), inner: self.shared.log.subscribe(after) })
    }

    fn head(&self) -> BoxFuture<'_, Result<Option<Position>, LogError>> {
        match self.usable() {
            Ok(log) => log.head(),
            Err(cause) => std::future::ready(Err(cause)).boxed(),
        }
    }
}

/// Delivers nothing before the log is known to be the right one.
struct Held {
    standing: watch::Receiver<Standing>,
    inner: Box<dyn Subscription>,
}

impl Subscription for Held {
    fn next(&mut self) -> BoxFuture<'_, Result<Delivery, LogError>> {
        async move {
            let ours = self.standing.wait_for(|standing| *standing == Standing::Ours).await;
            drop(ours.map_err(|_| LogError::Unavailable("the log was closed".to_owned()))?);
            self.inner.next().await
        }
        .boxed()
    }
}
