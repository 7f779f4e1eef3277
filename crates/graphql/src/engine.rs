//! Executes requests: reads a document within bounds, weighs what it asks for, holds it to the rules, reads its variables,
//! and only then has it run.
//!
//! The library runs what is given to it here and decides nothing: it reads no text, validates no document, and what it
//! runs has no variables, no fragments and each response key once. It has no extension: those are called for every field.
//! The schema's type parameters end here, so that nothing outside this crate is compiled over them.
//! Absent on purpose: who asks beside whether they are signed in, what they may still cost, and time.

mod bounds;
mod cache;
mod complete;
mod inputs;
mod limits;
mod manners;
mod merge;
mod model;
mod places;
mod reader;
mod refusal;
mod rules;
mod shape;
mod table;
mod weight;

use std::{any::TypeId, fmt, sync::Arc};

use app::Viewer;
use async_graphql::{
    ObjectType, Positioned, Request, Response, Schema, ServerError, SubscriptionType, Variables,
    parser::types::{ExecutableDocument, OperationDefinition, OperationType, Selection},
};
use domain::Language;
use futures_util::{
    StreamExt as _,
    future::{BoxFuture, FutureExt as _},
    stream::{self, BoxStream},
};

use self::{
    cache::{Cache, Document},
    inputs::Inputs,
    limits::Over,
    merge::Merged,
    model::Model,
    rules::Mistake,
    table::Table,
};
use crate::command::{INPUT, unfit};

pub use limits::ALL as REASONS;
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
    schema: Box<dyn Executes>,
    table: Table,
    model: Model,
    documents: Cache,
    open_introspection: bool,
}

/// A request that may be run, and what it was made of.
struct Ready {
    request: Request,
    /// What is run.
    merged: Arc<ExecutableDocument>,
    language: Language,
    /// The schema is not for who asks.
    closed: bool,
}

impl Inside {
    /// Holds the document of a weighed request to the rules, reads its variables, and puts what is run into the request.
    /// Nothing was executed before all of it is done.
    fn ready(&self, mut request: Request, read: &Read) -> Result<Ready, Box<Response>> {
        let language = language(&request);
        let document = &read.document;
        let refused = |mistakes: &[Mistake]| {
            let errors = mistakes.iter().map(|mistake| mistake.error(language)).collect();
            Box::new(manners::with_codes(Response::from_errors(errors), language))
        };
        if !document.is_valid() {
            let mistakes = rules::check(&self.model, &document.parsed);
            if !mistakes.is_empty() {
                return Err(refused(&mistakes));
            }
            self.documents.found_valid(&request.query, document);
        }
        let known = request.data.contains_key(&TypeId::of::<Viewer>());
        let merged = document.merged(&request, || self.merged(&request, document));
        let merged = merged.map_err(|mistakes| refused(&mistakes))?;
        // Who is nobody is told that, and nothing of the commands.
        if known && let Some(mistake) = unfit_command(&merged) {
            return Err(refused(&[mistake]));
        }
        request.variables = Variables::default();
        request.operation_name = None;
        request.set_parsed_query(merged.as_ref().clone());
        let closed = !known && !self.open_introspection;
        if closed {
            request = request.disable_introspection();
        }
        Ok(Ready { request, merged, language, closed })
    }

    fn merged(&self, request: &Request, document: &Document) -> Result<Merged, Vec<Mistake>> {
        let name = request.operation_name.as_deref();
        let Some(operation) = weight::chosen(&document.parsed, name) else { return Err(Vec::new()) };
        let inputs = Inputs::of(&self.model, &operation.node, &request.variables)?;
        merge::merge(&self.model, &document.parsed, operation, &inputs).map_err(|mistake| vec![mistake])
    }

    /// An answer of the library as it is told.
    fn told(
        &self,
        mut answer: Response,
        merged: &ExecutableDocument,
        (language, closed): (Language, bool),
    ) -> Response {
        if let Some(operation) = weight::chosen(merged, None) {
            if closed {
                answer.errors.extend(manners::schema_is_closed(&operation.node, language));
            }
            complete::complete(&mut answer, &self.model, &operation.node);
        }
        manners::with_codes(answer, language)
    }
}

/// The first command whose input would be refused when its turn comes: then the others have been done.
fn unfit_command(merged: &ExecutableDocument) -> Option<Mistake> {
    let operation =
        weight::chosen(merged, None).filter(|chosen| chosen.node.ty == OperationType::Mutation)?;
    operation.node.selection_set.node.items.iter().find_map(|item| {
        let Selection::Field(field) = &item.node else { return None };
        let input = field.node.get_argument(INPUT)?;
        let misfit = unfit(&field.node.name.node, input.node.clone().into_const()?)?;
        Some(Mistake::Value(misfit, None, input.pos))
    })
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
    pub fn new<Q, M, S>(schema: Schema<Q, M, S>, open_introspection: bool) -> Self
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
        S: SubscriptionType + 'static,
    {
        let registry = table::registry::<Q, M, S>();
        Self(Arc::new(Inside {
            schema: Box::new(schema),
            table: Table::of(&registry),
            model: Model::of(&registry),
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
            None => parse(&request.query, language)?,
        };
        let name = request.operation_name.as_deref();
        let operation = weight::chosen(&document.parsed, name);
        let operation = operation.ok_or_else(|| Failed::unfit(manners::no_operation(name, language)))?;
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

    fn run(&self, request: Request) -> BoxFuture<'static, Response> {
        let Ready { request, merged, language, closed } = match self.ready(request) {
            Ok(ready) => ready,
            Err(refused) => return std::future::ready(*refused).boxed(),
        };
        let inside = Arc::clone(&self.0);
        let answer = self.0.schema.execute(request);
        answer.map(move |answer| inside.told(answer, &merged, (language, closed))).boxed()
    }

    /// The answers to a subscription; one answer to anything else. Dropping the stream ends it.
    pub fn execute_stream(&self, request: impl Into<Request>) -> BoxStream<'static, Response> {
        self.stream(request.into())
    }

    fn stream(&self, request: Request) -> BoxStream<'static, Response> {
        let Ready { request, merged, language, closed } = match self.ready(request) {
            Ok(ready) => ready,
            Err(refused) => return stream::once(std::future::ready(*refused)).boxed(),
        };
        let inside = Arc::clone(&self.0);
        let answers = self.0.schema.execute_stream(request);
        answers.map(move |answer| inside.told(answer, &merged, (language, closed))).boxed()
    }

    fn ready(&self, mut request: Request) -> Result<Ready, Box<Response>> {
        let weighed = self.weigh(&mut request);
        weighed.map_err(|refused| Box::new(refused.response))?;
        match read_before(&request).cloned() {
            Some(read) => self.0.ready(request, &read),
            // A request that was weighed carries what was read.
            None => Err(Box::default()),
        }
    }

    /// The schema in its definition language, sorted, so that it only changes when the schema does.
    pub fn sdl(&self) -> String {
        self.0.schema.sdl()
    }

    /// The words of the schema: names of its types, fields, arguments and values.
    pub fn names(&self) -> Vec<String> {
        self.0.schema.names()
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

fn parse(text: &str, language: Language) -> Result<Arc<Document>, Failed> {
    let counted = bounds::count(text).map_err(|beyond| Failed::unread(Over::Text(beyond).error(language)))?;
    let read = reader::read(text).map_err(|refusal| Failed::unread(refusal.error(language)))?;
    shape::check(&read.document).map_err(|over| Failed::unfit(over.error(language)))?;
    if let Some(finding) = read.findings.first() {
        return Err(Failed::unfit(finding.error(language)));
    }
    Ok(Arc::new(Document::new(read.document, counted.tokens, counted.strings == 0)))
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
