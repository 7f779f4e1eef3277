//! Bulk uploads: lines of commands and batches of CloudEvents, compressed or not, checked or carried out.
#![no_main]

use axum::body::Body;
use libfuzzer_sys::fuzz_target;
use wardlog_fuzz::{ask, signed};

fuzz_target!(|input: &[u8]| {
    let Some((choice, body)) = input.split_first() else { return };
    let kind = ["application/x-ndjson", "application/cloudevents-batch+json", "application/cloudevents+json"]
        [usize::from(choice & 3).min(2)];
    let path = if choice & 4 == 0 { "/ingest?dryRun=true" } else { "/ingest" };
    let mut request = signed("POST", path).header("content-type", kind);
    match choice >> 3 & 3 {
        1 => request = request.header("content-encoding", "gzip"),
        2 => request = request.header("content-encoding", "zstd"),
        _ => {}
    }
    ask(request.body(Body::from(body.to_vec())).expect("a request"));
});
