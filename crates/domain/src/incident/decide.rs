//! The rules of an incident: who decides what, and the report itself. What units do stands in `attend`, how it is
//! handed on or merged in `relate`, how it ends in `settle`, what was wrong in the report in `correct`.

use super::{
    Incident, IncidentCommand, IncidentEvent, Phase, PrioritiseIncident, Report, ReportIncident,
    TriageIncident, UnitStep, reason,
};
use crate::{
    Aggregate, AreaCode, CommandId, Context, IncidentId, Personal, PersonalText, Rejection, When,
    aggregate::{in_order, not_in_the_future, personal, rule, text},
    rejection::common,
};

/// What an incident must know of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether the area of the report or of its correction is registered.
    pub area_known: bool,
    /// Whether the company of the report, or the receiver of a transfer, is registered. True when none is named.
    pub organisation_known: bool,
    /// Whether the contract of the report exists and is the company's. True when none is named.
    pub contract_known: bool,
    /// Whether the unit that is sent, on its way or on scene is a formed team.
    pub unit_known: bool,
    /// The incident to merge into ([`Incident::as_survivor`]); `None` when there is no such incident.
    pub survivor: Option<Survivor>,
}

/// What a duplicate must know of the incident that survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Survivor {
    pub merged_into: Option<IncidentId>,
    /// Time of its report as told first.
    pub first_told_at: When,
    pub drill: bool,
}

impl Aggregate for Incident {
    const CATEGORY: &'static str = IncidentId::CATEGORY;
    type Id = IncidentId;
    type Event = IncidentEvent;
    type Command = IncidentCommand;
    type Facts = Facts;

    fn target(command: &IncidentCommand, id: CommandId) -> IncidentId {
        command.target(id)
    }

    fn stream_id(id: IncidentId) -> String {
        id.0.to_string()
    }

    fn evolve(&mut self, event: &IncidentEvent) {
        self.apply(event);
    }

    fn area(&self) -> Option<AreaCode> {
        self.report.as_ref().map(|report| report.area)
    }

    fn exists(&self) -> bool {
        self.phase != Phase::Absent
    }

    fn decide(
        &self,
        command: &IncidentCommand,
        facts: &Facts,
        context: &Context,
    ) -> Result<Vec<IncidentEvent>, Rejection> {
        if let IncidentCommand::Report(body) = command {
            return self.report(body, facts, context);
        }
        let Some(report) = &self.report else {
            return Err(Rejection::new(&common::NOT_FOUND).field("incident").about("incident"));
        };
        match command {
            IncidentCommand::Merge(body) => return self.merge(report, body, facts, context),
            IncidentCommand::Unmerge(body) => return self.unmerge(report, body, context),
            _ => self.stands_alone()?,
        }
        match command {
            IncidentCommand::Report(_) | IncidentCommand::Merge(_) | IncidentCommand::Unmerge(_) => {
                Ok(vec![])
            }
            IncidentCommand::Triage(body) => self.triage(report, body, context),
            IncidentCommand::Prioritise(body) => self.prioritise(report, body, context),
            IncidentCommand::Dispatch(body) => {
                self.attend(report, body.unit, UnitStep::Dispatched, facts, context)
            }
            IncidentCommand::Accept(body) => {
                self.attend(report, body.unit, UnitStep::Accepted, facts, context)
            }
            IncidentCommand::EnRoute(body) => {
                self.attend(report, body.unit, UnitStep::EnRoute, facts, context)
            }
            IncidentCommand::Arrive(body) => {
                self.attend(report, body.unit, UnitStep::Arrived, facts, context)
            }
            IncidentCommand::Clear(body) => self.attend(report, body.unit, UnitStep::Cleared, facts, context),
            IncidentCommand::Transfer(body) => self.transfer(report, body, facts, context),
            IncidentCommand::Escalate(body) => self.escalate(report, body.cause, context),
            IncidentCommand::Dispose(body) => self.dispose(report, body, context),
            IncidentCommand::Close(_) => self.close(report, context),
            IncidentCommand::Reopen(body) => self.reopen(report, &body.reason, context),
            IncidentCommand::Feedback(body) => self.feedback(report, body, context),
            IncidentCommand::Correct(body) => self.correct(report, body, facts, context),
        }
    }
}

impl Incident {
    fn report(
        &self,
        body: &ReportIncident,
        facts: &Facts,
        context: &Context,
    ) -> Result<Vec<IncidentEvent>, Rejection> {
        if self.exists() {
            return Err(Rejection::new(&common::ALREADY_EXISTS).field("incident").about("incident"));
        }
        area_known(facts, body.area)?;
        rule(facts.organisation_known, || Rejection::new(&common::UNKNOWN_ORGANISATION).field("company"))?;
        rule(body.contract.is_none() || body.company.is_some(), || {
            Rejection::new(&reason::CONTRACT_WITHOUT_COMPANY).field("company")
        })?;
        rule(facts.contract_known, || Rejection::new(&reason::CONTRACT_OF_ANOTHER).field("contract"))?;
        not_in_the_future(context)?;
        let reported_at = context.occurred_at;
        if let Some(due_at) = body.due_at {
            in_order("dueAt", reported_at, due_at)?;
        }
        let id = body.incident.unwrap_or_else(|| IncidentId::derived(context.command));
        Ok(vec![IncidentEvent::IncidentReported {
            area: body.area,
            kind: body.kind,
            channel: body.channel,
            priority: body.priority,
            self_initiated: body.self_initiated,
            drill: body.drill,
            reported_at,
            reporter_name: told("reporterName", id, body.reporter_name.as_ref(), 100)?,
            reporter_phone: told("reporterPhone", id, body.reporter_phone.as_ref(), 40)?,
            address: told("address", id, body.address.as_ref(), 300)?,
            narrative: told("narrative", id, body.narrative.as_ref(), 4_000)?,
            place_key: place_key(body.place_key.as_deref())?,
            shift: body.shift,
            run: body.run,
            company: body.company,
            contract: body.contract,
            due_at: body.due_at,
        }])
    }

    /// Triage of an incident that units attend already changes no phase.
    fn triage(
        &self,
        report: &Report,
        body: &TriageIncident,
        context: &Context,
    ) -> Result<Vec<IncidentEvent>, Rejection> {
        let anew = match self.phase {
            Phase::Reported | Phase::Reopened => true,
            Phase::Triaged | Phase::Dispatched | Phase::OnScene => !self.triaged,
            Phase::Absent | Phase::Resolved | Phase::Closed => return Err(self.wrong_phase()),
        };
        let at = time_of(report, context)?;
        let mut events = vec![];
        if anew || body.kind != report.kind {
            events.push(IncidentEvent::IncidentTriaged { kind: body.kind, at });
        }
        if let Some(priority) = body.priority.filter(|priority| *priority != report.priority) {
            events.push(IncidentEvent::IncidentPrioritised { priority, at });
        }
        Ok(events)
    }

    fn prioritise(
        &self,
        report: &Report,
        body: &PrioritiseIncident,
        context: &Context,
    ) -> Result<Vec<IncidentEvent>, Rejection> {
        if body.priority == report.priority {
            return Ok(vec![]);
        }
        match self.phase {
            Phase::Reported | Phase::Triaged | Phase::Dispatched | Phase::OnScene | Phase::Reopened => {}
            Phase::Absent | Phase::Resolved | Phase::Closed => return Err(self.wrong_phase()),
        }
        let at = time_of(report, context)?;
        Ok(vec![IncidentEvent::IncidentPrioritised { priority: body.priority, at }])
    }

    /// A merged incident stands still: only its merge can be taken back.
    pub(super) fn stands_alone(&self) -> Result<(), Rejection> {
        self.merged_into.map_or(Ok(()), |survivor| {
            Err(Rejection::new(&reason::INCIDENT_MERGED).field("incident").with("survivor", survivor))
        })
    }

    pub(super) fn wrong_phase(&self) -> Rejection {
        Rejection::new(&common::WRONG_PHASE).field("incident").in_phase(&self.phase)
    }
}

/// The business time of what is decided: not in the future, and not before the report.
pub(super) fn time_of(report: &Report, context: &Context) -> Result<When, Rejection> {
    not_in_the_future(context)?;
    in_order("occurredAt", report.reported_at, context.occurred_at)?;
    Ok(context.occurred_at)
}

pub(super) fn area_known(facts: &Facts, area: AreaCode) -> Result<(), Rejection> {
    rule(facts.area_known, || Rejection::new(&common::UNKNOWN_AREA).field("area").with("code", area))
}

/// A personal field, sealed later with the key of the incident.
pub(super) fn told(
    field: &'static str,
    incident: IncidentId,
    plain: Option<&PersonalText>,
    limit: usize,
) -> Result<Option<Personal>, Rejection> {
    plain.map(|plain| personal(field, incident, plain, limit)).transpose()
}

/// A key that can not be an address in plain words: it has neither spaces nor letters beyond ASCII.
pub(super) fn place_key(key: Option<&str>) -> Result<Option<String>, Rejection> {
    let Some(key) = key else { return Ok(None) };
    let key = text("placeKey", key, 128)?;
    let opaque = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:=+/".contains(&byte));
    rule(opaque, || Rejection::new(&reason::PLACE_KEY_NOT_OPAQUE).field("placeKey"))?;
    Ok(Some(key))
}
