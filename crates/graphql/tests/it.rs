//! The schema as a whole, the inputs of commands, the opening of personal fields, and the roots over a real application.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can not go on has failed")]

#[path = "it/descriptions.rs"]
mod descriptions;
#[path = "it/documents.rs"]
mod documents;
#[path = "it/figures.rs"]
mod figures;
#[path = "it/history.rs"]
mod history;
#[path = "it/inputs.rs"]
mod inputs;
#[path = "it/personal.rs"]
mod personal;
#[path = "it/queries.rs"]
mod queries;
#[path = "it/schema.rs"]
mod schema;
#[path = "it/subscriptions.rs"]
mod subscriptions;
#[path = "it/world.rs"]
mod world;
