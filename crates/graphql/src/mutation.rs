//! The root of all mutations: one field for every command of the table, so that neither can miss one of the other.

use std::borrow::Cow;

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerResult, Value,
    parser::types::Field,
    registry::{MetaField, MetaType, MetaTypeId, Registry},
    resolver_utils::resolve_container_serial,
};

use crate::{
    command::{commands, named},
    reveal::RevealMutation,
};

/// Every command as a field `name(input: NameInput!): NounPayload!`, and the mutations that open personal data.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mutation;

impl OutputType for Mutation {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("Mutation")
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| MetaType::Object {
            name: Self::type_name().into_owned(),
            description: Some(
                "Commands. Each is recorded whole or refused with the reason; sent again with the same commandId it gets \
                 its first outcome."
                    .into(),
            ),
            fields: reveals(registry)
                .into_iter()
                .chain(
                    commands().map(|command| (command.name.clone(), (command.field)(&command.name, registry))),
                )
                .collect(),
            cache_control: Default::default(),
            extends: false,
            shareable: false,
            resolvable: true,
            keys: None,
            visible: None,
            inaccessible: false,
            interface_object: false,
            tags: Vec::new(),
            is_subscription: false,
            rust_typename: Some(std::any::type_name::<Self>()),
            directive_invocations: Vec::new(),
            requires_scopes: Vec::new(),
        })
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        resolve_container_serial(ctx, self).await
    }
}

impl ContainerType for Mutation {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        match named(ctx.item.node.name.node.as_str()) {
            Some(command) => (command.resolve)(ctx).await,
            None => RevealMutation.resolve_field(ctx).await,
        }
    }
}

impl ObjectType for Mutation {}

/// The fields of the mutations that open personal data.
fn reveals(registry: &mut Registry) -> Vec<(String, MetaField)> {
    match registry.create_fake_output_type::<RevealMutation>() {
        MetaType::Object { fields, .. } => fields.into_iter().collect(),
        _ => Vec::new(),
    }
}
