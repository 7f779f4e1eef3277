//! Documents made to cost much: each within the size of a body, sent one after the other.

use std::time::Instant;

use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::{Outcome, client, lag::percentile, server::Server};

const EACH: usize = 40;
/// What is larger is refused unread.
const BODY: usize = 256 * 1024;

/// The document that takes longest, and how long, in milliseconds.
pub struct Worst {
    pub name: &'static str,
    pub p50: f64,
    /// A query of one field, the same way.
    pub floor: f64,
    pub all: Vec<(&'static str, f64)>,
}

pub async fn run(server: &Server) -> Outcome<Worst> {
    let mut stream = TcpStream::connect(server.address).await?;
    stream.set_nodelay(true)?;
    let floor = time(&mut stream, &client::post(&server.token, "{ viewer { roles } }")).await?;
    let mut all = Vec::new();
    for (name, body) in documents() {
        if body.to_string().len() > BODY {
            return Err(format!("{name}: larger than a body may be").into());
        }
        all.push((name, time(&mut stream, &client::json(&server.token, &body)).await?));
    }
    all.sort_by(|one, other| other.1.total_cmp(&one.1));
    let (name, p50) = *all.first().ok_or("no documents")?;
    Ok(Worst { name, p50, floor, all })
}

async fn time(stream: &mut TcpStream, request: &str) -> Outcome<f64> {
    let mut took = Vec::with_capacity(EACH);
    for _ in 0..EACH {
        let begun = Instant::now();
        stream.write_all(request.as_bytes()).await?;
        client::whole(stream).await?;
        took.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    took.sort_unstable_by(f64::total_cmp);
    Ok(percentile(&took, 50))
}

fn documents() -> Vec<(&'static str, Value)> {
    let query = |text: String| json!({ "query": text });
    let doubling: String =
        (0..60).map(|n| format!("fragment F{n} on Viewer {{ ...F{0} ...F{0} }} ", n + 1)).collect();
    let overlapping: String = (0..1_500).map(|n| format!("viewer {{ id a{}: roles }} ", n % 50)).collect();
    let large = json!({ "areaPrefix": "4".repeat(200_000) });
    let mut documents = more_documents();
    documents.extend(wrong_documents());
    documents.extend([
        ("nested brackets", query("{a".repeat(100_000))),
        ("nested lists", query(format!("{{ a(b: {}", "[".repeat(200_000)))),
        ("fragments that double", query(format!("{{ viewer {{ ...F0 }} }} {doubling} fragment F60 on Viewer {{ id }}"))),
        ("fragments in a circle", query("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }".into())),
        ("the same field", query(format!("{{ {} }}", "id ".repeat(80_000)))),
        ("selections to be merged", query(format!("{{ {overlapping} }}"))),
        ("unknown fields", query(format!("{{ {} }}", (0..4_000).map(|n| format!("f{n} ")).collect::<String>()))),
        ("aliases", query(format!("{{ {} }}", (0..5_000).map(|n| format!("a{n}: viewer {{ id }} ")).collect::<String>()))),
        ("directives", query(format!("{{ viewer {} {{ id }} }}", "@skip(if: false) ".repeat(3_000)))),
        ("white space", query(format!("{{ viewer {} {{ id }} }}", " ".repeat(250_000)))),
        ("a comment", query(format!("{{ viewer #{}\n {{ id }} }}", "x".repeat(250_000)))),
        ("a string that does not end", query(format!("{{ area(code: \"{}", "\\u0041".repeat(20_000)))),
        ("a block string", query(format!("{{ area(code: \"\"\"{}\"\"\") {{ id }} }}", "\n ".repeat(60_000)))),
        ("a large variable in many places", json!({
            "query": format!("query($f: IncidentFilter) {{ {} }}", "incidents(first: 1, filter: $f) { nodes { id } } ".repeat(100)),
            "variables": { "f": large },
        })),
        ("lists within lists", query(
            "{ organisations(first: 100) { nodes { teams(first: 100) { nodes { id organisation { teams(first: 100) { nodes { id } } } } } } } }".into(),
        )),
        ("introspection within introspection", query(
            "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }".into(),
        )),
        ("introspection as far as it is allowed", query(
            "{ __schema { types { name description fields { name description args { name description } type { name } } } } }".into(),
        )),
    ]);
    documents
}

/// What the rules, the variables and the merging look at.
fn more_documents() -> Vec<(&'static str, Value)> {
    let query = |text: String| json!({ "query": text });
    let many = |count: usize, one: &dyn Fn(usize) -> String| (0..count).map(one).collect::<String>();
    let filters: serde_json::Map<String, Value> =
        (0..50).map(|n| (format!("v{n}"), json!({ "areaPrefix": "4".repeat(4_000) }))).collect();
    let fragments = many(100, &|n| format!("fragment F{n} on Query {{ {} }} ", "viewer { id } ".repeat(20)));
    vec![
        (
            "one key with other arguments",
            query(format!(
                "{{ {} }}",
                many(800, &|n| format!("areas(first: {}) {{ totalCount }} ", n % 100 + 1))
            )),
        ),
        (
            "selections to be merged deep down",
            query(format!(
                "{{ {} }}",
                "areas(first: 1) { nodes { parent { parent { id code } } } } ".repeat(450)
            )),
        ),
        (
            "an interface by its objects",
            query(format!(
                "{{ node(id: \"x\") {{ {} }} }}",
                "... on Shift { id } ... on Team { id } id ".repeat(700)
            )),
        ),
        ("many fragments", query(format!("{{ {} }} {fragments}", many(100, &|n| format!("...F{n} "))))),
        (
            "many operations",
            json!({
                "query": format!(
                    "{} fragment F on Query {{ {} }}",
                    many(100, &|n| format!("query Q{n} {{ ...F }} ")),
                    "viewer { id } ".repeat(45),
                ),
                "operationName": "Q7",
            }),
        ),
        (
            "many variables",
            json!({
                "query": format!(
                    "query({}) {{ {} }}",
                    many(50, &|n| format!("$v{n}: ShiftFilter ")),
                    many(50, &|n| format!("a{n}: shifts(first: 1, filter: $v{n}) {{ totalCount }} ")),
                ),
                "variables": filters,
            }),
        ),
    ]
}

/// Mistakes in many places.
fn wrong_documents() -> Vec<(&'static str, Value)> {
    let query = |text: String| json!({ "query": text });
    let many = |count: usize, one: &dyn Fn(usize) -> String| (0..count).map(one).collect::<String>();
    vec![
        ("a long string", query(format!("{{ area(code: \"{}\") {{ id }} }}", "4".repeat(250_000)))),
        (
            "unknown input fields",
            query(format!(
                "{{ shifts(first: 1, filter: {{ {} }}) {{ totalCount }} }}",
                many(3_000, &|n| format!("a{n}: 1 "))
            )),
        ),
        (
            "unknown arguments",
            query(format!("{{ areas({}) {{ totalCount }} }}", many(3_000, &|n| format!("a{n}: 1 ")))),
        ),
        (
            "a long list of wrong values",
            json!({
                "query": "mutation($i: FormTeamInput!) { formTeam(input: $i) { revision } }",
                "variables": { "i": { "members": vec![7.5; 40_000] } },
            }),
        ),
        (
            "many errors",
            query(format!(
                "{{ organisations(first: 100) {{ nodes {{ {} }} }} }}",
                many(16, &|n| format!("a{n}: teams(first: 0) {{ pageInfo {{ hasNextPage }} }} "))
            )),
        ),
    ]
}
