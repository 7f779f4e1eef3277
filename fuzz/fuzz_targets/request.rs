//! The body of a GraphQL request, whatever it is.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    wardlog_fuzz::graphql(body.to_vec());
});
