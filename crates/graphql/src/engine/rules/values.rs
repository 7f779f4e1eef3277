//! Values that are written into a document (5.6). What stands for a variable is looked at where variables are.

use async_graphql::{
    Name, Pos, Positioned,
    parser::types::{BaseType, Type},
};
use async_graphql_value::Value;

use super::{Checker, Mistake, Usage};
use crate::{
    engine::{
        inputs::Path,
        model::{Argument, Input, Kind},
    },
    shape,
};

/// What is known of a place for a value.
#[derive(Clone, Copy)]
struct Place<'a> {
    ty: &'a Type,
    has_default: bool,
    one_of: bool,
    pos: Pos,
}

impl<'a> Checker<'a> {
    pub(super) fn argument(&mut self, name: &'a Name, known: &'a Argument, value: &'a Positioned<Value>) {
        let mut path = Path::of(name);
        let place = Place { ty: &known.ty, has_default: known.has_default, one_of: false, pos: value.pos };
        self.value(place, &value.node, &mut path);
    }

    fn misfit(&mut self, misfit: shape::Misfit, pos: Pos) {
        self.mistakes.push(Mistake::Value(misfit, None, pos));
    }

    fn value(&mut self, place: Place<'a>, value: &'a Value, path: &mut Path<'a>) {
        if self.full() {
            return;
        }
        let Place { ty, has_default, one_of, pos } = place;
        match (value, &ty.base) {
            (Value::Variable(name), _) => {
                self.within.usages.push(Usage { name, pos, wanted: ty, has_default, one_of });
            }
            (Value::Null, _) if ty.nullable && !one_of => {}
            (Value::Null, _) => self.misfit(shape::missing(&path.field()), pos),
            (Value::List(items), BaseType::List(of)) => {
                let place = Place { ty: of, has_default: false, one_of: false, pos };
                for (index, item) in items.iter().enumerate() {
                    path.within_row(index, |path| self.value(place, item, path));
                }
            }
            // One value stands for a list of one.
            (_, BaseType::List(of)) => {
                self.value(Place { ty: of, has_default: false, one_of: false, pos }, value, path);
            }
            (_, BaseType::Named(name)) => self.leaf(name, place, value, path),
        }
    }

    fn leaf(&mut self, name: &'a Name, place: Place<'a>, value: &'a Value, path: &mut Path<'a>) {
        let fits = match (self.model.kind(name), value) {
            (Some(Kind::Input(input)), Value::Object(_)) => {
                return self.input(name, input, place, value, path);
            }
            (Some(Kind::Enum(values)), Value::Enum(value)) => values.contains(value),
            (Some(Kind::Scalar(scalar)), value) => {
                value.clone().into_const().is_some_and(|value| scalar.take(&value, true).is_some())
            }
            _ => false,
        };
        if !fits {
            self.misfit(shape::misfitting(&path.field(), name), place.pos);
        }
    }

    fn input(
        &mut self,
        name: &'a Name,
        input: &'a Input,
        place: Place<'a>,
        value: &'a Value,
        path: &mut Path<'a>,
    ) {
        let Value::Object(given) = value else { return };
        for (field, value) in given {
            if self.full() {
                return;
            }
            match input.fields.get(field) {
                Some(known) => {
                    let place = Place {
                        ty: &known.ty,
                        has_default: known.has_default,
                        one_of: input.one_of,
                        pos: place.pos,
                    };
                    path.within(field, |path| self.value(place, value, path));
                }
                None => self.misfit(shape::unknown(name, &path.field(), field), place.pos),
            }
        }
        for (field, known) in &input.fields {
            if known.is_required() && !given.contains_key(field) {
                let missing = path.within(field, |path| shape::missing(&path.field()));
                self.misfit(missing, place.pos);
            }
        }
        if input.one_of && given.len() != 1 {
            self.misfit(shape::misfitting(&path.field(), name), place.pos);
        }
    }
}
