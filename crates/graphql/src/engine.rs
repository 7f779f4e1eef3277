//! Executes requests: reads a document within bounds, weighs what it asks for, validates it, runs it.
//!
//! The schema's type parameters end here, so that nothing outside this crate is compiled over them. There are two
//! schemas over the same resolvers: one validates, the other runs what was found valid before. Neither has an
//! extension: those of the library are called for every field.
//! Absent on purpose: who asks beside whether they are signed in, what they may still cost, and time.

mod bounds;
mod cache;
mod complete;
mod limits;
mod manners;
mod rewrite;
mod shape;
mod table;
mod weight;

use std::{any::TypeId, fmt, sync::Arc};

use app::Viewer;
use async_graphql::{
    ObjectType, Positioned, Request, Response, Schema, ServerError, SubscriptionType,
    parser::{
        parse_query,
        types::{BaseType, ExecutableDocument, OperationDefinition},
    },
};
use domain::Language;
use futures_util::{
    StreamExt as _,
    future::{BoxFuture, FutureExt as _},
    stream::{self, BoxStream},
};

use self::{
    cache::{Cache, Document},
    limits::Over,
    table::Table,
};
use crate::single_root;

pub use limits::REASONS;
pub use manners::was_executed;
pub use weight::{COMMAND, REFUSED, Weight, event_cost};

/// A schema without its type parameters.
trait Executes: Send + Sync {
    fn execute(&self, request: Request) -> BoxFuture<'static, Response>;
    fn execute_stream(&self, request: Request) -> BoxStream<'static, Response>;
    fn sdl(&self) -> String;
    fn names(&self) -> Vec<String>;
}

impl<Q, M, S> Executes for Schema<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    fn execute(&self, request: Request) -> BoxFuture<'static, Response> {
        let schema = self.clone();
        async move { schema.execute(request).await }.boxed()
    }

    fn execute_stream(&self, request: Request) -> BoxStream<'static, Response> {
        Schema::execute_stream(self, request)
    }

    fn sdl(&self) -> String {
        crate::schema::sdl_of(self)
    }

    fn names(&self) -> Vec<String> {
        Schema::names(self)
    }
}

/// What executes requests. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inside>);

struct Inside {
    validating: Box<dyn Executes>,
    /// Runs what was found valid; without it everything is validated every time.
    trusting: Option<Box<dyn Executes>>,
    table: Table,
    documents: Cache,
    open_introspection: bool,
}

impl Inside {
    /// An answer of the library as it is told.
    fn told(
        &self,
        mut answer: Response,
        document: &Document,
        name: Option<&str>,
        language: Language,
    ) -> Response {
        if let Some(operation) = weight::chosen(&document.parsed, name).filter(|_| !answer.errors.is_empty())
        {
            complete::complete(&mut answer, &self.table, &document.parsed, &operation.node);
        }
        if document.kept {
            rewrite::strip(&mut answer.data);
        }
        manners::with_codes(manners::in_order(answer, &document.parsed, name), language)
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// A request that is not executed.
#[derive(Debug)]
pub struct Unfit {
    /// What the asker is told.
    pub response: Response,
    /// Whether the document could be read: it is one, and within the limits of what is read at all.
    pub read: bool,
}

/// What was found out about a request; travels in its data, so that it is found out once.
#[derive(Clone, Debug)]
struct Read {
    document: Arc<Document>,
    weight: Weight,
}

impl Engine {
    /// Over a schema. Introspection is for signed-in askers, unless it is open.
    pub fn new<Q, M, S>(
        validating: Schema<Q, M, S>,
        trusting: Option<Schema<Q, M, S>>,
        open_introspection: bool,
    ) -> Self
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
        S: SubscriptionType + 'static,
    {
        Self(Arc::new(Inside {
            validating: Box::new(validating),
            trusting: trusting.map(|schema| Box::new(schema) as Box<dyn Executes>),
            table: Table::of::<Q, M, S>(),
            documents: Cache::new(),
            open_introspection,
        }))
    }

    /// Reads the request's document and weighs what is asked for; leaves the parsed document in the request (see
    /// [`document`]). The second call for a request only looks.
    ///
    /// # Errors
    /// A text that is no document, a limit that is passed, an operation that is not there.
    pub fn weigh(&self, request: &mut Request) -> Result<Weight, Box<Unfit>> {
        if let Some(read) = read_before(request) {
            return Ok(read.weight);
        }
        match self.read(request) {
            Ok(read) => {
                let weight = read.weight;
                request.data.insert(read);
                Ok(weight)
            }
            Err(Failed { error, read }) => {
                let response = Response::from_errors(vec![*error]);
                Err(Box::new(Unfit { response: manners::with_codes(response, language(request)), read }))
            }
        }
    }

    fn read(&self, request: &mut Request) -> Result<Read, Failed> {
        let language = language(request);
        let document = match self.0.documents.get(&request.query) {
            Some(document) => document,
            None => parse(&self.0.table, &request.query, language)?,
        };
        let name = request.operation_name.as_deref();
        let operation = weight::chosen(&document.parsed, name);
        let operation = operation.ok_or_else(|| Failed::unfit(manners::no_operation(name)))?;
        let weight = document.weight(request, || {
            let weight = weight::weigh(&self.0.table, &document.parsed, &operation.node, &request.variables)?;
            Ok(weight.of_tokens(document.tokens))
        });
        let weight = weight.map_err(|over: Over| Failed::unfit(over.error(language)))?;
        Ok(Read { document, weight })
    }

    /// One answer to a query or a mutation. The request's data says who asks ([`app::Viewer`]) and in which language.
    pub fn execute(&self, request: impl Into<Request>) -> BoxFuture<'static, Response> {
        self.run(request.into())
    }

    fn run(&self, mut request: Request) -> BoxFuture<'static, Response> {
        if let Err(refused) = self.weigh(&mut request) {
            return std::future::ready(refused.response).boxed();
        }
        let (engine, language) = (self.clone(), language(&request));
        let request = self.fitted(request);
        let Some(document) = read_before(&request).map(|read| Arc::clone(&read.document)) else {
            return self.0.validating.execute(request);
        };
        let (inside, name) = (Arc::clone(&self.0), request.operation_name.clone());
        let told = move |answer: Response, document: &Document| {
            inside.told(answer, document, name.as_deref(), language)
        };
        if let Some(trusting) = self.0.trusting.as_ref().filter(|_| document.is_trusted()) {
            return trusting.execute(request).map(move |answer| told(answer, &document)).boxed();
        }
        let text = request.query.clone();
        let answer = self.0.validating.execute(request);
        let noted = move |answer: Response| {
            if manners::was_executed(&answer) {
                engine.0.documents.found_valid(&text, &document);
            }
            told(answer, &document)
        };
        answer.map(noted).boxed()
    }

    /// The answers to a subscription; one answer to anything else. Dropping the stream ends it.
    pub fn execute_stream(&self, request: impl Into<Request>) -> BoxStream<'static, Response> {
        self.stream(request.into())
    }

    fn stream(&self, mut request: Request) -> BoxStream<'static, Response> {
        if let Err(refused) = self.weigh(&mut request) {
            return stream::once(std::future::ready(refused.response)).boxed();
        }
        let (inside, language) = (Arc::clone(&self.0), language(&request));
        let request = self.fitted(request);
        let Some(document) = read_before(&request).map(|read| Arc::clone(&read.document)) else {
            return self.0.validating.execute_stream(request);
        };
        let name = request.operation_name.clone();
        let answers = self.0.validating.execute_stream(request);
        answers.map(move |answer| inside.told(answer, &document, name.as_deref(), language)).boxed()
    }

    /// Hands the library a copy of the document that was read, and closes introspection to anonymous askers.
    fn fitted(&self, mut request: Request) -> Request {
        if let Some(parsed) = document(&request).cloned() {
            request.set_parsed_query(parsed);
        }
        let known = request.data.contains_key(&TypeId::of::<Viewer>());
        if known || self.0.open_introspection { request } else { request.disable_introspection() }
    }

    /// The schema in its definition language, sorted, so that it only changes when the schema does.
    pub fn sdl(&self) -> String {
        self.0.validating.sdl()
    }

    /// The words of the schema: names of its types, fields, arguments and values.
    pub fn names(&self) -> Vec<String> {
        self.0.validating.names()
    }

    /// Fields that weighing knows of and the schema does not have, for a test.
    pub fn unknown_to_schema(&self) -> Vec<String> {
        table::stale(&self.0.table)
    }
}

/// Why a request is not executed, and whether its document was read.
struct Failed {
    error: Box<ServerError>,
    read: bool,
}

impl Failed {
    fn unread(error: ServerError) -> Self {
        Self { error: Box::new(error), read: false }
    }

    fn unfit(error: ServerError) -> Self {
        Self { error: Box::new(error), read: true }
    }
}

fn parse(table: &Table, text: &str, language: Language) -> Result<Arc<Document>, Failed> {
    let counted = bounds::count(text).map_err(|beyond| Failed::unread(Over::Text(beyond).error(language)))?;
    let mut parsed = parse_query(text).map_err(|error| Failed::unread(error.into()))?;
    shape::check(&parsed).map_err(|over| Failed::unfit(over.error(language)))?;
    single_root::check(&parsed).map_err(Failed::unfit)?;
    variables_have_types(table, &parsed).map_err(Failed::unfit)?;
    let kept = rewrite::rewrite(&mut parsed).map_err(Failed::unfit)?;
    Ok(Arc::new(Document::new(parsed, kept, counted.tokens, counted.strings == 0)))
}

/// The library's validation panics over the default of a variable whose type is not there.
fn variables_have_types(table: &Table, document: &ExecutableDocument) -> Result<(), ServerError> {
    for (_, operation) in document.operations.iter() {
        for variable in &operation.node.variable_definitions {
            let mut base = &variable.node.var_type.node.base;
            let name = loop {
                match base {
                    BaseType::Named(name) => break name,
                    BaseType::List(of) => base = &of.base,
                }
            };
            if !table.knows(name) {
                return Err(ServerError::new(format!("Unknown type \"{name}\""), Some(variable.pos)));
            }
        }
    }
    Ok(())
}

/// The parsed document of a request that was weighed.
pub fn document(request: &Request) -> Option<&ExecutableDocument> {
    read_before(request).map(|read| &read.document.parsed)
}

/// What a request that was weighed weighs.
pub fn weight(request: &Request) -> Option<Weight> {
    read_before(request).map(|read| read.weight)
}

/// The operation that a request which was weighed asks for.
pub fn operation(request: &Request) -> Option<&Positioned<OperationDefinition>> {
    weight::chosen(document(request)?, request.operation_name.as_deref())
}

fn read_before(request: &Request) -> Option<&Read> {
    request.data.get(&TypeId::of::<Read>()).and_then(|read| read.downcast_ref())
}

fn language(request: &Request) -> Language {
    let told = request.data.get(&TypeId::of::<Language>());
    told.and_then(|told| told.downcast_ref()).copied().unwrap_or_default()
}
