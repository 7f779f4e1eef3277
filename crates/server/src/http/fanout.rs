//! Subscriptions of many, executed once.
//!
//! Those who ask for the same document with the same variables and have the same rights are told the same: one of them
//! is executed for all, and what it answers is written once. Who they are takes no part in it: the shared execution
//! runs for somebody without a name or an account, with their roles and scope. Each subscriber still begins alone: the
//! own request is validated and charged, what was missed is told from the own position, and only what comes then is
//! shared. Where the two meet, positions tell what has been told (see [`member`]).
//! Absent on purpose: any knowledge of the schema but the argument `after` of a subscription's one field, which says
//! where a subscriber begins and so must not keep two of them apart.

mod group;
mod key;
mod member;
mod told;

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::Request;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt as _, StreamExt as _};
use graphql::Standing;
use prometheus_client::metrics::gauge::Gauge;

use super::App;
use super::engine::{Asker, Engine};

use group::Groups;
use key::Subject;
use member::Member;

pub(super) use key::{Key, key};
pub(super) use told::{Fault, Told};

/// All groups of one server.
pub(super) struct Fanout {
    groups: Groups,
    /// What executes for many: what comes is charged to each who gets it, not to the execution.
    engine: Arc<dyn Engine>,
}

impl fmt::Debug for Fanout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fanout").field("groups", &self.groups).finish_non_exhaustive()
    }
}

impl Fanout {
    /// Over an engine that charges nobody.
    pub(super) fn over(engine: Arc<dyn Engine>, open: &Gauge) -> Self {
        Self { groups: Groups::counted(open), engine }
    }
}

/// The answers to a subscription, of which a parsed document is given. Dropping the stream ends it.
pub(super) fn follow(app: &App, request: Request, asker: Asker) -> BoxStream<'static, Result<Told, Fault>> {
    let least = graphql::engine::weight(&request).map_or(1, |weight| weight.cost);
    // What "from now on" means to who asks.
    let now = asker.since.or_else(|| app.engine.position());
    let shared = now.and_then(|now| Some((now, Subject::of(&request, &asker)?)));
    let answers = match shared {
        Some((now, subject)) => {
            Member::new((&app.engine, &app.0.fanout), subject, request, asker.clone(), now).stream()
        }
        None => alone(&app.engine, request, asker.clone()),
    };
    let paid = Some((answers, app.0.till.clone(), asker));
    stream::unfold(paid, move |paid| async move {
        let (mut answers, till, asker) = paid?;
        let told = match answers.next().await? {
            Ok(told) if told.refused.is_none() => told,
            other => return Some((other, Some((answers, till, asker)))),
        };
        // Little may come of much: a field that reads a whole report is executed for each event.
        let cost = told.cost.max(least).saturating_mul(told.executed);
        Some(match till.event(cost, &asker) {
            Ok(Some(standing)) => (Ok(told.with_cost(&standing)), Some((answers, till, asker))),
            Ok(None) => (Ok(told), Some((answers, till, asker))),
            Err(last) => (Told::of(&last, &Standing::default()), None),
        })
    })
    .boxed()
}

/// The answers of an execution of one's own.
fn alone(
    engine: &Arc<dyn Engine>,
    request: Request,
    asker: Asker,
) -> BoxStream<'static, Result<Told, Fault>> {
    let (engine, standing) = (Arc::clone(engine), asker.standing.clone());
    let correlation = Arc::clone(&asker.correlation);
    // The schema validates when the stream is made or first polled: neither may take the connection down.
    let made = async move { engine.execute_stream(request, asker) };
    let answers = AssertUnwindSafe(made.flatten_stream()).catch_unwind();
    let told = answers.map(move |answer| match answer {
        Ok(response) => Told::of(&response, &standing),
        Err(_) => {
            tracing::error!(request_id = &*correlation, "a subscription panicked");
            Err(Fault)
        }
    });
    // Nothing is polled again after a panic.
    stream::unfold(Some(told.boxed()), |told| async move {
        let mut told = told?;
        let next = told.next().await?;
        let rest = next.is_ok().then_some(told);
        Some((next, rest))
    })
    .boxed()
}
