//! What the binary `wardlog` is made of: who asks ([`identity`]) and how they are answered ([`http`]).
//! No rule of the domain lives here, and no command line: that is `main.rs`.

pub mod http;
pub mod identity;
