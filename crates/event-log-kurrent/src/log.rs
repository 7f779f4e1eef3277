//! The log itself: the port over the parts.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use event_log::{
    Append, Appended, EventLog, LogError, Position, Recorded, Revision, StreamName, Subscription,
};
use eventstore::{Client, SubscriptionFilter};
use futures_util::future::BoxFuture;

use crate::append::Remembered;
use crate::backoff::Backoff;
use crate::circuit::{Circuit, Health};
use crate::client::Clients;
use crate::fault::Fault;
use crate::options::KurrentOptions;
use crate::stats::{Counters, Stats, count};
use crate::subscription::Following;

/// An event log on a cluster. Cheap to clone; all clones share one client.
#[derive(Clone)]
pub struct KurrentLog(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) options: KurrentOptions,
    pub(crate) clients: Clients,
    pub(crate) circuit: Circuit,
    pub(crate) counters: Counters,
    pub(crate) remembered: Remembered,
}

impl fmt::Debug for KurrentLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KurrentLog").field("hosts", &self.0.options.hosts()).finish_non_exhaustive()
    }
}

impl KurrentLog {
    /// A log on the cluster of `options`. Does not wait for it: a cluster that is away is found out by the first call.
    ///
    /// # Errors
    /// The client can not be made: certificates that can not be read, no threads left.
    pub fn new(options: KurrentOptions) -> Result<Self, LogError> {
        let clients = Clients::new(&options)?;
        let circuit = Circuit::new(options.tolerance);
        let (counters, remembered) = (Counters::default(), Remembered::default());
        Ok(Self(Arc::new(Inner { options, clients, circuit, counters, remembered })))
    }

    /// Whether the cluster answers, without asking it.
    pub fn health(&self) -> Health {
        self.0.circuit.health()
    }

    pub fn stats(&self) -> Stats {
        self.0.counters.read()
    }

    /// Makes all but the last event of a stream unreadable for ever; the next scavenge of the cluster removes them from
    /// its disks. To be repeated freely.
    ///
    /// # Errors
    /// The cluster can not be used.
    pub async fn keep_last(&self, stream: &StreamName) -> Result<(), LogError> {
        self.0.keep_last(stream).await
    }

    /// The hosts of the connection string, without credentials.
    pub fn hosts(&self) -> String {
        self.0.options.hosts()
    }
}

impl EventLog for KurrentLog {
    fn append(&self, append: Append) -> BoxFuture<'_, Result<Appended, LogError>> {
        Box::pin(self.0.append(append))
    }

    fn read_stream<'a>(
        &'a self,
        stream: &'a StreamName,
        from: Revision,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Recorded>, LogError>> {
        Box::pin(self.0.read_stream(stream, from, limit))
    }

    fn read_all(
        &self,
        after: Option<Position>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Recorded>, LogError>> {
        Box::pin(self.0.read_all(after, limit))
    }

    fn subscribe(&self, after: Option<Position>) -> Box<dyn Subscription> {
        Box::new(Following::new(Arc::clone(&self.0), after))
    }

    fn head(&self) -> BoxFuture<'_, Result<Option<Position>, LogError>> {
        Box::pin(self.0.head())
    }
}

/// How a call ended after all its attempts.
pub(crate) enum Ended {
    Fault(Fault),
    /// Time is up. `perhaps`: an attempt may have reached a server.
    GaveUp {
        perhaps: bool,
        why: String,
    },
}

impl Inner {
    /// Attempts one call until it is answered, refused for good, or the budget is used up.
    pub(crate) async fn attempt<T: Send + 'static>(
        self: &Arc<Self>,
        call: impl Fn(Client) -> BoxFuture<'static, Result<T, Fault>> + Clone + Send + Sync + 'static,
    ) -> Result<T, Ended> {
        if let Health::Unreachable(why) = self.circuit.health() {
            return Err(Ended::GaveUp { perhaps: false, why });
        }
        let begun = Instant::now();
        let mut backoff = Backoff::new(self.options.renewal / 4);
        let mut perhaps = false;
        loop {
            let generation = self.clients.present();
            let outcome = generation.call(self.options.deadline, call.clone()).await;
            let fault = match outcome {
                Ok(value) => {
                    self.answered();
                    return Ok(value);
                }
                Err(fault @ (Fault::Conflict { .. } | Fault::NoStream)) => {
                    self.answered();
                    return Err(Ended::Fault(fault));
                }
                Err(fault @ Fault::Final(LogError::Unavailable(_))) => {
                    // Refused credentials: trying again changes nothing, and nobody can work meanwhile.
                    self.faulted(&fault, generation.number);
                    return Err(Ended::Fault(fault));
                }
                Err(fault @ Fault::Final(_)) => return Err(Ended::Fault(fault)),
                Err(fault) => fault,
            };
            perhaps |= matches!(fault, Fault::Unclear(_));
            self.faulted(&fault, generation.number);
            drop(generation);
            if begun.elapsed() >= self.options.budget {
                return Err(Ended::GaveUp { perhaps, why: fault.why() });
            }
            count(&self.counters.retries, 1);
            tokio::time::sleep(backoff.next()).await;
        }
    }

    fn answered(&self) {
        self.clients.succeeded();
        self.circuit.succeeded();
    }

    /// Notes a fault: replaces the client where that helps, and probes when nothing has been answered for too long.
    pub(crate) fn faulted(self: &Arc<Self>, fault: &Fault, generation: u64) {
        let why = fault.why();
        tracing::debug!(why, "a call to the cluster failed");
        if fault.renews() {
            match self.clients.renew(generation) {
                Ok(true) => {
                    count(&self.counters.renewals, 1);
                    tracing::info!(why, "replaced the client of the cluster");
                }
                Ok(false) => {}
                Err(cause) => tracing::error!(%cause, "the client of the cluster can not be replaced"),
            }
        }
        if self.circuit.failed(&why) {
            tracing::error!(why, "the cluster does not answer; refusing calls until it does");
            tokio::spawn(probe(Arc::downgrade(self)));
        }
    }

    pub(crate) fn filter(&self) -> SubscriptionFilter {
        let filter = SubscriptionFilter::on_stream_name();
        if self.options.categories.is_empty() {
            return filter.exclude_system_events();
        }
        prefixes(filter, &self.options.categories)
    }

    /// What subscriptions deliver.
    pub(crate) fn followed(&self) -> SubscriptionFilter {
        if self.options.categories.is_empty() {
            return self.filter();
        }
        prefixes(self.filter(), &self.options.followed)
    }

    /// Whether the stream is one of those that the head is about.
    pub(crate) fn is_ours(&self, stream: &StreamName) -> bool {
        let categories = &self.options.categories;
        categories.is_empty() || categories.iter().any(|category| category == stream.category())
    }
}

fn prefixes(filter: SubscriptionFilter, categories: &[String]) -> SubscriptionFilter {
    let prefixes = categories.iter().map(|category| format!("{category}-"));
    prefixes.fold(filter, SubscriptionFilter::add_prefix)
}

/// Asks the cluster until it answers, or nobody holds the log any more.
async fn probe(log: std::sync::Weak<Inner>) {
    let mut backoff: Option<Backoff> = None;
    loop {
        let Some(log) = log.upgrade() else { return };
        let generation = log.clients.present();
        let filter = log.filter();
        match generation.call(log.options.deadline, |client| crate::read::last(client, filter)).await {
            Ok(_) | Err(Fault::Conflict { .. } | Fault::NoStream) => {
                log.answered();
                tracing::info!("the cluster answers again");
                return;
            }
            Err(fault) => log.faulted(&fault, generation.number),
        }
        let wait = backoff.get_or_insert(Backoff::new(log.options.renewal)).next();
        drop((generation, log));
        tokio::time::sleep(wait).await;
    }
}
