use super::*;
use crate::{
    Actor, ActorId, AreaCode, CheckpointId, OrganisationId, PersonId, PlanId, RouteId,
    rejection::common,
    testing::{at, context, given, uuid},
};

const PLAN: PlanId = PlanId(uuid(1));
const STATION: OrganisationId = OrganisationId(uuid(21));
const GATE: CheckpointId = CheckpointId(uuid(41));
const BRIDGE: CheckpointId = CheckpointId(uuid(42));
const RIVER: RouteId = RouteId(uuid(51));
const MARKET: RouteId = RouteId(uuid(52));

fn area() -> AreaCode {
    "421002001".parse().unwrap()
}

fn village() -> AreaCode {
    "421002001001".parse().unwrap()
}

fn account(id: u128, person: Option<u128>) -> Actor {
    Actor { id: ActorId(uuid(id)), person: person.map(|id| PersonId(uuid(id))), organisation: None }
}

/// Who acts in a test that names nobody.
fn drafter() -> Actor {
    context(at("2026-08-01T08:00:00+08:00")).actor
}

fn chief() -> Actor {
    account(0xb0, None)
}

fn known() -> Facts {
    Facts { area_known: true, organisation_known: true }
}

fn drafted(version: u16) -> PlanEvent {
    PlanEvent::PlanDrafted {
        area: area(),
        organisation: STATION,
        name: "Night rounds".into(),
        version,
        drafted_by: drafter(),
    }
}

fn installed(checkpoint: CheckpointId) -> PlanEvent {
    PlanEvent::CheckpointInstalled {
        checkpoint,
        name: "Checkpoint".into(),
        area: village(),
        tag: Some(checkpoint.to_string()),
        position: None,
    }
}

fn retired(checkpoint: CheckpointId) -> PlanEvent {
    PlanEvent::CheckpointRetired {
        checkpoint,
        at: at("2026-08-02T08:00:00+08:00"),
        reason: "walled up".into(),
    }
}

fn stop(checkpoint: CheckpointId, due_after_minutes: u16) -> RouteStop {
    RouteStop { checkpoint, due_after_minutes, grace_minutes: 5 }
}

fn route(version: u16, route: RouteId, checkpoints: &[RouteStop]) -> PlanEvent {
    PlanEvent::RouteDefined { version, route, name: "Round".into(), checkpoints: checkpoints.to_vec() }
}

fn define(route: RouteId, stops: &[RouteStop]) -> DefineRoute {
    let input = |stop: &RouteStop| RouteStopInput {
        checkpoint: stop.checkpoint,
        due_after_minutes: stop.due_after_minutes,
        grace_minutes: stop.grace_minutes,
    };
    let checkpoints = stops.iter().map(input).collect();
    DefineRoute { plan: PLAN, route: Some(route), name: "Round".into(), checkpoints }
}

fn install() -> InstallCheckpoint {
    InstallCheckpoint {
        plan: PLAN,
        checkpoint: Some(GATE),
        name: "Checkpoint".into(),
        area: village(),
        tag: Some(GATE.to_string()),
        position: None,
    }
}

fn draft() -> Vec<PlanEvent> {
    vec![drafted(1), installed(GATE), installed(BRIDGE), route(1, RIVER, &[stop(GATE, 10), stop(BRIDGE, 20)])]
}

fn with(mut history: Vec<PlanEvent>, more: impl IntoIterator<Item = PlanEvent>) -> Vec<PlanEvent> {
    history.extend(more);
    history
}

fn approved() -> Vec<PlanEvent> {
    with(draft(), [PlanEvent::PlanApproved { version: 1, approved_by: chief() }])
}

fn published() -> Vec<PlanEvent> {
    with(approved(), [PlanEvent::PlanPublished { version: 1 }])
}

fn state(history: Vec<PlanEvent>) -> PatrolPlan {
    let mut plan = PatrolPlan::default();
    history.iter().for_each(|event| plan.apply(event));
    plan
}

#[test]
fn a_plan_begins_with_its_first_version() {
    let body =
        DraftPlan { plan: Some(PLAN), area: area(), organisation: STATION, name: " Night rounds ".into() };
    given::<PatrolPlan>([]).facts(known()).when(body.clone()).then([drafted(1)]);
    given::<PatrolPlan>([drafted(1)])
        .facts(known())
        .when(body.clone())
        .then_rejected(&common::ALREADY_EXISTS, Some("plan"));
    given::<PatrolPlan>([])
        .facts(Facts { area_known: false, ..known() })
        .when(body.clone())
        .then_rejected(&common::UNKNOWN_AREA, Some("area"));
    given::<PatrolPlan>([])
        .facts(Facts { organisation_known: false, ..known() })
        .when(body.clone())
        .then_rejected(&common::UNKNOWN_ORGANISATION, Some("organisation"));
    given::<PatrolPlan>([])
        .facts(known())
        .when(DraftPlan { name: "  ".into(), ..body })
        .then_rejected(&common::EMPTY_TEXT, Some("name"));
    given::<PatrolPlan>([])
        .when(ApprovePlan { plan: PLAN, version: 1 })
        .then_rejected(&common::NOT_FOUND, Some("plan"));
}

#[test]
fn a_route_is_replaced_while_the_version_is_a_draft() {
    let stops = [stop(BRIDGE, 0), stop(GATE, 0)];
    given::<PatrolPlan>(draft()).when(define(RIVER, &stops)).then([route(1, RIVER, &stops)]);
    given::<PatrolPlan>(draft()).when(define(RIVER, &[stop(GATE, 10), stop(BRIDGE, 20)])).then_nothing();
}

#[test]
fn a_route_leads_once_to_each_checkpoint_in_use_and_forward_in_time() {
    let refused = |stops: &[RouteStop], reason, field| {
        given::<PatrolPlan>(with(draft(), [retired(BRIDGE)]))
            .when(define(MARKET, stops))
            .then_rejected(reason, Some(field));
    };
    refused(&[], &reason::NO_STOPS, "checkpoints");
    refused(&[stop(GATE, 1); 101], &common::TOO_MANY, "checkpoints");
    refused(&[stop(GATE, 1), stop(GATE, 2)], &reason::CHECKPOINT_TWICE, "checkpoints.1.checkpoint");
    refused(&[stop(BRIDGE, 1)], &reason::CHECKPOINT_RETIRED, "checkpoints.0.checkpoint");
    refused(&[stop(CheckpointId(uuid(9)), 1)], &reason::UNKNOWN_CHECKPOINT, "checkpoints.0.checkpoint");
    refused(&[stop(GATE, 1_441)], &common::OUT_OF_RANGE, "checkpoints.0.dueAfterMinutes");
    let no_grace = RouteStop { grace_minutes: 0, ..stop(GATE, 1) };
    refused(&[no_grace], &common::OUT_OF_RANGE, "checkpoints.0.graceMinutes");
    given::<PatrolPlan>(draft())
        .when(define(MARKET, &[stop(GATE, 20), stop(BRIDGE, 19)]))
        .then_rejected(&reason::STOPS_OUT_OF_ORDER, Some("checkpoints.1.dueAfterMinutes"));
}

#[test]
fn a_plan_has_a_bounded_number_of_routes() {
    let routes = (0..50).map(|number| route(1, RouteId(uuid(500 + number)), &[stop(GATE, 1)]));
    given::<PatrolPlan>(with(vec![drafted(1), installed(GATE)], routes))
        .when(define(RIVER, &[stop(GATE, 1)]))
        .then_rejected(&common::TOO_MANY, Some("route"));
}

#[test]
fn the_approver_is_not_the_drafter() {
    let approve = ApprovePlan { plan: PLAN, version: 1 };
    given::<PatrolPlan>(draft())
        .when(approve.clone())
        .then_rejected(&reason::APPROVER_IS_DRAFTER, Some("plan"));
    given::<PatrolPlan>(draft())
        .actor(chief())
        .when(approve.clone())
        .then([PlanEvent::PlanApproved { version: 1, approved_by: chief() }]);
    given::<PatrolPlan>(approved()).when(approve).then_nothing();
}

#[test]
fn a_second_account_of_the_drafter_does_not_approve_either() {
    let by_wang = PlanEvent::PlanDrafted {
        area: area(),
        organisation: STATION,
        name: "Night rounds".into(),
        version: 1,
        drafted_by: account(1, Some(11)),
    };
    given::<PatrolPlan>([by_wang, installed(GATE), route(1, RIVER, &[stop(GATE, 1)])])
        .actor(account(2, Some(11)))
        .when(ApprovePlan { plan: PLAN, version: 1 })
        .then_rejected(&reason::APPROVER_IS_DRAFTER, Some("plan"));
}

#[test]
fn what_can_not_be_walked_is_not_approved() {
    let approve = ApprovePlan { plan: PLAN, version: 1 };
    given::<PatrolPlan>([drafted(1)])
        .actor(chief())
        .when(approve.clone())
        .then_rejected(&reason::NO_ROUTES, Some("plan"));
    given::<PatrolPlan>(with(draft(), [retired(GATE)]))
        .actor(chief())
        .when(approve)
        .then_rejected(&reason::CHECKPOINT_RETIRED, Some("plan"));
    given::<PatrolPlan>(draft())
        .actor(chief())
        .when(ApprovePlan { plan: PLAN, version: 2 })
        .then_rejected(&reason::UNKNOWN_VERSION, Some("version"));
}

#[test]
fn only_an_approved_version_is_published() {
    let publish = PublishPlan { plan: PLAN, version: 1 };
    given::<PatrolPlan>(draft()).when(publish.clone()).then_rejected(&common::WRONG_PHASE, Some("version"));
    given::<PatrolPlan>(approved()).when(publish.clone()).then([PlanEvent::PlanPublished { version: 1 }]);
    given::<PatrolPlan>(published()).when(publish).then_nothing();
}

#[test]
fn a_published_version_never_changes() {
    for history in [approved(), published()] {
        given::<PatrolPlan>(history)
            .when(define(RIVER, &[stop(GATE, 99)]))
            .then_rejected(&reason::NO_DRAFT, Some("plan"));
    }
    let before = state(published()).published();
    let revised = [drafted(2), route(2, RIVER, &[stop(GATE, 99)])];
    assert_eq!(state(with(published(), revised)).published(), before);
}

#[test]
fn a_revision_starts_with_the_routes_that_it_keeps() {
    let history = with(
        draft(),
        [
            route(1, MARKET, &[stop(BRIDGE, 5)]),
            PlanEvent::PlanApproved { version: 1, approved_by: chief() },
            PlanEvent::PlanPublished { version: 1 },
        ],
    );
    let revise = DraftPlanRevision { plan: PLAN, name: None, without_routes: vec![] };
    given::<PatrolPlan>(history.clone()).when(revise.clone()).then([
        drafted(2),
        route(2, RIVER, &[stop(GATE, 10), stop(BRIDGE, 20)]),
        route(2, MARKET, &[stop(BRIDGE, 5)]),
    ]);
    // A route whose checkpoints are all retired has nothing to keep.
    given::<PatrolPlan>(with(history.clone(), [retired(BRIDGE)]))
        .when(revise.clone())
        .then([drafted(2), route(2, RIVER, &[stop(GATE, 10)])]);
    given::<PatrolPlan>(history.clone())
        .when(DraftPlanRevision { without_routes: vec![RIVER], ..revise.clone() })
        .then([drafted(2), route(2, MARKET, &[stop(BRIDGE, 5)])]);
    given::<PatrolPlan>(history.clone())
        .when(DraftPlanRevision { without_routes: vec![RIVER, RouteId(uuid(9))], ..revise.clone() })
        .then_rejected(&reason::UNKNOWN_ROUTE, Some("withoutRoutes.1"));
    given::<PatrolPlan>(with(history, [drafted(2)]))
        .when(revise)
        .then_rejected(&reason::DRAFT_OPEN, Some("plan"));
}

#[test]
fn publishing_the_next_version_supersedes_the_one_before() {
    let second = with(
        published(),
        [
            drafted(2),
            route(2, MARKET, &[stop(GATE, 1)]),
            PlanEvent::PlanApproved { version: 2, approved_by: chief() },
        ],
    );
    let events = given::<PatrolPlan>(second.clone()).when(PublishPlan { plan: PLAN, version: 2 }).events();
    assert_eq!(
        events,
        [PlanEvent::PlanPublished { version: 2 }, PlanEvent::PlanSuperseded { version: 1, by: 2 }]
    );
    let after = with(second, events);
    let plan = state(after.clone());
    let in_force = plan.published().unwrap();
    assert_eq!((in_force.version, in_force.routes.len()), (2, 1));
    assert_eq!(plan.versions[&1].phase, Phase::Superseded);
    given::<PatrolPlan>(after)
        .when(PublishPlan { plan: PLAN, version: 1 })
        .then_rejected(&common::WRONG_PHASE, Some("version"));
}

#[test]
fn an_approved_version_that_is_revised_is_never_published() {
    let revise =
        DraftPlanRevision { plan: PLAN, name: Some("Day rounds".into()), without_routes: vec![RIVER] };
    let events = given::<PatrolPlan>(approved()).when(revise).events();
    assert_eq!(events[1], PlanEvent::PlanSuperseded { version: 1, by: 2 });
    let after = with(approved(), events);
    assert_eq!(state(after.clone()).latest().unwrap().1.name, "Day rounds");
    given::<PatrolPlan>(after)
        .when(PublishPlan { plan: PLAN, version: 1 })
        .then_rejected(&common::WRONG_PHASE, Some("version"));
}

#[test]
fn a_checkpoint_is_installed_once_inside_the_area() {
    let begun = vec![drafted(1)];
    given::<PatrolPlan>(begun.clone()).facts(known()).when(install()).then([installed(GATE)]);
    given::<PatrolPlan>(draft()).facts(known()).when(install()).then_nothing();
    given::<PatrolPlan>(draft())
        .facts(known())
        .when(InstallCheckpoint { name: "Other".into(), ..install() })
        .then_rejected(&common::ALREADY_EXISTS, Some("checkpoint"));
    given::<PatrolPlan>(begun.clone()).when(install()).then_rejected(&common::UNKNOWN_AREA, Some("area"));
    given::<PatrolPlan>(begun)
        .facts(known())
        .when(InstallCheckpoint { area: "421003001".parse().unwrap(), ..install() })
        .then_rejected(&reason::CHECKPOINT_OUTSIDE_AREA, Some("area"));
    given::<PatrolPlan>(with(draft(), [retired(GATE)]))
        .facts(known())
        .when(install())
        .then_rejected(&reason::CHECKPOINT_RETIRED, Some("checkpoint"));
}

#[test]
fn a_tag_belongs_to_one_checkpoint_in_use() {
    let other = InstallCheckpoint { checkpoint: Some(CheckpointId(uuid(43))), ..install() };
    given::<PatrolPlan>(draft())
        .facts(known())
        .when(other.clone())
        .then_rejected(&reason::TAG_IN_USE, Some("tag"));
    let events = given::<PatrolPlan>(with(draft(), [retired(GATE)])).facts(known()).when(other).events();
    assert_eq!(events.len(), 1);
}

#[test]
fn a_position_lies_on_the_globe() {
    let at = |latitude_microdegrees, longitude_microdegrees| InstallCheckpoint {
        position: Some(CheckpointPositionInput { latitude_microdegrees, longitude_microdegrees }),
        ..install()
    };
    let refused = |body, field| {
        given::<PatrolPlan>([drafted(1)])
            .facts(known())
            .when(body)
            .then_rejected(&common::OUT_OF_RANGE, Some(field));
    };
    refused(at(90_000_001, 0), "position.latitudeMicrodegrees");
    refused(at(0, i32::MIN), "position.longitudeMicrodegrees");
    let events = given::<PatrolPlan>([drafted(1)]).facts(known()).when(at(-90_000_000, 180_000_000)).events();
    assert_eq!(events.len(), 1);
}

#[test]
fn a_checkpoint_is_retired_once_and_for_good() {
    let retire = RetireCheckpoint { plan: PLAN, checkpoint: GATE, reason: "walled up".into() };
    given::<PatrolPlan>(published())
        .now("2026-08-02T08:00:00+08:00")
        .when(retire.clone())
        .then([retired(GATE)]);
    given::<PatrolPlan>(with(published(), [retired(GATE)])).when(retire.clone()).then_nothing();
    given::<PatrolPlan>(published())
        .now("2026-08-02T08:00:00+08:00")
        .received("2026-08-02T07:00:00+08:00")
        .when(retire.clone())
        .then_rejected(&common::IN_THE_FUTURE, Some("occurredAt"));
    given::<PatrolPlan>([drafted(1)])
        .when(retire)
        .then_rejected(&reason::UNKNOWN_CHECKPOINT, Some("checkpoint"));
    let plan = state(with(published(), [retired(GATE)]));
    assert_eq!(plan.published().unwrap().routes[&RIVER], [stop(BRIDGE, 20)]);
    assert_eq!(plan.retired(), [(GATE, at("2026-08-02T08:00:00+08:00"))].into());
}
