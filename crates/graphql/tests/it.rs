//! The schema as a whole, the inputs of commands, and who sees personal fields.

#[path = "it/inputs.rs"]
mod inputs;
#[path = "it/personal.rs"]
mod personal;
#[path = "it/schema.rs"]
mod schema;
