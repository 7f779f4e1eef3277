//! The library's answer becomes the one that the specification has (September 2025, 6.4.4): a field that failed is null;
//! where the schema says that it never is, so is what holds it, up to the first that may be. Each field fails once.
//! Fields stand in the order in which they were asked for.
//!
//! The library leaves out what failed, answers an object of which all failed as null, and takes the order in which fields
//! were done. Errors are put into a tree by their paths, and the answer is walked once.

use std::collections::HashMap;

use async_graphql::{
    Name, PathSegment, Positioned, Response, ServerError, Value,
    indexmap::IndexMap,
    parser::types::{BaseType, Field, OperationDefinition, Selection, Type},
};

use super::{
    merge::OWN,
    model::{Model, named},
};

/// What was null where nothing may be: what holds it has to be.
struct Null;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Step<'a> {
    Key(&'a str),
    Row(usize),
}

/// The errors at a place and within it.
#[derive(Default)]
struct Failed<'a> {
    here: bool,
    within: HashMap<Step<'a>, Failed<'a>>,
}

impl<'a> Failed<'a> {
    /// Whether the error is the first one of its place.
    fn insert(&mut self, path: &'a [PathSegment]) -> bool {
        let mut at = self;
        for segment in path {
            let step = match segment {
                PathSegment::Field(key) => Step::Key(key),
                PathSegment::Index(row) => Step::Row(*row),
            };
            at = at.within.entry(step).or_default();
        }
        !std::mem::replace(&mut at.here, true)
    }
}

/// The errors within a step of a place.
fn within<'a>(failed: Option<&'a Failed<'a>>, step: Step<'a>) -> Option<&'a Failed<'a>> {
    failed?.within.get(&step)
}

/// Completes the answer to a merged operation.
pub(crate) fn complete(response: &mut Response, model: &Model, operation: &OperationDefinition) {
    let errors = std::mem::take(&mut response.errors);
    let mut failed = Failed::default();
    let first: Vec<bool> =
        errors.iter().map(|error| error.path.is_empty() || failed.insert(&error.path)).collect();
    let was_executed = response.data != Value::Null || !failed.within.is_empty();
    if let Some(root) = model.root(operation.ty).filter(|_| was_executed) {
        let data = std::mem::take(&mut response.data);
        let items = &operation.selection_set.node.items;
        response.data = object(model, data, items, root, Some(&failed)).unwrap_or_default();
    }
    drop(failed);
    let mut first = first.into_iter();
    let kept = errors.into_iter().filter(|_: &ServerError| first.next().unwrap_or(true));
    response.errors = kept.collect();
}

fn object(
    model: &Model,
    value: Value,
    items: &[Positioned<Selection>],
    of: &Name,
    failed: Option<&Failed<'_>>,
) -> Result<Value, Null> {
    let mut given = match value {
        Value::Object(given) => given,
        // Every field of it failed.
        Value::Null if failed.is_some_and(|failed| !failed.within.is_empty()) => IndexMap::new(),
        other => return Ok(other),
    };
    if failed.is_none() && is_in_order(&given, items) {
        for (value, item) in given.values_mut().zip(items) {
            if let Selection::Field(field) = &item.node
                && let Some(known) = model.field(of, &field.node.name.node)
            {
                *value = place(model, std::mem::take(value), &known.ty, &field.node, None)?;
            }
        }
        return Ok(Value::Object(given));
    }
    let object = match given.swap_remove(OWN) {
        Some(Value::String(object)) => Some(Name::new(object)),
        _ => None,
    };
    let mut fields = IndexMap::with_capacity(items.len());
    for item in items {
        match &item.node {
            Selection::Field(field) => {
                take(model, &field.node, of, failed, &mut given, &mut fields)?;
            }
            Selection::InlineFragment(part) => {
                let on = part.node.type_condition.as_ref().map(|condition| &condition.node.on.node);
                if on != object.as_ref() {
                    continue;
                }
                for item in &part.node.selection_set.node.items {
                    if let (Selection::Field(field), Some(on)) = (&item.node, on) {
                        take(model, &field.node, on, failed, &mut given, &mut fields)?;
                    }
                }
            }
            // There are none any more.
            Selection::FragmentSpread(_) => {}
        }
    }
    Ok(Value::Object(fields))
}

/// Whether an object has its fields as they were asked for, and nothing else.
fn is_in_order(given: &IndexMap<Name, Value>, items: &[Positioned<Selection>]) -> bool {
    let keys = items.iter().map(|item| match &item.node {
        Selection::Field(field) => Some(&field.node.response_key().node).filter(|key| **key != OWN),
        _ => None,
    });
    given.len() == items.len() && given.keys().map(Some).eq(keys)
}

/// Moves a field into its place.
fn take(
    model: &Model,
    field: &Field,
    of: &Name,
    failed: Option<&Failed<'_>>,
    given: &mut IndexMap<Name, Value>,
    fields: &mut IndexMap<Name, Value>,
) -> Result<(), Null> {
    let key = &field.response_key().node;
    if key == OWN {
        return Ok(());
    }
    let failed = within(failed, Step::Key(key));
    let value = given.swap_remove(key);
    let value = match (model.field(of, &field.name.node), value) {
        (Some(known), Some(value)) => place(model, value, &known.ty, field, failed)?,
        (Some(known), None) => {
            let value = place(model, Value::Null, &known.ty, field, failed)?;
            if value == Value::Null && !known.ty.nullable {
                return Err(Null);
            }
            value
        }
        (None, value) => value.unwrap_or_default(),
    };
    fields.insert(key.clone(), value);
    Ok(())
}

/// What a field leads to, or a row of its list.
fn place(
    model: &Model,
    value: Value,
    ty: &Type,
    field: &Field,
    failed: Option<&Failed<'_>>,
) -> Result<Value, Null> {
    let items = &field.selection_set.node.items;
    if failed.is_none() && (items.is_empty() || value == Value::Null) {
        return Ok(value);
    }
    let completed = match (failed, &ty.base, value) {
        (Some(Failed { here: true, .. }), ..) => Err(Null),
        (_, BaseType::List(of), Value::List(rows)) => {
            let rows = rows
                .into_iter()
                .enumerate()
                .map(|(index, row)| place(model, row, of, field, within(failed, Step::Row(index))));
            rows.collect::<Result<_, _>>().map(Value::List)
        }
        // One row that failed took the list with it.
        (Some(_), BaseType::List(_), _) => Err(Null),
        (_, _, value) if items.is_empty() => Ok(value),
        (_, _, value) => object(model, value, items, named(ty), failed),
    };
    match completed {
        Err(Null) if ty.nullable => Ok(Value::Null),
        completed => completed,
    }
}

#[cfg(test)]
mod tests;
