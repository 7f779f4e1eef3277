use domain::{
    IncidentId, Personal, TeamId, When,
    incident::{IncidentEvent, UnitStep},
};

use super::found;
use crate::{
    Envelope, ViewsError,
    rows::{Disposition, IncidentPhase, IncidentRow, Transfer, UnitTimes},
    store::Store,
};

pub fn apply(store: &mut Store, envelope: &Envelope, event: &IncidentEvent) -> Result<(), ViewsError> {
    let id = IncidentId(envelope.uuid()?);
    if let IncidentEvent::IncidentReported { .. } = event {
        return report(store, envelope, id, event);
    }
    found(envelope, store.incidents().change(id.0.as_bytes(), |row| change(row, event))?)
}

fn report(
    store: &mut Store,
    envelope: &Envelope,
    id: IncidentId,
    event: &IncidentEvent,
) -> Result<(), ViewsError> {
    let IncidentEvent::IncidentReported {
        area,
        kind,
        channel,
        priority,
        self_initiated,
        drill,
        reported_at,
        reporter_name,
        reporter_phone,
        address,
        narrative,
        place_key,
        shift,
        run,
        company,
        contract,
        due_at,
    } = event
    else {
        return Ok(());
    };
    store.incidents().put(IncidentRow {
        id,
        area: *area,
        kind: *kind,
        channel: *channel,
        priority: *priority,
        self_initiated: *self_initiated,
        drill: *drill,
        reported_at: *reported_at,
        reporter_name: reporter_name.clone(),
        reporter_phone: reporter_phone.clone(),
        address: address.clone(),
        narrative: narrative.clone(),
        place_key: place_key.clone(),
        shift: *shift,
        run: *run,
        company: *company,
        contract: *contract,
        due_at: *due_at,
        phase: IncidentPhase::Reported,
        phase_before_merge: None,
        units: vec![],
        merged_into: None,
        escalations: vec![],
        transfers: vec![],
        disposition: None,
        closed_at: None,
        reopened_at: None,
        reopened: 0,
        feedback_score: None,
        recorded_at: envelope.meta.recorded_at,
        event: envelope.id,
    })
}

fn change(row: &mut IncidentRow, event: &IncidentEvent) {
    match event {
        IncidentEvent::IncidentReported { .. } => {}
        IncidentEvent::IncidentTriaged { kind, .. } => {
            row.kind = *kind;
            if matches!(row.phase, IncidentPhase::Reported | IncidentPhase::Reopened) {
                row.phase = IncidentPhase::Triaged;
            }
        }
        IncidentEvent::IncidentPrioritised { priority, .. } => row.priority = *priority,
        IncidentEvent::UnitDispatched { unit, at } => {
            step(row, *unit, UnitStep::Dispatched, *at);
            dispatched(row, *at);
        }
        IncidentEvent::DispatchAccepted { unit, at } => step(row, *unit, UnitStep::Accepted, *at),
        IncidentEvent::UnitEnRoute { unit, at } => step(row, *unit, UnitStep::EnRoute, *at),
        IncidentEvent::UnitArrived { unit, at } => {
            step(row, *unit, UnitStep::Arrived, *at);
            arrived(row, *at);
        }
        IncidentEvent::UnitCleared { unit, at } => step(row, *unit, UnitStep::Cleared, *at),
        IncidentEvent::IncidentMerged { survivor, .. } => {
            row.phase_before_merge = Some(row.phase);
            row.phase = IncidentPhase::Merged;
            row.merged_into = Some(*survivor);
        }
        IncidentEvent::IncidentUnmerged { .. } => {
            row.merged_into = None;
            row.phase = row.phase_before_merge.take().unwrap_or(IncidentPhase::Reported);
        }
        IncidentEvent::IncidentTransferred { to, organisation, reference, at } => row
            .transfers
            .push(Transfer { to: *to, organisation: *organisation, reference: reference.clone(), at: *at }),
        IncidentEvent::IncidentEscalated { cause, .. } => row.escalations.push(*cause),
        IncidentEvent::DispositionRecorded { code, note, at } => {
            row.disposition = Some(Disposition { code: *code, note: note.clone(), at: *at });
            row.phase = IncidentPhase::Resolved;
        }
        IncidentEvent::IncidentClosed { at } => {
            row.phase = IncidentPhase::Closed;
            row.closed_at = Some(*at);
        }
        IncidentEvent::IncidentReopened { at, .. } => {
            row.phase = IncidentPhase::Reopened;
            row.reopened_at = Some(*at);
            row.closed_at = None;
            row.disposition = None;
            row.escalations.clear();
            row.reopened += 1;
        }
        IncidentEvent::FeedbackRecorded { score, .. } => row.feedback_score = Some(*score),
        IncidentEvent::IncidentCorrected { .. } => correct(row, event),
    }
}

fn correct(row: &mut IncidentRow, event: &IncidentEvent) {
    let IncidentEvent::IncidentCorrected {
        area,
        kind,
        channel,
        self_initiated,
        drill,
        reported_at,
        reporter_name,
        reporter_phone,
        address,
        narrative,
        place_key,
        due_at,
        reason: _,
        at: _,
    } = event
    else {
        return;
    };
    row.area = area.unwrap_or(row.area);
    row.kind = kind.unwrap_or(row.kind);
    row.channel = channel.unwrap_or(row.channel);
    row.self_initiated = self_initiated.unwrap_or(row.self_initiated);
    row.drill = drill.unwrap_or(row.drill);
    row.reported_at = reported_at.unwrap_or(row.reported_at);
    row.due_at = due_at.or(row.due_at);
    if place_key.is_some() {
        row.place_key.clone_from(place_key);
    }
    let personal = [
        (&mut row.reporter_name, reporter_name),
        (&mut row.reporter_phone, reporter_phone),
        (&mut row.address, address),
        (&mut row.narrative, narrative),
    ];
    for (field, by) in personal {
        replace(field, by.as_ref());
    }
}

fn replace(field: &mut Option<Personal>, by: Option<&Personal>) {
    if let Some(by) = by {
        *field = Some(by.clone());
    }
}

/// A unit's step belongs to its running round; one after its clearing begins a new round.
fn step(row: &mut IncidentRow, unit: TeamId, step: UnitStep, at: When) {
    let last = row.units.iter().rposition(|times| times.unit == unit);
    let running = last.filter(|last| !row.units[*last].times().begins_new_round(step, at));
    let round = running.unwrap_or_else(|| {
        row.units.push(UnitTimes::of(unit));
        row.units.len() - 1
    });
    let times = &mut row.units[round];
    let field = match step {
        UnitStep::Dispatched => &mut times.dispatched_at,
        UnitStep::Accepted => &mut times.accepted_at,
        UnitStep::EnRoute => &mut times.en_route_at,
        UnitStep::Arrived => &mut times.arrived_at,
        UnitStep::Cleared => &mut times.cleared_at,
    };
    *field = Some(at);
}

/// A unit sent after the disposition takes the incident back; a late report of what happened before changes no phase.
fn dispatched(row: &mut IncidentRow, at: When) {
    match row.phase {
        IncidentPhase::Reported | IncidentPhase::Triaged => row.phase = IncidentPhase::Dispatched,
        IncidentPhase::Reopened if !before_reopening(row, at) => row.phase = IncidentPhase::Dispatched,
        IncidentPhase::Resolved if row.disposition.as_ref().is_some_and(|known| at.at > known.at.at) => {
            row.phase = IncidentPhase::Dispatched;
            row.disposition = None;
        }
        IncidentPhase::Dispatched
        | IncidentPhase::OnScene
        | IncidentPhase::Resolved
        | IncidentPhase::Closed
        | IncidentPhase::Reopened
        | IncidentPhase::Merged => {}
    }
}

fn arrived(row: &mut IncidentRow, at: When) {
    match row.phase {
        IncidentPhase::Reported | IncidentPhase::Triaged | IncidentPhase::Dispatched => {
            row.phase = IncidentPhase::OnScene;
        }
        IncidentPhase::Reopened if !before_reopening(row, at) => row.phase = IncidentPhase::OnScene,
        IncidentPhase::OnScene
        | IncidentPhase::Resolved
        | IncidentPhase::Closed
        | IncidentPhase::Reopened
        | IncidentPhase::Merged => {}
    }
}

fn before_reopening(row: &IncidentRow, at: When) -> bool {
    row.reopened_at.is_some_and(|reopened_at| at.at < reopened_at.at)
}
