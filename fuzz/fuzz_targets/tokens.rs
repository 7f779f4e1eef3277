//! Credentials: whatever stands in the headers, nobody gets in with it.
#![no_main]

use axum::body::Body;
use axum::http::{HeaderValue, Request};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((choice, value)) = input.split_first() else { return };
    let name = if choice & 1 == 0 { "authorization" } else { "cookie" };
    let mut text = match choice >> 1 & 3 {
        1 => b"Bearer ".to_vec(),
        2 => b"Bearer wl_".to_vec(),
        3 => b"wardlog=".to_vec(),
        _ => Vec::new(),
    };
    text.extend_from_slice(value);
    let Ok(value) = HeaderValue::from_bytes(&text) else { return };
    let request = Request::builder().uri("/graphql?query=%7Bviewer%7Bname%7D%7D").header(name, value);
    let (_, body) = wardlog_fuzz::ask(request.body(Body::empty()).expect("a request"));
    let name = b"\"name\":\"";
    assert!(!body.windows(name.len()).any(|part| part == name), "somebody was let in");
});
