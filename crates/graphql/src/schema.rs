//! The schema: its roots and its limits.

use std::{any::TypeId, sync::Arc};

use app::{App, Viewer};
use async_graphql::{
    MergedObject, Request, Response, SDLExportOptions, SchemaBuilder, ServerError, ServerResult,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest, NextRequest, NextSubscribe,
    },
};
use futures_util::{StreamExt as _, stream::BoxStream};

use crate::{
    area::AreaQuery, contract::ContractQuery, history::HistoryQuery, incident::IncidentQuery, log::LogQuery,
    mutation::Mutation, node::NodeQuery, organisation::OrganisationQuery, person::PersonQuery,
    plan::PlanQuery, run::RunQuery, shift::ShiftQuery, station::StationQuery, subscription::Subscription,
    viewer::ViewerQuery,
};

/// Deepest nesting of fields.
const DEPTH: usize = 15;
/// Most that a request may cost: one for each field, times the rows of the lists around it.
const COMPLEXITY: usize = 5_000;
/// Most directives on one field.
const DIRECTIVES: usize = 10;
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
        .prefer_single_line_descriptions()
        .use_space_ident();
    let mut sdl = builder().finish().sdl_with_options(options);
    sdl.truncate(sdl.trim_end().len());
    sdl.push('\n');
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

    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        with_codes(next.run(ctx).await)
    }

    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        next.run(ctx, stream).map(with_codes).boxed()
    }
}

fn with_codes(mut response: Response) -> Response {
    for error in &mut response.errors {
        let code = code_of(error);
        let extensions = error.extensions.get_or_insert_default();
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
