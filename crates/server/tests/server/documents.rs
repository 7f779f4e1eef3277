//! What a document may ask for, over HTTP, with the platform's own schema: every limit has its code, its sentence and
//! its test, and lets through what lies exactly on it.

use serde_json::{Value, json};

use super::client::Reply;
use super::fixture::{JSON, Server};

const MODERN: (&str, &str) = ("accept", "application/graphql-response+json");

/// The platform's schema without what answers: what is within the limits fails later, in its fields.
async fn server() -> Server {
    Server::over(graphql::bare()).await
}

async fn ask(server: &Server, query: &str, variables: Value) -> Reply {
    let body = json!({ "query": query, "variables": variables }).to_string();
    server.send("POST", "/graphql", &[JSON, MODERN], &body).await
}

/// Refused with this code and these words, in both languages; nothing was executed.
async fn refused(server: &Server, query: &str, code: &str, words: &str) {
    let reply = ask(server, query, json!({})).await;
    let shown: String = query.chars().take(200).collect();
    assert_eq!((reply.status, reply.code().as_str()), (400, code), "{shown}: {}", reply.body);
    assert!(reply.json().get("data").is_none());
    assert_eq!(reply.json()["errors"].as_array().map(Vec::len), Some(1));
    let message = reply.json()["errors"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains(words) && message.ends_with('.') && message.len() < 300, "{message}");
    let chinese = [JSON, MODERN, ("accept-language", "zh-CN")];
    let body = json!({ "query": query }).to_string();
    let reply = server.send("POST", "/graphql", &chinese, &body).await;
    let message = reply.json()["errors"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.ends_with('。') && !message.contains('{'), "{message}");
    assert_eq!(reply.code(), code);
}

/// Not refused by any limit: it was executed, and nobody is signed in.
async fn taken(server: &Server, query: &str) {
    let reply = ask(server, query, json!({})).await;
    let shown: String = query.chars().take(200).collect();
    assert_eq!((reply.status, reply.code().as_str()), (200, "unauthenticated"), "{shown}: {}", reply.body);
}

fn aliased(count: usize) -> String {
    (0..count).map(|number| format!("a{number}: viewer {{ id }} ")).collect()
}

#[tokio::test]
async fn aliases() {
    let server = server().await;
    taken(&server, &format!("{{ {} }}", aliased(50))).await;
    refused(&server, &format!("{{ {} }}", aliased(51)), "too_many_aliases", "50 aliases").await;
    // A fragment of fifty, spread fifty times.
    let fields: String = (0..50).map(|number| format!("a{number}: id ")).collect();
    let spread = format!("{{ viewer {{ {} }} }} fragment F on Viewer {{ {fields} }}", "...F ".repeat(50));
    refused(&server, &spread, "too_many_aliases", "wherever it is spread").await;
}

#[tokio::test]
async fn depth() {
    let server = server().await;
    let deep = |levels: usize| {
        let inner = levels - 2;
        format!("{{ area(code: \"42\") {{ {}code {} }} }}", "parent { ".repeat(inner), "} ".repeat(inner))
    };
    taken(&server, &deep(15)).await;
    refused(&server, &deep(16), "query_too_deep", "15 levels").await;
}

#[tokio::test]
async fn nesting_without_fields() {
    let server = server().await;
    let nested =
        |levels: usize| format!("{{ {}viewer {{ id }} {} }}", "... { ".repeat(levels), "} ".repeat(levels));
    taken(&server, &nested(30)).await;
    refused(&server, &nested(31), "nested_too_deep", "32 levels").await;
    let lists =
        |levels: usize| format!("{{ area(code: {}1{}) {{ id }} }}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(ask(&server, &lists(62), json!({})).await.code(), "bad_user_input");
    refused(&server, &lists(63), "nested_too_deep", "64 levels").await;
    for open in ["{", "[", "(", "{a(b:[", "query($a:[["] {
        refused(&server, &format!("{{a(b:{}", open.repeat(2_000)), "nested_too_deep", "64 levels").await;
    }
}

#[tokio::test]
async fn complexity() {
    let server = server().await;
    let pages =
        |first: u32, fields: &str| format!("{{ organisations(first: {first}) {{ nodes {{ {fields} }} }} }}");
    taken(&server, &pages(100, &"id ".repeat(49))).await;
    refused(&server, &pages(100, &"id ".repeat(50)), "query_too_complex", "weighs 5002; the limit is 5000")
        .await;
    let nested = "teams(first: 100) { nodes { id } }";
    refused(&server, &pages(100, nested), "query_too_complex", "`first`").await;
    let by_variable = format!("query($n: Int!) {{ organisations(first: $n) {{ nodes {{ {nested} }} }} }}");
    let reply = ask(&server, &by_variable, json!({ "n": 100 })).await;
    assert_eq!((reply.status, reply.code().as_str()), (400, "query_too_complex"));
    assert_eq!(ask(&server, &by_variable, json!({ "n": 10 })).await.code(), "unauthenticated");
}

#[tokio::test]
async fn directives() {
    let server = server().await;
    let many = |count: usize| format!("{{ viewer {{ id {} }} }}", "@include(if: true) ".repeat(count));
    // More than one of a kind is not valid, which is another matter.
    assert_eq!(ask(&server, &many(10), json!({})).await.code(), "bad_query");
    refused(&server, &many(11), "too_many_directives", "10 directives").await;
}

#[tokio::test]
async fn tokens_names_and_what_is_ignored() {
    let server = server().await;
    let many = |count: usize| format!("{{ viewer(x: [{}]) {{ id }} }}", "1 ".repeat(count - 12));
    assert_eq!(ask(&server, &many(10_000), json!({})).await.code(), "bad_query");
    refused(&server, &many(10_001), "too_many_tokens", "10000 tokens").await;
    refused(&server, &format!("{{ {} }}", "a".repeat(256)), "name_too_long", "255").await;
    let spaced = |count: usize| format!("{{ viewer {}{{ id }} }}", " ".repeat(count));
    taken(&server, &spaced(65_000)).await;
    refused(&server, &spaced(65_536), "too_much_ignored", "65536 bytes").await;
}

#[tokio::test]
async fn definitions_selections_and_variables() {
    let server = server().await;
    let fragments = |count: usize| -> String {
        (0..count).map(|number| format!("fragment F{number} on Viewer {{ id }} ")).collect()
    };
    let spreads: String = (0..100).map(|number| format!("...F{number} ")).collect();
    taken(&server, &format!("{{ viewer {{ {spreads} }} }} {}", fragments(100))).await;
    let many = format!("{{ viewer {{ {spreads} }} }} {}", fragments(101));
    refused(&server, &many, "too_many_fragments", "100 fragments").await;
    let operations: String =
        (0..101).map(|number| format!("query Q{number} {{ viewer {{ id }} }} ")).collect();
    refused(&server, &operations, "too_many_operations_in_document", "100 operations").await;
    let variables: String = (0..101).map(|number| format!("$v{number}: Int ")).collect();
    let query = format!("query({variables}) {{ viewer {{ id }} }}");
    refused(&server, &query, "too_many_variables", "100 variables").await;
    let doubling: String =
        (0..14).map(|n| format!("fragment F{n} on Viewer {{ ...F{0} ...F{0} }} ", n + 1)).collect();
    let query = format!("{{ viewer {{ ...F0 }} }} {doubling} fragment F14 on Viewer {{ id }}");
    refused(&server, &query, "too_many_selections", "10000 fields").await;
    let query = "{ viewer { ...A } } fragment A on Viewer { ...B } fragment B on Viewer { id ...A }";
    refused(&server, query, "fragment_cycle", "contains itself").await;
}

#[tokio::test]
async fn values_of_variables() {
    let server = server().await;
    let query = format!(
        "query($f: IncidentFilter) {{ {} }}",
        "incidents(first: 1, filter: $f) { nodes { id } } ".repeat(100)
    );
    let filter = |size: usize| json!({ "f": { "areaPrefix": "4".repeat(size) } });
    assert_eq!(ask(&server, &query, filter(15)).await.code(), "unauthenticated");
    assert_eq!(ask(&server, &query, filter(200_000)).await.code(), "variables_too_large");
    // Wherever they stand: in directives, in an operation that is not asked for, in a fragment that is spread nowhere,
    // in a list of the document.
    let many = json!({ "v": vec!["x"; 30_000] });
    let uses = "@include(if: $v) ".repeat(4);
    for query in [
        format!("query($v: [String]) {{ viewer {{ id {uses} }} }}"),
        format!("query($v: [String]) {{ viewer {{ ... {uses} {{ id }} }} }}"),
        format!("query($v: [String]) {uses} {{ viewer {{ id }} }}"),
        format!("query($v: [String]) {{ viewer {{ id }} }} fragment F on Viewer {{ id {uses} }}"),
        format!("query($v: [String]) {{ viewer {{ id }} area(code: [{}]) {{ id }} }}", "$v ".repeat(4)),
        format!(
            "query($v: [String]) {{ viewer {{ id }} area(code: {{ a: [{}] }}) {{ id }} }}",
            "$v ".repeat(4)
        ),
    ] {
        assert_eq!(ask(&server, &query, many.clone()).await.code(), "variables_too_large", "{query}");
    }
}

#[tokio::test]
async fn introspection() {
    let server = server().await;
    let nested =
        "{ __schema { types { fields { type { fields { type { fields { args { name } } } } } } } } }";
    refused(&server, nested, "introspection_too_large", "lists within lists").await;
    let open = "{ __schema { types { name fields { name type { name } } } } }";
    assert_eq!(
        ask(&server, open, json!({})).await.json()["data"],
        json!({ "__schema": null }),
        "not for nobody"
    );
}

#[tokio::test]
async fn a_thousand_mistakes_are_told_in_a_few_errors() {
    let server = server().await;
    let wrong: String = (0..4_000).map(|number| format!("f{number} ")).collect();
    let reply = ask(&server, &format!("{{ {wrong} }}"), json!({})).await;
    assert_eq!((reply.status, reply.code().as_str()), (400, "bad_query"));
    assert_eq!(reply.json()["errors"].as_array().map(Vec::len), Some(20));
    // Names of fields are for those who may read the schema.
    let reply = ask(&server, "{ viever { id } }", json!({})).await;
    assert!(!reply.body.contains("viewer"), "{}", reply.body);
    // However often a field is selected, it fails once.
    let failing = "viewer { id } ".repeat(1_600);
    let reply = ask(&server, &format!("{{ {failing} }}"), json!({})).await;
    assert_eq!(reply.json()["errors"].as_array().map(Vec::len), Some(1));
}
