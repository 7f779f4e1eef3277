//! The types of the schema as the rules of documents and inputs need them: fields, arguments, values, and what may stand
//! where. Made once from the library's registry, which writes types as texts.

use std::{collections::HashMap, fmt};

use async_graphql::{
    Name, Value,
    indexmap::{IndexMap, IndexSet},
    parser::types::{OperationType, Type},
    registry::{MetaInputValue, MetaType, Registry, ScalarValidatorFn},
};

mod introspection;

/// All types of a schema, with those of its introspection.
#[derive(Debug)]
pub(crate) struct Model {
    types: HashMap<Name, Kind>,
    query: Name,
    mutation: Option<Name>,
    subscription: Option<Name>,
    /// The fields that the root of queries has beside its own.
    introspection: HashMap<Name, Field>,
    /// Arguments of `@skip` and `@include`.
    condition: IndexMap<Name, Argument>,
    no_arguments: IndexMap<Name, Argument>,
}

/// What a type is.
#[derive(Debug)]
pub(crate) enum Kind {
    Scalar(Scalar),
    Enum(IndexSet<Name>),
    Input(Input),
    Composite(Composite),
}

/// The scalars of the specification, whose values it says; and others, which say theirs.
pub(crate) enum Scalar {
    Int,
    Float,
    String,
    Boolean,
    Id,
    Other(Option<ScalarValidatorFn>),
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scalar")
    }
}

/// A type of inputs with fields.
#[derive(Debug)]
pub(crate) struct Input {
    pub fields: IndexMap<Name, Argument>,
    /// Exactly one of its fields is given.
    pub one_of: bool,
}

/// An object, an interface or a union.
#[derive(Debug)]
pub(crate) struct Composite {
    pub fields: HashMap<Name, Field>,
    /// The objects that it may be, in order; itself alone, if it is one.
    pub possible: Vec<Name>,
    pub is_object: bool,
}

/// A field of a composite type.
#[derive(Debug)]
pub(crate) struct Field {
    pub ty: Type,
    pub arguments: IndexMap<Name, Argument>,
}

/// An argument, or a field of an input.
#[derive(Debug)]
pub(crate) struct Argument {
    pub ty: Type,
    pub has_default: bool,
}

impl Argument {
    /// Whether it can not be left out.
    pub const fn is_required(&self) -> bool {
        !self.ty.nullable && !self.has_default
    }
}

impl Model {
    pub fn of(registry: &Registry) -> Self {
        let mut types: HashMap<Name, Kind> =
            registry.types.values().filter_map(|ty| Some((Name::new(ty.name()), kind(ty)?))).collect();
        for (name, scalar) in [("String", Scalar::String), ("Boolean", Scalar::Boolean)] {
            types.entry(Name::new(name)).or_insert(Kind::Scalar(scalar));
        }
        types.extend(introspection::types());
        Self {
            types,
            query: Name::new(&registry.query_type),
            mutation: registry.mutation_type.as_ref().map(Name::new),
            subscription: registry.subscription_type.as_ref().map(Name::new),
            introspection: introspection::roots(),
            condition: introspection::condition(),
            no_arguments: IndexMap::new(),
        }
    }

    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.types.get(name)
    }

    pub fn composite(&self, name: &str) -> Option<&Composite> {
        match self.types.get(name) {
            Some(Kind::Composite(composite)) => Some(composite),
            _ => None,
        }
    }

    /// The arguments of `@skip` and `@include`.
    pub const fn condition(&self) -> &IndexMap<Name, Argument> {
        &self.condition
    }

    pub const fn no_arguments(&self) -> &IndexMap<Name, Argument> {
        &self.no_arguments
    }

    pub fn root(&self, ty: OperationType) -> Option<&Name> {
        match ty {
            OperationType::Query => Some(&self.query),
            OperationType::Mutation => self.mutation.as_ref(),
            OperationType::Subscription => self.subscription.as_ref(),
        }
    }

    /// A field of a type, those of introspection at the root among them; `__typename` is none.
    pub fn field(&self, of: &str, name: &str) -> Option<&Field> {
        let own = self.composite(of)?.fields.get(name);
        own.or_else(|| if of == self.query { self.introspection.get(name) } else { None })
    }
}

/// Whether two types have an object in common.
pub(crate) fn meet(one: &Composite, other: &Composite) -> bool {
    one.possible.iter().any(|object| other.possible.binary_search(object).is_ok())
}

/// The name at the core of a type.
pub(crate) fn named(ty: &Type) -> &Name {
    use async_graphql::parser::types::BaseType;
    let mut base = &ty.base;
    loop {
        match base {
            BaseType::Named(name) => return name,
            BaseType::List(of) => base = &of.base,
        }
    }
}

fn kind(ty: &MetaType) -> Option<Kind> {
    let fields = || {
        let fields = ty.fields().into_iter().flatten();
        fields
            .filter_map(|(name, field)| Some((Name::new(name), of_field(&field.ty, &field.args)?)))
            .collect()
    };
    let sorted = |names: &IndexSet<String>| {
        let mut names: Vec<Name> = names.iter().map(Name::new).collect();
        names.sort_unstable();
        names
    };
    Some(match ty {
        MetaType::Scalar { name, is_valid, .. } => Kind::Scalar(match name.as_str() {
            "Int" => Scalar::Int,
            "Float" => Scalar::Float,
            "String" => Scalar::String,
            "Boolean" => Scalar::Boolean,
            "ID" => Scalar::Id,
            _ => Scalar::Other(is_valid.clone()),
        }),
        MetaType::Enum { enum_values, .. } => Kind::Enum(enum_values.keys().map(Name::new).collect()),
        MetaType::InputObject { input_fields, oneof, .. } => {
            Kind::Input(Input { fields: arguments(input_fields), one_of: *oneof })
        }
        MetaType::Object { name, .. } => {
            Kind::Composite(Composite { fields: fields(), possible: vec![Name::new(name)], is_object: true })
        }
        MetaType::Interface { possible_types, .. } => Kind::Composite(Composite {
            fields: fields(),
            possible: sorted(possible_types),
            is_object: false,
        }),
        MetaType::Union { possible_types, .. } => Kind::Composite(Composite {
            fields: HashMap::new(),
            possible: sorted(possible_types),
            is_object: false,
        }),
    })
}

fn of_field(ty: &str, of: &IndexMap<String, MetaInputValue>) -> Option<Field> {
    Some(Field { ty: Type::new(ty)?, arguments: arguments(of) })
}

fn arguments(of: &IndexMap<String, MetaInputValue>) -> IndexMap<Name, Argument> {
    let argument = |(name, value): (&String, &MetaInputValue)| {
        let argument = Argument { ty: Type::new(&value.ty)?, has_default: value.default_value.is_some() };
        Some((Name::new(name), argument))
    };
    of.iter().filter_map(argument).collect()
}

impl Scalar {
    /// What a value becomes as one of this kind; nothing for a value that is none. `written`: it stands in a document,
    /// where 1.0 is no whole number.
    pub fn take(&self, value: &Value, written: bool) -> Option<Value> {
        let whole = |value: &Value| match value {
            Value::Number(number) => number.as_i64().or_else(|| {
                // JSON has one kind of numbers: 1.0 is 1 there.
                let number = number.as_f64().filter(|_| !written && !number.is_u64())?;
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "whole and far within what both hold exactly"
                )]
                let integer = number as i64;
                (number.fract() == 0.0 && number.abs() < 9e15).then_some(integer)
            }),
            _ => None,
        };
        match self {
            Self::Int => i32::try_from(whole(value)?).ok().map(Value::from),
            Self::Float => matches!(value, Value::Number(_)).then(|| value.clone()),
            Self::String => matches!(value, Value::String(_)).then(|| value.clone()),
            Self::Boolean => matches!(value, Value::Boolean(_)).then(|| value.clone()),
            Self::Id => match value {
                Value::String(_) => Some(value.clone()),
                Value::Number(number) if number.is_u64() => Some(Value::String(number.to_string())),
                _ => whole(value).map(|number| Value::String(number.to_string())),
            },
            Self::Other(Some(is_valid)) => is_valid(value).then(|| value.clone()),
            Self::Other(None) => Some(value.clone()),
        }
    }
}
