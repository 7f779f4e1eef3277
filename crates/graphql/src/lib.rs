//! GraphQL over the application: types, resolvers, limits, and the schema's text.
//!
//! Resolvers translate; they do not decide. Commands are authorized in `app`, queries take the asker's scope, and one
//! place makes every personal field ([`PersonalField`]): masked, unless it is one's own or its opening has been recorded.
//! One file per noun; the mutations are made from a table of commands that imports use as well ([`prepare_command`]).
//! Absent on purpose: HTTP, SQL with text of the asker in it, and any rule of the domain.

mod access;
mod area;
mod blame;
mod board;
mod command;
mod context;
mod contract;
mod dashboard;
pub mod engine;
mod error;
mod export;
mod figure;
mod history;
mod incident;
mod input;
mod log;
mod misfit;
mod mutation;
mod node;
mod operations;
mod organisation;
mod overview;
mod page;
mod payload;
mod person;
mod personal;
mod plan;
mod prepared;
mod reveal;
mod run;
mod scalar;
mod schema;
mod shape;
mod shift;
mod station;
mod subscription;
mod viewer;

pub use command::{Refused, command_names, prepare_command};
pub use context::AtLeast;
pub use engine::Engine;
pub use error::{Correlation, reason};
pub use export::{
    Cell, EventFilter, Export, Exportable, Take, exportable, filter_names, prepare_export, read_filter,
    visible_stream,
};
pub use history::hide_sealed;
pub use input::CommandInput;
pub use operations::OPERATIONS;
pub use personal::{PersonalField, PersonalState};
pub use prepared::{Key, Keys, Prepared};
pub use reveal::REVEALS;
pub use scalar::{Json, Position};
pub use schema::{bare, engine, sdl};
pub use subscription::{ResumeAfter, ResumeMost, Since, Standing, Toll, Until};
