//! Patrol runs along the routes of the communities, and the revision of plans.

use std::sync::Arc;

use app::Viewer;
use domain::{
    CheckpointId, DeviationId, Payer, PersonalText, RunId, ScanId, ShiftId,
    patrol_plan::{ApprovePlan, DefineRoute, DraftPlanRevision, PublishPlan, RetireCheckpoint},
    patrol_run::{
        AbandonPatrol, AcknowledgeDeviation, CompletePatrol, DeviationKind, PausePatrol, RaiseSos,
        ReportDeviation, ResumePatrol, ScanCheckpoint, SkipCheckpoint, SkipReason, StartPatrol, reason,
    },
};

use super::Planner;
use crate::{
    agenda::Step,
    setup::{GRACE, LEG, stops},
    world::{Member, lane, lane_of},
};

/// A run that is being planned.
struct Walk {
    run: RunId,
    starts: i64,
    lane: u64,
    viewer: Arc<Viewer>,
    members: Vec<Member>,
}

impl Planner {
    pub(super) fn patrol_run(
        &mut self,
        day: i64,
        team: usize,
        shift: ShiftId,
        starts: i64,
        members: Vec<Member>,
    ) {
        let team = &self.city.paid[team];
        let community = &self.city.communities[team.community];
        let Some(viewer) = members.first().map(|member| Arc::clone(&member.viewer)) else { return };
        let clerk = Arc::clone(&community.clerk);
        let route = community.route_on(day).to_vec();
        let retired = community.checkpoints.last().copied().filter(|_| community.revised_on == Some(day));
        let walk = Walk { run: RunId(self.agenda.id()), starts, lane: lane(team.id), viewer, members };
        let start = StartPatrol {
            run: Some(walk.run),
            plan: community.plan,
            route: community.route,
            shift: Some(shift),
            team: Some(team.id),
            members: walk.members.iter().map(|member| member.id).collect(),
            contract: None,
            payer: Payer::Community,
        };
        self.push_run(&walk, starts, start);
        let abandoned = self.runs.chance(15).then(|| self.runs.below(route.len()));
        for (index, checkpoint) in route.iter().enumerate() {
            if abandoned == Some(index) {
                let at = starts + LEG * 60 * i64::try_from(index).unwrap_or_default() + 5 * 60;
                let abandon = AbandonPatrol { run: walk.run, reason: "被派往处置警情".into() };
                self.push_run(&walk, at, abandon);
                return;
            }
            self.stop(&walk, *checkpoint, index);
        }
        if let Some(checkpoint) = retired {
            let person = walk.members[0].id;
            let scan = ScanId(self.agenda.id());
            let at = starts + LEG * 60 * 6;
            let scan = ScanCheckpoint {
                run: walk.run,
                scan,
                checkpoint,
                person,
                distance_metres: None,
                trace: None,
            };
            let step = Step::new(at, walk.lane, &walk.viewer, scan);
            self.agenda.push(step.refused(&reason::CHECKPOINT_RETIRED));
        }
        self.oddities(day, &walk, &clerk);
        let ends = starts + LEG * 60 * 6 + self.runs.between(12, 30) * 60;
        self.push_run(&walk, ends, CompletePatrol { run: walk.run });
    }

    /// A stop is scanned in time, late, twice, from afar, skipped, or not visited at all.
    fn stop(&mut self, walk: &Walk, checkpoint: CheckpointId, index: usize) {
        let run = walk.run;
        let due = walk.starts + LEG * 60 * (i64::try_from(index).unwrap_or_default() + 1);
        let outcome = self.runs.weighted(&[925, 20, 22, 18, 15]);
        if outcome == 1 {
            let reason =
                self.runs.pick([SkipReason::NoAccess, SkipReason::CalledAway, SkipReason::TagBroken]);
            let skip = SkipCheckpoint { run, checkpoint, reason, note: None };
            self.push_run(walk, due - 60, skip);
            return;
        }
        if outcome == 2 {
            // Never visited: a policy finds out.
            return;
        }
        let person = walk.members[self.runs.below(walk.members.len())].id;
        let scan = ScanCheckpoint {
            run,
            scan: ScanId(self.agenda.id()),
            checkpoint,
            person,
            distance_metres: Some(match self.runs.between(0, 99) {
                0 => 350,
                other => u32::try_from(other / 3).unwrap_or_default(),
            }),
            trace: self.runs.chance(40).then(|| self.trace()),
        };
        let (at, sent) = match outcome {
            // The device was offline: the scan arrives hours after the stop was counted as missed.
            3 => (due + self.runs.between(-4, 4) * 60, due + self.runs.between(3 * 60, 14 * 60) * 60),
            4 => (due + self.runs.between(GRACE + 1, GRACE + 6) * 60, 0),
            _ => (due + self.runs.between(-6, 8) * 60, 0),
        };
        let twice = self.runs.chance(12);
        let at = at.max(walk.starts + 60);
        let step = Step::new(at, walk.lane, &walk.viewer, scan).twice(twice);
        let sent = if sent == 0 { at + self.runs.between(1, 15) } else { sent };
        self.agenda.push(step.sent(sent));
    }

    fn trace(&mut self) -> PersonalText {
        let (north, east) = (self.runs.between(28_000, 34_000), self.runs.between(22_000, 30_000));
        PersonalText::new(format!("30.{north:05},112.{east:05}"))
    }

    fn oddities(&mut self, day: i64, walk: &Walk, clerk: &Arc<Viewer>) {
        let run = walk.run;
        if self.runs.chance(25) {
            let at = walk.starts + 47 * 60;
            self.push_run(walk, at, PausePatrol { run });
            let on = at + self.runs.between(4, 9) * 60;
            self.push_run(walk, on, ResumePatrol { run });
        }
        if self.runs.chance(30) {
            let deviation = DeviationId(self.agenda.id());
            let kind = self.runs.pick([
                DeviationKind::LeftRoute,
                DeviationKind::LongStop,
                DeviationKind::DeviceSilent,
            ]);
            let at = walk.starts + self.runs.between(25, 100) * 60;
            let report = ReportDeviation {
                run,
                deviation: Some(deviation),
                kind,
                checkpoint: None,
                person: None,
                note: None,
            };
            self.push_run(walk, at, report);
            if self.runs.chance(800) {
                let note = Some("已电话核实".to_owned());
                let acknowledge = AcknowledgeDeviation { run, deviation, note };
                self.agenda.push(Step::new(at + 15 * 60, walk.lane, clerk, acknowledge));
            }
        }
        // Once in about a month somebody calls for help.
        if day % 37 == 20 && self.runs.chance(40) {
            let person = walk.members[0].id;
            let sos = RaiseSos { run, person, trace: Some(self.trace()) };
            self.push_run(walk, walk.starts + 33 * 60, sos);
        }
    }

    fn push_run<C>(&mut self, walk: &Walk, at: i64, command: C)
    where
        C: Clone + Send + Sync + 'static,
        app::App: app::Handles<C>,
    {
        self.agenda.push(Step::new(at, walk.lane, &walk.viewer, command));
    }

    /// Some communities lose a checkpoint: it is retired, and a new version without it supersedes the old one.
    pub(super) fn revise_plans(&mut self, day: i64) {
        for community in &self.city.communities {
            let Some(retired) = community.checkpoints.last().filter(|_| community.revised_on == Some(day))
            else {
                continue;
            };
            let (plan, lane) = (community.plan, lane_of(community.plan.0));
            let (at, clerk) = (self.calendar.at(day, 10 * 60), &community.clerk);
            let retire = RetireCheckpoint { plan, checkpoint: *retired, reason: "老楼拆除".into() };
            self.agenda.push(Step::new(at, lane, clerk, retire));
            let revise = DraftPlanRevision { plan, name: None, without_routes: vec![] };
            self.agenda.push(Step::new(at + 600, lane, clerk, revise));
            let define = DefineRoute {
                plan,
                route: Some(community.route),
                name: "夜巡一线（调整）".into(),
                checkpoints: stops(community.route_on(day)),
            };
            self.agenda.push(Step::new(at + 900, lane, clerk, define));
            let chief = &self.city.police.chief;
            self.agenda.push(Step::new(at + 7_200, lane, chief, ApprovePlan { plan, version: 2 }));
            self.agenda.push(Step::new(at + 7_260, lane, chief, PublishPlan { plan, version: 2 }));
        }
    }
}
