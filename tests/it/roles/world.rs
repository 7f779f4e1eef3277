//! Everything there is, as the auditor sees it, with what decides who else sees it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::Node;

/// What an account may see.
#[derive(Clone, Debug)]
pub struct Scope {
    pub everything: bool,
    pub areas: Vec<String>,
    pub organisations: Vec<String>,
    pub person: Option<String>,
}

/// Something with a global id.
#[derive(Clone, Debug)]
pub struct Entity {
    pub id: String,
    /// Organisations: their kind. Areas: their level. Otherwise empty.
    pub kind: String,
    pub area: String,
    pub organisations: BTreeSet<String>,
    pub people: BTreeSet<String>,
}

impl Scope {
    /// It lies in one of the areas, has one of the organisations as a party, or is about the person.
    pub fn sees(&self, entity: &Entity) -> bool {
        self.everything
            || self.areas.iter().any(|area| entity.area.starts_with(area.as_str()))
            || self.organisations.iter().any(|organisation| entity.organisations.contains(organisation))
            || self.person.as_ref().is_some_and(|person| entity.people.contains(person))
    }
}

/// Root field of a list, and what tells who sees an entry.
pub const LISTS: &[(&str, &str)] = &[
    ("areas", "id area: code kind: level"),
    ("organisations", "id area: areaCode kind"),
    ("teams", "id area: areaCode organisationId"),
    ("persons", "id area: areaCode roles { organisationId }"),
    ("plans", "id area: areaCode organisationId"),
    ("patrolRuns", "id area: areaCode organisationId shift { people { personId } }"),
    ("shifts", "id area: areaCode organisationId people { personId }"),
    ("incidents", "id area: areaCode company { id } shift { people { personId } }"),
    ("contracts", "id area: areaCode companyId clientId"),
];

/// Entities by the root field of their list.
pub struct World(pub BTreeMap<&'static str, Vec<Entity>>);

impl World {
    pub fn of(node: &Node) -> Self {
        let listed = LISTS.iter().map(|(root, selection)| {
            let entities: Vec<Entity> = all(node, "auditor", root, selection).iter().map(entity).collect();
            assert!(!entities.is_empty(), "the demo has no {root}");
            (*root, entities)
        });
        Self(listed.collect())
    }

    pub fn everything(&self) -> impl Iterator<Item = &Entity> {
        self.0.values().flatten()
    }

    /// One of a list that the scope does not cover, if there is one.
    pub fn beyond(&self, list: &str, scope: &Scope) -> Option<&Entity> {
        self.0[list].iter().find(|entity| !scope.sees(entity))
    }
}

fn entity(node: &Value) -> Entity {
    let id = node["id"].as_str().expect("an id").to_owned();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let named = ["organisationId", "companyId", "clientId"].iter().filter_map(|name| text(&node[*name]));
    let mut organisations: BTreeSet<String> = named.collect();
    organisations.extend(text(&node["company"]["id"]));
    let each = |list: &Value, name: &str| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(|one| text(&one[name])).collect()
    };
    organisations.extend(each(&node["roles"], "organisationId"));
    let mut people: BTreeSet<String> = each(&node["people"], "personId").into_iter().collect();
    people.extend(each(&node["shift"]["people"], "personId"));
    match id.split('-').next() {
        Some("organisation") => drop(organisations.insert(id.clone())),
        Some("person") => drop(people.insert(id.clone())),
        _ => {}
    }
    Entity {
        kind: text(&node["kind"]).unwrap_or_default(),
        area: text(&node["area"]).expect("an area"),
        id,
        organisations,
        people,
    }
}

/// All entries of a list, page by page.
pub fn all(node: &Node, who: &str, root: &str, selection: &str) -> Vec<Value> {
    let query = format!(
        "query($after: String) {{ page: {root}(first: 50, after: $after) {{
            edges {{ node {{ {selection} }} }} pageInfo {{ hasNextPage endCursor }}
        }} }}"
    );
    let (mut found, mut after) = (Vec::new(), Value::Null);
    loop {
        let mut data = node.ask(who, &query, &json!({ "after": after }));
        let page = data["page"].take();
        let edges = page["edges"].as_array().expect("edges");
        found.extend(edges.iter().map(|edge| edge["node"].clone()));
        if page["pageInfo"]["hasNextPage"] != true {
            return found;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}
