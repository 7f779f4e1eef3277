//! Sends the steps of the agenda, and counts what becomes of them.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use app::{App, AppError, Request};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::{
    CityError, SimClock,
    agenda::{Agenda, Step, instant, when},
};

/// Lanes that run side by side.
const WIDTH: usize = 256;
/// How long the views may take to catch up.
const PATIENCE: Duration = Duration::from_secs(120);
/// Rounds of the policies in a row, when there is so much to do.
const ROUNDS: usize = 50;

/// What has been done.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub commands: AtomicU64,
    /// Refused, as they had to be.
    pub refused: AtomicU64,
    /// Sent a second time with the same id.
    pub repeated: AtomicU64,
    /// Commands of policies that appended events.
    pub policies: AtomicU64,
}

/// Runs steps against an application.
pub(crate) struct Driver {
    pub app: Arc<App>,
    pub clock: Arc<SimClock>,
    pub tally: Tally,
    /// Nothing is sent that would reach the server after this second.
    pub ends_at: i64,
    /// Whether the log was empty at the start. On a log that holds a part of the load already, what was refused the
    /// first time may be refused for another reason.
    pub fresh: bool,
}

impl Driver {
    /// Runs everything that reaches the server before `second`, slot by slot.
    pub async fn run_before(&self, agenda: &mut Agenda, second: i64) -> Result<(), CityError> {
        while let Some(steps) = agenda.next_before(second) {
            self.run_slot(steps).await?;
        }
        self.clock.set(instant(second.min(self.ends_at)));
        Ok(())
    }

    async fn run_slot(&self, mut steps: Vec<Step>) -> Result<(), CityError> {
        steps.retain(|step| step.sent <= self.ends_at);
        // Stable: what reaches the server in the same second stays in the order in which it was planned.
        steps.sort_by_key(|step| step.sent);
        let mut lanes: Vec<Vec<Step>> = Vec::new();
        let mut index: HashMap<u64, usize> = HashMap::new();
        for step in steps {
            let at = *index.entry(step.lane).or_insert_with(|| {
                lanes.push(Vec::new());
                lanes.len() - 1
            });
            lanes[at].push(step);
        }
        stream::iter(lanes.into_iter().map(Ok))
            .try_for_each_concurrent(WIDTH, |lane| async move {
                for step in lane {
                    self.run(&step).await?;
                }
                Ok(())
            })
            .await
    }

    async fn run(&self, step: &Step) -> Result<(), CityError> {
        let at = instant(step.sent);
        let request = Request { occurred_at: Some(when(step.at)), wait: false, ..Request::new(step.command) };
        let send = || SimClock::at(at, (step.call)(&self.app, &step.viewer, &request));
        self.tally.commands.fetch_add(1, Ordering::Relaxed);
        let outcome = send().await;
        match (step.refused, outcome) {
            (None, Ok(_)) => {}
            (Some(wanted), Err(AppError::Rejected(why))) if !self.fresh || why.reason == wanted => {
                self.tally.refused.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
            (Some(wanted), Err(AppError::Rejected(why))) => {
                return Err(not_refused(step, wanted.code, format!("refused: {why:?}")));
            }
            // It has become true in the meantime: nothing is added.
            (Some(_), Ok(done)) if !self.fresh && done.appended == 0 => {
                self.tally.refused.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
            (Some(wanted), Ok(_)) => return Err(not_refused(step, wanted.code, "accepted".into())),
            (_, Err(cause)) => return Err(CityError::Failed { command: step.name, at, cause }),
        }
        if step.twice {
            let again = send().await.map_err(|cause| CityError::Failed { command: step.name, at, cause })?;
            if again.appended > 0 {
                return Err(CityError::AppendedAgain { command: step.name, at });
            }
            self.tally.repeated.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Waits until the views hold everything, then lets the policies act on what is due.
    pub async fn run_policies(&self) -> Result<(), CityError> {
        for _ in 0..ROUNDS {
            self.catch_up().await?;
            let round = self.app.run_policies().await?;
            self.tally.policies.fetch_add(u64::try_from(round.acted).unwrap_or_default(), Ordering::Relaxed);
            if !round.more || round.acted == 0 {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Lets the views have everything that is in the log, without waiting for them.
    pub async fn release(&self) -> Result<(), CityError> {
        if let Some(head) = self.app.log().head().await? {
            self.clock.pace.release(head.0);
        }
        Ok(())
    }

    /// Waits until the views hold everything.
    pub async fn catch_up(&self) -> Result<(), CityError> {
        self.release().await?;
        if let Some(head) = self.app.log().head().await? {
            self.app.views().wait_for(head.0, PATIENCE).await?;
        }
        Ok(())
    }
}

fn not_refused(step: &Step, wanted: &'static str, outcome: String) -> CityError {
    CityError::NotRefused { command: step.name, at: instant(step.sent), wanted, outcome }
}

/// Runs futures side by side, at most [`WIDTH`] at once, and answers their results in order.
pub(crate) async fn side_by_side<T>(
    futures: impl IntoIterator<Item = impl Future<Output = T> + Send> + Send,
) -> Vec<T> {
    stream::iter(futures).buffered(WIDTH).collect().await
}
