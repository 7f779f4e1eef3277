//! Arguments, directives, values and types.

use apollo_parser::cst::{self, CstNode};
use async_graphql::{
    Name, Positioned,
    indexmap::{IndexMap, map::Entry},
    parser::types::{BaseType, Directive, Type},
};
use async_graphql_value::{Number, Value};

use super::Reader;
use crate::engine::refusal::{Refusal, SAME_INPUT_FIELD};

type Argument = (Positioned<Name>, Positioned<Value>);

impl Reader<'_> {
    pub(super) fn arguments(&mut self, arguments: Option<cst::Arguments>) -> Option<Vec<Argument>> {
        let arguments = arguments.iter().flat_map(cst::Arguments::arguments);
        arguments
            .map(|argument| Some((self.name(argument.name())?, self.value(&argument.value()?)?)))
            .collect()
    }

    pub(super) fn directives(
        &mut self,
        directives: Option<cst::Directives>,
    ) -> Option<Vec<Positioned<Directive>>> {
        let directives = directives.iter().flat_map(cst::Directives::directives);
        let read = |directive: cst::Directive| {
            let pos = self.pos(&directive);
            let name = self.name(directive.name())?;
            let arguments = self.arguments(directive.arguments())?;
            Some(Positioned::new(Directive { name, arguments }, pos))
        };
        directives.map(read).collect()
    }

    pub(super) fn value(&mut self, value: &cst::Value) -> Option<Positioned<Value>> {
        let pos = self.pos(value);
        let read = match value {
            cst::Value::Variable(variable) => Value::Variable(self.name(variable.name())?.node),
            cst::Value::StringValue(text) => Value::String(text.into()),
            cst::Value::IntValue(number) => Value::Number(integer(&token(number)?)?),
            cst::Value::FloatValue(number) => Value::Number(float(&token(number)?)?),
            cst::Value::BooleanValue(value) => Value::Boolean(value.true_token().is_some()),
            cst::Value::NullValue(_) => Value::Null,
            cst::Value::EnumValue(name) => Value::Enum(self.name(name.name())?.node),
            cst::Value::ListValue(list) => {
                let items = list.values().map(|item| self.value(&item).map(|item| item.node));
                Value::List(items.collect::<Option<_>>()?)
            }
            cst::Value::ObjectValue(object) => {
                let mut fields = IndexMap::new();
                for field in object.object_fields() {
                    let name = self.name(field.name())?;
                    let value = self.value(&field.value()?)?.node;
                    match fields.entry(name.node) {
                        Entry::Vacant(free) => {
                            free.insert(value);
                        }
                        Entry::Occupied(taken) => {
                            let refusal = Refusal::new(&SAME_INPUT_FIELD).with("name", taken.key());
                            self.findings.push(refusal.at(name.pos));
                        }
                    }
                }
                Value::Object(fields)
            }
        };
        Some(Positioned::new(read, pos))
    }

    pub(super) fn ty(&self, ty: &cst::Type) -> Option<Positioned<Type>> {
        Some(Positioned::new(read_type(ty)?, self.pos(ty)))
    }
}

fn read_type(ty: &cst::Type) -> Option<Type> {
    let (base, nullable) = match ty {
        cst::Type::NamedType(named) => (named_type(named)?, true),
        cst::Type::ListType(list) => (list_type(list)?, true),
        cst::Type::NonNullType(inner) => match (inner.named_type(), inner.list_type()) {
            (Some(named), _) => (named_type(&named)?, false),
            (None, Some(list)) => (list_type(&list)?, false),
            (None, None) => return None,
        },
    };
    Some(Type { base, nullable })
}

fn named_type(named: &cst::NamedType) -> Option<BaseType> {
    Some(BaseType::Named(Name::new(&*named.name()?.text())))
}

fn list_type(list: &cst::ListType) -> Option<BaseType> {
    Some(BaseType::List(Box::new(read_type(&list.ty()?)?)))
}

fn token(node: &impl CstNode) -> Option<String> {
    Some(node.syntax().first_token()?.text().to_owned())
}

/// An integer of more than 64 bits, which no type of ours takes, becomes a number that is none.
fn integer(text: &str) -> Option<Number> {
    let whole = text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from));
    whole.ok().or_else(|| float(text))
}

fn float(text: &str) -> Option<Number> {
    Number::from_f64(text.parse::<f64>().ok()?.clamp(f64::MIN, f64::MAX))
}
