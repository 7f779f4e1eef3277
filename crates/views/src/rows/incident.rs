use domain::{
    AreaCode, ContractId, IncidentId, OrganisationId, Personal, Priority, RunId, ShiftId, TeamId, When,
    incident::{DispositionCode, EscalationCause, IncidentChannel, IncidentKind, IncidentTransferTarget},
};
use jiff::Timestamp;
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{blob_or_null, phases, second, second_or_null, text};
use crate::{
    Calendar, Row,
    rollup::{Contributions, Measure},
    scope::ScopeColumns,
};

phases! {
    /// Where an incident stands in its life.
    IncidentPhase {
        /// Reported, nothing done yet.
        Reported,
        /// Triage has judged it.
        Triaged,
        /// A unit has been sent.
        Dispatched,
        /// A unit has arrived.
        OnScene,
        /// It has a disposition.
        Resolved,
        /// Done with.
        Closed,
        /// Opened again after it was closed.
        Reopened,
        /// A duplicate of another incident.
        Merged,
    }
}

/// The times of one dispatch of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitTimes {
    pub unit: TeamId,
    pub dispatched_at: Option<When>,
    pub accepted_at: Option<When>,
    pub en_route_at: Option<When>,
    pub arrived_at: Option<When>,
    pub cleared_at: Option<When>,
}

impl UnitTimes {
    pub(crate) const fn of(unit: TeamId) -> Self {
        Self {
            unit,
            dispatched_at: None,
            accepted_at: None,
            en_route_at: None,
            arrived_at: None,
            cleared_at: None,
        }
    }

    /// The same as the domain knows it.
    pub(crate) const fn times(&self) -> domain::incident::UnitTimes {
        domain::incident::UnitTimes {
            dispatched_at: self.dispatched_at,
            accepted_at: self.accepted_at,
            en_route_at: self.en_route_at,
            arrived_at: self.arrived_at,
            cleared_at: self.cleared_at,
        }
    }
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disposition {
    pub code: DispositionCode,
    pub note: Option<Personal>,
    pub at: When,
}

/// Who carries it on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    pub to: IncidentTransferTarget,
    pub organisation: Option<OrganisationId>,
    pub reference: Option<String>,
    pub at: When,
}

/// An incident 警情/事件.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentRow {
    pub id: IncidentId,
    pub area: AreaCode,
    pub kind: IncidentKind,
    pub channel: IncidentChannel,
    pub priority: Priority,
    pub self_initiated: bool,
    pub drill: bool,
    pub reported_at: When,
    pub reporter_name: Option<Personal>,
    pub reporter_phone: Option<Personal>,
    pub address: Option<Personal>,
    pub narrative: Option<Personal>,
    pub place_key: Option<String>,
    pub shift: Option<ShiftId>,
    pub run: Option<RunId>,
    pub company: Option<OrganisationId>,
    pub contract: Option<ContractId>,
    pub due_at: Option<When>,
    pub phase: IncidentPhase,
    /// The phase that an unmerged duplicate goes back to.
    pub phase_before_merge: Option<IncidentPhase>,
    pub units: Vec<UnitTimes>,
    pub merged_into: Option<IncidentId>,
    pub escalations: Vec<EscalationCause>,
    pub transfers: Vec<Transfer>,
    pub disposition: Option<Disposition>,
    pub closed_at: Option<When>,
    pub reopened_at: Option<When>,
    pub reopened: u32,
    pub feedback_score: Option<u8>,
    /// When the report reached the server.
    pub recorded_at: Timestamp,
    /// The report.
    pub event: Uuid,
}

impl IncidentRow {
    pub fn first_dispatch_at(&self) -> Option<When> {
        self.units.iter().filter_map(|unit| unit.dispatched_at).min()
    }

    pub fn first_arrival_at(&self) -> Option<When> {
        self.units.iter().filter_map(|unit| unit.arrived_at).min()
    }

    pub fn is_open(&self) -> bool {
        !matches!(self.phase, IncidentPhase::Closed | IncidentPhase::Merged)
    }

    /// Since when somebody is waited for: the report or the latest reopening; `None` when somebody has come since, or
    /// that nobody comes was told already.
    fn unanswered_since(&self) -> Option<When> {
        let since = self.reopened_at.unwrap_or(self.reported_at);
        let came = self.units.iter().filter_map(|unit| unit.arrived_at).any(|at| at.at >= since.at);
        let waiting = matches!(
            self.phase,
            IncidentPhase::Reported
                | IncidentPhase::Triaged
                | IncidentPhase::Dispatched
                | IncidentPhase::Reopened
        );
        let told = self.escalations.contains(&EscalationCause::Unanswered);
        (waiting && !came && !told && !self.drill).then_some(since)
    }
}

/// A place as a number: the begin of the SHA-256 of its opaque key.
fn place_number(key: &str) -> i64 {
    let digest: [u8; 32] = Sha256::digest(key).into();
    digest.first_chunk::<8>().map_or(0, |first| i64::from_be_bytes(*first))
}

impl Row for IncidentRow {
    const TABLE: &'static str = "incident";
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("area", "TEXT NOT NULL"),
        ("company", "BLOB"),
        ("contract", "BLOB"),
        ("shift", "BLOB"),
        ("phase", "INTEGER NOT NULL"),
        ("priority", "INTEGER NOT NULL"),
        ("kind", "INTEGER NOT NULL"),
        ("reported_at", "INTEGER NOT NULL"),
        // Only while it is open; only while nobody has come and nobody has been told.
        ("open_since", "INTEGER"),
        ("unanswered_since", "INTEGER"),
        ("place_key", "TEXT"),
        // 0 for drills and merged duplicates.
        ("counted", "INTEGER NOT NULL"),
        // The value of `Measure::Places`.
        ("place", "INTEGER"),
    ];
    const INDEXES: &'static [&'static str] = &[
        "reported_at",
        "company, reported_at WHERE company IS NOT NULL",
        "contract, reported_at WHERE contract IS NOT NULL",
        "open_since, area, priority, counted WHERE open_since IS NOT NULL",
        "unanswered_since, priority WHERE unanswered_since IS NOT NULL",
        "place, reported_at WHERE place IS NOT NULL",
    ];
    const SCOPE: ScopeColumns = ScopeColumns {
        area: Some("area"),
        organisations: &["company"],
        person: Some("shift IN (SELECT shift FROM place WHERE person = ?)"),
    };
    const FOLLOWED: bool = true;

    fn key(&self) -> Vec<u8> {
        self.id.0.as_bytes().to_vec()
    }

    fn columns(&self) -> Vec<Value> {
        vec![
            text(&self.area),
            blob_or_null(self.company.map(|company| company.0)),
            blob_or_null(self.contract.map(|contract| contract.0)),
            blob_or_null(self.shift.map(|shift| shift.0)),
            Value::Integer(self.phase as i64),
            Value::Integer(self.priority as i64),
            Value::Integer(self.kind as i64),
            second(self.reported_at),
            second_or_null(self.is_open().then_some(self.reported_at)),
            second_or_null(self.unanswered_since()),
            self.place_key.clone().map_or(Value::Null, Value::Text),
            Value::Integer(i64::from(!self.drill && self.merged_into.is_none())),
            self.place_key.as_deref().map_or(Value::Null, |key| Value::Integer(place_number(key))),
        ]
    }

    fn contribute(&self, calendar: &Calendar, out: &mut Contributions) {
        let day = calendar.day_number_of(self.reported_at);
        if let Some(key) = self.place_key.as_deref().filter(|_| !self.drill && self.merged_into.is_none()) {
            out.place(&self.area, day, place_number(key));
        }
        let mut add = |measure, value, n| out.area(&self.area, day, measure, value, n);
        // Each report is counted in exactly one of these four.
        if self.drill {
            return add(Measure::Drills, 0, 1);
        }
        if self.merged_into.is_some() {
            return add(Measure::MergedDuplicates, 0, 1);
        }
        if self.self_initiated {
            return add(Measure::SelfInitiated, 0, 1);
        }
        add(Measure::Incidents, self.priority as i64, 1);
        add(Measure::IncidentKinds, self.kind as i64, 1);
        add(Measure::Reopened, 0, i64::from(self.reopened > 0));
        let unfounded = self.disposition.as_ref().is_some_and(|d| d.code == DispositionCode::Unfounded);
        add(Measure::Unfounded, 0, i64::from(unfounded));
        if self.phase == IncidentPhase::Closed {
            add(Measure::Closed, i64::from(self.disposition.is_some()), 1);
        }
        if let Some(due_at) = self.due_at {
            let in_time = self.closed_at.is_some_and(|closed| closed.at <= due_at.at);
            add(Measure::ClosedByDue, i64::from(in_time), 1);
        }
        if let Some(dispatch) = self.first_dispatch_at() {
            add(Measure::QueueSeconds, self.reported_at.seconds_until(&dispatch), 1);
        }
        if let Some(arrival) = self.first_arrival_at() {
            let seconds = self.reported_at.seconds_until(&arrival);
            add(Measure::ResponseSeconds, seconds, 1);
            if self.priority == Priority::Emergency {
                add(Measure::EmergencyResponseSeconds, seconds, 1);
            }
        }
        for unit in &self.units {
            let Some(arrival) = unit.arrived_at else { continue };
            if let Some(dispatch) = unit.dispatched_at {
                add(Measure::TravelSeconds, dispatch.seconds_until(&arrival), 1);
            }
            if let Some(cleared) = unit.cleared_at {
                add(Measure::OnSceneSeconds, arrival.seconds_until(&cleared), 1);
            }
        }
    }
}
