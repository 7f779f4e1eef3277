//! What the library does not do with a document is written into it, before it is weighed, validated and executed.
//!
//! - Validation passes over `__typename`, so that a variable of its directives counts as unused, and a directive there
//!   may be anything. Within an inline fragment that carries the directives the same means the same, and is looked at.
//! - An object of which nothing is selected in the end (every field skipped, no fragment for its type) is answered as
//!   null, although it is there (September 2025, 6.3.2: an empty map). One more field keeps it; [`strip`] takes that away.

use async_graphql::{
    Name, Positioned, ServerError, Value,
    parser::types::{
        DocumentOperations, ExecutableDocument, Field, FragmentDefinition, InlineFragment, OperationType,
        Selection, SelectionSet,
    },
};

/// The response key of the field that keeps an object.
const KEEPS: &str = "__keeps";
const TYPENAME: &str = "__typename";

/// Whether a field is one that [`rewrite`] has put in.
pub(crate) fn keeps(field: &Field) -> bool {
    field.alias.as_ref().is_some_and(|alias| alias.node == KEEPS) && field.name.node == TYPENAME
}

/// Rewrites a document whose depth was checked; whether answers to it have to be stripped.
///
/// # Errors
/// `__typename` with arguments or a selection.
pub(crate) fn rewrite(document: &mut ExecutableDocument) -> Result<bool, ServerError> {
    let mut kept = false;
    let operations: &mut dyn Iterator<Item = _> = match &mut document.operations {
        DocumentOperations::Single(operation) => &mut std::iter::once(operation),
        DocumentOperations::Multiple(operations) => &mut operations.values_mut(),
    };
    for operation in operations {
        let object = operation.node.ty != OperationType::Subscription;
        set(&mut operation.node.selection_set, object, &mut kept)?;
    }
    let fragments = document.fragments.values_mut();
    for Positioned { node: FragmentDefinition { selection_set, .. }, .. } in fragments {
        set(selection_set, false, &mut kept)?;
    }
    Ok(kept)
}

/// `object`: the set is what is selected of an object, and not a part of that.
fn set(of: &mut Positioned<SelectionSet>, object: bool, kept: &mut bool) -> Result<(), ServerError> {
    for selection in &mut of.node.items {
        match &mut selection.node {
            Selection::Field(field) if field.node.name.node == TYPENAME => {
                is_plain(field)?;
                if !field.node.directives.is_empty() {
                    let directives = std::mem::take(&mut field.node.directives);
                    let at = field.pos;
                    let items = vec![Positioned::new(Selection::Field(field.clone()), at)];
                    let selection_set = Positioned::new(SelectionSet { items }, at);
                    let around = InlineFragment { type_condition: None, directives, selection_set };
                    selection.node = Selection::InlineFragment(Positioned::new(around, at));
                }
            }
            Selection::Field(field) => set(&mut field.node.selection_set, true, kept)?,
            Selection::InlineFragment(fragment) => set(&mut fragment.node.selection_set, false, kept)?,
            Selection::FragmentSpread(_) => {}
        }
    }
    let always = |selection: &Positioned<Selection>| matches!(&selection.node, Selection::Field(field) if field.node.directives.is_empty());
    if object && !of.node.items.is_empty() && !of.node.items.iter().any(always) {
        let named = |name: &str| Positioned::new(Name::new(name), of.pos);
        let field = Field {
            alias: Some(named(KEEPS)),
            name: named(TYPENAME),
            arguments: vec![],
            directives: vec![],
            selection_set: Positioned::default(),
        };
        of.node.items.push(Positioned::new(Selection::Field(Positioned::new(field, of.pos)), of.pos));
        *kept = true;
    }
    Ok(())
}

fn is_plain(field: &Positioned<Field>) -> Result<(), ServerError> {
    if let Some((name, _)) = field.node.arguments.first() {
        let message = format!("Unknown argument \"{}\" on field \"{TYPENAME}\".", name.node);
        return Err(ServerError::new(message, Some(name.pos)));
    }
    if field.node.selection_set.node.items.is_empty() {
        return Ok(());
    }
    let message =
        format!("Field \"{TYPENAME}\" must not have a selection since type \"String!\" has no subfields");
    Err(ServerError::new(message, Some(field.pos)))
}

/// Takes away what kept objects.
pub(crate) fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.shift_remove(KEEPS);
            fields.values_mut().for_each(strip);
        }
        Value::List(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}
