//! The rules of a patrol run; those of its stops stand beside, in `scan`.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    AbandonPatrol, AcknowledgeDeviation, Deviation, DeviationKind, DueStop, PatrolRun, Phase, RaiseSos,
    ReportDeviation, RunCommand, RunEvent, StartPatrol, reason, state::Walk,
};
use crate::{
    Aggregate, AreaCode, CheckpointId, CommandId, Context, DeviationId, PersonId, Rejection, RunId, When,
    aggregate::{in_order, not_in_the_future, personal, rule, text},
    patrol_plan::PublishedPlan,
    rejection::common,
};

const MOST_MEMBERS: usize = 50;
const MOST_DEVIATIONS: usize = 200;

/// What a patrol run must know of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The plan that a start names, when it has a published version.
    pub plan: Option<PublishedPlan>,
    /// Whether all members named by a start are enrolled.
    pub members_known: bool,
    /// Whether the shift of a start is scheduled. True when none is named.
    pub shift_known: bool,
    /// Whether the team of a start is formed. True when none is named.
    pub team_known: bool,
    /// Whether the contract of a start is drafted. True when none is named.
    pub contract_known: bool,
    /// Retired checkpoints of the run's plan and since when: for scans and misses.
    pub retired: BTreeMap<CheckpointId, When>,
}

impl Aggregate for PatrolRun {
    const CATEGORY: &'static str = RunId::CATEGORY;
    type Id = RunId;
    type Event = RunEvent;
    type Command = RunCommand;
    type Facts = Facts;

    fn target(command: &RunCommand, id: CommandId) -> RunId {
        command.target(id)
    }

    fn stream_id(id: RunId) -> String {
        id.0.to_string()
    }

    fn evolve(&mut self, event: &RunEvent) {
        self.apply(event);
    }

    fn area(&self) -> Option<AreaCode> {
        self.walk.as_ref().map(|walk| walk.area)
    }

    fn exists(&self) -> bool {
        self.phase != Phase::Absent
    }

    fn decide(
        &self,
        command: &RunCommand,
        facts: &Facts,
        context: &Context,
    ) -> Result<Vec<RunEvent>, Rejection> {
        if let RunCommand::Start(body) = command {
            return self.begin(body, facts, context);
        }
        let Some(walk) = &self.walk else {
            return Err(Rejection::new(&common::NOT_FOUND).field("run").about("run"));
        };
        match command {
            RunCommand::Start(_) => Ok(vec![]),
            RunCommand::Pause(_) => self.pause(context),
            RunCommand::Resume(_) => self.resume(context),
            RunCommand::Scan(body) => self.scan(walk, body, facts, context),
            RunCommand::Skip(body) => self.skip(walk, body, context),
            RunCommand::MarkMissed(body) => self.mark_missed(body, facts, context),
            RunCommand::ReportDeviation(body) => self.report_deviation(walk, body, context),
            RunCommand::AcknowledgeDeviation(body) => self.acknowledge_deviation(walk, body, context),
            RunCommand::RaiseSos(body) => self.raise_sos(body, context),
            RunCommand::Complete(_) => self.complete(context),
            RunCommand::Abandon(body) => self.abandon(body, context),
        }
    }
}

impl PatrolRun {
    fn begin(
        &self,
        body: &StartPatrol,
        facts: &Facts,
        context: &Context,
    ) -> Result<Vec<RunEvent>, Rejection> {
        if self.exists() {
            return Err(Rejection::new(&common::ALREADY_EXISTS).field("run").about("run"));
        }
        not_in_the_future(context)?;
        let Some(plan) = &facts.plan else {
            return Err(Rejection::new(&reason::PLAN_NOT_PUBLISHED).field("plan"));
        };
        let Some(route) = plan.routes.get(&body.route) else {
            return Err(Rejection::new(&reason::UNKNOWN_ROUTE).field("route"));
        };
        rule(!route.is_empty(), || Rejection::new(&reason::NO_STOPS).field("route"))?;
        rule(facts.shift_known, || Rejection::new(&reason::UNKNOWN_SHIFT).field("shift"))?;
        rule(facts.team_known, || Rejection::new(&common::UNKNOWN_TEAM).field("team"))?;
        rule(facts.contract_known, || Rejection::new(&reason::UNKNOWN_CONTRACT).field("contract"))?;
        let started_at = context.occurred_at;
        let stops = route.iter().map(|stop| DueStop {
            checkpoint: stop.checkpoint,
            due_at: started_at.plus_minutes(stop.due_after_minutes.into()),
            grace_minutes: stop.grace_minutes,
        });
        Ok(vec![RunEvent::PatrolStarted {
            plan: body.plan,
            version: plan.version,
            route: body.route,
            shift: body.shift,
            team: body.team,
            members: members(body, facts)?,
            area: plan.area,
            organisation: plan.organisation,
            contract: body.contract,
            payer: body.payer,
            started_at,
            stops: stops.collect(),
        }])
    }

    fn pause(&self, context: &Context) -> Result<Vec<RunEvent>, Rejection> {
        match self.phase {
            Phase::Running => {}
            Phase::Paused => return Ok(vec![]),
            Phase::Absent | Phase::Completed | Phase::Abandoned => return Err(self.wrong_phase()),
        }
        Ok(vec![RunEvent::PatrolPaused { at: self.next_change(context)? }])
    }

    fn resume(&self, context: &Context) -> Result<Vec<RunEvent>, Rejection> {
        match self.phase {
            Phase::Paused => {}
            Phase::Running => return Ok(vec![]),
            Phase::Absent | Phase::Completed | Phase::Abandoned => return Err(self.wrong_phase()),
        }
        Ok(vec![RunEvent::PatrolResumed { at: self.next_change(context)? }])
    }

    /// A paused run may end without being resumed first.
    fn complete(&self, context: &Context) -> Result<Vec<RunEvent>, Rejection> {
        match self.phase {
            Phase::Running | Phase::Paused => {}
            Phase::Completed => return Ok(vec![]),
            Phase::Absent | Phase::Abandoned => return Err(self.wrong_phase()),
        }
        Ok(vec![RunEvent::PatrolCompleted { at: self.next_change(context)? }])
    }

    fn abandon(&self, body: &AbandonPatrol, context: &Context) -> Result<Vec<RunEvent>, Rejection> {
        match self.phase {
            Phase::Running | Phase::Paused => {}
            Phase::Abandoned => return Ok(vec![]),
            Phase::Absent | Phase::Completed => return Err(self.wrong_phase()),
        }
        let reason = text("reason", &body.reason, 500)?;
        Ok(vec![RunEvent::PatrolAbandoned { at: self.next_change(context)?, reason }])
    }

    fn report_deviation(
        &self,
        walk: &Walk,
        body: &ReportDeviation,
        context: &Context,
    ) -> Result<Vec<RunEvent>, Rejection> {
        let deviation = body.deviation.unwrap_or_else(|| DeviationId::derived(context.command));
        if let Some(known) = self.deviations.get(&deviation) {
            let same = Deviation {
                kind: body.kind,
                checkpoint: body.checkpoint,
                person: body.person,
                acknowledged: known.acknowledged,
            };
            rule(*known == same, || {
                Rejection::new(&common::ALREADY_EXISTS).field("deviation").about("deviation")
            })?;
            return Ok(vec![]);
        }
        rule(self.deviations.len() < MOST_DEVIATIONS, || {
            Rejection::new(&common::TOO_MANY).field("deviation").with("limit", MOST_DEVIATIONS)
        })?;
        not_in_the_future(context)?;
        in_order("occurredAt", walk.started_at, context.occurred_at)?;
        rule(body.checkpoint.is_none_or(|checkpoint| self.stop(checkpoint).is_some()), || {
            Rejection::new(&reason::CHECKPOINT_NOT_ON_ROUTE).field("checkpoint")
        })?;
        let note = body.note.as_ref().map(|note| text("note", note, 500)).transpose()?;
        rule(note.is_some() || body.kind != DeviationKind::Other, || {
            Rejection::new(&reason::NOTE_NEEDED).field("note")
        })?;
        Ok(vec![RunEvent::DeviationDetected {
            deviation,
            kind: body.kind,
            at: context.occurred_at,
            checkpoint: body.checkpoint,
            person: body.person,
            note,
        }])
    }

    fn acknowledge_deviation(
        &self,
        walk: &Walk,
        body: &AcknowledgeDeviation,
        context: &Context,
    ) -> Result<Vec<RunEvent>, Rejection> {
        let Some(known) = self.deviations.get(&body.deviation) else {
            return Err(Rejection::new(&reason::UNKNOWN_DEVIATION).field("deviation"));
        };
        if known.acknowledged {
            return Ok(vec![]);
        }
        not_in_the_future(context)?;
        in_order("occurredAt", walk.started_at, context.occurred_at)?;
        let note = body.note.as_ref().map(|note| text("note", note, 500)).transpose()?;
        Ok(vec![RunEvent::DeviationAcknowledged { deviation: body.deviation, at: context.occurred_at, note }])
    }

    /// A call for help is not refused for the state of the run, a wrong clock or a name that is not on the list.
    fn raise_sos(&self, body: &RaiseSos, context: &Context) -> Result<Vec<RunEvent>, Rejection> {
        let at = context.occurred_at;
        if self.sos.get(&body.person) == Some(&at.at) {
            return Ok(vec![]);
        }
        let trace =
            body.trace.as_ref().map(|trace| personal("trace", body.person, trace, 500)).transpose()?;
        Ok(vec![RunEvent::SosRaised { person: body.person, at, trace }])
    }

    /// The time of a change of phase: not in the future, not before the last change.
    fn next_change(&self, context: &Context) -> Result<When, Rejection> {
        not_in_the_future(context)?;
        let at = context.occurred_at;
        in_order("occurredAt", self.changed_at.unwrap_or(at), at)?;
        Ok(at)
    }

    pub(super) fn wrong_phase(&self) -> Rejection {
        Rejection::new(&common::WRONG_PHASE).field("run").in_phase(&self.phase)
    }
}

/// Everybody once, in the order given.
fn members(body: &StartPatrol, facts: &Facts) -> Result<Vec<PersonId>, Rejection> {
    rule(!body.members.is_empty(), || Rejection::new(&reason::NO_MEMBERS).field("members"))?;
    rule(body.members.len() <= MOST_MEMBERS, || {
        Rejection::new(&common::TOO_MANY).field("members").with("limit", MOST_MEMBERS)
    })?;
    rule(facts.members_known, || Rejection::new(&common::UNKNOWN_PERSON).field("members"))?;
    let mut seen = BTreeSet::new();
    Ok(body.members.iter().copied().filter(|member| seen.insert(*member)).collect())
}
