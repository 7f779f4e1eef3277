//! Fields, fragments, arguments and directives (5.3, 5.4, 5.5 and 5.7).

use std::collections::HashSet;

use async_graphql::{
    Name, Pos, Positioned,
    indexmap::IndexMap,
    parser::types::{Directive, Field, Selection, SelectionSet},
};
use async_graphql_value::Value;

use super::Checker;
use crate::engine::{
    model::{Argument, Kind, meet, named},
    refusal::{
        IMPOSSIBLE_FRAGMENT, MISPLACED_DIRECTIVE, NEEDS_ARGUMENT, NEEDS_SUBFIELDS, NO_SUBFIELDS, Refusal,
        SAME_ARGUMENT, SAME_DIRECTIVE, UNKNOWN_ARGUMENT, UNKNOWN_DIRECTIVE, UNKNOWN_FIELD, UNKNOWN_FRAGMENT,
    },
};

const TYPENAME: &str = "__typename";

/// Where a directive stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Selection,
    /// Of an operation, a fragment or a variable.
    Definition,
}

/// What has arguments, for a sentence.
#[derive(Clone, Copy)]
enum Owner<'a> {
    Field(&'a Name, &'a str),
    Directive(&'a Name),
}

impl std::fmt::Display for Owner<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Field(of, name) => write!(f, "{of}.{name}"),
            Self::Directive(name) => write!(f, "@{name}"),
        }
    }
}

impl<'a> Checker<'a> {
    pub(super) fn set(&mut self, set: &'a Positioned<SelectionSet>, of: &'a Name) {
        for selection in &set.node.items {
            if self.full() {
                return;
            }
            self.directives(selection.node.directives(), Place::Selection);
            match &selection.node {
                Selection::Field(field) => self.field(field, of),
                Selection::InlineFragment(fragment) => {
                    let on = match &fragment.node.type_condition {
                        Some(condition) => {
                            let on = &condition.node.on;
                            if !self.composite(on) {
                                continue;
                            }
                            self.applies(&on.node, of, fragment.pos);
                            &on.node
                        }
                        None => of,
                    };
                    self.set(&fragment.node.selection_set, on);
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    match self.document.fragments.get(name) {
                        Some(fragment) => {
                            self.within.spreads.push(name);
                            self.applies(&fragment.node.type_condition.node.on.node, of, spread.pos);
                        }
                        None => self.wrong(Refusal::new(&UNKNOWN_FRAGMENT).with("name", name).at(spread.pos)),
                    }
                }
            }
        }
    }

    /// What a fragment is on has something in common with what it is selected of.
    fn applies(&mut self, on: &Name, of: &Name, pos: Pos) {
        let (Some(one), Some(other)) = (self.model.composite(on), self.model.composite(of)) else { return };
        if on != of && !meet(one, other) {
            self.wrong(Refusal::new(&IMPOSSIBLE_FRAGMENT).with("name", on).with("type", of).at(pos));
        }
    }

    fn field(&mut self, field: &'a Positioned<Field>, of: &'a Name) {
        let Positioned { node: field, pos } = field;
        let name = field.name.node.as_str();
        let selects = !field.selection_set.node.items.is_empty();
        let about = |reason| Refusal::new(reason).with("name", name).with("type", of).at(*pos);
        if name == TYPENAME {
            if selects {
                self.wrong(about(&NO_SUBFIELDS));
            }
            let none = self.model.no_arguments();
            return self.arguments(&field.arguments, none, Owner::Field(of, TYPENAME), *pos);
        }
        let Some(known) = self.model.field(of, name) else {
            return self.wrong(about(&UNKNOWN_FIELD));
        };
        self.arguments(&field.arguments, &known.arguments, Owner::Field(of, name), *pos);
        let to = named(&known.ty);
        match (self.model.kind(to), selects) {
            (Some(Kind::Composite(_)), true) => self.set(&field.selection_set, to),
            (Some(Kind::Composite(_)), false) => self.wrong(about(&NEEDS_SUBFIELDS)),
            (_, true) => self.wrong(about(&NO_SUBFIELDS)),
            (_, false) => {}
        }
    }

    fn arguments(
        &mut self,
        given: &'a [(Positioned<Name>, Positioned<Value>)],
        known: &'a IndexMap<Name, Argument>,
        owner: Owner<'_>,
        pos: Pos,
    ) {
        let mut seen = HashSet::with_capacity(given.len());
        for (name, value) in given {
            if self.full() {
                return;
            }
            if !seen.insert(&name.node) {
                self.wrong(Refusal::new(&SAME_ARGUMENT).with("name", &name.node).at(name.pos));
                continue;
            }
            match known.get(&name.node) {
                Some(argument) => self.argument(&name.node, argument, value),
                None => {
                    let refusal = Refusal::new(&UNKNOWN_ARGUMENT).with("of", owner).with("name", &name.node);
                    self.wrong(refusal.at(name.pos));
                }
            }
        }
        for (name, argument) in known {
            if argument.is_required() && !seen.contains(name) {
                let refusal = Refusal::new(&NEEDS_ARGUMENT).with("of", owner).with("name", name);
                self.wrong(refusal.with("type", &argument.ty).at(pos));
            }
        }
    }

    /// Those of documents are `@skip` and `@include`; they stand at selections.
    pub(super) fn directives(&mut self, directives: &'a [Positioned<Directive>], place: Place) {
        for (number, directive) in directives.iter().enumerate() {
            let Positioned { node: Directive { name, arguments }, pos } = directive;
            let about = |reason| Refusal::new(reason).with("name", &name.node).at(*pos);
            // There are few at one place: that was checked before.
            if directives.iter().take(number).any(|other| other.node.name.node == name.node) {
                self.wrong(about(&SAME_DIRECTIVE));
            }
            match name.node.as_str() {
                "skip" | "include" if place == Place::Selection => {
                    let known = self.model.condition();
                    self.arguments(arguments, known, Owner::Directive(&name.node), *pos);
                }
                "skip" | "include" | "deprecated" | "specifiedBy" | "oneOf" => {
                    self.wrong(about(&MISPLACED_DIRECTIVE));
                }
                _ => self.wrong(about(&UNKNOWN_DIRECTIVE)),
            }
        }
    }
}
