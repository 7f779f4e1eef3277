//! The rules of the specification (September 2025, chapter 5) for documents, over our schema. All of them take time that
//! grows with the document as it is written out, whose size was bounded before ([`super::shape`]).
//!
//! Absent on purpose: what the reader finds, cycles of fragments (the shape has none), and values of variables
//! ([`super::inputs`]).

use std::collections::HashMap;

use async_graphql::{
    Name, Pos, Positioned, ServerError,
    parser::types::{ExecutableDocument, OperationDefinition, Type},
};
use domain::Language;

use super::{
    limits::Over,
    model::{Kind, Model},
    refusal::{NO_COMPOSITE, NO_ROOT, Refusal, UNKNOWN_TYPE},
};
use crate::shape::Misfit;

mod overlap;
mod roots;
mod selections;
mod values;
mod variables;

/// Most mistakes that are looked for: a document of thousand mistakes is told of the first ones.
pub(super) const MOST: usize = 20;

/// What is wrong with a request.
#[derive(Debug)]
pub(crate) enum Mistake {
    Document(Refusal),
    /// A value that does not fit its type; the variable that it comes from; where it stands.
    Value(Misfit, Option<Name>, Pos),
    Limit(Over),
}

impl Mistake {
    pub fn error(&self, language: Language) -> ServerError {
        let (misfit, variable, pos) = match self {
            Self::Document(refusal) => return refusal.error(language),
            Self::Limit(over) => return over.error(language),
            Self::Value(misfit, variable, pos) => (misfit, variable, *pos),
        };
        let message = match language {
            Language::En => &misfit.en,
            Language::ZhCn => &misfit.zh,
        };
        let mut error = ServerError::new(message.as_str(), Some(pos));
        let extensions = error.extensions.get_or_insert_default();
        extensions.set("code", "bad_user_input");
        extensions.set("field", misfit.field.as_str());
        if let Some(variable) = variable {
            extensions.set("variable", variable.as_str());
        }
        error
    }
}

/// Where a variable is used.
struct Usage<'a> {
    name: &'a Name,
    pos: Pos,
    wanted: &'a Type,
    /// What it stands for has a default.
    has_default: bool,
    /// It stands for the one field of an input that takes one.
    one_of: bool,
}

/// What an operation or a fragment has in it by itself.
#[derive(Default)]
struct Within<'a> {
    usages: Vec<Usage<'a>>,
    spreads: Vec<&'a Name>,
}

struct Checker<'a> {
    model: &'a Model,
    document: &'a ExecutableDocument,
    mistakes: Vec<Mistake>,
    /// Of the definition that is looked at.
    within: Within<'a>,
}

/// What is wrong with a document: nothing, if it is valid.
pub(crate) fn check(model: &Model, document: &ExecutableDocument) -> Vec<Mistake> {
    let mut checker = Checker { model, document, mistakes: Vec::new(), within: Within::default() };
    let mut fragments = HashMap::new();
    // In the order of the text, so that the first mistakes of many are told.
    let mut in_order: Vec<_> = document.fragments.iter().collect();
    in_order.sort_unstable_by_key(|(_, fragment)| (fragment.pos.line, fragment.pos.column));
    let mut operations: Vec<_> = document.operations.iter().collect();
    operations.sort_unstable_by_key(|(_, operation)| (operation.pos.line, operation.pos.column));
    let mut found = Vec::with_capacity(operations.len());
    for (_, operation) in &operations {
        checker.operation(operation);
        found.push((*operation, std::mem::take(&mut checker.within)));
    }
    for (name, fragment) in in_order {
        checker.fragment(fragment);
        fragments.insert(name, std::mem::take(&mut checker.within));
    }
    // What else is wrong may follow from what is.
    if checker.mistakes.is_empty() {
        checker.variables(&found, &fragments);
    }
    if checker.mistakes.is_empty() {
        for (operation, _) in &found {
            checker.subscription(operation);
            checker.overlap(operation);
        }
    }
    checker.mistakes.truncate(MOST);
    checker.mistakes
}

impl<'a> Checker<'a> {
    fn full(&self) -> bool {
        self.mistakes.len() >= MOST
    }

    fn wrong(&mut self, refusal: Refusal) {
        self.mistakes.push(Mistake::Document(refusal));
    }

    fn operation(&mut self, operation: &'a Positioned<OperationDefinition>) {
        self.definitions(&operation.node);
        let place = selections::Place::Definition;
        self.directives(&operation.node.directives, place);
        match self.model.root(operation.node.ty) {
            Some(root) => self.set(&operation.node.selection_set, root),
            None => {
                self.wrong(Refusal::new(&NO_ROOT).with("name", operation.node.ty).at(operation.pos));
            }
        }
    }

    fn fragment(&mut self, fragment: &'a Positioned<async_graphql::parser::types::FragmentDefinition>) {
        self.directives(&fragment.node.directives, selections::Place::Definition);
        let on = &fragment.node.type_condition.node.on;
        if self.composite(on) {
            self.set(&fragment.node.selection_set, &on.node);
        }
    }

    /// Whether a fragment can be on a type.
    fn composite(&mut self, on: &'a Positioned<Name>) -> bool {
        let reason = match self.model.kind(&on.node) {
            Some(Kind::Composite(_)) => return true,
            Some(_) => Refusal::new(&NO_COMPOSITE).with("type", &on.node),
            None => Refusal::new(&UNKNOWN_TYPE).with("name", &on.node),
        };
        self.wrong(reason.at(on.pos));
        false
    }
}

#[cfg(test)]
pub(in crate::engine) mod tests;
