//! The rules of a patrol plan.

use std::collections::BTreeSet;

use super::{
    CheckpointPosition, CheckpointPositionInput, DefineRoute, DraftPlan, DraftPlanRevision,
    InstallCheckpoint, PatrolPlan, Phase, PlanCommand, PlanEvent, RetireCheckpoint, RouteStop,
    RouteStopInput, reason,
    state::{PlanVersion, Scope},
};
use crate::{
    Actor, Aggregate, AreaCode, CheckpointId, CommandId, Context, PlanId, Rejection, RouteId,
    aggregate::{not_in_the_future, rule, text},
    rejection::common,
};

const MOST_VERSIONS: u16 = 1_000;
const MOST_ROUTES: usize = 50;
const MOST_STOPS: usize = 100;
/// Retired ones included: they stay known.
const MOST_CHECKPOINTS: usize = 1_000;
const MOST_DUE_MINUTES: u16 = 24 * 60;
const MOST_GRACE_MINUTES: u16 = 4 * 60;

/// What a patrol plan must know of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether the area that the command names (of the plan or of the checkpoint) is registered.
    pub area_known: bool,
    /// Whether the organisation of the plan is registered.
    pub organisation_known: bool,
}

impl Aggregate for PatrolPlan {
    const CATEGORY: &'static str = PlanId::CATEGORY;
    type Id = PlanId;
    type Event = PlanEvent;
    type Command = PlanCommand;
    type Facts = Facts;

    fn target(command: &PlanCommand, id: CommandId) -> PlanId {
        command.target(id)
    }

    fn stream_id(id: PlanId) -> String {
        id.0.to_string()
    }

    fn evolve(&mut self, event: &PlanEvent) {
        self.apply(event);
    }

    fn area(&self) -> Option<AreaCode> {
        self.scope.map(|scope| scope.area)
    }

    fn exists(&self) -> bool {
        self.scope.is_some()
    }

    fn decide(
        &self,
        command: &PlanCommand,
        facts: &Facts,
        context: &Context,
    ) -> Result<Vec<PlanEvent>, Rejection> {
        if let PlanCommand::Draft(body) = command {
            return self.draft(body, facts, context);
        }
        let (Some(scope), Some((number, latest))) = (self.scope, self.latest()) else {
            return Err(Rejection::new(&common::NOT_FOUND).field("plan").about("plan"));
        };
        match command {
            PlanCommand::Draft(_) => Ok(vec![]),
            PlanCommand::Revise(body) => self.revise(scope, number, latest, body, context),
            PlanCommand::DefineRoute(body) => self.define_route(number, latest, body, context),
            PlanCommand::Approve(body) => self.approve(body.version, context),
            PlanCommand::Publish(body) => self.publish(body.version),
            PlanCommand::Install(body) => self.install(scope, body, facts, context),
            PlanCommand::Retire(body) => self.retire(body, context),
        }
    }
}

impl PatrolPlan {
    fn draft(&self, body: &DraftPlan, facts: &Facts, context: &Context) -> Result<Vec<PlanEvent>, Rejection> {
        if self.exists() {
            return Err(Rejection::new(&common::ALREADY_EXISTS).field("plan").about("plan"));
        }
        rule(facts.area_known, || {
            Rejection::new(&common::UNKNOWN_AREA).field("area").with("code", body.area)
        })?;
        rule(facts.organisation_known, || {
            Rejection::new(&common::UNKNOWN_ORGANISATION).field("organisation")
        })?;
        Ok(vec![PlanEvent::PlanDrafted {
            area: body.area,
            organisation: body.organisation,
            name: text("name", &body.name, 100)?,
            version: 1,
            drafted_by: context.actor,
        }])
    }

    fn revise(
        &self,
        scope: Scope,
        number: u16,
        latest: &PlanVersion,
        body: &DraftPlanRevision,
        context: &Context,
    ) -> Result<Vec<PlanEvent>, Rejection> {
        match latest.phase {
            Phase::Approved | Phase::Published | Phase::Superseded => {}
            Phase::Drafted => {
                return Err(Rejection::new(&reason::DRAFT_OPEN).field("plan").with("version", number));
            }
        }
        rule(number < MOST_VERSIONS, || {
            Rejection::new(&common::TOO_MANY).field("plan").with("limit", MOST_VERSIONS)
        })?;
        if let Some(at) = body.without_routes.iter().position(|route| !latest.routes.contains_key(route)) {
            return Err(Rejection::new(&reason::UNKNOWN_ROUTE).field(format!("withoutRoutes.{at}")));
        }
        let name = match &body.name {
            Some(name) => text("name", name, 100)?,
            None => latest.name.clone(),
        };
        let version = number.saturating_add(1);
        let mut events = vec![PlanEvent::PlanDrafted {
            area: scope.area,
            organisation: scope.organisation,
            name,
            version,
            drafted_by: context.actor,
        }];
        if latest.phase == Phase::Approved {
            events.push(PlanEvent::PlanSuperseded { version: number, by: version });
        }
        let kept = latest.routes.iter().filter(|(route, _)| !body.without_routes.contains(route));
        events.extend(kept.filter_map(|(id, route)| {
            let checkpoints = self.stops_in_use(route);
            let name = route.name.clone();
            (!checkpoints.is_empty()).then_some(PlanEvent::RouteDefined {
                version,
                route: *id,
                name,
                checkpoints,
            })
        }));
        Ok(events)
    }

    fn define_route(
        &self,
        number: u16,
        latest: &PlanVersion,
        body: &DefineRoute,
        context: &Context,
    ) -> Result<Vec<PlanEvent>, Rejection> {
        let route = body.route.unwrap_or_else(|| RouteId::derived(context.command));
        let name = text("name", &body.name, 100)?;
        let stops = self.checked_stops(&body.checkpoints)?;
        let known = latest.routes.get(&route);
        if known.is_some_and(|known| known.name == name && known.stops == stops) {
            return Ok(vec![]);
        }
        match latest.phase {
            Phase::Drafted => {}
            Phase::Approved | Phase::Published | Phase::Superseded => {
                return Err(wrong_phase(&reason::NO_DRAFT, "plan", number, latest.phase));
            }
        }
        rule(known.is_some() || latest.routes.len() < MOST_ROUTES, || {
            Rejection::new(&common::TOO_MANY).field("route").with("limit", MOST_ROUTES)
        })?;
        Ok(vec![PlanEvent::RouteDefined { version: number, route, name, checkpoints: stops }])
    }

    /// Each stop once, at a checkpoint in use, in the order of the due times.
    fn checked_stops(&self, stops: &[RouteStopInput]) -> Result<Vec<RouteStop>, Rejection> {
        rule(!stops.is_empty(), || Rejection::new(&reason::NO_STOPS).field("checkpoints"))?;
        rule(stops.len() <= MOST_STOPS, || {
            Rejection::new(&common::TOO_MANY).field("checkpoints").with("limit", MOST_STOPS)
        })?;
        let mut seen = BTreeSet::new();
        let mut earliest = 0;
        let mut checked = Vec::with_capacity(stops.len());
        for (at, stop) in stops.iter().enumerate() {
            let field = |name: &str| format!("checkpoints.{at}.{name}");
            self.usable(stop.checkpoint).map_err(|why| Rejection::new(why).field(field("checkpoint")))?;
            rule(seen.insert(stop.checkpoint), || {
                Rejection::new(&reason::CHECKPOINT_TWICE).field(field("checkpoint"))
            })?;
            rule(stop.due_after_minutes <= MOST_DUE_MINUTES, || {
                out_of_range(field("dueAfterMinutes"), 0, MOST_DUE_MINUTES.into())
            })?;
            rule((1..=MOST_GRACE_MINUTES).contains(&stop.grace_minutes), || {
                out_of_range(field("graceMinutes"), 1, MOST_GRACE_MINUTES.into())
            })?;
            rule(stop.due_after_minutes >= earliest, || {
                Rejection::new(&reason::STOPS_OUT_OF_ORDER).field(field("dueAfterMinutes"))
            })?;
            earliest = stop.due_after_minutes;
            checked.push(RouteStop {
                checkpoint: stop.checkpoint,
                due_after_minutes: stop.due_after_minutes,
                grace_minutes: stop.grace_minutes,
            });
        }
        Ok(checked)
    }

    fn approve(&self, version: u16, context: &Context) -> Result<Vec<PlanEvent>, Rejection> {
        let found = self.version(version)?;
        match found.phase {
            Phase::Drafted => {}
            Phase::Approved | Phase::Published => return Ok(vec![]),
            Phase::Superseded => {
                return Err(wrong_phase(&common::WRONG_PHASE, "version", version, found.phase));
            }
        }
        rule(!same_actor(&found.drafted_by, &context.actor), || {
            Rejection::new(&reason::APPROVER_IS_DRAFTER).field("plan")
        })?;
        rule(!found.routes.is_empty(), || Rejection::new(&reason::NO_ROUTES).field("plan"))?;
        let all_in_use =
            found.routes.values().flat_map(|route| &route.stops).all(|stop| self.in_use(stop.checkpoint));
        rule(all_in_use, || Rejection::new(&reason::CHECKPOINT_RETIRED).field("plan"))?;
        Ok(vec![PlanEvent::PlanApproved { version, approved_by: context.actor }])
    }

    /// The version in force before is superseded with it.
    fn publish(&self, version: u16) -> Result<Vec<PlanEvent>, Rejection> {
        let found = self.version(version)?;
        match found.phase {
            Phase::Approved => {}
            Phase::Published => return Ok(vec![]),
            Phase::Drafted | Phase::Superseded => {
                return Err(wrong_phase(&common::WRONG_PHASE, "version", version, found.phase));
            }
        }
        let in_force = self.versions.iter().filter(|(_, other)| other.phase == Phase::Published);
        let superseded = in_force.map(|(old, _)| PlanEvent::PlanSuperseded { version: *old, by: version });
        Ok([PlanEvent::PlanPublished { version }].into_iter().chain(superseded).collect())
    }

    fn install(
        &self,
        scope: Scope,
        body: &InstallCheckpoint,
        facts: &Facts,
        context: &Context,
    ) -> Result<Vec<PlanEvent>, Rejection> {
        let checkpoint = body.checkpoint.unwrap_or_else(|| CheckpointId::derived(context.command));
        let name = text("name", &body.name, 100)?;
        let tag = body.tag.as_ref().map(|tag| text("tag", tag, 128)).transpose()?;
        let position = body.position.map(checked_position).transpose()?;
        if let Some(known) = self.checkpoints.get(&checkpoint) {
            rule(known.retired_at.is_none(), || {
                Rejection::new(&reason::CHECKPOINT_RETIRED).field("checkpoint")
            })?;
            let same = known.name == name
                && known.area == body.area
                && known.tag == tag
                && known.position == position;
            rule(same, || Rejection::new(&common::ALREADY_EXISTS).field("checkpoint").about("checkpoint"))?;
            return Ok(vec![]);
        }
        rule(facts.area_known, || {
            Rejection::new(&common::UNKNOWN_AREA).field("area").with("code", body.area)
        })?;
        rule(scope.area.contains(&body.area), || {
            Rejection::new(&reason::CHECKPOINT_OUTSIDE_AREA).field("area").with("area", scope.area)
        })?;
        rule(self.checkpoints.len() < MOST_CHECKPOINTS, || {
            Rejection::new(&common::TOO_MANY).field("checkpoint").with("limit", MOST_CHECKPOINTS)
        })?;
        let mut in_use = self.checkpoints.values().filter(|other| other.retired_at.is_none());
        rule(tag.is_none() || in_use.all(|other| other.tag != tag), || {
            Rejection::new(&reason::TAG_IN_USE).field("tag")
        })?;
        Ok(vec![PlanEvent::CheckpointInstalled { checkpoint, name, area: body.area, tag, position }])
    }

    fn retire(&self, body: &RetireCheckpoint, context: &Context) -> Result<Vec<PlanEvent>, Rejection> {
        let Some(known) = self.checkpoints.get(&body.checkpoint) else {
            return Err(Rejection::new(&reason::UNKNOWN_CHECKPOINT).field("checkpoint"));
        };
        if known.retired_at.is_some() {
            return Ok(vec![]);
        }
        not_in_the_future(context)?;
        Ok(vec![PlanEvent::CheckpointRetired {
            checkpoint: body.checkpoint,
            at: context.occurred_at,
            reason: text("reason", &body.reason, 500)?,
        }])
    }

    fn version(&self, number: u16) -> Result<&PlanVersion, Rejection> {
        self.versions
            .get(&number)
            .ok_or_else(|| Rejection::new(&reason::UNKNOWN_VERSION).field("version").with("version", number))
    }

    fn usable(&self, checkpoint: CheckpointId) -> Result<(), &'static crate::Reason> {
        match self.checkpoints.get(&checkpoint) {
            None => Err(&reason::UNKNOWN_CHECKPOINT),
            Some(known) if known.retired_at.is_some() => Err(&reason::CHECKPOINT_RETIRED),
            Some(_) => Ok(()),
        }
    }
}

/// Two accounts of one person are one.
fn same_actor(one: &Actor, other: &Actor) -> bool {
    one.id == other.id || (one.person.is_some() && one.person == other.person)
}

fn checked_position(position: CheckpointPositionInput) -> Result<CheckpointPosition, Rejection> {
    let CheckpointPositionInput { latitude_microdegrees, longitude_microdegrees } = position;
    rule((-90_000_000..=90_000_000).contains(&latitude_microdegrees), || {
        out_of_range("position.latitudeMicrodegrees".into(), -90_000_000, 90_000_000)
    })?;
    rule((-180_000_000..=180_000_000).contains(&longitude_microdegrees), || {
        out_of_range("position.longitudeMicrodegrees".into(), -180_000_000, 180_000_000)
    })?;
    Ok(CheckpointPosition { latitude_microdegrees, longitude_microdegrees })
}

fn out_of_range(field: String, least: i32, most: i32) -> Rejection {
    Rejection::new(&common::OUT_OF_RANGE).field(field).with("least", least).with("most", most)
}

fn wrong_phase(reason: &'static crate::Reason, field: &'static str, version: u16, phase: Phase) -> Rejection {
    Rejection::new(reason).field(field).with("version", version).in_phase(&phase)
}
