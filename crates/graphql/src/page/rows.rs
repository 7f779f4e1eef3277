//! The rows of a page, resolved without a task for each of their fields.
//!
//! The library makes a boxed future for every field of every object and waits for all of them together. A row is in
//! memory: most of its fields are ready at once, so they are asked one after the other, in place. What is not plain (a
//! fragment, a directive, the same key twice) goes the library's way.

use std::{borrow::Cow, collections::HashSet};

use async_graphql::{
    ContainerType, ContextSelectionSet, Name, OutputType, Positioned, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::{Field, Selection},
    registry::Registry,
    resolver_utils::resolve_container,
};
use futures_util::future::try_join_all;

/// One object.
pub(crate) struct One<'a, T>(pub &'a T);

/// A list of objects.
pub(crate) struct Rows<'a, T>(pub Vec<&'a T>);

impl<T: ContainerType> OutputType for One<'_, T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        match plain(ctx) {
            Some(fields) => Ok(object(ctx, self.0, &fields).await),
            None => resolve_container(ctx, self.0).await,
        }
    }
}

impl<T: ContainerType> OutputType for Rows<'_, T> {
    fn type_name() -> Cow<'static, str> {
        Vec::<&T>::type_name()
    }

    fn qualified_type_name() -> String {
        Vec::<&T>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<&T>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        let plain = plain(ctx);
        let row = async |index: usize, row: &T| {
            let at = ctx.with_index(index);
            match &plain {
                Some(fields) => Ok(object(&at, row, fields).await),
                None => resolve_container(&at, row).await.map_err(|error| at.set_error_path(error)),
            }
        };
        // Only a field with fields of its own may have to wait for something: then the rows wait together.
        let waits = plain.as_ref().is_none_or(|fields| fields.iter().any(|field| has_fields(field)));
        let rows = self.0.iter().enumerate();
        if waits {
            let rows = rows.map(|(index, one)| row(index, one));
            return Ok(Value::List(try_join_all(rows).await?));
        }
        let mut values = Vec::with_capacity(self.0.len());
        for (index, one) in rows {
            values.push(row(index, one).await?);
        }
        Ok(Value::List(values))
    }
}

fn has_fields(field: &Positioned<Field>) -> bool {
    !field.node.selection_set.node.items.is_empty()
}

/// The selected fields, when they are nothing but fields with keys of their own.
fn plain<'a>(ctx: &ContextSelectionSet<'a>) -> Option<Vec<&'a Positioned<Field>>> {
    let items = &ctx.item.node.items;
    let mut keys: HashSet<&Name> = HashSet::with_capacity(items.len());
    let field = |item: &'a Positioned<Selection>| match &item.node {
        Selection::Field(field) if field.node.directives.is_empty() => Some(field),
        _ => None,
    };
    let fields = items.iter().map(field).collect::<Option<Vec<_>>>()?;
    fields.iter().all(|field| keys.insert(&field.node.response_key().node)).then_some(fields)
}

/// An object's fields in the order in which they were asked for. A field that fails leaves its error in the context.
async fn object<'a, T: ContainerType>(
    ctx: &ContextSelectionSet<'a>,
    object: &T,
    fields: &[&'a Positioned<Field>],
) -> Value {
    let mut values = IndexMap::with_capacity(fields.len());
    for field in fields {
        let key = field.node.response_key().node.clone();
        if field.node.name.node == "__typename" {
            values.insert(key, Value::String(object.introspection_type_name().into_owned()));
            continue;
        }
        let at = ctx.with_field(field);
        match object.resolve_field(&at).await {
            Ok(value) => {
                values.insert(key, value.unwrap_or_default());
            }
            Err(error) => ctx.add_error(error),
        }
    }
    if values.is_empty() { Value::Null } else { Value::Object(values) }
}
