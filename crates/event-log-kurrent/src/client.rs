//! The client and its replacement. The client's own tasks never end by themselves, not even when it is dropped, so every
//! client lives on a runtime of its own that is shut down with it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use event_log::LogError;
use eventstore::{Client, ClientSettings};
use futures_util::future::BoxFuture;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use crate::backoff::Backoff;
use crate::fault::Fault;
use crate::options::KurrentOptions;

/// One client and the runtime that its tasks and connections live on.
pub(crate) struct Generation {
    pub(crate) number: u64,
    client: Client,
    /// Taken by `drop`.
    runtime: Option<Runtime>,
}

impl Drop for Generation {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A plain drop would wait for the tasks, and must not happen inside another runtime.
            runtime.shutdown_background();
        }
    }
}

impl Generation {
    fn new(number: u64, settings: &ClientSettings) -> Result<Self, LogError> {
        let unavailable = |cause: String| LogError::Unavailable(format!("no client could be made: {cause}"));
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("log-client")
            .enable_all()
            .build()
            .map_err(|cause| unavailable(cause.to_string()))?;
        let client = Client::with_runtime_handle(runtime.handle().clone(), settings.clone())
            .map_err(|cause| unavailable(cause.to_string()))?;
        Ok(Self { number, client, runtime: Some(runtime) })
    }

    /// Runs one call on the client's runtime, so that what it leaves behind ends with the client, a caller that goes
    /// away does not break it off, and a panic of the client is a fault like others.
    pub(crate) async fn call<T: Send + 'static>(
        self: &Arc<Self>,
        deadline: std::time::Duration,
        call: impl FnOnce(Client) -> BoxFuture<'static, Result<T, Fault>> + Send + 'static,
    ) -> Result<T, Fault> {
        let Some(runtime) = &self.runtime else {
            return Err(Fault::NotDone { renew: true, why: "the client has ended".to_owned() });
        };
        let (client, kept) = (self.client.clone(), Arc::clone(self));
        let task = runtime.spawn(async move {
            let _kept = kept;
            timeout(deadline, call(client)).await
        });
        match task.await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Fault::Unclear("the server did not answer in time".to_owned())),
            Err(_) => Err(Fault::Unclear("the client broke off".to_owned())),
        }
    }
}

/// The present client.
pub(crate) struct Clients {
    settings: ClientSettings,
    state: Mutex<State>,
}

struct State {
    present: Arc<Generation>,
    backoff: Backoff,
    /// No replacement before.
    not_before: Instant,
}

impl Clients {
    pub(crate) fn new(options: &KurrentOptions) -> Result<Self, LogError> {
        let present = Arc::new(Generation::new(0, &options.settings)?);
        let state = State { present, backoff: Backoff::new(options.renewal), not_before: Instant::now() };
        Ok(Self { settings: options.settings.clone(), state: Mutex::new(state) })
    }

    pub(crate) fn present(&self) -> Arc<Generation> {
        Arc::clone(&self.lock().present)
    }

    pub(crate) fn succeeded(&self) {
        self.lock().backoff.reset();
    }

    /// Replaces the client unless somebody already has, or the last replacement was only just now. True when it did.
    pub(crate) fn renew(&self, failed: u64) -> Result<bool, LogError> {
        let mut state = self.lock();
        if state.present.number != failed || Instant::now() < state.not_before {
            return Ok(false);
        }
        state.not_before = Instant::now() + state.backoff.next();
        let old =
            std::mem::replace(&mut state.present, Arc::new(Generation::new(failed + 1, &self.settings)?));
        drop(state);
        // Calls that still run hold it a little longer.
        drop(old);
        Ok(true)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
