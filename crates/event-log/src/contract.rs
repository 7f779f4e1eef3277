//! What every engine behind [`EventLog`](crate::EventLog) must do, as a suite of named cases.
//!
//! A case needs a log, not an empty one: it names its streams after the run and looks only at those, so the suite runs
//! against a shared server too. Two runs on one log need different `run` numbers.
//!
//! Absent on purpose: what only one engine promises (gapless positions), and faults, which each engine has its own way
//! to provoke.

mod appends;
mod reads;
mod subscriptions;
mod world;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

pub use world::{Failure, World};

use crate::EventLog;

/// One promise of the port.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub name: &'static str,
    run: fn(World) -> BoxFuture<'static, Result<(), Failure>>,
}

/// A case that takes longer than this has hung.
const PATIENCE: Duration = Duration::from_secs(60);

impl Case {
    /// Runs the case against `log`; `run` tells this run of the suite from others on the same log.
    pub async fn run(&self, log: Arc<dyn EventLog>, run: u64) -> Result<(), Failure> {
        match tokio::time::timeout(PATIENCE, (self.run)(World::new(log, self.name, run))).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::new("it has hung")),
        }
    }
}

/// All cases.
pub fn cases() -> Vec<Case> {
    [appends::CASES, reads::CASES, subscriptions::CASES].concat()
}

/// Runs all cases, each on the log that `make` gives for it, and answers the failures with the names of their cases.
pub async fn run_all(
    mut make: impl AsyncFnMut(&Case) -> Arc<dyn EventLog>,
    run: u64,
) -> Vec<(&'static str, Failure)> {
    let mut failures = Vec::new();
    for case in cases() {
        let log = make(&case).await;
        if let Err(failure) = case.run(log, run).await {
            failures.push((case.name, failure));
        }
    }
    failures
}

/// Makes a [`Case`] of an async function of the same name.
macro_rules! case_list {
    ($($name:ident),* $(,)?) => {
        pub(super) const CASES: &[$crate::contract::Case] = &[$(
            $crate::contract::Case {
                name: stringify!($name),
                run: |world| futures_util::FutureExt::boxed($name(world)),
            }
        ),*];
    };
}
use case_list;
