use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{NOBODY, ROLES, Walk, classified, world::all};
use crate::support::street::new;

/// Fields asked for in one request: the limit of the aliases.
const AT_ONCE: usize = 40;

/// What a root field of `Query` shows to whom.
enum Root {
    /// The asker itself, or the state of the platform: everybody who is signed in.
    Everybody,
    /// What lies in the asker's scope.
    List,
    /// One entry of a list by its id, when it lies in the asker's scope; of one kind, when one is named.
    One { argument: &'static str, list: &'static str, kind: &'static str },
    /// Anything by its id, when it lies in the asker's scope.
    Anything,
    /// Who has seen whose personal data. In the demo nobody has; who sees what is told in `reveals.rs`.
    Accesses,
    /// The events of anything that has a stream of its own.
    History,
}

const fn one(argument: &'static str, list: &'static str, kind: &'static str) -> Root {
    Root::One { argument, list, kind }
}

const ROOTS: &[(&str, Root)] = &[
    ("viewer", Root::Everybody),
    ("log", Root::Everybody),
    ("areas", Root::List),
    ("organisations", Root::List),
    ("teams", Root::List),
    ("persons", Root::List),
    ("plans", Root::List),
    ("patrolRuns", Root::List),
    ("shifts", Root::List),
    ("incidents", Root::List),
    ("contracts", Root::List),
    ("area", one("code", "areas", "")),
    ("community", one("code", "areas", "VILLAGE")),
    ("organisation", one("id", "organisations", "")),
    ("station", one("id", "organisations", "POLICE_STATION")),
    ("company", one("id", "organisations", "SECURITY_COMPANY")),
    ("person", one("id", "persons", "")),
    ("plan", one("id", "plans", "")),
    ("patrolRun", one("id", "patrolRuns", "")),
    ("shift", one("id", "shifts", "")),
    ("incident", one("id", "incidents", "")),
    ("contract", one("id", "contracts", "")),
    ("accesses", Root::Accesses),
    ("node", Root::Anything),
    ("history", Root::History),
];

/// Asks for many ids at once; tells which were shown.
fn shown(walk: &Walk, who: &str, field: &str, argument: &str, more: &str, ids: &[&str]) -> Vec<bool> {
    let mut shown = Vec::with_capacity(ids.len());
    for some in ids.chunks(AT_ONCE) {
        let asked: Vec<String> = some
            .iter()
            .enumerate()
            .map(|(at, id)| format!("a{at}: {field}({argument}: {}{more}) {{ __typename }}", json!(id)))
            .collect();
        let data = walk.node.ask(who, &format!("{{ {} }}", asked.join(" ")), &json!({}));
        shown.extend((0..some.len()).map(|at| !data[format!("a{at}")].is_null()));
    }
    shown
}

fn assert_unauthenticated(answer: &Value, what: &str) {
    assert_eq!(answer["errors"][0]["extensions"]["code"], "unauthenticated", "{what}: {answer}");
    assert!(
        answer["data"].is_null()
            || answer["data"].as_object().is_some_and(|data| data.values().all(Value::is_null))
    );
}

#[test]
fn every_root_field_shows_every_role_its_own_and_nothing_else() {
    let walk = Walk::begin();
    classified(&walk.fields("Query"), ROOTS.iter().map(|(name, _)| *name), "Query");
    for (field, root) in ROOTS {
        for who in ROLES.into_iter().filter(|who| *who != NOBODY) {
            match root {
                Root::Everybody => {
                    let data = walk.node.ask(who, &format!("{{ {field} {{ __typename }} }}"), &json!({}));
                    assert!(data[field].is_object(), "{who}: {field}: {data}");
                }
                Root::Accesses => {
                    let query = format!("{{ {field}(first: 1) {{ totalCount }} }}");
                    assert_eq!(walk.node.ask(who, &query, &json!({}))[*field]["totalCount"], 0, "{who}");
                }
                Root::List => list(&walk, who, field),
                Root::One { argument, list, kind } => one_by_one(&walk, who, field, (argument, list, kind)),
                Root::Anything => anything(&walk, who, field, "", |_| true),
                Root::History => {
                    anything(&walk, who, field, ", first: 1", |id| !id.starts_with("team-"));
                }
            }
        }
    }
}

fn list(walk: &Walk, who: &str, field: &str) {
    let scope = walk.scope(who);
    let listed = all(&walk.node, who, field, "id");
    let listed: BTreeSet<&str> = listed.iter().filter_map(|node| node["id"].as_str()).collect();
    let due: BTreeSet<&str> =
        walk.world.0[field].iter().filter(|one| scope.sees(one)).map(|one| one.id.as_str()).collect();
    assert_eq!(listed, due, "{who}: {field}");
}

fn one_by_one(walk: &Walk, who: &str, field: &str, (argument, list, kind): (&str, &str, &str)) {
    let scope = walk.scope(who);
    let entities = &walk.world.0[list];
    let id = |id: &str| if argument == "code" { id.replace("area-", "") } else { id.to_owned() };
    let ids: Vec<String> = entities.iter().map(|entity| id(&entity.id)).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    for (entity, shown) in entities.iter().zip(shown(walk, who, field, argument, "", &ids)) {
        let due = scope.sees(entity) && (kind.is_empty() || entity.kind == kind);
        assert_eq!(shown, due, "{who}: {field}({argument}: {})", entity.id);
    }
}

fn anything(walk: &Walk, who: &str, field: &str, more: &str, such: impl Fn(&str) -> bool) {
    let scope = walk.scope(who);
    let entities: Vec<_> = walk.world.everything().filter(|entity| such(&entity.id)).collect();
    let ids: Vec<&str> = entities.iter().map(|entity| entity.id.as_str()).collect();
    for (entity, shown) in entities.iter().zip(shown(walk, who, field, "id", more, &ids)) {
        assert_eq!(shown, scope.sees(entity), "{who}: {field}(id: {})", entity.id);
    }
}

#[test]
fn nobody_sees_nothing_at_any_root() {
    let walk = Walk::begin();
    for (field, root) in ROOTS {
        let arguments = match root {
            Root::Everybody => String::new(),
            Root::List | Root::Accesses => "(first: 1)".to_owned(),
            Root::One { argument: "code", .. } => format!("(code: \"{}\")", walk.street.area()),
            Root::One { list, .. } => format!("(id: \"{}\")", walk.world.0[list][0].id),
            Root::Anything => format!("(id: \"{}\")", walk.street.station),
            Root::History => format!("(id: \"{}\", first: 1)", walk.street.station),
        };
        let query = format!("{{ {field}{arguments} {{ __typename }} }}");
        assert_unauthenticated(&walk.node.answer(NOBODY, &query, &json!({})), &query);
    }
}

/// Parts of a contract have no list of their own: they are reached through it and by `node`.
#[test]
fn what_belongs_to_a_contract_is_seen_by_those_who_see_the_contract() {
    let walk = Walk::begin();
    let posts = all(&walk.node, "auditor", "contracts", "id posts { id }");
    let contracts = &walk.world.0["contracts"];
    for who in ROLES.into_iter().filter(|who| *who != NOBODY) {
        let scope = walk.scope(who);
        for contract in &posts {
            let entity = contracts.iter().find(|known| known.id == contract["id"]).expect("a contract");
            let ids: Vec<&str> = contract["posts"]
                .as_array()
                .expect("posts")
                .iter()
                .filter_map(|post| post["id"].as_str())
                .collect();
            assert!(!ids.is_empty());
            let shown = shown(&walk, who, "node", "id", "", &ids);
            assert!(shown.iter().all(|shown| *shown == scope.sees(entity)), "{who}: {contract}");
        }
    }
    // What does not exist looks the same as what is not one's own.
    for category in ["contract", "post", "breach", "statement", "incident", "person", "shift"] {
        let id = new(category);
        assert_eq!(shown(&walk, "company", "node", "id", "", &[&id]), [false], "{id}");
    }
}
