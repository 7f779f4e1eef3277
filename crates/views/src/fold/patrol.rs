use domain::{PlanId, RunId, patrol_plan::PlanEvent, patrol_run::RunEvent};

use super::found;
use crate::{
    Envelope, ViewsError,
    rows::{
        CheckpointRow, Deviation, PlanPhase, PlanRow, PlanVersion, Route, RunPhase, RunRow, Stop, StopOutcome,
    },
    store::Store,
};

pub fn apply_plan(store: &mut Store, envelope: &Envelope, event: &PlanEvent) -> Result<(), ViewsError> {
    let id = PlanId(envelope.uuid()?);
    let key = *id.0.as_bytes();
    if let PlanEvent::PlanDrafted { area, organisation, name, version, .. } = event {
        let draft =
            PlanVersion { version: *version, name: name.clone(), phase: PlanPhase::Draft, routes: vec![] };
        let again = store.plans().change(&key, |row| row.versions.push(draft.clone()))?;
        if again {
            return Ok(());
        }
        return store.plans().put(PlanRow {
            id,
            area: *area,
            organisation: *organisation,
            versions: vec![draft],
            checkpoints: vec![],
        });
    }
    found(envelope, store.plans().change(&key, |row| change_plan(row, event))?)
}

fn change_plan(row: &mut PlanRow, event: &PlanEvent) {
    match event {
        PlanEvent::PlanDrafted { .. } => {}
        PlanEvent::RouteDefined { version, route, name, checkpoints } => {
            let defined = Route { id: *route, name: name.clone(), stops: checkpoints.clone() };
            with_version(row, *version, |found| {
                found.routes.retain(|known| known.id != *route);
                found.routes.push(defined);
            });
        }
        PlanEvent::PlanApproved { version, .. } => phase(row, *version, PlanPhase::Approved),
        PlanEvent::PlanPublished { version } => phase(row, *version, PlanPhase::Published),
        PlanEvent::PlanSuperseded { version, .. } => phase(row, *version, PlanPhase::Superseded),
        PlanEvent::CheckpointInstalled { checkpoint, name, area, .. } => row
            .checkpoints
            .push(CheckpointRow { id: *checkpoint, name: name.clone(), area: *area, retired_at: None }),
        PlanEvent::CheckpointRetired { checkpoint, at, .. } => {
            if let Some(found) = row.checkpoints.iter_mut().find(|known| known.id == *checkpoint) {
                found.retired_at = Some(*at);
            }
        }
    }
}

fn with_version(row: &mut PlanRow, version: u16, change: impl FnOnce(&mut PlanVersion)) {
    if let Some(found) = row.versions.iter_mut().find(|known| known.version == version) {
        change(found);
    }
}

fn phase(row: &mut PlanRow, version: u16, phase: PlanPhase) {
    with_version(row, version, |found| found.phase = phase);
}

pub fn apply_run(store: &mut Store, envelope: &Envelope, event: &RunEvent) -> Result<(), ViewsError> {
    let id = RunId(envelope.uuid()?);
    if let RunEvent::PatrolStarted {
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
    {
        let stops = stops.iter().map(|stop| Stop {
            checkpoint: stop.checkpoint,
            due_at: stop.due_at,
            grace_minutes: stop.grace_minutes,
            outcome: StopOutcome::Due,
            scanned_at: None,
            late_report: false,
            event: None,
        });
        return store.runs().put(RunRow {
            id,
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
            ended_at: None,
            phase: RunPhase::Running,
            stops: stops.collect(),
            deviations: vec![],
            flagged_scans: 0,
            sos: vec![],
            event: envelope.id,
        });
    }
    found(envelope, store.runs().change(id.0.as_bytes(), |row| change_run(row, envelope, event))?)
}

fn change_run(row: &mut RunRow, envelope: &Envelope, event: &RunEvent) {
    match event {
        RunEvent::PatrolStarted { .. } => {}
        RunEvent::PatrolPaused { .. } => row.phase = RunPhase::Paused,
        RunEvent::PatrolResumed { .. } => row.phase = RunPhase::Running,
        RunEvent::CheckpointScanned { checkpoint, at, late, in_window, flags, .. } => {
            row.flagged_scans += u32::from(!flags.is_empty());
            if let Some(stop) = row.stop(*checkpoint)
                && stop.outcome != StopOutcome::Hit
            {
                // A missed stop stays missed until the miss is rescinded.
                if *in_window {
                    stop.outcome = StopOutcome::Hit;
                } else if stop.outcome == StopOutcome::Due {
                    stop.outcome = StopOutcome::OutOfWindow;
                }
                stop.scanned_at = Some(*at);
                stop.late_report = *late;
                stop.event = Some(envelope.id);
            }
        }
        RunEvent::CheckpointSkipped { checkpoint, .. } => {
            outcome(row, envelope, *checkpoint, StopOutcome::Skipped)
        }
        RunEvent::CheckpointMissed { checkpoint, .. } => {
            outcome(row, envelope, *checkpoint, StopOutcome::Missed)
        }
        RunEvent::MissRescinded { checkpoint, .. } => {
            if let Some(stop) = row.stop(*checkpoint)
                && stop.outcome == StopOutcome::Missed
            {
                stop.outcome = StopOutcome::OutOfWindow;
                stop.event = Some(envelope.id);
            }
        }
        RunEvent::DeviationDetected { deviation, kind, at, .. } => {
            row.deviations.push(Deviation { id: *deviation, kind: *kind, at: *at, acknowledged: false });
        }
        RunEvent::DeviationAcknowledged { deviation, .. } => {
            if let Some(found) = row.deviations.iter_mut().find(|known| known.id == *deviation) {
                found.acknowledged = true;
            }
        }
        RunEvent::SosRaised { at, .. } => row.sos.push(*at),
        RunEvent::PatrolCompleted { at } => {
            row.phase = RunPhase::Completed;
            row.ended_at = Some(*at);
        }
        RunEvent::PatrolAbandoned { at, .. } => {
            row.phase = RunPhase::Abandoned;
            row.ended_at = Some(*at);
        }
    }
}

fn outcome(row: &mut RunRow, envelope: &Envelope, checkpoint: domain::CheckpointId, outcome: StopOutcome) {
    if let Some(stop) = row.stop(checkpoint) {
        stop.outcome = outcome;
        stop.event = Some(envelope.id);
    }
}
