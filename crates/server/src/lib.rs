//! What the binary `wardlog` is made of: who asks ([`identity`]), what they may cost ([`budget`]), how they are answered
//! ([`http`]), what a node holds open ([`node`]) and which log it is on ([`log`]), the command line ([`cli`]), and the bulk work that the last and
//! [`http`] share (`bulk`). No rule of the domain lives here.

pub mod budget;
mod bulk;
pub mod cli;
pub mod http;
pub mod identity;
pub mod log;
pub mod node;
mod telemetry;
