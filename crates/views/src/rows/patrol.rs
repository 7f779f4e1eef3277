use domain::{
    AreaCode, CheckpointId, ContractId, DeviationId, OrganisationId, Payer, PersonId, PlanId, RouteId, RunId,
    ShiftId, TeamId, When, patrol_plan::RouteStop, patrol_run::DeviationKind,
};
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{blob, phases, second, text};
use crate::{
    Calendar, Row,
    rollup::{Contributions, Measure},
    scope::ScopeColumns,
};

phases! {
    /// State of one version of a patrol plan.
    PlanPhase {
        /// Still being written.
        Draft,
        /// Approved, not in force yet.
        Approved,
        /// In force; it never changes again.
        Published,
        /// Another version took its place.
        Superseded,
    }

    /// State of a patrol run 巡逻任务.
    RunPhase {
        /// Under way.
        Running,
        /// Interrupted.
        Paused,
        /// Walked to its end.
        Completed,
        /// Broken off.
        Abandoned,
    }

    /// What became of a checkpoint of a run.
    StopOutcome {
        /// Still to come.
        Due,
        /// Scanned in its window.
        Hit,
        /// Scanned, but outside its window.
        OutOfWindow,
        /// Left out, with a reason.
        Skipped,
        /// Not visited by its due time plus grace.
        Missed,
    }
}

/// A checkpoint 巡更点 of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointRow {
    pub id: CheckpointId,
    pub name: String,
    pub area: AreaCode,
    pub retired_at: Option<When>,
}

/// A route 线路 of one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    pub id: RouteId,
    pub name: String,
    pub stops: Vec<RouteStop>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanVersion {
    pub version: u16,
    pub name: String,
    pub phase: PlanPhase,
    pub routes: Vec<Route>,
}

/// A patrol plan 巡逻方案 with all its versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRow {
    pub id: PlanId,
    pub area: AreaCode,
    pub organisation: OrganisationId,
    pub versions: Vec<PlanVersion>,
    pub checkpoints: Vec<CheckpointRow>,
}

impl Row for PlanRow {
    const TABLE: &'static str = "plan";
    const COLUMNS: &'static [(&'static str, &'static str)] =
        &[("area", "TEXT NOT NULL"), ("organisation", "BLOB NOT NULL")];
    const INDEXES: &'static [&'static str] = &["area", "organisation"];
    const SCOPE: ScopeColumns =
        ScopeColumns { area: Some("area"), organisations: &["organisation"], person: None };

    fn key(&self) -> Vec<u8> {
        self.id.0.as_bytes().to_vec()
    }

    fn columns(&self) -> Vec<Value> {
        vec![text(&self.area), blob(self.organisation.0)]
    }
}

/// One checkpoint of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    pub checkpoint: CheckpointId,
    pub due_at: When,
    pub grace_minutes: u16,
    pub outcome: StopOutcome,
    /// Device time of the scan that counts.
    pub scanned_at: Option<When>,
    /// The scan reached the server late.
    pub late_report: bool,
    /// What decided the outcome; `None` while it is due.
    pub event: Option<Uuid>,
}

impl Stop {
    /// When the stop counts as missed, seconds since 1970.
    pub fn deadline(&self) -> i64 {
        self.due_at.at.as_second() + i64::from(self.grace_minutes) * 60
    }
}

/// An oddity found on a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deviation {
    pub id: DeviationId,
    pub kind: DeviationKind,
    pub at: When,
    pub acknowledged: bool,
}

/// A patrol run 巡逻任务.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRow {
    pub id: RunId,
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
    pub ended_at: Option<When>,
    pub phase: RunPhase,
    pub stops: Vec<Stop>,
    pub deviations: Vec<Deviation>,
    /// Scans with a flag (clock drift, far off, out of order).
    pub flagged_scans: u32,
    pub sos: Vec<When>,
    /// Its begin.
    pub event: Uuid,
}

impl RunRow {
    pub fn stop(&mut self, checkpoint: CheckpointId) -> Option<&mut Stop> {
        self.stops.iter_mut().find(|stop| stop.checkpoint == checkpoint)
    }

    pub fn count(&self, outcome: StopOutcome) -> i64 {
        let count = self.stops.iter().filter(|stop| stop.outcome == outcome).count();
        i64::try_from(count).unwrap_or(i64::MAX)
    }
}

impl Row for RunRow {
    const TABLE: &'static str = "run";
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("area", "TEXT NOT NULL"),
        ("organisation", "BLOB NOT NULL"),
        ("contract", "BLOB"),
        ("shift", "BLOB"),
        ("started_at", "INTEGER NOT NULL"),
        // Deadline of the earliest stop that is still due, for the policy.
        ("deadline", "INTEGER"),
    ];
    const INDEXES: &'static [&'static str] = &[
        "started_at",
        "organisation, started_at",
        "contract, started_at WHERE contract IS NOT NULL",
        "deadline WHERE deadline IS NOT NULL",
    ];
    const SCOPE: ScopeColumns = ScopeColumns {
        area: Some("area"),
        organisations: &["organisation"],
        person: Some("shift IN (SELECT shift FROM place WHERE person = ?)"),
    };
    const FOLLOWED: bool = true;

    fn key(&self) -> Vec<u8> {
        self.id.0.as_bytes().to_vec()
    }

    fn columns(&self) -> Vec<Value> {
        let due = self.stops.iter().filter(|stop| stop.outcome == StopOutcome::Due);
        vec![
            text(&self.area),
            blob(self.organisation.0),
            super::blob_or_null(self.contract.map(|contract| contract.0)),
            super::blob_or_null(self.shift.map(|shift| shift.0)),
            second(self.started_at),
            due.map(Stop::deadline).min().map_or(Value::Null, Value::Integer),
        ]
    }

    fn contribute(&self, calendar: &Calendar, out: &mut Contributions) {
        let day = calendar.day_number_of(self.started_at);
        let stops = i64::try_from(self.stops.len()).unwrap_or(i64::MAX);
        let mut add = |measure, n| out.area(&self.area, day, measure, 0, n);
        add(Measure::Runs, 1);
        add(Measure::CheckpointsDue, stops);
        add(Measure::CheckpointsHit, self.count(StopOutcome::Hit));
        add(Measure::CheckpointsMissed, self.count(StopOutcome::Missed));
        add(Measure::CheckpointsSkipped, self.count(StopOutcome::Skipped));
    }
}
