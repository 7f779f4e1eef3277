//! What an operation weighs, and what it costs.
//!
//! A field weighs 1. What is selected within a list counts once for each row: `first` of a page, a fixed number of
//! another list of objects. Some fields weigh more, because they read much ([`super::table`]). The weight of an operation is
//! held to a limit, and is its cost; a command costs [`COMMAND`] more, an event of a subscription as much as the operation, or
//! what it carries where that is more.
//! Introspection is weighed apart, over the schema's own lists, and costs a small part of its weight.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, Value, Variables,
    parser::types::{
        Directive, DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType,
        Selection, SelectionSet,
    },
};
use async_graphql_value::Value as InputValue;

use super::{
    limits::{COMPLEXITY, INTROSPECTION, Over, VALUES},
    model::Scalar,
    table::Table,
};
use crate::page::MOST;

/// What a command costs beside what is selected of its payload.
pub const COMMAND: u64 = 10;
/// What a document costs that is refused: it was read, and validated in part.
pub const REFUSED: u64 = 10;
/// Tokens of a document for one of cost.
const TOKENS_FOR_ONE: u64 = 100;
/// Weight of introspection for one of cost.
const INTROSPECTION_FOR_ONE: u64 = 500;

/// What an operation weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    /// Taken from the asker's budget before anything is executed.
    pub cost: u64,
    pub operation: OperationType,
    /// A query whose answer follows from what is recorded, the clock and the asker's rights alone: not from who asks,
    /// and with nothing personal in it.
    pub same_for_all: bool,
}

/// Root fields of such queries.
const SAME_FOR_ALL: [&str; 18] = [
    "area",
    "areas",
    "community",
    "company",
    "contract",
    "contracts",
    "incident",
    "incidents",
    "organisation",
    "organisations",
    "patrolRun",
    "patrolRuns",
    "plan",
    "plans",
    "shift",
    "shifts",
    "station",
    "teams",
];
/// What leads to one of these types is not the same for all, or is not to be kept.
const PRIVATE: [&str; 3] = ["PersonalField", "PersonalDataAccess", "PersonalDataAccessConnection"];

impl Weight {
    /// No less than it costs to validate the whole document, of which this may be a small part.
    pub(crate) fn of_tokens(self, tokens: usize) -> Self {
        let whole = u64::try_from(tokens).unwrap_or(u64::MAX) / TOKENS_FOR_ONE;
        Self { cost: self.cost.max(whole), ..self }
    }
}

/// Rows of the schema's own lists; what is selected within counts that often.
const OWN_LISTS: [(&str, u64); 8] = [
    ("fields", 12),
    ("inputFields", 6),
    ("enumValues", 8),
    ("args", 2),
    ("possibleTypes", 3),
    ("interfaces", 1),
    ("directives", 6),
    ("locations", 1),
];

struct Scale<'a> {
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    table: &'a Table,
    introspection: u64,
    values: Values<'a>,
    /// Something in it is private.
    private: bool,
}

/// Counts what values come to: what is executed has a value at each place where it is used, of a fragment as often as that
/// is spread.
struct Values<'a> {
    given: &'a Variables,
    /// The defaults of what is not given.
    defaults: HashMap<&'a str, &'a Value>,
    /// Nodes of each variable, found out once.
    sizes: HashMap<&'a str, usize>,
    sum: usize,
}

/// The operation that is asked for; `None` when it is not there, which validation says.
pub(crate) fn chosen<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Option<&'a Positioned<OperationDefinition>> {
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Some(operation),
        (DocumentOperations::Single(_), Some(_)) => None,
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name),
        (DocumentOperations::Multiple(operations), None) => {
            let mut operations = operations.values();
            operations.next().filter(|_| operations.next().is_none())
        }
    }
}

/// Weighs an operation of a document whose shape was checked.
pub(crate) fn weigh(
    table: &Table,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
) -> Result<Weight, Over> {
    let root = match operation.ty {
        OperationType::Query => table.query,
        OperationType::Mutation => table.mutation,
        OperationType::Subscription => table.subscription,
    };
    Values::new(variables, operation).document(document)?;
    let values = Values::new(variables, operation);
    let mut scale = Scale { document, operation, variables, table, introspection: 0, values, private: false };
    let weight = scale.set(&operation.selection_set, root, None)?;
    if weight > COMPLEXITY {
        return Err(Over::Complexity(weight));
    }
    if scale.introspection > INTROSPECTION {
        return Err(Over::Introspection(scale.introspection));
    }
    let commands = match operation.ty {
        OperationType::Mutation => scale.fields_of(&operation.selection_set) * COMMAND,
        OperationType::Query | OperationType::Subscription => 0,
    };
    let cost = weight + commands + scale.introspection / INTROSPECTION_FOR_ONE;
    let same_for_all = operation.ty == OperationType::Query && !scale.private;
    Ok(Weight { cost: cost.max(1), operation: operation.ty, same_for_all })
}

impl<'a> Scale<'a> {
    /// `rows`: how often what is within the lists directly here counts, if this is a page.
    fn set(
        &mut self,
        set: &'a Positioned<SelectionSet>,
        ty: Option<usize>,
        rows: Option<u64>,
    ) -> Result<u64, Over> {
        let mut weight = 0_u64;
        for selection in &set.node.items {
            let more = match &selection.node {
                Selection::Field(field) => self.field(&field.node, ty, rows)?,
                Selection::InlineFragment(fragment) => {
                    let on = fragment.node.type_condition.as_ref().map(|condition| &condition.node.on.node);
                    let ty = on.map_or(ty, |name| self.table.named(name));
                    self.set(&fragment.node.selection_set, ty, rows)?
                }
                Selection::FragmentSpread(spread) => {
                    match self.document.fragments.get(&spread.node.fragment_name.node) {
                        Some(fragment) => {
                            let ty = self.table.named(&fragment.node.type_condition.node.on.node);
                            self.set(&fragment.node.selection_set, ty, rows)?
                        }
                        None => 0,
                    }
                }
            };
            weight = weight.saturating_add(more);
        }
        Ok(weight)
    }

    fn field(&mut self, field: &'a Field, ty: Option<usize>, rows: Option<u64>) -> Result<u64, Over> {
        for (_, value) in &field.arguments {
            self.values.used(&value.node)?;
        }
        self.values.directives(&field.directives)?;
        let name = field.name.node.as_str();
        if matches!(name, "__schema" | "__type") {
            self.private = true;
            let more = self.own(&field.selection_set);
            self.introspection = self.introspection.saturating_add(more);
            return Ok(1);
        }
        let known = self.table.field(ty, name);
        let root = ty.is_some() && ty == self.table.query;
        self.private |= root && name != "__typename" && !SAME_FOR_ALL.contains(&name);
        self.private |=
            known.and_then(|known| known.leads_to).is_some_and(|to| self.table.is_one_of(to, &PRIVATE));
        let within = known.is_some_and(|known| known.paged).then(|| self.first(field));
        let once = self.set(&field.selection_set, known.and_then(|known| known.leads_to), within)?;
        let times = known.and_then(|known| known.rows).map_or(1, |own| rows.unwrap_or(own));
        let extra = known.map_or(0, |known| known.extra);
        Ok(once.saturating_mul(times).saturating_add(1 + extra))
    }

    /// Rows that a page is asked for: the number that the execution will read, so that nothing is weighed as less. What is no
    /// number from 1 to the most is refused then.
    fn first(&self, field: &Field) -> u64 {
        let given = field.get_argument("first").map(|value| &value.node);
        let number = match given {
            Some(InputValue::Number(number)) => Scalar::Int.take(&Value::Number(number.clone()), true),
            Some(InputValue::Variable(name)) => match self.variables.get(name) {
                Some(given) => Scalar::Int.take(given, false),
                None => self.default_of(name).and_then(|default| Scalar::Int.take(default, true)),
            },
            _ => None,
        };
        let number = match number {
            Some(Value::Number(number)) => number.as_i64(),
            _ => None,
        };
        number.map_or(1, |number| number.clamp(1, i64::from(MOST)).unsigned_abs())
    }

    fn default_of(&self, name: &Name) -> Option<&Value> {
        let mut definitions = self.operation.variable_definitions.iter();
        let definition = definitions.find(|definition| definition.node.name.node == *name)?;
        definition.node.default_value()
    }

    /// Weight of the schema's own fields.
    fn own(&self, set: &Positioned<SelectionSet>) -> u64 {
        let of = |selection: &Positioned<Selection>| match &selection.node {
            Selection::Field(field) => {
                let once = self.own(&field.node.selection_set);
                let name = field.node.name.node.as_str();
                let rows = OWN_LISTS.iter().find(|(list, _)| *list == name).map_or(1, |(_, rows)| *rows);
                let rows = if name == "types" { self.table.types() } else { rows };
                once.saturating_mul(rows).saturating_add(1)
            }
            Selection::InlineFragment(fragment) => self.own(&fragment.node.selection_set),
            Selection::FragmentSpread(spread) => {
                let fragment = self.document.fragments.get(&spread.node.fragment_name.node);
                fragment.map_or(0, |fragment| self.own(&fragment.node.selection_set))
            }
        };
        set.node.items.iter().map(of).fold(0, u64::saturating_add)
    }

    /// Fields directly in a selection set, its fragments written out: the commands of a mutation.
    fn fields_of(&self, set: &Positioned<SelectionSet>) -> u64 {
        let of = |selection: &Positioned<Selection>| match &selection.node {
            Selection::Field(_) => 1,
            Selection::InlineFragment(fragment) => self.fields_of(&fragment.node.selection_set),
            Selection::FragmentSpread(spread) => {
                let fragment = self.document.fragments.get(&spread.node.fragment_name.node);
                fragment.map_or(0, |fragment| self.fields_of(&fragment.node.selection_set))
            }
        };
        set.node.items.iter().map(of).sum()
    }
}

impl<'a> Values<'a> {
    fn new(given: &'a Variables, operation: &'a OperationDefinition) -> Self {
        let definitions = operation.variable_definitions.iter().map(|definition| &definition.node);
        let defaults = definitions
            .filter_map(|definition| Some((definition.name.node.as_str(), definition.default_value()?)));
        Self { given, defaults: defaults.collect(), sizes: HashMap::new(), sum: 0 }
    }

    /// Every place of a document once, of the operations that are not asked for and of fragments that are spread nowhere
    /// as well: the rules look at all of it.
    fn document(&mut self, document: &'a ExecutableDocument) -> Result<(), Over> {
        for (_, operation) in document.operations.iter() {
            self.directives(&operation.node.directives)?;
            for variable in &operation.node.variable_definitions {
                self.directives(&variable.node.directives)?;
            }
            self.set(&operation.node.selection_set)?;
        }
        for fragment in document.fragments.values() {
            self.directives(&fragment.node.directives)?;
            self.set(&fragment.node.selection_set)?;
        }
        Ok(())
    }

    fn set(&mut self, set: &'a Positioned<SelectionSet>) -> Result<(), Over> {
        for selection in &set.node.items {
            match &selection.node {
                Selection::Field(field) => {
                    for (_, value) in &field.node.arguments {
                        self.used(&value.node)?;
                    }
                    self.directives(&field.node.directives)?;
                    self.set(&field.node.selection_set)?;
                }
                Selection::InlineFragment(fragment) => {
                    self.directives(&fragment.node.directives)?;
                    self.set(&fragment.node.selection_set)?;
                }
                Selection::FragmentSpread(spread) => self.directives(&spread.node.directives)?,
            }
        }
        Ok(())
    }

    fn directives(&mut self, directives: &'a [Positioned<Directive>]) -> Result<(), Over> {
        let mut values = directives.iter().flat_map(|directive| &directive.node.arguments);
        values.try_for_each(|(_, value)| self.used(&value.node))
    }

    fn used(&mut self, value: &'a InputValue) -> Result<(), Over> {
        match value {
            InputValue::Variable(name) => {
                let (given, defaults) = (self.given, &self.defaults);
                let value = || given.get(name).or_else(|| defaults.get(name.as_str()).copied());
                let size = *self.sizes.entry(name).or_insert_with(|| value().map_or(0, size));
                self.add(size)
            }
            InputValue::List(items) => {
                self.add(1)?;
                items.iter().try_for_each(|item| self.used(item))
            }
            InputValue::Object(fields) => {
                self.add(1)?;
                fields.values().try_for_each(|field| self.used(field))
            }
            InputValue::String(text) => self.add(pieces(text)),
            _ => self.add(1),
        }
    }

    fn add(&mut self, size: usize) -> Result<(), Over> {
        self.sum = self.sum.saturating_add(size);
        if self.sum > VALUES { Err(Over::Values) } else { Ok(()) }
    }
}

/// What an event of a subscription costs: one for each field that it carries.
pub fn event_cost(data: &Value) -> u64 {
    match data {
        Value::Object(fields) => fields.values().map(|field| 1 + event_cost(field)).sum(),
        Value::List(items) => items.iter().map(event_cost).sum(),
        _ => 0,
    }
}

/// Nodes of a value, long texts counted by their pieces.
fn size(value: &Value) -> usize {
    match value {
        Value::List(items) => items.iter().map(size).sum::<usize>() + 1,
        Value::Object(fields) => fields.values().map(size).sum::<usize>() + 1,
        Value::String(text) => pieces(text),
        _ => 1,
    }
}

fn pieces(text: &str) -> usize {
    text.len() / 64 + 1
}
