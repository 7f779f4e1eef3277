//! What the decisions of a patrol run need to remember.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{DeviationKind, DueStop, RunEvent};
use crate::{
    AreaCode, CheckpointId, ContractId, DeviationId, OrganisationId, Payer, PersonId, PlanId, RouteId,
    ScanId, ShiftId, TeamId, When, time::plus_seconds,
};

/// Where a run stands in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    #[default]
    Absent,
    Running,
    Paused,
    Completed,
    Abandoned,
}

crate::word::named!(Phase {
    Absent = "not started", "未开始";
    Running = "running", "进行中";
    Paused = "paused", "已暂停";
    Completed = "completed", "已完成";
    Abandoned = "broken off", "已中止";
});

/// What is walked, by whom and for whom; set once by the first event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    pub plan: PlanId,
    pub version: u16,
    pub route: RouteId,
    pub shift: Option<ShiftId>,
    pub team: Option<TeamId>,
    pub members: Vec<PersonId>,
    pub area: AreaCode,
    pub organisation: OrganisationId,
    pub contract: Option<ContractId>,
    pub payer: Payer,
    pub started_at: When,
}

/// What became of a stop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StopOutcome {
    #[default]
    Open,
    Scanned,
    Skipped,
    Missed,
}

crate::word::named!(StopOutcome {
    Open = "open", "待巡";
    Scanned = "scanned", "已打卡";
    Skipped = "skipped", "已跳过";
    Missed = "missed", "已漏检";
});

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    pub checkpoint: CheckpointId,
    pub due_at: When,
    pub grace_minutes: u16,
    pub outcome: StopOutcome,
    /// The earliest device time of its scans, also of those after a miss.
    pub visited_at: Option<Timestamp>,
}

impl Stop {
    fn new(due: &DueStop) -> Self {
        Self {
            checkpoint: due.checkpoint,
            due_at: due.due_at,
            grace_minutes: due.grace_minutes,
            outcome: StopOutcome::Open,
            visited_at: None,
        }
    }

    /// Due time plus grace: a visit at this instant still counts.
    pub fn deadline(&self) -> Timestamp {
        plus_seconds(self.due_at.at, self.grace_seconds())
    }

    /// Due time less grace: an earlier visit is a visit, but not in the window.
    pub fn window_opens(&self) -> Timestamp {
        plus_seconds(self.due_at.at, -self.grace_seconds())
    }

    fn grace_seconds(&self) -> i64 {
        i64::from(self.grace_minutes) * 60
    }
}

/// What a repeated upload of a scan is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scan {
    pub checkpoint: CheckpointId,
    pub person: PersonId,
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deviation {
    pub kind: DeviationKind,
    pub checkpoint: Option<CheckpointId>,
    pub person: Option<PersonId>,
    pub acknowledged: bool,
}

/// State of a patrol run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatrolRun {
    pub phase: Phase,
    pub walk: Option<Walk>,
    /// In the order of the walk.
    pub stops: Vec<Stop>,
    pub scans: BTreeMap<ScanId, Scan>,
    pub deviations: BTreeMap<DeviationId, Deviation>,
    /// The last call for help of each person.
    pub sos: BTreeMap<PersonId, Timestamp>,
    /// When the phase changed last.
    pub changed_at: Option<When>,
}

impl PatrolRun {
    pub fn stop(&self, checkpoint: CheckpointId) -> Option<&Stop> {
        self.stops.iter().find(|stop| stop.checkpoint == checkpoint)
    }

    /// Stops that are neither scanned nor skipped nor missed, in the order of the walk.
    pub fn due_stops(&self) -> impl Iterator<Item = &Stop> {
        self.stops.iter().filter(|stop| stop.outcome == StopOutcome::Open)
    }

    /// The stop that will be missed next, and from when on, also after the end of the run.
    pub fn next_deadline(&self) -> Option<(CheckpointId, Timestamp)> {
        self.due_stops().map(|stop| (stop.checkpoint, stop.deadline())).min_by_key(|(_, at)| *at)
    }

    /// When the run was completed or abandoned.
    pub fn ended_at(&self) -> Option<When> {
        match self.phase {
            Phase::Completed | Phase::Abandoned => self.changed_at,
            Phase::Absent | Phase::Running | Phase::Paused => None,
        }
    }

    pub(super) fn apply(&mut self, event: &RunEvent) {
        match event {
            RunEvent::PatrolStarted { .. } => self.start(event),
            RunEvent::PatrolPaused { at } => self.move_to(Phase::Paused, *at),
            RunEvent::PatrolResumed { at } => self.move_to(Phase::Running, *at),
            RunEvent::CheckpointScanned { scan, checkpoint, person, at, .. } => {
                let taken = Scan { checkpoint: *checkpoint, person: *person, at: at.at };
                self.scans.insert(*scan, taken);
                self.change(*checkpoint, |stop| {
                    stop.visited_at = Some(stop.visited_at.map_or(at.at, |known| known.min(at.at)));
                    // A miss stays one until it is rescinded.
                    if stop.outcome != StopOutcome::Missed {
                        stop.outcome = StopOutcome::Scanned;
                    }
                });
            }
            RunEvent::CheckpointSkipped { checkpoint, .. } => {
                self.change(*checkpoint, |stop| stop.outcome = StopOutcome::Skipped);
            }
            RunEvent::CheckpointMissed { checkpoint, .. } => {
                self.change(*checkpoint, |stop| stop.outcome = StopOutcome::Missed);
            }
            RunEvent::MissRescinded { checkpoint, .. } => {
                self.change(*checkpoint, |stop| stop.outcome = StopOutcome::Scanned);
            }
            RunEvent::DeviationDetected { deviation, kind, checkpoint, person, .. } => {
                let detected =
                    Deviation { kind: *kind, checkpoint: *checkpoint, person: *person, acknowledged: false };
                self.deviations.insert(*deviation, detected);
            }
            RunEvent::DeviationAcknowledged { deviation, .. } => {
                if let Some(deviation) = self.deviations.get_mut(deviation) {
                    deviation.acknowledged = true;
                }
            }
            RunEvent::SosRaised { person, at, .. } => {
                self.sos.insert(*person, at.at);
            }
            RunEvent::PatrolCompleted { at } => self.move_to(Phase::Completed, *at),
            RunEvent::PatrolAbandoned { at, .. } => self.move_to(Phase::Abandoned, *at),
        }
    }

    fn start(&mut self, event: &RunEvent) {
        let RunEvent::PatrolStarted {
            plan,
            version,
            route,
            shift,
            team,
            members,
            area,
            organisation,
            contract,
            payer,
            started_at,
            stops,
        } = event
        else {
            return;
        };
        self.walk = Some(Walk {
            plan: *plan,
            version: *version,
            route: *route,
            shift: *shift,
            team: *team,
            members: members.clone(),
            area: *area,
            organisation: *organisation,
            contract: *contract,
            payer: *payer,
            started_at: *started_at,
        });
        self.stops = stops.iter().map(Stop::new).collect();
        self.move_to(Phase::Running, *started_at);
    }

    fn move_to(&mut self, phase: Phase, at: When) {
        self.phase = phase;
        self.changed_at = Some(at);
    }

    fn change(&mut self, checkpoint: CheckpointId, change: impl FnOnce(&mut Stop)) {
        if let Some(stop) = self.stops.iter_mut().find(|stop| stop.checkpoint == checkpoint) {
            change(stop);
        }
    }
}
