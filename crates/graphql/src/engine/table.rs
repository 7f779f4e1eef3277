//! The schema as far as weighing needs it: which field leads to which type, and how many rows it may have.

use std::collections::HashMap;

use async_graphql::{
    ObjectType, SubscriptionType,
    registry::{MetaType, MetaTypeName, Registry},
};

/// Rows that a list of objects without `first` counts as.
const ROWS: u64 = 5;
/// Lists of objects without `first` that are longer than others: type, field, rows.
const LONG: &[(&str, &str, u64)] = &[
    ("Contract", "posts", 50),
    ("DutyBoard", "gaps", 20),
    ("DutyBoard", "incidents", 50),
    ("DutyBoard", "onDuty", 20),
    ("RevealListPayload", "incidents", 50),
    ("RevealListPayload", "persons", 50),
];

/// Fields that cost more than what is selected of them: type, field, and how much more.
const HEAVY: &[(&str, &str, u64)] = &[
    ("Station", "dashboard", 100),
    ("Station", "dutyBoard", 50),
    ("Community", "overview", 200),
    ("Contract", "report", 100),
    ("Subscription", "dutyBoard", 50),
];
/// A count over all pages of a list, whatever the page.
const TOTAL: (&str, u64) = ("totalCount", 20);

/// What is known of a schema.
#[derive(Debug)]
pub(crate) struct Table {
    types: Vec<HashMap<Box<str>, Field>>,
    names: HashMap<Box<str>, usize>,
    pub query: Option<usize>,
    pub mutation: Option<usize>,
    pub subscription: Option<usize>,
}

/// A field of a type.
#[derive(Debug)]
pub(crate) struct Field {
    /// The type that it leads to, unless that is a leaf.
    pub leads_to: Option<usize>,
    /// Rows that it counts as, if it is a list of objects.
    pub rows: Option<u64>,
    /// Whether it is a page: its argument `first` says how many rows.
    pub paged: bool,
    pub extra: u64,
}

impl Table {
    pub fn of(registry: &Registry) -> Self {
        let names: HashMap<Box<str>, usize> =
            registry.types.keys().enumerate().map(|(number, name)| (name.as_str().into(), number)).collect();
        let types = registry.types.values().map(|ty| fields(registry, &names, ty)).collect();
        let root = |name: Option<&String>| name.and_then(|name| names.get(name.as_str())).copied();
        Self {
            types,
            query: root(Some(&registry.query_type)),
            mutation: root(registry.mutation_type.as_ref()),
            subscription: root(registry.subscription_type.as_ref()),
            names,
        }
    }

    pub fn named(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    pub fn is_one_of(&self, ty: usize, names: &[&str]) -> bool {
        names.iter().any(|name| self.named(name) == Some(ty))
    }

    pub fn field(&self, ty: Option<usize>, name: &str) -> Option<&Field> {
        self.types.get(ty?)?.get(name)
    }

    pub fn types(&self) -> u64 {
        self.types.len() as u64
    }
}

/// The types of a schema, as the library keeps them to itself.
pub(crate) fn registry<Q: ObjectType, M: ObjectType, S: SubscriptionType>() -> Registry {
    let mut registry = Registry { query_type: Q::type_name().into_owned(), ..Registry::default() };
    Q::create_type_info(&mut registry);
    if !M::is_empty() {
        registry.mutation_type = Some(M::type_name().into_owned());
        M::create_type_info(&mut registry);
    }
    if !S::is_empty() {
        registry.subscription_type = Some(S::type_name().into_owned());
        S::create_type_info(&mut registry);
    }
    // As the schema does: the parts of a merged root are no types of it.
    registry.remove_unused_types();
    registry
}

/// What the tables above name and the schema does not have.
pub(crate) fn stale(table: &Table) -> Vec<String> {
    let missing = |(ty, name, _): &&(&str, &str, u64)| table.field(table.named(ty), name).is_none();
    HEAVY.iter().chain(LONG).filter(missing).map(|(ty, name, _)| format!("{ty}.{name}")).collect()
}

fn fields(registry: &Registry, names: &HashMap<Box<str>, usize>, ty: &MetaType) -> HashMap<Box<str>, Field> {
    let Some(fields) = ty.fields() else { return HashMap::new() };
    let of = |field: &async_graphql::registry::MetaField| {
        let concrete = MetaTypeName::concrete_typename(&field.ty);
        let composite = registry.types.get(concrete).is_some_and(MetaType::is_composite);
        let told = |table: &[(&str, &str, u64)]| {
            let found = table.iter().find(|(of, name, _)| *of == ty.name() && *name == field.name);
            found.map(|(_, _, number)| *number)
        };
        let total = TOTAL.1 * u64::from(field.name == TOTAL.0);
        let list = composite && MetaTypeName::create(&field.ty).is_list();
        Field {
            leads_to: names.get(concrete).copied().filter(|_| composite),
            rows: list.then(|| told(LONG).unwrap_or(ROWS)),
            paged: field.args.contains_key("first"),
            extra: told(HEAVY).unwrap_or(total),
        }
    };
    fields.iter().map(|(name, field)| (name.as_str().into(), of(field))).collect()
}
