//! The transports against a schema that exists for these tests, over real sockets.

#[cfg(test)]
mod server {
    mod accounts;
    mod batch;
    mod budget;
    mod bulk;
    mod client;
    mod cost;
    mod documents;
    mod events;
    mod exports;
    mod fixture;
    mod forgery;
    mod http;
    mod ingest;
    mod ingest_bounds;
    mod issuer;
    mod limits;
    mod oidc;
    mod oidc_keys;
    mod own;
    mod pages;
    mod properties;
    mod schema;
    mod sessions;
    mod sockets;
    mod statuses;
    mod stopping;
    mod streams;
    mod tokens;
}
