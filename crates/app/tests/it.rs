//! The application over a real log, keyring and views.

#![cfg(test)]

#[path = "it/support.rs"]
mod support;

#[path = "it/acting.rs"]
mod acting;
#[path = "it/commands.rs"]
mod commands;
#[path = "it/erasure.rs"]
mod erasure;
#[path = "it/keys.rs"]
mod keys;
#[path = "it/lease.rs"]
mod lease;
#[path = "it/personal.rs"]
mod personal;
#[path = "it/policies.rs"]
mod policies;
#[path = "it/rehearsals.rs"]
mod rehearsals;
#[path = "it/reveal.rs"]
mod reveal;
#[path = "it/sagas.rs"]
mod sagas;
#[path = "it/views.rs"]
mod views_whole;
