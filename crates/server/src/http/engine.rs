//! What executes GraphQL, seen from the transports.

use std::fmt;
use std::sync::Arc;

use async_graphql::{ObjectType, Request, Response, Schema, SubscriptionType};
use domain::Language;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use graphql::Standing;

use crate::identity::Principal;

/// Who asks, in which language the answer is wanted, and the id that joins the answer to the logs.
#[derive(Clone, Debug)]
pub struct Asker {
    /// Nobody signed in: the schema decides what is open to everybody.
    pub principal: Option<Arc<Principal>>,
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
            language: Language::default(),
            correlation,
            at_least: None,
            resume_after: None,
            since: None,
            until: None,
            standing: Standing::default(),
        }
    }
}

/// Executes requests; a schema without its type parameters.
pub trait Engine: Send + Sync + 'static {
    /// One answer to a query or a mutation.
    fn execute(&self, request: Request, asker: Asker) -> BoxFuture<'static, Response>;

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

/// An async-graphql schema as an [`Engine`]. Resolvers find the [`Asker`] in the request's data, and whatever `fit`
/// adds to it (their own type of viewer, loaders, no introspection for nobody).
pub struct SchemaEngine<Q, M, S> {
    schema: Schema<Q, M, S>,
    fit: Arc<Fit>,
    position: Option<Arc<Reach>>,
}

impl<Q, M, S> fmt::Debug for SchemaEngine<Q, M, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SchemaEngine").finish_non_exhaustive()
    }
}

impl<Q, M, S> SchemaEngine<Q, M, S> {
    pub fn new(
        schema: Schema<Q, M, S>,
        fit: impl Fn(Request, &Asker) -> Request + Send + Sync + 'static,
    ) -> Self {
        Self { schema, fit: Arc::new(fit), position: None }
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

impl<Q, M, S> Engine for SchemaEngine<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    fn execute(&self, request: Request, asker: Asker) -> BoxFuture<'static, Response> {
        let schema = self.schema.clone();
        let request = self.prepared(request, asker);
        Box::pin(async move { schema.execute(request).await })
    }

    fn execute_stream(&self, request: Request, asker: Asker) -> BoxStream<'static, Response> {
        self.schema.execute_stream(self.prepared(request, asker))
    }

    fn position(&self) -> Option<u64> {
        self.position.as_ref().map(|position| position())
    }

    fn sdl(&self) -> String {
        self.schema.sdl()
    }
}
