//! One patrol plan for each community: drafted by its clerk, approved and published by the station's chief.

use domain::patrol_plan::{
    ApprovePlan, CheckpointPositionInput, DefineRoute, DraftPlan, InstallCheckpoint, PublishPlan,
    RouteStopInput,
};

use super::{Setup, organisations::grid_code};
use crate::{
    agenda::Step,
    dice::Dice,
    world::{Community, lane_of},
};

const PLANS_DAY: i64 = -5;
/// Minutes from one stop to the next, and the grace of each.
pub(crate) const LEG: i64 = 20;
pub(crate) const GRACE: i64 = 10;

const SPOTS: [&str; 6] = ["社区大门", "车棚", "沿街商铺", "小学门口", "老旧楼栋", "广场"];

impl Setup<'_> {
    pub(super) fn patrol_plans(&mut self) {
        let mut dice = Dice::new(self.plan.seed, 4);
        for community in &self.city.communities {
            self.patrol_plan(community, &mut dice);
        }
    }

    fn patrol_plan(&mut self, community: &Community, dice: &mut Dice) {
        let (plan, lane) = (community.plan, lane_of(community.plan.0));
        let at = self.calendar.at(PLANS_DAY, 9 * 60);
        let draft = DraftPlan {
            plan: Some(plan),
            area: community.code,
            organisation: community.committee,
            name: format!("{}社区夜间巡逻方案", community.short_name()),
        };
        self.agenda.push(Step::new(at, lane, &community.clerk, draft));
        for (index, checkpoint) in community.checkpoints.iter().enumerate() {
            let grid = if index % 2 == 0 { 1 } else { 2 };
            let tag = checkpoint.0.simple().to_string();
            let install = InstallCheckpoint {
                plan,
                checkpoint: Some(*checkpoint),
                name: format!("{}{}", community.short_name(), SPOTS[index % SPOTS.len()]),
                area: grid_code(community.code, grid).unwrap_or(community.code),
                tag: Some(tag),
                position: Some(position(dice)),
            };
            self.agenda.push(Step::new(at + 60, lane, &community.clerk, install));
        }
        let define = DefineRoute {
            plan,
            route: Some(community.route),
            name: "夜巡一线".into(),
            checkpoints: stops(&community.checkpoints),
        };
        self.agenda.push(Step::new(at + 120, lane, &community.clerk, define));
        // Who drafted it can not approve it; not even the clerk may.
        let approve = ApprovePlan { plan, version: 1 };
        let refused = &domain::patrol_plan::reason::APPROVER_IS_DRAFTER;
        if dice.chance(60) {
            let own = Step::new(at + 180, lane, &community.clerk, approve.clone());
            self.agenda.push(own.refused(refused));
        }
        let chief = &self.city.police.chief;
        self.agenda.push(Step::new(at + 3_600, lane, chief, approve));
        self.agenda.push(Step::new(at + 3_660, lane, chief, PublishPlan { plan, version: 1 }));
    }
}

/// The stops of a route, one after the other.
pub(crate) fn stops(checkpoints: &[domain::CheckpointId]) -> Vec<RouteStopInput> {
    let minutes = |minutes: i64| u16::try_from(minutes).unwrap_or(u16::MAX);
    checkpoints
        .iter()
        .zip(1..)
        .map(|(checkpoint, leg)| RouteStopInput {
            checkpoint: *checkpoint,
            due_after_minutes: minutes(LEG * leg),
            grace_minutes: minutes(GRACE),
        })
        .collect()
}

/// Somewhere in Shashi: 30.28–30.34 N, 112.22–112.30 E.
fn position(dice: &mut Dice) -> CheckpointPositionInput {
    let micro = |value: i64| i32::try_from(value).unwrap_or_default();
    CheckpointPositionInput {
        latitude_microdegrees: micro(dice.between(30_280_000, 30_340_000)),
        longitude_microdegrees: micro(dice.between(112_220_000, 112_300_000)),
    }
}
