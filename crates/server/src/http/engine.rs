//! What executes GraphQL, seen from the transports.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use async_graphql::{Request, Response};
use domain::Language;
use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::stream::BoxStream;
use graphql::Standing;
use graphql::engine::{Unfit, Weight, was_executed};
use serde_json::value::RawValue;

use crate::budget::Payer;
use crate::identity::Principal;

/// Who asks, in which language the answer is wanted, and the id that joins the answer to the logs.
#[derive(Clone, Debug)]
pub struct Asker {
    /// Nobody signed in: the schema decides what is open to everybody.
    pub principal: Option<Arc<Principal>>,
    /// The other end of the connection: a proxy's, where there is one.
    pub peer: Option<IpAddr>,
    pub language: Language,
    pub correlation: Arc<str>,
    /// The position that the answer must show at least: header `wardlog-at-least`.
    pub at_least: Option<u64>,
    /// The position that the asker has seen already, so that a subscription goes on after it: header `last-event-id`
    /// of an event stream.
    pub resume_after: Option<u64>,
    /// The position that "from now on" means to a subscription, when it was asked for a moment ago.
    pub since: Option<u64>,
    /// A subscription ends when everything up to this position has been told.
    pub until: Option<u64>,
    /// Where a subscription stands: the position of its last answer, 0 before the first.
    pub standing: Standing,
}

impl Asker {
    /// Nobody, who asks for nothing in particular.
    pub fn anonymous(correlation: Arc<str>) -> Self {
        Self {
            principal: None,
            peer: None,
            language: Language::default(),
            correlation,
            at_least: None,
            resume_after: None,
            since: None,
            until: None,
            standing: Standing::default(),
        }
    }

    /// Who pays for what is asked.
    pub fn payer(&self) -> Payer {
        match &self.principal {
            Some(principal) => Payer::Account(principal.id),
            None => Payer::nobody(self.peer),
        }
    }
}

/// One answer. Its data may be JSON already; then the response has none.
#[derive(Debug)]
pub struct Executed {
    pub response: Response,
    pub data: Option<Arc<RawValue>>,
}

impl From<Response> for Executed {
    fn from(response: Response) -> Self {
        Self { response, data: None }
    }
}

impl Executed {
    /// Whether anything was executed: it was found valid before.
    pub fn was_executed(&self) -> bool {
        self.data.is_some() || was_executed(&self.response)
    }
}

/// Executes requests, each in three steps: it is weighed, so that the transport knows what it is; then executed, or
/// followed as a stream.
pub trait Engine: Send + Sync + 'static {
    /// Reads the document of a request within the limits and weighs it; the request then carries the document parsed.
    ///
    /// # Errors
    /// What the asker is told instead of an execution.
    fn weigh(&self, request: &mut Request, asker: &Asker) -> Result<Weight, Box<Unfit>>;

    /// What was weighed is not going to be executed: it does not fit its transport or its variables.
    fn refused(&self, _asker: &Asker) {}

    /// One answer to a query or a mutation.
    fn execute(&self, request: Request, asker: Asker) -> BoxFuture<'static, Executed>;

    /// The answers to a subscription. Dropping the stream ends it.
    fn execute_stream(&self, request: Request, asker: Asker) -> BoxStream<'static, Response>;

    /// The newest position that answers show, when subscriptions of the schema obey positions: those of the asker, and
    /// those of their argument `after`. Otherwise nothing.
    fn position(&self) -> Option<u64> {
        None
    }

    /// The schema in its definition language.
    fn sdl(&self) -> String;
}

/// What fits a request to its asker.
type Fit = dyn Fn(Request, &Asker) -> Request + Send + Sync;

/// Tells the newest position that answers show.
type Reach = dyn Fn() -> u64 + Send + Sync;

/// A schema as an [`Engine`]. Resolvers find the [`Asker`] in the request's data, and whatever `fit` adds to it (their
/// own type of viewer, loaders, no introspection for nobody).
pub struct SchemaEngine {
    engine: graphql::Engine,
    fit: Arc<Fit>,
    position: Option<Arc<Reach>>,
}

impl fmt::Debug for SchemaEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SchemaEngine").finish_non_exhaustive()
    }
}

impl SchemaEngine {
    pub fn new(
        engine: graphql::Engine,
        fit: impl Fn(Request, &Asker) -> Request + Send + Sync + 'static,
    ) -> Self {
        Self { engine, fit: Arc::new(fit), position: None }
    }

    /// The same, with subscriptions that obey positions.
    #[must_use]
    pub fn with_positions(mut self, newest: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.position = Some(Arc::new(newest));
        self
    }

    fn prepared(&self, request: Request, asker: Asker) -> Request {
        (self.fit)(request, &asker).data(asker)
    }
}

impl Engine for SchemaEngine {
    fn weigh(&self, request: &mut Request, asker: &Asker) -> Result<Weight, Box<Unfit>> {
        request.data.insert(asker.language);
        self.engine.weigh(request)
    }

    fn execute(&self, request: Request, asker: Asker) -> BoxFuture<'static, Executed> {
        self.engine.execute(self.prepared(request, asker)).map(Executed::from).boxed()
    }

    fn execute_stream(&self, request: Request, asker: Asker) -> BoxStream<'static, Response> {
        self.engine.execute_stream(self.prepared(request, asker))
    }

    fn position(&self) -> Option<u64> {
        self.position.as_ref().map(|position| position())
    }

    fn sdl(&self) -> String {
        self.engine.sdl()
    }
}
