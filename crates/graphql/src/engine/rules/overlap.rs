//! Selections that answer under one key can be merged (5.3.2).
//!
//! Instead of comparing each pair of them, the selections of a key are grouped by what they have to agree on, and each is
//! compared with the first of its group; then what is selected within the group is taken together. So each selection of
//! the document as it is written out is looked at a few times and not once for every other one.

use std::collections::HashSet;

use async_graphql::{
    Name, Pos, Positioned,
    indexmap::IndexMap,
    parser::types::{BaseType, Field, OperationDefinition, Selection, SelectionSet, Type},
};

use super::{Checker, Mistake};
use crate::engine::{
    limits::Over,
    model::{self, Kind, Model, named},
    refusal::{CONFLICT, Refusal},
};

/// Most selections that are looked at. What selects of interfaces is looked at once for each object beside it.
const MOST_LOOKS: usize = 500_000;

/// A field where it is selected.
#[derive(Clone, Copy)]
struct Picked<'a> {
    of: &'a Name,
    field: &'a Field,
    pos: Pos,
    /// Nothing for `__typename`.
    known: Option<&'a model::Field>,
}

type Groups<'a> = IndexMap<&'a Name, Vec<Picked<'a>>>;

/// How the selections of a key are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// Answers have one shape, whatever object they come from.
    Shape,
    /// Those that may come from one object are the same field with the same arguments.
    Parent,
}

impl<'a> Checker<'a> {
    pub(super) fn overlap(&mut self, operation: &'a Positioned<OperationDefinition>) {
        let Some(root) = self.model.root(operation.node.ty) else { return };
        for by in [By::Shape, By::Parent] {
            if !self.mistakes.is_empty() {
                return;
            }
            let mut looks = 0;
            let groups = self.groups([(&operation.node.selection_set, root)].into_iter(), &mut looks);
            self.merged(&groups, by, &mut looks);
            if looks > MOST_LOOKS {
                self.mistakes.push(Mistake::Limit(Over::Selections));
            }
        }
    }

    fn merged(&mut self, groups: &Groups<'a>, by: By, looks: &mut usize) {
        for (key, group) in groups {
            for part in parts(self.model, group, by) {
                if self.full() || *looks > MOST_LOOKS {
                    return;
                }
                let Some((first, rest)) = part.split_first() else { continue };
                let other = rest.iter().find(|other| match by {
                    By::Shape => !same_shape(self.model, first.known, other.known),
                    By::Parent => !same_field(first.field, other.field),
                });
                if let Some(other) = other {
                    self.wrong(Refusal::new(&CONFLICT).with("name", key).at(first.pos).at(other.pos));
                    continue;
                }
                let sets = part.iter().filter_map(|picked| {
                    let set = &picked.field.selection_set;
                    Some((set, named(&picked.known?.ty))).filter(|_| !set.node.items.is_empty())
                });
                let within = self.groups(sets, looks);
                self.merged(&within, by, looks);
            }
        }
    }

    /// The selections of several sets, by their keys; a fragment once, wherever it is spread.
    fn groups(
        &self,
        sets: impl Iterator<Item = (&'a Positioned<SelectionSet>, &'a Name)>,
        looks: &mut usize,
    ) -> Groups<'a> {
        let (mut groups, mut spread) = (Groups::new(), HashSet::new());
        for (set, of) in sets {
            self.collect(set, of, &mut groups, &mut spread, looks);
        }
        groups
    }

    fn collect(
        &self,
        set: &'a Positioned<SelectionSet>,
        of: &'a Name,
        groups: &mut Groups<'a>,
        spread: &mut HashSet<&'a Name>,
        looks: &mut usize,
    ) {
        for selection in &set.node.items {
            *looks += 1;
            match &selection.node {
                Selection::Field(field) => {
                    let known = self.model.field(of, &field.node.name.node);
                    let picked = Picked { of, field: &field.node, pos: field.pos, known };
                    groups.entry(&field.node.response_key().node).or_default().push(picked);
                }
                Selection::InlineFragment(fragment) => {
                    let on = fragment.node.type_condition.as_ref().map(|condition| &condition.node.on.node);
                    self.collect(&fragment.node.selection_set, on.unwrap_or(of), groups, spread, looks);
                }
                Selection::FragmentSpread(found) => {
                    let name = &found.node.fragment_name.node;
                    if spread.insert(name)
                        && let Some(fragment) = self.document.fragments.get(name)
                    {
                        let on = &fragment.node.type_condition.node.on.node;
                        self.collect(&fragment.node.selection_set, on, groups, spread, looks);
                    }
                }
            }
        }
    }
}

/// The parts of a group that have to agree: all, or those of each object with those of all interfaces.
fn parts<'a>(model: &Model, group: &[Picked<'a>], by: By) -> Vec<Vec<Picked<'a>>> {
    let is_object = |of: &Name| model.composite(of).is_some_and(|of| of.is_object);
    let alike = group.windows(2).all(|two| two.first().map(|one| one.of) == two.last().map(|one| one.of));
    if by == By::Shape || alike {
        return vec![group.to_vec()];
    }
    let mut objects: IndexMap<&Name, Vec<Picked<'a>>> = IndexMap::new();
    let mut others = Vec::new();
    for picked in group {
        if is_object(picked.of) {
            objects.entry(picked.of).or_default().push(*picked);
        } else {
            others.push(*picked);
        }
    }
    if objects.is_empty() {
        return vec![others];
    }
    let with_others = |mut part: Vec<Picked<'a>>| {
        part.extend(&others);
        part
    };
    objects.into_values().map(with_others).collect()
}

fn same_field(one: &Field, other: &Field) -> bool {
    one.name.node == other.name.node
        && one.arguments.len() == other.arguments.len()
        && one
            .arguments
            .iter()
            .all(|(name, value)| other.get_argument(&name.node).is_some_and(|other| other.node == value.node))
}

fn same_shape(model: &Model, one: Option<&model::Field>, other: Option<&model::Field>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => same_type(model, &one.ty, &other.ty),
        (None, None) => true,
        // `__typename` is a text that is always there.
        (Some(one), None) | (None, Some(one)) => {
            !one.ty.nullable && matches!(&one.ty.base, BaseType::Named(name) if name == "String")
        }
    }
}

fn same_type(model: &Model, one: &Type, other: &Type) -> bool {
    if one.nullable != other.nullable {
        return false;
    }
    match (&one.base, &other.base) {
        (BaseType::List(one), BaseType::List(other)) => same_type(model, one, other),
        (BaseType::Named(one), BaseType::Named(other)) => {
            let composite = |name: &Name| matches!(model.kind(name), Some(Kind::Composite(_)));
            one == other || (composite(one) && composite(other))
        }
        _ => false,
    }
}
