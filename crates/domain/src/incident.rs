//! An incident 警情/事件: something that happened on the street, from the first report to its closing.

mod command;
mod event;
mod vocabulary;

pub use command::*;
pub use event::IncidentEvent;
pub use vocabulary::*;
