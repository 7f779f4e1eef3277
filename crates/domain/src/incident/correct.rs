//! The rules of a correction of the report.

use super::{
    CorrectIncident, Facts, Incident, IncidentChannel, IncidentEvent, IncidentKind, Report,
    decide::{area_known, place_key, time_of, told},
    reason,
};
use crate::{
    AreaCode, Context, Rejection, When,
    aggregate::{in_order, rule, text},
};

/// The fields that can be compared with what is known.
#[derive(Default, PartialEq, Eq)]
struct Changed {
    area: Option<AreaCode>,
    kind: Option<IncidentKind>,
    channel: Option<IncidentChannel>,
    self_initiated: Option<bool>,
    drill: Option<bool>,
    reported_at: Option<When>,
    place_key: Option<String>,
    due_at: Option<When>,
}

impl Changed {
    fn of(report: &Report, body: &CorrectIncident) -> Result<Self, Rejection> {
        Ok(Self {
            area: body.area.filter(|area| *area != report.area),
            kind: body.kind.filter(|kind| *kind != report.kind),
            channel: body.channel.filter(|channel| *channel != report.channel),
            self_initiated: body.self_initiated.filter(|own| *own != report.self_initiated),
            drill: body.drill.filter(|drill| *drill != report.drill),
            reported_at: body.reported_at.filter(|at| *at != report.reported_at),
            place_key: place_key(body.place_key.as_deref())?
                .filter(|key| Some(key.as_str()) != report.place_key.as_deref()),
            due_at: body.due_at.filter(|due_at| Some(*due_at) != report.due_at),
        })
    }
}

impl Incident {
    /// The event holds only what is really another value. Personal fields are sealed in the log, so they can not be
    /// compared: one that is given counts as another value.
    pub(super) fn correct(
        &self,
        report: &Report,
        body: &CorrectIncident,
        facts: &Facts,
        context: &Context,
    ) -> Result<Vec<IncidentEvent>, Rejection> {
        rule(names_a_field(body), || Rejection::new(&reason::NOTHING_TO_CORRECT).field("incident"))?;
        let reason = text("reason", &body.reason, 500)?;
        let changed = Changed::of(report, body)?;
        if !names_a_person(body) && changed == Changed::default() {
            return Ok(vec![]);
        }
        if let Some(area) = changed.area {
            area_known(facts, area)?;
        }
        let reported_at = changed.reported_at.unwrap_or(report.reported_at);
        let at = time_of(report, context)?;
        in_order("reportedAt", reported_at, at)?;
        if let Some(first) = self.first_action_at() {
            in_order("reportedAt", reported_at, first)?;
        }
        if let Some(due_at) = changed.due_at.or(report.due_at) {
            let field = if changed.due_at.is_some() { "dueAt" } else { "reportedAt" };
            in_order(field, reported_at, due_at)?;
        }
        let id = body.incident;
        Ok(vec![IncidentEvent::IncidentCorrected {
            reason,
            at,
            area: changed.area,
            kind: changed.kind,
            channel: changed.channel,
            self_initiated: changed.self_initiated,
            drill: changed.drill,
            reported_at: changed.reported_at,
            reporter_name: told("reporterName", id, body.reporter_name.as_ref(), 100)?,
            reporter_phone: told("reporterPhone", id, body.reporter_phone.as_ref(), 40)?,
            address: told("address", id, body.address.as_ref(), 300)?,
            narrative: told("narrative", id, body.narrative.as_ref(), 4_000)?,
            place_key: changed.place_key,
            due_at: changed.due_at,
        }])
    }
}

fn names_a_person(body: &CorrectIncident) -> bool {
    [&body.reporter_name, &body.reporter_phone, &body.address, &body.narrative]
        .into_iter()
        .any(Option::is_some)
}

fn names_a_field(body: &CorrectIncident) -> bool {
    names_a_person(body)
        || body.area.is_some()
        || body.kind.is_some()
        || body.channel.is_some()
        || body.self_initiated.is_some()
        || body.drill.is_some()
        || body.reported_at.is_some()
        || body.place_key.is_some()
        || body.due_at.is_some()
}
