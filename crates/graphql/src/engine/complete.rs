//! Completes an answer with what its errors left out (specification of September 2025, 6.4.4): a field that failed is
//! null; where the schema says that it never is, so is what holds it, up to the first that may be.
//!
//! The library answers such an object without the field.

use std::collections::HashSet;

use async_graphql::{
    Name, PathSegment, Positioned, Response, Value,
    indexmap::IndexMap,
    parser::types::{ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet},
};

use super::table::Table;

/// Where an object comes from: the type that it is looked at as, and what is selected of it.
type Source<'a> = (Option<usize>, &'a Positioned<SelectionSet>);

/// One step of a path. The library's own can not be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step<'a> {
    Key(&'a str),
    Row(usize),
}

/// What became of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Became {
    Fine,
    /// It is null where it may not be: what holds it has to be.
    Null,
}

struct Completion<'a> {
    table: &'a Table,
    document: &'a ExecutableDocument,
    /// Places that are null because of something within.
    dead: HashSet<Vec<Step<'a>>>,
}

pub(crate) fn complete(
    response: &mut Response,
    table: &Table,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
) {
    let paths: Vec<Vec<Step<'_>>> = response.errors.iter().map(|error| steps(&error.path)).collect();
    let root = match operation.ty {
        OperationType::Query => table.query,
        OperationType::Mutation => table.mutation,
        OperationType::Subscription => table.subscription,
    };
    let mut completion = Completion { table, document, dead: HashSet::new() };
    for path in paths.iter().filter(|path| !path.is_empty()) {
        let sources = vec![(root, &operation.selection_set)];
        if completion.object(&mut response.data, sources, path, 0) == Became::Null {
            response.data = Value::Null;
            return;
        }
    }
}

fn steps(path: &[PathSegment]) -> Vec<Step<'_>> {
    path.iter()
        .map(|segment| match segment {
            PathSegment::Field(key) => Step::Key(key),
            PathSegment::Index(row) => Step::Row(*row),
        })
        .collect()
}

impl<'a> Completion<'a> {
    /// The object at `path[..at]`, of which the field at `path[at]` failed, or something within that.
    fn object(
        &mut self,
        value: &mut Value,
        sources: Vec<Source<'a>>,
        path: &[Step<'a>],
        at: usize,
    ) -> Became {
        let Some(Step::Key(key)) = path.get(at).copied() else { return Became::Fine };
        if *value == Value::Null {
            // Every field of it failed.
            *value = Value::Object(IndexMap::new());
        }
        let Value::Object(fields) = value else { return Became::Fine };
        let (mut order, mut found) = (Vec::new(), Vec::new());
        for (ty, set) in &sources {
            self.collect(*ty, set, key, &mut order, &mut found);
        }
        let Some((ty, field)) = found.first() else { return Became::Fine };
        let Some(known) = self.table.field(*ty, &field.name.node) else { return Became::Fine };
        let missing = fields.get(key).is_none();
        let slot = fields.entry(Name::new(key)).or_insert(Value::Null);
        let within = found.iter().map(|(_, field)| (known.leads_to, &field.selection_set)).collect();
        let became = self.place(slot, within, &known.nullable, path, at + 1);
        if missing {
            let mut ordered = IndexMap::with_capacity(fields.len());
            ordered.extend(order.iter().filter_map(|key| fields.swap_remove_entry(*key)));
            ordered.append(fields);
            *fields = ordered;
        }
        became
    }

    /// The value at `path[..at]`: what a field leads to, or a row of its list. `nullable`: of it, then of its rows.
    fn place(
        &mut self,
        value: &mut Value,
        sources: Vec<Source<'a>>,
        nullable: &[bool],
        path: &[Step<'a>],
        at: usize,
    ) -> Became {
        let Some((may_be_null, of_rows)) = nullable.split_first() else { return Became::Fine };
        let here = path.get(..at).unwrap_or_default();
        if self.dead.contains(here) {
            return Became::Fine;
        }
        let became = match path.get(at) {
            None => Became::Null,
            Some(Step::Key(_)) => self.object(value, sources, path, at),
            Some(Step::Row(row)) => match value {
                Value::List(rows) => match rows.get_mut(*row) {
                    Some(row) => self.place(row, sources, of_rows, path, at + 1),
                    None => Became::Fine,
                },
                // One row that failed took the list with it.
                Value::Null => Became::Null,
                _ => Became::Fine,
            },
        };
        if became == Became::Fine {
            return Became::Fine;
        }
        *value = Value::Null;
        self.dead.insert(here.to_vec());
        if *may_be_null { Became::Fine } else { Became::Null }
    }

    /// The fields of a set that answer under a key, each with the type that it is a field of; and all keys in their order.
    fn collect(
        &self,
        ty: Option<usize>,
        set: &'a Positioned<SelectionSet>,
        key: &str,
        order: &mut Vec<&'a Name>,
        found: &mut Vec<(Option<usize>, &'a Field)>,
    ) {
        for selection in &set.node.items {
            match &selection.node {
                Selection::Field(field) => {
                    let own = &field.node.response_key().node;
                    order.push(own);
                    if own == key {
                        found.push((ty, &field.node));
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let on = fragment.node.type_condition.as_ref().map(|condition| &condition.node.on.node);
                    let ty = on.map_or(ty, |name| self.table.named(name));
                    self.collect(ty, &fragment.node.selection_set, key, order, found);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                        let ty = self.table.named(&fragment.node.type_condition.node.on.node);
                        self.collect(ty, &fragment.node.selection_set, key, order, found);
                    }
                }
            }
        }
    }
}
