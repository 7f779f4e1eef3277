//! What the application adds to each aggregate: who may command it, and which facts of others it needs.

mod area;
mod contract;
mod duty;
mod incident;
mod organisation;
mod patrol_plan;
mod patrol_run;
mod person;
mod shift;

use domain::{Aggregate, Context};
use futures_util::future::BoxFuture;

use crate::{App, AppError, Permission};

/// An aggregate with its permissions and the loading of its facts.
pub trait Slice: Aggregate {
    /// What it is called in a rejection.
    const NAME: &'static str;

    /// Whether the command makes something new.
    fn creates(command: &Self::Command) -> bool;

    /// Judged on the state before the command.
    fn permission(&self, command: &Self::Command) -> Permission;

    /// Loads what the decision needs to know of others.
    fn facts<'a>(
        &'a self,
        app: &'a App,
        command: &'a Self::Command,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<Self::Facts, AppError>>;
}
