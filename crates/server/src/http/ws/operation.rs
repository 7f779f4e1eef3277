//! One query, mutation or subscription on a socket.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response};
use futures_util::StreamExt as _;
use tokio::task::AbortHandle;

use super::outbox::{Hushed, Outbox};
use super::protocol;
use crate::http::engine::{Asker, Executed};
use crate::http::fanout::{self, Fault, Told};
use crate::http::graphql::Wire;
use crate::http::metrics::Open;
use crate::http::problem::Problem;
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
    hushed: Hushed,
}

/// Why an operation cannot be begun.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    SameId,
    TooMany,
}

impl Operations {
    pub(super) fn take(&self, id: &str, serial: u64, most: usize) -> Result<Hushed, Taken> {
        let mut open = self.lock();
        if open.contains_key(id) {
            return Err(Taken::SameId);
        }
        if open.len() >= most {
            return Err(Taken::TooMany);
        }
        let hushed = Hushed::default();
        open.insert(id.to_owned(), Entry { serial, handle: None, hushed: hushed.clone() });
        Ok(hushed)
    }

    /// Lets the task be ended from here, unless it has ended already.
    pub(super) fn started(&self, id: &str, serial: u64, handle: AbortHandle) {
        if let Some(entry) = self.lock().get_mut(id).filter(|entry| entry.serial == serial) {
            entry.handle = Some(handle);
        }
    }

    /// Ends an operation at the client's word; one that has ended meanwhile is no fault.
    pub(super) fn end(&self, id: &str) {
        if let Some(Entry { handle, hushed, .. }) = self.lock().remove(id) {
            hushed.hush();
            if let Some(handle) = handle {
                handle.abort();
            }
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
    pub(super) outbox: Outbox,
    pub(super) hushed: Hushed,
}

impl Operation {
    pub(super) async fn run(self, mut request: Request) {
        let _counted = Open::new(&self.app.metrics.subscriptions);
        match params::operation(&*self.app.engine, &mut request, &self.asker) {
            Err(unfit) => self.refuse(&unfit.response).await,
            Ok(OperationType::Subscription) => self.subscribe(request).await,
            Ok(_) => self.execute(request).await,
        }
    }

    async fn execute(&self, request: Request) {
        match graphql::run(&self.app, request, self.asker.clone()).await {
            Ok(Executed { response, .. }) if graphql::is_request_error(&response) => {
                self.refuse(&response).await;
            }
            Ok(Executed { response, data }) => {
                let wire = Wire { response: &response, data: data.as_deref(), executed: true };
                let Ok(json) = serde_json::to_string(&wire) else {
                    return self.fault().await;
                };
                if self.next(&json).await {
                    self.complete().await;
                }
            }
            Err(problem) => {
                let message = protocol::error(&self.id, problem.told(), self.asker.language);
                self.last(message).await;
            }
        }
    }

    async fn subscribe(&self, request: Request) {
        let mut answers = fanout::follow(&self.app, request, self.asker.clone());
        let mut begun = false;
        while let Some(answer) = answers.next().await {
            match answer {
                Ok(Told { refused: Some(errors), .. }) if !begun => {
                    return self.last(protocol::errors(&self.id, &errors)).await;
                }
                Ok(told) => {
                    begun = true;
                    if !self.next(&told.json).await {
                        return;
                    }
                }
                Err(Fault) => return self.fault().await,
            }
        }
        self.complete().await;
    }

    /// Whether the socket still takes messages.
    async fn next(&self, json: &str) -> bool {
        self.outbox.put(protocol::next(&self.id, json), Some(&self.hushed)).await.is_ok()
    }

    async fn refuse(&self, response: &Response) {
        match serde_json::to_string(&response.errors) {
            Ok(errors) => self.last(protocol::errors(&self.id, &errors)).await,
            Err(_) => self.fault().await,
        }
    }

    async fn fault(&self) {
        let text = protocol::error(&self.id, Problem::internal().told(), self.asker.language);
        self.last(text).await;
    }

    async fn complete(&self) {
        let text = protocol::complete(&self.id);
        self.last(text).await;
    }

    async fn last(&self, text: String) {
        if self.open.finish(&self.id, self.serial) {
            // A closed queue means that the socket is gone: nobody to tell.
            let _ = self.outbox.put(text, None).await;
        }
    }
}
