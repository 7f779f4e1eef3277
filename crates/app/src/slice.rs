//! What the application adds to each aggregate: who may command it, and which facts of others it needs.

mod access;
mod area;
mod contract;
mod duty;
mod incident;
mod organisation;
mod patrol_plan;
mod patrol_run;
mod person;
mod shift;

use domain::{Aggregate, Context, OrganisationId, Rejection};
use futures_util::future::BoxFuture;

use crate::{App, AppError, Permission, Viewer};

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

    /// The organisations it belongs to, beside those that the permission names: in whose name somebody with several acts.
    fn owners(&self, _command: &Self::Command, _facts: &Self::Facts) -> Vec<OrganisationId> {
        Vec::new()
    }

    /// Whether its facts come from aggregates that the command does not name.
    fn looks_beyond(_command: &Self::Command) -> bool {
        false
    }

    /// Judged on the facts, for a command that names something of another aggregate that must lie in reach as well.
    ///
    /// # Errors
    /// The same rejection as for something that does not exist, so that nobody learns what exists elsewhere.
    fn within_reach(
        &self,
        _command: &Self::Command,
        _facts: &Self::Facts,
        _viewer: &Viewer,
    ) -> Result<(), Rejection> {
        Ok(())
    }
}
