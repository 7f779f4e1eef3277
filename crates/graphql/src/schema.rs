//! The schema: its roots and its limits.

use std::{any::TypeId, sync::Arc};

use app::{App, Viewer};
use async_graphql::{
    MergedObject, Positioned, Request, Response, SDLExportOptions, SchemaBuilder, ServerError, ServerResult,
    Variables,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextParseQuery, NextPrepareRequest, NextRequest,
        NextSubscribe,
    },
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};
use domain::Language;
use futures_util::{StreamExt as _, stream::BoxStream};

use crate::{
    access::AccessQuery, area::AreaQuery, command::without_value, contract::ContractQuery,
    history::HistoryQuery, incident::IncidentQuery, log::LogQuery, misfit, mutation::Mutation,
    node::NodeQuery, organisation::OrganisationQuery, person::PersonQuery, plan::PlanQuery, run::RunQuery,
    shift::ShiftQuery, single_root, station::StationQuery, subscription::Subscription, viewer::ViewerQuery,
};

/// Deepest nesting of fields.
const DEPTH: usize = 15;
/// Most that a request may cost: one for each field, times the rows of the lists around it.
const COMPLEXITY: usize = 5_000;
/// Most directives on one field.
const DIRECTIVES: usize = 10;
/// Most aliases in one request: they let one request ask, or do, the same thing many times.
const ALIASES: usize = 50;
/// Deepest nesting of selections that is read at all.
const RECURSION: usize = 32;

/// What can be asked. Everything needs a signed-in asker; what lies outside the asker's scope does not exist.
#[derive(Debug, Default, MergedObject)]
pub struct Query(
    ViewerQuery,
    NodeQuery,
    AreaQuery,
    StationQuery,
    OrganisationQuery,
    PersonQuery,
    PlanQuery,
    ContractQuery,
    IncidentQuery,
    ShiftQuery,
    RunQuery,
    HistoryQuery,
    AccessQuery,
    LogQuery,
);

/// The schema of the platform.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation, Subscription)
        .limit_depth(DEPTH)
        .limit_complexity(COMPLEXITY)
        .limit_directives(DIRECTIVES)
        .limit_recursive_depth(RECURSION)
}

/// The schema over an application. Introspection is for signed-in askers; `open_introspection` gives it to everybody.
pub fn schema(app: Arc<App>, open_introspection: bool) -> Schema {
    builder().data(app).extension(Manners { open_introspection }).finish()
}

/// The schema in its definition language, sorted, so that it only changes when the schema does.
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by()
        .use_space_ident();
    let mut sdl = without_built_in_directives(builder().finish().sdl_with_options(options));
    sdl.truncate(sdl.trim_end().len());
    sdl.push('\n');
    sdl
}

/// A service should leave the directives of GraphQL itself out of its definition language (specification, 3.13); the
/// engine writes those it uses, each as a description and one line.
fn without_built_in_directives(mut sdl: String) -> String {
    for name in ["skip", "include", "deprecated", "specifiedBy", "oneOf"] {
        let Some(line) = sdl.find(&format!("\ndirective @{name}")).map(|at| at + 1) else { continue };
        let end = sdl[line..].find('\n').map_or(sdl.len(), |length| line + length + 1);
        let described = sdl[..line].strip_suffix("\"\"\"\n").and_then(|before| before.rfind("\"\"\"\n"));
        sdl.replace_range(described.unwrap_or(line)..end, "");
    }
    sdl
}

/// Closes introspection to anonymous askers, and gives a code to the errors that the engine makes itself.
#[derive(Clone, Copy, Debug)]
struct Manners {
    open_introspection: bool,
}

impl ExtensionFactory for Manners {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(*self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for Manners {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let known = request.data.contains_key(&TypeId::of::<Viewer>()) || ctx.data_opt::<Viewer>().is_some();
        let request =
            if known || self.open_introspection { request } else { request.disable_introspection() };
        next.run(ctx, request).await
    }

    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let document = next.run(ctx, query, variables).await?;
        single_root::check(&document)?;
        let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set.node);
        let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
        if operations.chain(fragments).map(aliases).sum::<usize>() > ALIASES {
            return Err(ServerError::new(
                format!("Query is too complex: more than {ALIASES} aliases."),
                None,
            ));
        }
        Ok(document)
    }

    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        let language = ctx.data_opt::<Language>().copied().unwrap_or_default();
        with_codes(next.run(ctx).await, language)
    }

    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        let language = ctx.data_opt::<Language>().copied().unwrap_or_default();
        next.run(ctx, stream).map(move |response| with_codes(response, language)).boxed()
    }
}

/// Aliased fields in a selection. Its depth was bounded when it was read.
fn aliases(selection: &SelectionSet) -> usize {
    let of = |item: &Positioned<Selection>| match &item.node {
        Selection::Field(field) => {
            usize::from(field.node.alias.is_some()) + aliases(&field.node.selection_set.node)
        }
        Selection::InlineFragment(fragment) => aliases(&fragment.node.selection_set.node),
        Selection::FragmentSpread(_) => 0,
    };
    selection.items.iter().map(of).sum()
}

fn with_codes(mut response: Response, language: Language) -> Response {
    for error in &mut response.errors {
        let code = code_of(error);
        let misfit = misfit::of(&error.message, language);
        error.message = without_value(&error.message);
        let extensions = error.extensions.get_or_insert_default();
        if let Some((field, sentence)) = misfit {
            extensions.set("field", field);
            error.message = sentence;
        }
        if extensions.get("code").is_none() {
            extensions.set("code", code);
        }
    }
    response
}

/// Resolvers give their errors a code; what comes without one is the engine's, of reading, validation or inputs.
fn code_of(error: &ServerError) -> &'static str {
    let message = error.message.as_str();
    if !error.path.is_empty() || message.contains("Invalid value") || message.contains("Failed to parse") {
        "bad_user_input"
    } else if message.contains("too complex") || message.contains("too deep") || message.contains("recursion")
    {
        "query_too_large"
    } else {
        "bad_query"
    }
}
