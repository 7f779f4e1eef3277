//! The schema: its roots.

use std::sync::Arc;

use app::App;
use async_graphql::{
    MergedObject, ObjectType, SDLExportOptions, Schema, SchemaBuilder, SubscriptionType, ValidationMode,
};

use crate::{
    access::AccessQuery, area::AreaQuery, contract::ContractQuery, engine::Engine, history::HistoryQuery,
    incident::IncidentQuery, log::LogQuery, mutation::Mutation, node::NodeQuery,
    organisation::OrganisationQuery, person::PersonQuery, plan::PlanQuery, run::RunQuery, shift::ShiftQuery,
    station::StationQuery, subscription::Subscription, viewer::ViewerQuery,
};

/// What can be asked. Everything needs a signed-in asker; what lies outside the asker's scope does not exist.
#[derive(Debug, Default, MergedObject)]
pub(crate) struct Query(
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

/// What comes here was found valid before.
fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation, Subscription).validation_mode(ValidationMode::Fast)
}

/// The schema over an application. Introspection is for signed-in askers; `open_introspection` gives it to everybody.
pub fn engine(app: &Arc<App>, open_introspection: bool) -> Engine {
    Engine::new(builder().data(Arc::clone(app)).finish(), open_introspection)
}

/// The schema without an application: introspection and validation need none. Open to everybody.
pub fn bare() -> Engine {
    Engine::new(builder().finish(), true)
}

/// The schema in its definition language, sorted, so that it only changes when the schema does.
pub fn sdl() -> String {
    bare().sdl()
}

pub(crate) fn sdl_of<Q, M, S>(schema: &Schema<Q, M, S>) -> String
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by()
        .use_space_ident();
    let mut sdl = without_built_in_directives(schema.sdl_with_options(options));
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
