//! The transports against a schema that exists for these tests, over real sockets.

#[cfg(test)]
mod server {
    mod accounts;
    mod budget;
    mod client;
    mod fixture;
    mod http;
    mod pages;
    mod schema;
    mod sessions;
    mod sockets;
    mod stopping;
    mod tokens;
}
