//! What the decisions of an incident need to remember.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    DispositionCode, EscalationCause, IncidentChannel, IncidentEvent, IncidentKind, IncidentTransferTarget,
    Survivor, UnitStep, UnitTimes,
};
use crate::{AreaCode, ContractId, IncidentId, OrganisationId, Priority, TeamId, When};

/// Where an incident stands in its life. A merge is kept beside it, so that an unmerge finds it unchanged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    #[default]
    Absent,
    Reported,
    Triaged,
    /// At least one unit was sent, none has arrived.
    Dispatched,
    /// At least one unit has arrived.
    OnScene,
    /// The disposition is recorded.
    Resolved,
    Closed,
    /// Opened again, and nothing has been done since.
    Reopened,
}

crate::word::named!(Phase {
    Absent = "not reported", "未上报";
    Reported = "reported", "已上报";
    Triaged = "triaged", "已研判";
    Dispatched = "dispatched", "已派警";
    OnScene = "on scene", "处置中";
    Resolved = "resolved", "已处置";
    Closed = "closed", "已办结";
    Reopened = "reopened", "已重新受理";
});

/// What was reported, as triaged and corrected since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub area: AreaCode,
    pub kind: IncidentKind,
    pub channel: IncidentChannel,
    pub priority: Priority,
    pub self_initiated: bool,
    pub drill: bool,
    pub reported_at: When,
    /// As told first, whatever was corrected: decides which of two reports survives a merge.
    pub first_told_at: When,
    pub place_key: Option<Box<str>>,
    pub company: Option<OrganisationId>,
    pub contract: Option<ContractId>,
    pub due_at: Option<When>,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disposition {
    pub code: DispositionCode,
    pub at: When,
}

/// Where it was handed on to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    pub to: IncidentTransferTarget,
    pub organisation: Option<OrganisationId>,
    pub reference: Option<Box<str>>,
}

/// State of an incident.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Incident {
    pub phase: Phase,
    pub report: Option<Report>,
    pub triaged: bool,
    /// The current round of every unit that attended.
    pub units: BTreeMap<TeamId, UnitTimes>,
    /// The earliest of all rounds and units.
    pub first_dispatch_at: Option<When>,
    pub first_arrival_at: Option<When>,
    pub disposition: Option<Disposition>,
    pub closed_at: Option<When>,
    pub reopened_at: Option<When>,
    /// The incident that survives; while it is set this one stands still.
    pub merged_into: Option<IncidentId>,
    /// Causes of escalation since it was reported or reopened.
    pub escalations: BTreeSet<EscalationCause>,
    pub transfers: Vec<Transfer>,
    pub feedback_score: Option<u8>,
}

impl Incident {
    /// What a duplicate must know of this incident before it is merged into it; `None` when it does not exist.
    pub fn as_survivor(&self) -> Option<Survivor> {
        self.report.as_ref().map(|report| Survivor {
            merged_into: self.merged_into,
            first_told_at: report.first_told_at,
            drill: report.drill,
        })
    }

    /// Whether nobody has arrived, and nothing has settled it, since it was reported or reopened.
    pub const fn unanswered(&self) -> bool {
        match self.phase {
            Phase::Reported | Phase::Triaged | Phase::Dispatched | Phase::Reopened => true,
            Phase::Absent | Phase::OnScene | Phase::Resolved | Phase::Closed => false,
        }
    }

    /// The earliest time that is known of anything done about it.
    pub(super) fn first_action_at(&self) -> Option<When> {
        let units = self.units.values().filter_map(UnitTimes::earliest);
        let firsts = [self.first_dispatch_at, self.first_arrival_at, self.disposition.map(|d| d.at)];
        units.chain(firsts.into_iter().flatten()).chain(self.closed_at).min_by_key(|at| at.at)
    }

    pub(super) fn apply(&mut self, event: &IncidentEvent) {
        match event {
            IncidentEvent::IncidentReported { .. } => self.apply_report(event),
            IncidentEvent::IncidentCorrected { .. } => self.apply_correction(event),
            IncidentEvent::IncidentTriaged { kind, .. } => self.apply_triage(*kind),
            IncidentEvent::IncidentPrioritised { priority, .. } => {
                if let Some(report) = &mut self.report {
                    report.priority = *priority;
                }
            }
            IncidentEvent::UnitDispatched { unit, at } => self.apply_step(*unit, UnitStep::Dispatched, *at),
            IncidentEvent::DispatchAccepted { unit, at } => self.apply_step(*unit, UnitStep::Accepted, *at),
            IncidentEvent::UnitEnRoute { unit, at } => self.apply_step(*unit, UnitStep::EnRoute, *at),
            IncidentEvent::UnitArrived { unit, at } => self.apply_step(*unit, UnitStep::Arrived, *at),
            IncidentEvent::UnitCleared { unit, at } => self.apply_step(*unit, UnitStep::Cleared, *at),
            IncidentEvent::IncidentMerged { survivor, .. } => self.merged_into = Some(*survivor),
            IncidentEvent::IncidentUnmerged { .. } => self.merged_into = None,
            IncidentEvent::IncidentTransferred { to, organisation, reference, .. } => {
                let reference = reference.as_deref().map(Box::from);
                self.transfers.push(Transfer { to: *to, organisation: *organisation, reference });
            }
            IncidentEvent::IncidentEscalated { cause, .. } => {
                self.escalations.insert(*cause);
            }
            IncidentEvent::DispositionRecorded { code, at, .. } => {
                self.phase = Phase::Resolved;
                self.disposition = Some(Disposition { code: *code, at: *at });
            }
            IncidentEvent::IncidentClosed { at } => {
                self.phase = Phase::Closed;
                self.closed_at = Some(*at);
            }
            IncidentEvent::IncidentReopened { at, .. } => {
                self.phase = Phase::Reopened;
                self.reopened_at = Some(*at);
                self.disposition = None;
                self.escalations.clear();
            }
            IncidentEvent::FeedbackRecorded { score, .. } => self.feedback_score = Some(*score),
        }
    }

    fn apply_report(&mut self, event: &IncidentEvent) {
        let IncidentEvent::IncidentReported {
            area,
            kind,
            channel,
            priority,
            self_initiated,
            drill,
            reported_at,
            place_key,
            company,
            contract,
            due_at,
            ..
        } = event
        else {
            return;
        };
        self.phase = Phase::Reported;
        self.report = Some(Report {
            area: *area,
            kind: *kind,
            channel: *channel,
            priority: *priority,
            self_initiated: *self_initiated,
            drill: *drill,
            reported_at: *reported_at,
            first_told_at: *reported_at,
            place_key: place_key.as_deref().map(Box::from),
            company: *company,
            contract: *contract,
            due_at: *due_at,
        });
    }

    fn apply_correction(&mut self, event: &IncidentEvent) {
        let IncidentEvent::IncidentCorrected {
            area,
            kind,
            channel,
            self_initiated,
            drill,
            reported_at,
            place_key,
            due_at,
            ..
        } = event
        else {
            return;
        };
        let Some(report) = &mut self.report else { return };
        report.area = area.unwrap_or(report.area);
        report.kind = kind.unwrap_or(report.kind);
        report.channel = channel.unwrap_or(report.channel);
        report.self_initiated = self_initiated.unwrap_or(report.self_initiated);
        report.drill = drill.unwrap_or(report.drill);
        report.reported_at = reported_at.unwrap_or(report.reported_at);
        report.due_at = due_at.or(report.due_at);
        if let Some(place_key) = place_key {
            report.place_key = Some(place_key.as_str().into());
        }
    }

    fn apply_triage(&mut self, kind: IncidentKind) {
        self.triaged = true;
        if let Some(report) = &mut self.report {
            report.kind = kind;
        }
        match self.phase {
            Phase::Reported | Phase::Reopened => self.phase = Phase::Triaged,
            Phase::Absent
            | Phase::Triaged
            | Phase::Dispatched
            | Phase::OnScene
            | Phase::Resolved
            | Phase::Closed => {}
        }
    }

    fn apply_step(&mut self, unit: TeamId, step: UnitStep, at: When) {
        self.units.entry(unit).or_default().record(step, at);
        match step {
            UnitStep::Dispatched => {
                self.first_dispatch_at = Some(earlier(self.first_dispatch_at, at));
                self.after_dispatch(at);
            }
            UnitStep::Arrived => {
                self.first_arrival_at = Some(earlier(self.first_arrival_at, at));
                self.after_arrival(at);
            }
            UnitStep::Accepted | UnitStep::EnRoute | UnitStep::Cleared => {}
        }
    }

    /// A unit that is sent after the disposition takes the incident back: it needs a new disposition. A report that
    /// comes late, of what happened before, changes no phase.
    fn after_dispatch(&mut self, at: When) {
        match self.phase {
            Phase::Reported | Phase::Triaged => self.phase = Phase::Dispatched,
            Phase::Reopened if !self.before_reopening(at) => self.phase = Phase::Dispatched,
            Phase::Resolved if self.disposition.is_some_and(|disposition| at.at > disposition.at.at) => {
                self.phase = Phase::Dispatched;
                self.disposition = None;
            }
            Phase::Absent
            | Phase::Dispatched
            | Phase::OnScene
            | Phase::Resolved
            | Phase::Closed
            | Phase::Reopened => {}
        }
    }

    fn after_arrival(&mut self, at: When) {
        match self.phase {
            Phase::Reported | Phase::Triaged | Phase::Dispatched => self.phase = Phase::OnScene,
            Phase::Reopened if !self.before_reopening(at) => self.phase = Phase::OnScene,
            Phase::Absent | Phase::OnScene | Phase::Resolved | Phase::Closed | Phase::Reopened => {}
        }
    }

    fn before_reopening(&self, at: When) -> bool {
        self.reopened_at.is_some_and(|reopened_at| at.at < reopened_at.at)
    }
}

fn earlier(known: Option<When>, at: When) -> When {
    known.filter(|known| known.at <= at.at).unwrap_or(at)
}
