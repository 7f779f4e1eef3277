//! One query, mutation or subscription on a socket.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response};
use axum::extract::ws::Message;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::protocol;
use crate::http::engine::Asker;
use crate::http::metrics::Open;
use crate::http::{App, graphql, params};

/// The operations open on one socket, by the id that the client gave them.
#[derive(Clone, Debug, Default)]
pub(super) struct Operations(Arc<Mutex<HashMap<String, Entry>>>);

#[derive(Debug)]
struct Entry {
    /// Tells an operation from a later one with the same id.
    serial: u64,
    /// Missing for the moment between taking the id and starting the task.
    handle: Option<AbortHandle>,
}

/// Why an operation cannot be begun.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    SameId,
    TooMany,
}

impl Operations {
    pub(super) fn take(&self, id: &str, serial: u64, most: usize) -> Result<(), Taken> {
        let mut open = self.lock();
        if open.contains_key(id) {
            return Err(Taken::SameId);
        }
        if open.len() >= most {
            return Err(Taken::TooMany);
        }
        open.insert(id.to_owned(), Entry { serial, handle: None });
        Ok(())
    }

    /// Lets the task be ended from here, unless it has ended already.
    pub(super) fn started(&self, id: &str, serial: u64, handle: AbortHandle) {
        if let Some(entry) = self.lock().get_mut(id).filter(|entry| entry.serial == serial) {
            entry.handle = Some(handle);
        }
    }

    /// Ends an operation at the client's word; one that has ended meanwhile is no fault.
    pub(super) fn end(&self, id: &str) {
        if let Some(Entry { handle: Some(handle), .. }) = self.lock().remove(id) {
            handle.abort();
        }
    }

    /// Frees the id before the client is told that the operation is over; false when it was ended already.
    fn finish(&self, id: &str, serial: u64) -> bool {
        let mut open = self.lock();
        let mine = open.get(id).is_some_and(|entry| entry.serial == serial);
        if mine {
            open.remove(id);
        }
        mine
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an operation needs to run.
pub(super) struct Operation {
    pub(super) app: App,
    pub(super) id: String,
    pub(super) serial: u64,
    pub(super) asker: Asker,
    pub(super) open: Operations,
    pub(super) queue: mpsc::Sender<Message>,
}

impl Operation {
    pub(super) async fn run(self, mut request: Request) {
        let _counted = Open::new(&self.app.metrics.subscriptions);
        match params::operation(&*self.app.engine, &mut request, &self.asker) {
            Err(unfit) => self.fail(&unfit.response).await,
            Ok(OperationType::Subscription) => self.subscribe(request).await,
            Ok(_) => self.execute(request).await,
        }
    }

    async fn execute(self, request: Request) {
        match graphql::run(&self.app, request, self.asker.clone()).await {
            Ok(response) if graphql::is_request_error(&response) => self.fail(&response).await,
            Ok(response) => {
                if self.next(&response).await {
                    self.complete().await;
                }
            }
            Err(problem) => {
                let message = protocol::error(&self.id, problem.code(), problem.message());
                self.last(message).await;
            }
        }
    }

    async fn subscribe(self, request: Request) {
        // The schema validates when the stream is made or first polled: neither may take the socket down.
        let engine = Arc::clone(&self.app.engine);
        let asker = self.asker.clone();
        let made =
            AssertUnwindSafe(async move { engine.execute_stream(request, asker) }).catch_unwind().await;
        let Ok(stream) = made else { return self.fault().await };
        let mut stream = AssertUnwindSafe(stream).catch_unwind();
        let mut begun = false;
        while let Some(response) = stream.next().await {
            match response {
                Ok(response) if !begun && graphql::is_request_error(&response) => {
                    return self.fail(&response).await;
                }
                Ok(response) => {
                    begun = true;
                    if !self.next(&response).await {
                        return;
                    }
                }
                Err(_) => return self.fault().await,
            }
        }
        self.complete().await;
    }

    /// Whether the socket still takes messages.
    async fn next(&self, response: &Response) -> bool {
        match protocol::next(&self.id, response) {
            Ok(text) => self.queue.send(Message::from(text)).await.is_ok(),
            Err(_) => false,
        }
    }

    async fn fail(self, response: &Response) {
        if let Ok(text) = protocol::errors(&self.id, response) {
            self.last(text).await;
        }
    }

    async fn fault(self) {
        tracing::error!(request_id = &*self.asker.correlation, "a subscription panicked");
        let text = protocol::error(&self.id, "internal", "The server failed; its logs have the request id.");
        self.last(text).await;
    }

    async fn complete(self) {
        let text = protocol::complete(&self.id);
        self.last(text).await;
    }

    async fn last(self, text: String) {
        if self.open.finish(&self.id, self.serial) {
            // A closed queue means that the socket is gone: nobody to tell.
            let _ = self.queue.send(Message::from(text)).await;
        }
    }
}
