//! Running what comes in: beside each other where the order does not matter, told in the order in which it came.

use std::{
    collections::{HashMap, VecDeque},
    ops::ControlFlow,
    panic::AssertUnwindSafe,
    sync::Arc,
};

use app::{App, Viewer};
use futures_util::FutureExt as _;
use graphql::{Key, Keys, Prepared, Refused};
use tokio::{
    sync::OwnedSemaphorePermit,
    task::{JoinError, JoinSet},
};

use super::{
    intake::{Arriving, Came},
    line::refused,
    order::Order,
    outcome::{Outcome, Tally},
};

/// Commands that run at the same time, so that they share the log's syncs.
pub(crate) const AT_ONCE: u16 = 32;
/// Commands that run, wait for others, or have an outcome that is not told yet.
const WINDOW: usize = 256;

/// Whose commands, and what to do with them.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub app: Arc<App>,
    pub viewer: Arc<Viewer>,
    /// Only ask what would become of each.
    pub rehearsal: bool,
    pub at_once: u16,
}

/// Who is told.
pub(crate) trait Told {
    /// Whether the next line may be handled at all; asked in the order of the lines.
    fn admit(&mut self) -> Result<(), Refused> {
        Ok(())
    }

    /// What became of a line. After `Break` no further command is begun.
    fn tell(&mut self, outcome: &Outcome) -> ControlFlow<()>;

    /// Nothing more is to be told at this moment.
    fn pause(&mut self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Runs all that arrives. Commands that have begun are run to their end in any case.
pub(crate) async fn run(work: &Work, arriving: Arriving, told: &mut impl Told) -> Tally {
    let mut run = Run {
        work,
        order: Order::default(),
        slots: VecDeque::new(),
        first: 0,
        ready: VecDeque::new(),
        running: JoinSet::new(),
        last: HashMap::new(),
        tally: Tally::default(),
    };
    run.all(arriving, told).await;
    run.tally
}

/// One line on its way.
struct Slot {
    line: u64,
    depends_on: Option<u64>,
    /// Until it begins.
    command: Option<Prepared>,
    outcome: Option<Outcome>,
    /// Given back when the outcome is told.
    _room: Option<OwnedSemaphorePermit>,
}

struct Run<'a> {
    work: &'a Work,
    order: Order,
    /// The same entries as in `order`.
    slots: VecDeque<Slot>,
    /// Number of the first slot.
    first: u64,
    ready: VecDeque<u64>,
    running: JoinSet<(u64, Outcome)>,
    /// In a rehearsal: the last line that changes something.
    last: HashMap<Key, u64>,
    tally: Tally,
}

impl Run<'_> {
    async fn all(&mut self, mut arriving: Arriving, told: &mut impl Told) {
        let mut open = true;
        loop {
            // All that can be done without waiting.
            while open && self.order.len() < WINDOW {
                match arriving.try_recv() {
                    Ok(came) => self.take(came, told),
                    Err(_) => break,
                }
            }
            while let Some(ended) = self.running.try_join_next() {
                self.ended(ended);
            }
            self.begin();
            if self.tell(told).is_break() || told.pause().is_break() {
                return self.stop(arriving).await;
            }
            if !open && self.order.len() == 0 {
                return;
            }
            tokio::select! {
                came = arriving.recv(), if open && self.order.len() < WINDOW => match came {
                    Some(came) => self.take(came, told),
                    None => open = false,
                },
                Some(ended) = self.running.join_next(), if !self.running.is_empty() => self.ended(ended),
            }
        }
    }

    /// Nobody listens any more.
    async fn stop(&mut self, arriving: Arriving) {
        drop(arriving);
        while self.running.join_next().await.is_some() {}
    }

    fn take(&mut self, came: Came, told: &mut impl Told) {
        let Came { line, command, room } = came;
        let command = told.admit().and(command);
        let (keys, depends_on) = match &command {
            Ok(command) if self.work.rehearsal => (Keys::default(), self.depends_on(line, command.keys())),
            Ok(command) => (command.keys().clone(), None),
            Err(_) => (Keys::default(), None),
        };
        let (command, outcome) = match command {
            Ok(command) => (Some(command), None),
            Err(refused) => (None, Some(Outcome::failed(line, refused))),
        };
        let (number, free) = self.order.add(keys);
        if outcome.is_some() {
            self.order.done(number);
        } else if free {
            self.ready.push_back(number);
        }
        self.slots.push_back(Slot { line, depends_on, command, outcome, _room: room });
    }

    /// The last earlier line that changes something which this one names.
    fn depends_on(&mut self, line: u64, keys: &Keys) -> Option<u64> {
        let found = keys.all().filter_map(|key| self.last.get(&key).copied()).max();
        self.last.extend(keys.changes().iter().map(|key| (*key, line)));
        found
    }

    fn begin(&mut self) {
        while self.running.len() < usize::from(self.work.at_once) {
            let Some(number) = self.ready.pop_front() else { return };
            let Some(slot) = self.slot(number) else { continue };
            let (line, Some(command)) = (slot.line, slot.command.take()) else { continue };
            let work = self.work.clone();
            self.running.spawn(async move {
                let outcome = AssertUnwindSafe(one(&work, line, command)).catch_unwind().await;
                (number, outcome.unwrap_or_else(|_| broke(line)))
            });
        }
    }

    fn ended(&mut self, ended: Result<(u64, Outcome), JoinError>) {
        // A task catches its panics and nobody aborts it.
        let Ok((number, outcome)) = ended else { return };
        let free = self.order.done(number);
        self.ready.extend(free);
        if let Some(slot) = self.slot(number) {
            slot.outcome = Some(outcome);
        }
    }

    /// Tells the outcomes that are next.
    fn tell(&mut self, told: &mut impl Told) -> ControlFlow<()> {
        while self.order.take().is_some() {
            self.first += 1;
            let Some(Slot { depends_on, outcome: Some(mut outcome), .. }) = self.slots.pop_front() else {
                continue;
            };
            outcome.depends_on = depends_on;
            self.tally.count(outcome.became);
            told.tell(&outcome)?;
        }
        ControlFlow::Continue(())
    }

    fn slot(&mut self, number: u64) -> Option<&mut Slot> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.slots.get_mut(at)
    }
}

async fn one(work: &Work, line: u64, command: Prepared) -> Outcome {
    if work.rehearsal {
        Outcome::rehearsed(line, command.rehearse(&work.app, &work.viewer).await)
    } else {
        Outcome::done(line, command.run(&work.app, &work.viewer).await)
    }
}

fn broke(line: u64) -> Outcome {
    tracing::error!(line, "a command of a bulk panicked");
    let fault = refused("internal", None, "Something went wrong on our side.", "系统内部出错。");
    Outcome::failed(line, Refused { fault: true, ..fault })
}
