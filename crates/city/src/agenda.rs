//! Commands to come, in the order of their times.

use std::{collections::BTreeMap, sync::Arc};

use app::{App, AppError, Done, Handles, Request, Viewer};
use domain::{CommandId, Reason, When};
use futures_util::future::BoxFuture;
use jiff::{Timestamp, tz::Offset};
use uuid::Uuid;

/// Commands of so many seconds of the scenario run side by side, so that many share a commit of the log. Each has its own
/// instant all the same; between neighbours in the log the server's times may run back by at most this. It divides an
/// hour.
pub(crate) const SLOT: i64 = 60 * 60;

/// Beijing time: business times are told in it.
const BEIJING: Offset = Offset::constant(8);

type Call = Box<
    dyn for<'a> Fn(&'a App, &'a Viewer, &'a Request) -> BoxFuture<'a, Result<Done, AppError>> + Send + Sync,
>;

/// A second since 1970 as an instant.
pub(crate) fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
}

/// A second since 1970 as a business time of the district.
pub(crate) fn when(second: i64) -> When {
    When { at: instant(second), offset: BEIJING }
}

/// One command: when it happens, when it reaches the server, who sends it, and what must become of it.
pub(crate) struct Step {
    /// Business time, in seconds since 1970.
    pub at: i64,
    /// When it reaches the server.
    pub sent: i64,
    /// Steps of one lane run one after the other.
    pub lane: u64,
    pub viewer: Arc<Viewer>,
    pub command: CommandId,
    pub name: &'static str,
    pub call: Call,
    /// The reason for which it must be refused.
    pub refused: Option<&'static Reason>,
    /// Whether it is sent twice.
    pub twice: bool,
}

impl Step {
    pub fn new<C>(at: i64, lane: u64, viewer: &Arc<Viewer>, command: C) -> Self
    where
        C: Clone + Send + Sync + 'static,
        App: Handles<C>,
    {
        let name = std::any::type_name::<C>();
        Self {
            at,
            sent: at + 2,
            lane,
            viewer: Arc::clone(viewer),
            command: CommandId(Uuid::nil()),
            name: name.rsplit("::").next().unwrap_or(name),
            call: Box::new(move |app, viewer, request| app.handle(viewer, request, command.clone())),
            refused: None,
            twice: false,
        }
    }

    /// Reaches the server later than usual.
    pub fn sent(self, sent: i64) -> Self {
        Self { sent: sent.max(self.at), ..self }
    }

    /// Must be refused.
    pub fn refused(self, reason: &'static Reason) -> Self {
        Self { refused: Some(reason), ..self }
    }

    /// Is sent a second time with the same id, as devices do that got no answer.
    pub fn twice(self, twice: bool) -> Self {
        Self { twice, ..self }
    }
}

/// All steps that are planned and not yet done, by slot of their arrival at the server.
pub(crate) struct Agenda {
    namespace: Uuid,
    pushed: u64,
    named: u64,
    slots: BTreeMap<i64, Vec<Step>>,
}

impl Agenda {
    pub fn new(namespace: Uuid) -> Self {
        Self { namespace, pushed: 0, named: 0, slots: BTreeMap::new() }
    }

    /// Command ids follow from the order in which steps are planned.
    pub fn push(&mut self, mut step: Step) {
        self.pushed += 1;
        step.command =
            CommandId(Uuid::new_v5(&self.namespace, format!("command {}", self.pushed).as_bytes()));
        self.slots.entry(step.sent.div_euclid(SLOT)).or_default().push(step);
    }

    /// A new id, for something that later steps will name.
    pub fn id(&mut self) -> Uuid {
        self.named += 1;
        Uuid::new_v5(&self.namespace, format!("named {}", self.named).as_bytes())
    }

    /// The steps of the next slot that begins before `second`.
    pub fn next_before(&mut self, second: i64) -> Option<Vec<Step>> {
        let entry = self.slots.first_entry()?;
        (entry.key() * SLOT < second).then(|| entry.remove())
    }
}
