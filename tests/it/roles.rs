//! The walk: every root field and every command with every role. What is new and not classified here fails.

mod commands;
mod exports;
mod leaks;
mod personal;
mod queries;
mod reveals;
mod subscriptions;
mod world;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{NOBODY, Node, Street};
use world::{Scope, World};

/// Every role; the two of a kind have different scopes.
const ROLES: [&str; 12] = [
    NOBODY,
    "chief2",
    "chief",
    "officer",
    "committee",
    "committee2",
    "company",
    "company2",
    "guard",
    "volunteer",
    "auditor",
    "admin",
];

/// What a walk needs.
struct Walk {
    node: Node,
    street: Street,
    world: World,
    schema: Value,
}

impl Walk {
    fn begin() -> Self {
        let node = Node::demo();
        let street = Street::of(&node);
        let world = World::of(&node);
        let kind = "kind name";
        let of = format!("{kind} ofType {{ {kind} ofType {{ {kind} ofType {{ {kind} }} }} }}");
        let query = format!(
            "{{ __schema {{
                queryType {{ name }} mutationType {{ name }} subscriptionType {{ name }}
                types {{ kind name enumValues {{ name }} fields {{ name type {{ {of} }} }} inputFields {{ name type {{ {of} }} }} }}
            }} }}"
        );
        let mut schema = node.ask("chief", &query, &json!({}));
        Self { node, street, world, schema: schema["__schema"].take() }
    }

    /// The scope of a signed-in account, as the demo has given it.
    fn scope(&self, who: &str) -> Scope {
        let street = &self.street;
        let (mut areas, mut organisations, mut person) = (vec![], vec![], None);
        match who {
            "chief2" => areas = vec!["330903".to_owned()],
            "chief" | "officer" => {
                (areas, organisations) = (vec![street.district.clone()], vec![street.station.clone()]);
                let data = self.node.ask(who, "{ viewer { personId } }", &json!({}));
                person = data["viewer"]["personId"].as_str().map(str::to_owned);
            }
            "committee" | "committee2" => {
                let (area, organisation) = &street.communities[usize::from(who == "committee2")];
                (areas, organisations) = (vec![area.clone()], vec![organisation.clone()]);
            }
            "company" => organisations = vec![street.companies[0].clone()],
            "company2" => organisations = vec![street.companies[1].clone()],
            "guard" => person = Some(street.guard.clone()),
            "volunteer" => person = Some(street.volunteer.clone()),
            "auditor" | "admin" => {}
            other => panic!("`{other}` has no scope"),
        }
        Scope { everything: matches!(who, "auditor" | "admin"), areas, organisations, person }
    }

    fn type_named(&self, name: &str) -> &Value {
        let types = self.schema["types"].as_array().expect("types");
        types.iter().find(|known| known["name"] == name).unwrap_or_else(|| panic!("no type `{name}`"))
    }

    /// Names of the fields of a root.
    fn fields(&self, root: &str) -> BTreeSet<String> {
        let fields = self.type_named(root)["fields"].as_array().expect("fields");
        fields.iter().map(|field| field["name"].as_str().expect("a name").to_owned()).collect()
    }
}

/// Fails when the schema and a table of this walk differ.
fn classified(found: &BTreeSet<String>, table: impl IntoIterator<Item = &'static str>, what: &str) {
    let table: BTreeSet<String> = table.into_iter().map(str::to_owned).collect();
    let new: Vec<_> = found.difference(&table).collect();
    let gone: Vec<_> = table.difference(found).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "{what}: say in tests/it/roles who sees {new:?}; gone: {gone:?}"
    );
}

#[test]
fn the_schema_is_for_those_who_are_signed_in() {
    let walk = Walk::begin();
    for (root, name) in
        [("queryType", "Query"), ("mutationType", "Mutation"), ("subscriptionType", "Subscription")]
    {
        assert_eq!(walk.schema[root]["name"], name);
    }
    let closed = walk.node.answer(NOBODY, "{ __schema { queryType { name } } }", &json!({}));
    assert!(closed["data"].is_null() || closed["data"]["__schema"].is_null(), "{closed}");
}
