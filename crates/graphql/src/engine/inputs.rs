//! Values become what their types say (specification of September 2025, 3.4 to 3.12 and 6.1.2), all of them before
//! anything is executed. What does not fit is named by its place, and never shown.

use std::{collections::HashMap, fmt::Write as _};

use async_graphql::{
    Name, Value as Const, Variables,
    indexmap::IndexMap,
    parser::types::{BaseType, OperationDefinition, Type, VariableDefinition},
};
use async_graphql_value::Value;

use super::{
    model::{Input, Kind, Model},
    rules::{MOST, Mistake},
};
use crate::shape::{self, Misfit};

/// Where a value stands within an argument or a variable.
#[derive(Clone, Debug)]
pub(crate) struct Path<'a> {
    root: &'a str,
    steps: Vec<Step<'a>>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Field(&'a str),
    Row(usize),
}

impl<'a> Path<'a> {
    pub fn of(root: &'a Name) -> Self {
        Self { root, steps: Vec::new() }
    }

    pub fn within<T>(&mut self, field: &'a str, then: impl FnOnce(&mut Self) -> T) -> T {
        self.step(Step::Field(field), then)
    }

    pub fn within_row<T>(&mut self, row: usize, then: impl FnOnce(&mut Self) -> T) -> T {
        self.step(Step::Row(row), then)
    }

    fn step<T>(&mut self, step: Step<'a>, then: impl FnOnce(&mut Self) -> T) -> T {
        self.steps.push(step);
        let done = then(self);
        self.steps.pop();
        done
    }

    /// What the fields of this place stand in; nothing for the input of a command.
    fn owner(&self) -> String {
        if self.steps.is_empty() && self.root == "input" { String::new() } else { self.field() }
    }

    /// `fixedItems.0.amount`: the input of a command is where its fields are, and no part of their names.
    pub fn field(&self) -> String {
        let mut text = String::new();
        if self.steps.is_empty() || self.root != "input" {
            text.push_str(self.root);
        }
        for step in &self.steps {
            if !text.is_empty() {
                text.push('.');
            }
            // Writing into a text does not fail.
            let _ = match step {
                Step::Field(name) => write!(text, "{name}"),
                Step::Row(row) => write!(text, "{row}"),
            };
        }
        text
    }
}

/// The values of an operation's variables, each of its type.
#[derive(Debug)]
pub(crate) struct Inputs<'a> {
    model: &'a Model,
    values: HashMap<Name, Const>,
}

impl<'a> Inputs<'a> {
    pub fn none(model: &'a Model) -> Self {
        Self { model, values: HashMap::new() }
    }

    /// Reads what was given for the variables of an operation of a valid document.
    ///
    /// # Errors
    /// Whatever does not fit, in the order of the definitions.
    pub fn of(
        model: &'a Model,
        operation: &OperationDefinition,
        given: &Variables,
    ) -> Result<Self, Vec<Mistake>> {
        let mut inputs = Self::none(model);
        let mut mistakes = Vec::new();
        for definition in &operation.variable_definitions {
            match inputs.variable(&definition.node, given) {
                Ok(Some(value)) => {
                    inputs.values.insert(definition.node.name.node.clone(), value);
                }
                Ok(None) => {}
                Err(misfit) => {
                    let name = Some(definition.node.name.node.clone());
                    mistakes.push(Mistake::Value(misfit, name, definition.pos));
                    if mistakes.len() >= MOST {
                        break;
                    }
                }
            }
        }
        if mistakes.is_empty() { Ok(inputs) } else { Err(mistakes) }
    }

    fn variable(&self, definition: &VariableDefinition, given: &Variables) -> Result<Option<Const>, Misfit> {
        let (name, ty) = (&definition.name.node, &definition.var_type.node);
        match (given.get(name), &definition.default_value) {
            (Some(given), _) => {
                let given = given.clone().into_value();
                self.take(ty, &given, false, &mut Path::of(name))
            }
            (None, Some(default)) => self.default_of(definition, &default.node).map(Some),
            (None, None) if ty.nullable => Ok(None),
            (None, None) => Err(shape::missing(&Path::of(name).field())),
        }
    }

    /// The default of a variable.
    ///
    /// # Errors
    /// A value of another type.
    pub fn default_of(&self, definition: &VariableDefinition, default: &Const) -> Result<Const, Misfit> {
        let default = default.clone().into_value();
        let mut path = Path::of(&definition.name.node);
        Ok(self.take(&definition.var_type.node, &default, true, &mut path)?.unwrap_or_default())
    }

    /// An argument as it is written; nothing when it stands for a variable that was left out.
    ///
    /// # Errors
    /// A value of another type, or a variable that is null where that may not be.
    pub fn argument(&self, name: &Name, ty: &Type, written: &Value) -> Result<Option<Const>, Misfit> {
        self.take(ty, written, true, &mut Path::of(name))
    }

    /// `written`: in the document, and not given as JSON.
    fn take<'v>(
        &self,
        ty: &Type,
        value: &'v Value,
        written: bool,
        path: &mut Path<'v>,
    ) -> Result<Option<Const>, Misfit> {
        match (value, &ty.base) {
            (Value::Variable(name), _) => match self.values.get(name) {
                Some(Const::Null) if !ty.nullable => Err(shape::missing(&path.field())),
                // It is of its own type, and may stand here by the rules.
                Some(value) => Ok(Some(value.clone())),
                None => Ok(None),
            },
            (Value::Null, _) if ty.nullable => Ok(Some(Const::Null)),
            (Value::Null, _) => Err(shape::missing(&path.field())),
            (Value::List(items), BaseType::List(of)) => {
                let mut taken = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    taken.push(path.within_row(index, |path| self.item(of, item, written, path))?);
                }
                Ok(Some(Const::List(taken)))
            }
            // One value stands for a list of one.
            (one, BaseType::List(of)) => Ok(Some(Const::List(vec![self.item(of, one, written, path)?]))),
            (value, BaseType::Named(name)) => self.named(name, value, written, path).map(Some),
        }
    }

    /// An item is null when it stands for a variable that was left out.
    fn item<'v>(
        &self,
        of: &Type,
        item: &'v Value,
        written: bool,
        path: &mut Path<'v>,
    ) -> Result<Const, Misfit> {
        match self.take(of, item, written, path)? {
            Some(item) => Ok(item),
            None if of.nullable => Ok(Const::Null),
            None => Err(shape::missing(&path.field())),
        }
    }

    fn named<'v>(
        &self,
        name: &Name,
        value: &'v Value,
        written: bool,
        path: &mut Path<'v>,
    ) -> Result<Const, Misfit> {
        let taken = match (self.model.kind(name), value) {
            (Some(Kind::Input(input)), Value::Object(given)) => {
                return self.input(name, input, given, written, path);
            }
            (Some(Kind::Enum(values)), Value::Enum(value)) => {
                Some(Const::Enum(value.clone())).filter(|_| written && values.contains(value))
            }
            (Some(Kind::Enum(values)), Value::String(value)) if !written => {
                values.get(value.as_str()).map(|value| Const::Enum(value.clone()))
            }
            (Some(Kind::Scalar(scalar)), value) => {
                let whole = value.clone().into_const_with(|name| {
                    Ok::<_, std::convert::Infallible>(self.values.get(&name).cloned().unwrap_or_default())
                });
                let Ok(whole) = whole;
                scalar.take(&whole, written)
            }
            _ => None,
        };
        taken.ok_or_else(|| shape::misfitting(&path.field(), name))
    }

    fn input<'v>(
        &self,
        name: &Name,
        input: &Input,
        given: &'v IndexMap<Name, Value>,
        written: bool,
        path: &mut Path<'v>,
    ) -> Result<Const, Misfit> {
        let mut taken = IndexMap::with_capacity(given.len());
        for (field, value) in given {
            let Some(known) = input.fields.get(field) else {
                return Err(shape::unknown(name, &path.owner(), field));
            };
            let value = path.within(field, |path| self.take(&known.ty, value, written, path))?;
            if let Some(value) = value {
                taken.insert(field.clone(), value);
            }
        }
        let missing =
            input.fields.iter().find(|(name, field)| field.is_required() && !taken.contains_key(*name));
        if let Some((field, _)) = missing {
            let mut at = Path { root: path.root, steps: path.steps.clone() };
            return Err(at.within(field, |path| shape::missing(&path.field())));
        }
        let one = taken.len() == 1 && given.len() == 1 && taken.values().all(|value| *value != Const::Null);
        if input.one_of && !one {
            return Err(shape::misfitting(&path.field(), name));
        }
        Ok(Const::Object(taken))
    }
}

#[cfg(test)]
mod tests;
