//! The police room 警务室 is staffed around the clock by one officer and two auxiliaries; what is missing shows as a gap.

use std::sync::Arc;

use domain::{DutyKind, Payer, PersonalText, shift::HandOver};

use super::{PROFESSIONALS, Planner};
use crate::{
    agenda::Step,
    shift::{self, Habits, Shift},
    world::lane,
};

const HOURS: i64 = 8;
const NOTES: [&str; 4] = [
    "北京路夜市人多，重点巡查扒窃。",
    "昨晚两起噪音投诉，今晚回访。",
    "便河路停车纠纷未了，注意升级。",
    "反诈宣传单已发完，需补领。",
];

impl Planner {
    pub(super) fn police_room(&mut self, day: i64, planned: i64) {
        for watch in 0..24 / HOURS {
            let starts = self.calendar.at(day, watch * HOURS * 60);
            self.room_watch(day, watch, starts, planned);
        }
    }

    fn room_watch(&mut self, day: i64, watch: i64, starts: i64, planned: i64) {
        let police = &self.city.police;
        let dice = &mut self.shifts;
        let turn = usize::try_from(day * 3 + watch).unwrap_or_default();
        let officer = &police.officers[turn % police.officers.len()];
        // Nobody stands in two watches of a day: they need not wait for each other.
        let own_lane = lane(police.room).wrapping_add(u64::try_from(watch).unwrap_or_default());
        let helpers = police.auxiliaries.len();
        let mut people = vec![
            officer.clone(),
            police.auxiliaries[turn * 2 % helpers].clone(),
            police.auxiliaries[(turn * 2 + 1) % helpers].clone(),
        ];
        if dice.chance(30) {
            // A gap: nobody could be found.
            people.clear();
        } else if dice.chance(60) {
            people.pop();
        }
        let room = Shift {
            area: self.city.district,
            organisation: police.station,
            team: police.room,
            contract: None,
            duty: DutyKind::PoliceRoom,
            payer: Payer::State,
            starts,
            ends: starts + HOURS * 3_600,
            places: 3,
            people,
            spare: None,
            planner: &police.chief,
            certifier: &police.chief,
            lane: own_lane,
            planned: planned + dice.between(0, 45) * 60,
            habits: Habits { withdrawn: 10, traded: 0, refused: 0, ..PROFESSIONALS },
        };
        let worked = shift::plan(&room, &mut self.agenda, dice);
        let next = &police.officers[(turn + 1) % police.officers.len()];
        if let Some(first) = worked.came.first().filter(|first| first.member.id != next.id) {
            let note = dice.chance(300).then(|| PersonalText::new(dice.pick(NOTES)));
            let over = HandOver { shift: worked.shift, from: first.member.id, to: next.id, note };
            let at = starts + HOURS * 3_600 - dice.between(36, 60) * 60;
            let officer = Arc::clone(&first.member.viewer);
            self.agenda.push(Step::new(at, own_lane, &officer, over));
        }
    }
}
