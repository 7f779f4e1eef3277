//! Guards on the posts of the contracts, and the attendance that may be billed.

use std::sync::Arc;

use domain::{
    DutyKind,
    contract::{CertifyAttendance, CorrectAttendance},
    shift::{AssignShift, reason},
};

use super::{PROFESSIONALS, Planner};
use crate::{
    agenda::{Step, when},
    shift::{self, Habits, Shift, Worked},
    world::{Deal, Guard, Post, lane_of},
};

impl Planner {
    pub(super) fn post_shifts(&mut self, day: i64, planned: i64) {
        // Taken out for the time of the planning: the rest of the district is needed mutably.
        let deals = std::mem::take(&mut self.city.deals);
        for deal in &deals {
            for post in &deal.posts {
                self.post_shift(deal, post, day, planned);
            }
        }
        self.city.deals = deals;
    }

    fn post_shift(&mut self, deal: &Deal, post: &Post, day: i64, planned: i64) {
        let today = (planned - self.calendar.at(0, 0)).div_euclid(86_400);
        let starts = self.calendar.at(day, i64::from(post.from_minute));
        let length = (i64::from(post.to_minute) - i64::from(post.from_minute)).rem_euclid(1_440);
        let many = post.guards.len();
        let turn = usize::try_from(day).unwrap_or_default() * usize::from(post.heads);
        let in_turn: Vec<&Guard> = (0..many).map(|at| &post.guards[(turn + at) % many]).collect();
        let fit: Vec<&Guard> = in_turn.iter().copied().filter(|guard| guard.fit_on(day, today)).collect();
        let heads = usize::from(post.heads);
        // A neglected contract: nobody is sent every eleventh day.
        let nobody = deal.neglected && day % 11 == 4;
        let people = if nobody { 0 } else { heads };
        let planner = Arc::clone(&self.city.companies[deal.company].manager);
        let certifier = Arc::clone(self.city.police.desk(starts));
        let planned = planned + self.market.between(0, 45) * 60;
        let guarded = Shift {
            area: deal.area,
            organisation: self.city.companies[deal.company].id,
            team: deal.team,
            contract: Some((deal.contract, post.id)),
            duty: DutyKind::Post,
            payer: deal.payer,
            starts,
            ends: starts + length * 60,
            places: post.heads,
            people: fit.iter().take(people).map(|guard| guard.member.clone()).collect(),
            spare: fit.get(heads).map(|guard| guard.member.clone()),
            planner: &planner,
            certifier: &certifier,
            lane: lane_of(post.id.0),
            planned,
            // The spare guard may be tired of the night before: places are not traded here.
            habits: Habits { traded: 15, refused: 0, ..PROFESSIONALS },
        };
        let worked = shift::plan(&guarded, &mut self.agenda, &mut self.market);
        let unfit = |guard: &&&Guard| !guard.fit_on(day, today) && guard.renewed_on != Some(today);
        if let Some(expired) = in_turn.iter().take(heads).find(unfit) {
            let assign = AssignShift { shift: worked.shift, person: expired.member.id };
            let step = Step::new(planned + 45, lane_of(post.id.0), &planner, assign);
            // Full or not, a guard without a valid certificate is not accepted.
            self.agenda.push(step.refused(&reason::GUARD_CERTIFICATE));
        }
        self.attendance(deal, post, &worked, starts, starts + length * 60);
        self.breach(deal, post, &worked, day, length);
    }

    /// The police certify who stood on the post, once the shift is certified.
    fn attendance(&mut self, deal: &Deal, post: &Post, worked: &Worked, starts: i64, ends: i64) {
        let officer = Arc::clone(self.city.police.desk(worked.certified));
        let mut at = worked.certified + 2 * 3_600 + self.market.between(0, 60) * 60;
        for presence in &worked.came {
            let (from, to) = (presence.from.max(starts), presence.to.min(ends));
            let certify = CertifyAttendance {
                contract: deal.contract,
                post: post.id,
                shift: worked.shift,
                person: presence.member.id,
                from: when(from),
                to: when(to),
            };
            let lane = lane_of(deal.contract.0);
            let twice = self.market.chance(10);
            self.agenda.push(Step::new(at, lane, &officer, certify).twice(twice));
            if self.market.chance(15) {
                let correct = CorrectAttendance {
                    contract: deal.contract,
                    shift: worked.shift,
                    person: presence.member.id,
                    from: when(from),
                    to: when(to - self.market.between(15, 60) * 60),
                    reason: "监控显示提前离岗".into(),
                };
                self.agenda.push(Step::new(at + 3_600, lane, &officer, correct));
            }
            at += 15;
        }
    }
}
