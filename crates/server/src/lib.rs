//! What the binary `wardlog` is made of: who asks ([`identity`]), what they may cost ([`budget`]), how they are answered
//! ([`http`]), what a node holds open ([`node`]) and the command line ([`cli`]). No rule of the domain lives here.

pub mod budget;
pub mod cli;
pub mod http;
pub mod identity;
pub mod node;
mod telemetry;
