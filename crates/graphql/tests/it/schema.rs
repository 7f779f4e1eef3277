use std::{collections::BTreeSet, path::PathBuf};

use async_graphql::Response;
use serde_json::Value;

/// Scalars of GraphQL itself.
pub const BUILT_IN: [&str; 5] = ["Int", "Float", "String", "Boolean", "ID"];

fn schema_file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schema.graphql")
}

#[test]
fn the_schema_file_is_what_the_code_exports() {
    let exported = graphql::sdl();
    if std::env::var_os("WARDLOG_WRITE_SCHEMA").is_some() {
        std::fs::write(schema_file(), &exported).unwrap();
    }
    let kept = std::fs::read_to_string(schema_file()).unwrap_or_default();
    assert!(
        kept == exported,
        "schema.graphql is not what the code exports; refresh it with: WARDLOG_WRITE_SCHEMA=1 cargo test -p graphql"
    );
    assert_eq!(exported, graphql::sdl(), "the export is not stable");
}

pub async fn introspect() -> Value {
    let query = "{ __schema { types { kind name description specifiedByURL
        fields(includeDeprecated: true) { name description type { kind } args { name description type { kind } } }
        inputFields { name description type { kind } defaultValue }
        enumValues(includeDeprecated: true) { name description } } } }";
    let response: Response = graphql::bare().execute(query).await;
    assert!(response.errors.is_empty(), "{:?}", response.errors);
    response.data.into_json().unwrap()["__schema"]["types"].clone()
}

pub fn items<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

/// Scalars of ours and the standards that say how they are written. An address is part of the API: it changes with the
/// form of the scalar, and with nothing else.
const SCALARS: [(&str, &str); 7] = [
    ("AreaCode", "https://www.stats.gov.cn/sj/tjbz/gjtjbz/202302/t20230213_1902741.html"),
    ("BasisPoints", "https://www.rfc-editor.org/rfc/rfc7493#section-2.2"),
    ("Date", "https://www.rfc-editor.org/rfc/rfc3339#section-5.6"),
    ("DateTime", "https://www.rfc-editor.org/rfc/rfc3339#section-5.6"),
    ("Fen", "https://www.rfc-editor.org/rfc/rfc7493#section-2.2"),
    ("JSON", "https://www.rfc-editor.org/rfc/rfc8259"),
    ("Position", "https://www.rfc-editor.org/rfc/rfc7493#section-2.2"),
];

#[tokio::test]
async fn every_scalar_of_ours_says_which_standard_specifies_it() {
    let types = introspect().await;
    let scalars = types.as_array().unwrap().iter().filter(|ty| ty["kind"] == "SCALAR");
    let ours = scalars.filter(|ty| !BUILT_IN.contains(&ty["name"].as_str().unwrap()));
    let mut said: Vec<(&str, &str)> = ours
        .map(|ty| (ty["name"].as_str().unwrap(), ty["specifiedByURL"].as_str().unwrap_or_default()))
        .collect();
    said.sort_unstable();
    assert_eq!(said, SCALARS, "a scalar needs the address of a standard");
    for (name, url) in SCALARS {
        assert!(graphql::sdl().contains(&format!("scalar {name} @specifiedBy(url: \"{url}\")")), "{name}");
    }
}

#[tokio::test]
async fn mutations_and_commands_are_the_same() {
    let types = introspect().await;
    let mutation = types.as_array().unwrap().iter().find(|ty| ty["name"] == "Mutation").unwrap();
    let fields: BTreeSet<&str> =
        items(mutation, "fields").map(|field| field["name"].as_str().unwrap()).collect();
    // What opens personal data is no command: an import has nobody to show it to.
    assert_eq!(fields, graphql::command_names().chain(graphql::REVEALS).collect());
    assert!(graphql::REVEALS.iter().all(|name| graphql::prepare_command(name, Value::Null).is_err()));
    assert!(fields.len() >= 100, "{}", fields.len());
}

/// Commands of the domain, read off its sources: none may be forgotten in the table.
#[test]
fn every_command_of_the_domain_has_a_mutation() {
    let domain = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../domain/src");
    let known: BTreeSet<&str> = graphql::command_names().collect();
    let mut missing = Vec::new();
    for noun in
        ["area", "organisation", "person", "patrol_plan", "patrol_run", "shift", "incident", "contract"]
    {
        let text = std::fs::read_to_string(domain.join(noun).join("command.rs")).unwrap();
        let table = text.split("commands! {").nth(1).unwrap().split("\n}\n").next().unwrap();
        let named = table.split('(').skip(1).filter_map(|rest| rest.split_once(')')).map(|(name, _)| name);
        for name in named.filter(|name| name.chars().all(char::is_alphanumeric)) {
            let mut field = name.to_owned();
            field[..1].make_ascii_lowercase();
            if !known.contains(field.as_str()) {
                missing.push(field);
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

/// An argument of a root field that is good enough to reach the resolver.
fn argument(name: &str) -> Option<&'static str> {
    match name {
        "first" => Some("first: 1"),
        "id" | "station" => Some("ID: \"0198f2f0-0000-7000-8000-000000000001\""),
        "code" => Some("code: \"42\""),
        "after" | "filter" | "orderBy" | "atLeast" | "areaPrefix" | "organisation" | "company" | "sos" => {
            None
        }
        other => panic!("no example for the argument `{other}`"),
    }
}

#[tokio::test]
async fn every_root_refuses_an_anonymous_asker() {
    use futures_util::StreamExt as _;
    let types = introspect().await;
    let mut seen = 0;
    for root in ["Query", "Subscription"] {
        let fields = types.as_array().unwrap().iter().find(|ty| ty["name"] == root).unwrap();
        for field in items(fields, "fields") {
            let name = field["name"].as_str().unwrap();
            let given = items(field, "args").map(|arg| arg["name"].as_str().unwrap());
            let given: Vec<String> =
                given.filter_map(|arg| argument(arg).map(|text| text.replace("ID", arg))).collect();
            let given = if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) };
            let query = format!("{} {{ {name}{given} {{ __typename }} }}", root.to_lowercase());
            let response = graphql::bare().execute_stream(query.as_str()).next().await.unwrap();
            assert!(!response.errors.is_empty(), "{query}: {:?}", response.data);
            for error in &response.errors {
                let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
                assert_eq!(code, Some(&async_graphql::Value::from("unauthenticated")), "{query}: {error:?}");
            }
            seen += 1;
        }
    }
    assert!(seen >= 27, "{seen}");
}

#[test]
fn bare_commands_are_not_in_the_schema() {
    let sdl = graphql::sdl();
    assert!(sdl.contains("input PublishShiftInput {"));
    assert!(!sdl.contains("input PublishShift {"));
    assert!(sdl.contains("publishShift("));
    assert!(sdl.contains("): ShiftPayload\n"));
    assert!(!sdl.contains("directive @"), "those of GraphQL itself are left out; there are no others");
}
