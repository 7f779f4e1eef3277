//! Volunteers stand watch by day; paid teams patrol in the evening.

use domain::{DutyKind, Payer};

use super::{Planner, TEAMS};
use crate::{
    dice::Dice,
    shift::{self, Shift},
    world::{Member, lane},
};

impl Planner {
    pub(super) fn team_shifts(&mut self, day: i64, planned: i64) {
        self.watches(day, planned);
        self.evening_patrols(day, planned);
    }

    /// Door and shop watch (看楼护院, 守楼护店) in the morning or in the afternoon, by two of the team.
    fn watches(&mut self, day: i64, planned: i64) {
        let turn = usize::try_from(day).unwrap_or_default();
        for (index, team) in self.city.volunteers.iter().enumerate() {
            if !(index + turn).is_multiple_of(self.plan.volunteer_every) {
                continue;
            }
            let community = &self.city.communities[team.community];
            let dice = &mut self.shifts;
            let round = turn / self.plan.volunteer_every;
            let members: Vec<Member> =
                (0..3).map(|at| team.members[(round * 2 + at) % team.members.len()].clone()).collect();
            let (people, spare) = crew(&members, dice);
            let hour = if (index + round).is_multiple_of(2) { 8 } else { 14 };
            let starts = self.calendar.at(day, hour * 60 + dice.pick([0, 0, 0, 30]));
            let watch = Shift {
                area: community.code,
                organisation: community.committee,
                team: team.id,
                contract: None,
                duty: DutyKind::Watch,
                payer: Payer::Community,
                starts,
                ends: starts + 3 * 3_600,
                places: 2,
                people,
                spare,
                planner: &community.clerk,
                certifier: &community.clerk,
                lane: lane(team.id),
                planned: planned + dice.between(0, 45) * 60,
                habits: TEAMS,
            };
            let worked = shift::plan(&watch, &mut self.agenda, dice);
            if self.sample_shift.is_none() && worked.came.len() == 2 {
                self.sample_shift = Some(worked.shift);
            }
        }
    }

    /// Patrols from seven to eleven in the evening; about half of them walk the community's route.
    fn evening_patrols(&mut self, day: i64, planned: i64) {
        let turn = usize::try_from(day).unwrap_or_default();
        let mut walks = Vec::new();
        for (index, team) in self.city.paid.iter().enumerate() {
            // Twice in the given number of days.
            if !matches!((index + turn) % self.plan.paid_every, 0 | 2) {
                continue;
            }
            let community = &self.city.communities[team.community];
            let dice = &mut self.shifts;
            let mut people = team.members.clone();
            if dice.chance(25) {
                people.pop();
            }
            let starts = self.calendar.at(day, 19 * 60 + dice.pick([0, 0, 30]));
            let patrol = Shift {
                area: community.code,
                organisation: community.committee,
                team: team.id,
                contract: None,
                duty: DutyKind::Patrol,
                payer: Payer::Community,
                starts,
                ends: starts + 4 * 3_600,
                places: 2,
                people,
                spare: None,
                planner: &community.clerk,
                certifier: &community.clerk,
                lane: lane(team.id),
                planned: planned + dice.between(0, 45) * 60,
                habits: TEAMS,
            };
            let worked = shift::plan(&patrol, &mut self.agenda, dice);
            let ready = worked.came.iter().all(|presence| presence.from < starts + 12 * 60);
            if !worked.cancelled && !worked.came.is_empty() && ready && dice.chance(560) {
                let members = worked.came.into_iter().map(|presence| presence.member).collect();
                walks.push((index, worked.shift, starts + 15 * 60, members));
            }
        }
        for (team, shift, starts, members) in walks {
            self.patrol_run(day, team, shift, starts, members);
        }
    }
}

/// Two on duty (now and then only one), and one who may step in.
fn crew(members: &[Member], dice: &mut Dice) -> (Vec<Member>, Option<Member>) {
    let many = if dice.chance(30) { 1 } else { 2 };
    (members.iter().take(many).cloned().collect(), members.get(2).cloned())
}
