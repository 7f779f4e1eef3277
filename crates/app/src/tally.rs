//! What became of commands and policies since the start, for the operator's figures. Names and outcomes are words of
//! the program, never of a sender, so there is a bounded number of them.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tracing::{Instrument as _, Span, field::Empty};

use crate::{App, AppError, Done};

type Counts = BTreeMap<(&'static str, &'static str), u64>;

/// Counts by name and outcome.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Counts>);

impl Tally {
    pub fn add(&self, name: &'static str, outcome: &'static str) {
        *self.lock().entry((name, outcome)).or_default() += 1;
    }

    pub fn read(&self) -> Vec<(&'static str, &'static str, u64)> {
        self.lock().iter().map(|((name, outcome), count)| (*name, *outcome, *count)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// In a word: `done`, `unchanged`, or the code of the refusal or the fault.
pub(crate) fn outcome(outcome: &Result<Done, AppError>) -> &'static str {
    match outcome {
        Ok(done) if done.appended > 0 => "done",
        Ok(_) => "unchanged",
        Err(cause) => cause.code(),
    }
}

impl App {
    /// Runs a command under a span of its own and counts what became of it. `name` is that of the command.
    ///
    /// # Errors
    /// Those of `work`.
    pub async fn observed(
        &self,
        name: &'static str,
        work: impl Future<Output = Result<Done, AppError>> + Send,
    ) -> Result<Done, AppError> {
        let span = tracing::info_span!("command", name, outcome = Empty);
        let done = work.instrument(span.clone()).await;
        let word = outcome(&done);
        span.record("outcome", word);
        self.commands.add(name, word);
        done
    }

    /// Commands so far: name, outcome, count.
    pub fn command_outcomes(&self) -> Vec<(&'static str, &'static str, u64)> {
        self.commands.read()
    }

    /// Causes that policies took up so far: kind, outcome (`acted`, `void`, `failed`), count.
    pub fn policy_outcomes(&self) -> Vec<(&'static str, &'static str, u64)> {
        self.policies.read()
    }
}

/// Notes an outcome on the span around.
pub(crate) fn note_outcome(span: &Span, result: &Result<Done, AppError>) {
    if !span.is_disabled() {
        span.record("outcome", outcome(result));
    }
}
