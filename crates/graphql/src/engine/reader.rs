//! Reads a text as a document: the parser is apollo-parser, what comes out is the document of the library that executes.
//!
//! What the library's document has no room for (two operations of one name, a field of an input twice) is a finding.
//! Absent on purpose: every other rule; they are in [`super::rules`].

mod descriptions;
mod values;

use std::collections::{HashMap, hash_map::Entry};

use apollo_parser::{
    Parser,
    cst::{self, CstNode},
};
use async_graphql::{
    Name, Pos, Positioned,
    parser::types::{
        DocumentOperations, ExecutableDocument, Field, FragmentDefinition, FragmentSpread, InlineFragment,
        OperationDefinition, OperationType, Selection, SelectionSet, TypeCondition, VariableDefinition,
    },
};

use super::{
    places::Places,
    refusal::{NOT_ALONE, NOT_EXECUTABLE, Refusal, SAME_FRAGMENT, SAME_OPERATION, SAME_VARIABLE, SYNTAX},
};

/// What a text says.
#[derive(Debug)]
pub(crate) struct Read {
    pub document: ExecutableDocument,
    /// What can not be said in a document of the library.
    pub findings: Vec<Refusal>,
}

/// Reads a text that is within the bounds.
///
/// # Errors
/// A text that is no document.
pub(crate) fn read(text: &str) -> Result<Read, Refusal> {
    let places = Places::of(text);
    let plain = descriptions::without(text);
    let tree = Parser::new(&plain).parse();
    if let Some(first) = tree.errors().min_by_key(|error| error.index()) {
        return Err(syntax(first.message()).at(places.at(first.index())));
    }
    let mut reader = Reader { places, findings: Vec::new() };
    let document = tree.document();
    match reader.document(&document) {
        Some(document) => Ok(Read { document, findings: reader.findings }),
        // The parser leaves nothing out without an error.
        None => Err(reader.findings.pop().unwrap_or_else(|| syntax("there is no operation"))),
    }
}

/// What the parser says, without the piece of the text that it repeats: that may be a value.
fn syntax(message: &str) -> Refusal {
    let said = message.split(", got ").next().unwrap_or_default();
    let said = said.split('"').next().unwrap_or_default();
    Refusal::new(&SYNTAX).with("what", said.trim_end_matches([' ', '.', ':', '`']))
}

struct Reader<'a> {
    places: Places<'a>,
    findings: Vec<Refusal>,
}

/// What was collected of a document.
#[derive(Default)]
struct Found {
    unnamed: Option<Positioned<OperationDefinition>>,
    named: HashMap<Name, Positioned<OperationDefinition>>,
    fragments: HashMap<Name, Positioned<FragmentDefinition>>,
}

impl Reader<'_> {
    fn pos(&self, node: &impl CstNode) -> Pos {
        self.places.at(usize::from(node.syntax().text_range().start()))
    }

    fn found(&mut self, refusal: Refusal) {
        self.findings.push(refusal);
    }

    fn name(&self, name: Option<cst::Name>) -> Option<Positioned<Name>> {
        let name = name?;
        let pos = self.pos(&name);
        Some(Positioned::new(Name::new(&*name.text()), pos))
    }

    fn document(&mut self, document: &cst::Document) -> Option<ExecutableDocument> {
        let mut found = Found::default();
        for definition in document.definitions() {
            match definition {
                cst::Definition::OperationDefinition(operation) => self.operation(&operation, &mut found)?,
                cst::Definition::FragmentDefinition(fragment) => self.fragment(&fragment, &mut found)?,
                other => {
                    let pos = self.pos(&other);
                    self.found(Refusal::new(&NOT_EXECUTABLE).at(pos));
                }
            }
        }
        let Found { unnamed, named, fragments } = found;
        let operations = match unnamed {
            Some(operation) if named.is_empty() => DocumentOperations::Single(operation),
            Some(operation) => {
                self.found(Refusal::new(&NOT_ALONE).at(operation.pos));
                DocumentOperations::Multiple(named)
            }
            None if named.is_empty() => return None,
            None => DocumentOperations::Multiple(named),
        };
        Some(ExecutableDocument { operations, fragments })
    }

    fn operation(&mut self, operation: &cst::OperationDefinition, found: &mut Found) -> Option<()> {
        let pos = self.pos(operation);
        let ty = match operation.operation_type() {
            Some(ty) if ty.mutation_token().is_some() => OperationType::Mutation,
            Some(ty) if ty.subscription_token().is_some() => OperationType::Subscription,
            _ => OperationType::Query,
        };
        let definition = OperationDefinition {
            ty,
            variable_definitions: self.variables(operation.variable_definitions())?,
            directives: self.directives(operation.directives())?,
            selection_set: self.set(operation.selection_set()?)?,
        };
        let definition = Positioned::new(definition, pos);
        if operation.name().is_none() {
            if found.unnamed.is_some() {
                self.found(Refusal::new(&NOT_ALONE).at(pos));
            } else {
                found.unnamed = Some(definition);
            }
            return Some(());
        }
        let name = self.name(operation.name())?;
        match found.named.entry(name.node) {
            Entry::Vacant(free) => {
                free.insert(definition);
            }
            Entry::Occupied(taken) => {
                let refusal = Refusal::new(&SAME_OPERATION).with("name", taken.key()).at(name.pos);
                self.found(refusal);
            }
        }
        Some(())
    }

    fn fragment(&mut self, fragment: &cst::FragmentDefinition, found: &mut Found) -> Option<()> {
        let name = self.name(fragment.fragment_name()?.name())?;
        let definition = FragmentDefinition {
            type_condition: self.condition(&fragment.type_condition()?)?,
            directives: self.directives(fragment.directives())?,
            selection_set: self.set(fragment.selection_set()?)?,
        };
        match found.fragments.entry(name.node) {
            Entry::Vacant(free) => {
                let pos = self.pos(fragment);
                free.insert(Positioned::new(definition, pos));
            }
            Entry::Occupied(taken) => {
                let refusal = Refusal::new(&SAME_FRAGMENT).with("name", taken.key()).at(name.pos);
                self.found(refusal);
            }
        }
        Some(())
    }

    fn condition(&self, condition: &cst::TypeCondition) -> Option<Positioned<TypeCondition>> {
        let on = self.name(condition.named_type()?.name())?;
        Some(Positioned::new(TypeCondition { on }, self.pos(condition)))
    }

    fn variables(
        &mut self,
        variables: Option<cst::VariableDefinitions>,
    ) -> Option<Vec<Positioned<VariableDefinition>>> {
        let mut seen = HashMap::new();
        let mut read = Vec::new();
        for variable in variables.iter().flat_map(cst::VariableDefinitions::variable_definitions) {
            let pos = self.pos(&variable);
            let name = self.name(variable.variable()?.name())?;
            if seen.insert(name.node.clone(), ()).is_some() {
                self.found(Refusal::new(&SAME_VARIABLE).with("name", &name.node).at(name.pos));
            }
            let default_value = match variable.default_value() {
                Some(default) => {
                    let value = self.value(&default.value()?)?;
                    Some(Positioned::new(value.node.into_const()?, value.pos))
                }
                None => None,
            };
            let definition = VariableDefinition {
                name,
                var_type: self.ty(&variable.ty()?)?,
                directives: self.directives(variable.directives())?,
                default_value,
            };
            read.push(Positioned::new(definition, pos));
        }
        Some(read)
    }

    fn set(&mut self, set: cst::SelectionSet) -> Option<Positioned<SelectionSet>> {
        let pos = self.pos(&set);
        let items = set.selections().map(|selection| self.selection(&selection)).collect::<Option<_>>()?;
        Some(Positioned::new(SelectionSet { items }, pos))
    }

    fn selection(&mut self, selection: &cst::Selection) -> Option<Positioned<Selection>> {
        let pos = self.pos(selection);
        let selection = match selection {
            cst::Selection::Field(field) => Selection::Field(Positioned::new(self.field(field)?, pos)),
            cst::Selection::FragmentSpread(spread) => {
                let spread = FragmentSpread {
                    fragment_name: self.name(spread.fragment_name()?.name())?,
                    directives: self.directives(spread.directives())?,
                };
                Selection::FragmentSpread(Positioned::new(spread, pos))
            }
            cst::Selection::InlineFragment(fragment) => {
                let type_condition = match fragment.type_condition() {
                    Some(condition) => Some(self.condition(&condition)?),
                    None => None,
                };
                let fragment = InlineFragment {
                    type_condition,
                    directives: self.directives(fragment.directives())?,
                    selection_set: self.set(fragment.selection_set()?)?,
                };
                Selection::InlineFragment(Positioned::new(fragment, pos))
            }
        };
        Some(Positioned::new(selection, pos))
    }

    fn field(&mut self, field: &cst::Field) -> Option<Field> {
        let alias = match field.alias() {
            Some(alias) => Some(self.name(alias.name())?),
            None => None,
        };
        let selection_set = match field.selection_set() {
            Some(set) => self.set(set)?,
            None => Positioned::default(),
        };
        Some(Field {
            alias,
            name: self.name(field.name())?,
            arguments: self.arguments(field.arguments())?,
            directives: self.directives(field.directives())?,
            selection_set,
        })
    }
}

#[cfg(test)]
mod tests;
