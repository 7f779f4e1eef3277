//! A GraphQL document in a request that is well-formed otherwise.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &str| {
    wardlog_fuzz::graphql(serde_json::json!({ "query": document }).to_string().into_bytes());
});
