use super::*;
use crate::{
    CheckpointId, ContractId, DeviationId, OrganisationId, Payer, PersonId, PersonalText, PlanId, RouteId,
    RunId, ScanId, ShiftId, When,
    patrol_plan::{PublishedPlan, RouteStop},
    rejection::common,
    testing::{at, given, uuid},
};

const RUN: RunId = RunId(uuid(1));
const PLAN: PlanId = PlanId(uuid(2));
const RIVER: RouteId = RouteId(uuid(51));
const STATION: OrganisationId = OrganisationId(uuid(21));
const WANG: PersonId = PersonId(uuid(11));
const LI: PersonId = PersonId(uuid(12));
const GATE: CheckpointId = CheckpointId(uuid(41));
const BRIDGE: CheckpointId = CheckpointId(uuid(42));
const PIER: CheckpointId = CheckpointId(uuid(43));

/// The test's day: `t("08:10")`.
fn t(time: &str) -> When {
    at(&full(time))
}

fn full(time: &str) -> String {
    format!("2026-08-01T{time}:00+08:00")
}

fn published() -> PublishedPlan {
    let stop = |checkpoint, due_after_minutes| RouteStop { checkpoint, due_after_minutes, grace_minutes: 5 };
    PublishedPlan {
        version: 3,
        area: "421002001001".parse().unwrap(),
        organisation: STATION,
        routes: [(RIVER, vec![stop(GATE, 10), stop(BRIDGE, 30), stop(PIER, 50)])].into(),
    }
}

fn known() -> Facts {
    Facts {
        plan: Some(published()),
        members_known: true,
        shift_known: true,
        team_known: true,
        contract_known: true,
        retired: [].into(),
    }
}

fn retired(checkpoint: CheckpointId, since: &str) -> Facts {
    Facts { retired: [(checkpoint, t(since))].into(), ..Facts::default() }
}

fn start() -> StartPatrol {
    StartPatrol {
        run: Some(RUN),
        plan: PLAN,
        route: RIVER,
        shift: None,
        team: None,
        members: vec![WANG],
        contract: None,
        payer: Payer::Community,
    }
}

fn started() -> RunEvent {
    let stop = |checkpoint, due_at| DueStop { checkpoint, due_at: t(due_at), grace_minutes: 5 };
    RunEvent::PatrolStarted {
        plan: PLAN,
        version: 3,
        route: RIVER,
        shift: None,
        team: None,
        members: vec![WANG],
        area: "421002001001".parse().unwrap(),
        organisation: STATION,
        contract: None,
        payer: Payer::Community,
        started_at: t("08:00"),
        stops: vec![stop(GATE, "08:10"), stop(BRIDGE, "08:30"), stop(PIER, "08:50")],
    }
}

fn with(mut history: Vec<RunEvent>, more: impl IntoIterator<Item = RunEvent>) -> Vec<RunEvent> {
    history.extend(more);
    history
}

fn running(more: impl IntoIterator<Item = RunEvent>) -> Vec<RunEvent> {
    with(vec![started()], more)
}

fn completed() -> RunEvent {
    RunEvent::PatrolCompleted { at: t("09:00") }
}

fn scan(number: u128, checkpoint: CheckpointId) -> ScanCheckpoint {
    ScanCheckpoint {
        run: RUN,
        scan: ScanId(uuid(number)),
        checkpoint,
        person: WANG,
        distance_metres: None,
        trace: None,
    }
}

/// A scan without oddities, or with these.
fn scanned(
    number: u128,
    checkpoint: CheckpointId,
    time: &str,
    in_window: bool,
    flags: &[ScanFlag],
) -> RunEvent {
    RunEvent::CheckpointScanned {
        scan: ScanId(uuid(number)),
        checkpoint,
        person: WANG,
        at: t(time),
        late: false,
        in_window,
        flags: flags.to_vec(),
        trace: None,
    }
}

fn late(mut event: RunEvent) -> RunEvent {
    if let RunEvent::CheckpointScanned { late, .. } = &mut event {
        *late = true;
    }
    event
}

fn missed(checkpoint: CheckpointId, due_at: &str) -> RunEvent {
    RunEvent::CheckpointMissed { checkpoint, due_at: t(due_at) }
}

fn rescinded(checkpoint: CheckpointId, number: u128) -> RunEvent {
    RunEvent::MissRescinded { checkpoint, scan: ScanId(uuid(number)) }
}

fn skipped(checkpoint: CheckpointId) -> RunEvent {
    RunEvent::CheckpointSkipped { checkpoint, reason: SkipReason::NoAccess, at: t("08:05"), note: None }
}

fn skip(checkpoint: CheckpointId) -> SkipCheckpoint {
    SkipCheckpoint { run: RUN, checkpoint, reason: SkipReason::NoAccess, note: None }
}

fn mark(checkpoint: CheckpointId) -> MarkMissed {
    MarkMissed { run: RUN, checkpoint }
}

fn state(history: Vec<RunEvent>) -> PatrolRun {
    let mut run = PatrolRun::default();
    history.iter().for_each(|event| run.apply(event));
    run
}

mod life;
mod stops;
