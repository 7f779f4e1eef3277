use domain::{IncidentId, Personal, TeamId, incident::IncidentEvent};

use super::found;
use crate::{
    Envelope, ViewsError,
    rows::{Disposition, IncidentPhase, IncidentRow, Transfer, UnitTimes},
    store::Store,
};

pub fn apply(store: &mut Store, envelope: &Envelope, event: &IncidentEvent) -> Result<(), ViewsError> {
    let id = IncidentId(envelope.uuid()?);
    if let IncidentEvent::IncidentReported { .. } = event {
        return report(store, id, event);
    }
    found(envelope, store.incidents().change(id.0.as_bytes(), |row| change(row, event))?)
}

fn report(store: &mut Store, id: IncidentId, event: &IncidentEvent) -> Result<(), ViewsError> {
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
        reopened: 0,
        feedback_score: None,
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
            let mut times = of(*unit);
            times.dispatched_at = Some(*at);
            row.units.push(times);
            if matches!(row.phase, IncidentPhase::Reported | IncidentPhase::Triaged | IncidentPhase::Reopened) {
                row.phase = IncidentPhase::Dispatched;
            }
        }
        IncidentEvent::DispatchAccepted { unit, at } => round(row, *unit).accepted_at = Some(*at),
        IncidentEvent::UnitEnRoute { unit, at } => round(row, *unit).en_route_at = Some(*at),
        IncidentEvent::UnitArrived { unit, at } => {
            round(row, *unit).arrived_at = Some(*at);
            if row.phase != IncidentPhase::Resolved {
                row.phase = IncidentPhase::OnScene;
            }
        }
        IncidentEvent::UnitCleared { unit, at } => round(row, *unit).cleared_at = Some(*at),
        IncidentEvent::IncidentMerged { survivor, .. } => {
            row.phase_before_merge = Some(row.phase);
            row.phase = IncidentPhase::Merged;
            row.merged_into = Some(*survivor);
        }
        IncidentEvent::IncidentUnmerged { .. } => {
            row.merged_into = None;
            row.phase = row.phase_before_merge.take().unwrap_or(IncidentPhase::Reported);
        }
        IncidentEvent::IncidentTransferred { to, organisation, reference, at } => row.transfers.push(Transfer {
            to: *to,
            organisation: *organisation,
            reference: reference.clone(),
            at: *at,
        }),
        IncidentEvent::IncidentEscalated { cause, .. } => row.escalations.push(*cause),
        IncidentEvent::DispositionRecorded { code, note, at } => {
            row.disposition = Some(Disposition { code: *code, note: note.clone(), at: *at });
            row.phase = IncidentPhase::Resolved;
        }
        IncidentEvent::IncidentClosed { at } => {
            row.phase = IncidentPhase::Closed;
            row.closed_at = Some(*at);
        }
        IncidentEvent::IncidentReopened { .. } => {
            row.phase = IncidentPhase::Reopened;
            row.closed_at = None;
            row.disposition = None;
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

const fn of(unit: TeamId) -> UnitTimes {
    UnitTimes {
        unit,
        dispatched_at: None,
        accepted_at: None,
        en_route_at: None,
        arrived_at: None,
        cleared_at: None,
    }
}

/// The unit's running round; a unit that arrived without a dispatch begins one.
fn round(row: &mut IncidentRow, unit: TeamId) -> &mut UnitTimes {
    let running = row.units.iter().rposition(|times| times.unit == unit && times.cleared_at.is_none());
    let at = running.unwrap_or_else(|| {
        row.units.push(of(unit));
        row.units.len() - 1
    });
    &mut row.units[at]
}
