//! Cursors and filters of a connection: texts that no client would send.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

const DOCUMENT: &str = "query($first: Int!, $after: String, $filter: IncidentFilter) {
    incidents(first: $first, after: $after, filter: $filter) { totalCount edges { cursor node { id } } }
}";

#[derive(Arbitrary, Debug)]
struct Asked<'a> {
    first: i32,
    after: Option<&'a str>,
    area: Option<&'a str>,
    company: Option<&'a str>,
    from: Option<&'a str>,
    to: Option<&'a str>,
    kind: Option<&'a str>,
    open: Option<bool>,
}

fuzz_target!(|asked: Asked<'_>| {
    let filter = json!({
        "areaPrefix": asked.area, "company": asked.company, "from": asked.from, "to": asked.to,
        "kind": asked.kind, "open": asked.open,
    });
    let variables = json!({ "first": asked.first, "after": asked.after, "filter": filter });
    wardlog_fuzz::graphql(json!({ "query": DOCUMENT, "variables": variables }).to_string().into_bytes());
});
