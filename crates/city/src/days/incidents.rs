//! How many incidents a day has, when and where, and whether somebody reports one twice.

use std::sync::Arc;

use domain::{
    IncidentId, Priority,
    incident::{IncidentChannel, IncidentKind, MergeIncident, UnmergeIncident},
};

use super::{
    Planner,
    incident::{Case, Spot},
};
use crate::{agenda::Step, names, world::lane_of};

/// Weight of each hour of the day: quiet before dawn, busy in the evening.
const HOURS: [u32; 24] =
    [14, 9, 6, 4, 3, 4, 8, 16, 26, 32, 34, 32, 26, 24, 27, 30, 34, 38, 44, 50, 52, 46, 36, 24];
/// Places from which reports come again and again.
const SPOTS: usize = 70;

/// Kinds with their weights and the weights of their priorities (emergency, urgent, routine, low).
const KINDS: [(IncidentKind, u32, [u32; 4]); 16] = [
    (IncidentKind::Dispute, 190, [2, 20, 60, 18]),
    (IncidentKind::Noise, 130, [0, 2, 40, 58]),
    (IncidentKind::Theft, 105, [1, 20, 65, 14]),
    (IncidentKind::HelpRequest, 120, [6, 30, 44, 20]),
    (IncidentKind::Traffic, 110, [5, 35, 50, 10]),
    (IncidentKind::Fraud, 70, [0, 25, 65, 10]),
    (IncidentKind::Suspicious, 60, [1, 24, 60, 15]),
    (IncidentKind::LostProperty, 55, [0, 2, 40, 58]),
    (IncidentKind::Disturbance, 50, [6, 40, 44, 10]),
    (IncidentKind::DomesticViolence, 28, [25, 55, 20, 0]),
    (IncidentKind::Assault, 22, [50, 42, 8, 0]),
    (IncidentKind::FireHazard, 26, [30, 40, 28, 2]),
    (IncidentKind::Burglary, 18, [15, 55, 30, 0]),
    (IncidentKind::Vandalism, 18, [0, 10, 60, 30]),
    (IncidentKind::MissingPerson, 12, [35, 55, 10, 0]),
    (IncidentKind::Gathering, 8, [20, 60, 20, 0]),
];

impl Planner {
    /// Plans the incidents of a day; answers their ids.
    pub(super) fn incidents_of(&mut self, day: i64) -> Vec<IncidentId> {
        let many = self.chance.between(self.plan.incidents.0, self.plan.incidents.1);
        let mut seconds: Vec<i64> = (0..many)
            .map(|_| {
                let hour = i64::try_from(self.chance.weighted(&HOURS)).unwrap_or_default();
                self.calendar.at(day, hour * 60) + self.chance.between(0, 3_599)
            })
            .collect();
        seconds.sort_unstable();
        let mut ids = Vec::new();
        for at in seconds {
            let case = self.case(at);
            ids.push(case.id);
            self.incident(&case);
            if self.chance.chance(30) && !case.drill {
                ids.push(self.duplicate(&case));
            }
        }
        self.incidents += u64::try_from(ids.len()).unwrap_or_default();
        ids
    }

    fn case(&mut self, at: i64) -> Case {
        let weights = KINDS.map(|(_, weight, _)| weight);
        let (kind, _, priorities) = KINDS[self.chance.weighted(&weights)];
        let channel = match self.chance.weighted(&[560, 150, 180, 30, 60, 20]) {
            0 => IncidentChannel::Phone,
            1 => IncidentChannel::Patrol,
            2 => IncidentChannel::ResidentApp,
            3 => IncidentChannel::Alarm,
            4 => IncidentChannel::WalkIn,
            _ => IncidentChannel::Sensor,
        };
        let id = IncidentId(self.agenda.id());
        Case {
            id,
            at,
            lane: lane_of(id.0),
            spot: self.spot(),
            kind,
            priority: Priority::ALL[self.chance.weighted(&priorities)],
            channel,
            drill: self.chance.chance(9),
            self_initiated: channel == IncidentChannel::Patrol && self.chance.chance(600),
        }
    }

    /// One report in four comes from a place that is known already.
    fn spot(&mut self) -> Spot {
        if self.places.len() >= SPOTS && self.chance.chance(270) {
            let at = self.chance.below(self.places.len());
            return self.places[at].clone();
        }
        let community = self.chance.below(self.city.communities.len());
        let place = self.city.communities[community].short_name().to_owned();
        let spot = Spot {
            community,
            key: self.agenda.id().simple().to_string(),
            address: names::address(&mut self.chance, &place),
        };
        if self.places.len() < SPOTS {
            self.places.push(spot.clone());
        }
        spot
    }

    /// Somebody else reports the same a few minutes later; the desk merges it into the earlier one.
    fn duplicate(&mut self, of: &Case) -> IncidentId {
        let id = IncidentId(self.agenda.id());
        let at = of.at + self.chance.between(60, 420);
        let case = Case { id, at, channel: IncidentChannel::Phone, self_initiated: false, ..of.clone() };
        self.report(&case);
        let desk = Arc::clone(self.city.police.desk(at));
        let merged = at + self.chance.between(60, 400);
        let merge = MergeIncident { incident: id, survivor: of.id };
        self.agenda.push(Step::new(merged, of.lane, &desk, merge));
        if self.chance.chance(40) {
            // Merged by mistake, and merged again when that was seen to be right.
            let unmerge = UnmergeIncident { incident: id, reason: "地点待核实".into() };
            self.agenda.push(Step::new(merged + 600, of.lane, &desk, unmerge));
            let merge = MergeIncident { incident: id, survivor: of.id };
            self.agenda.push(Step::new(merged + 1_500, of.lane, &desk, merge));
        }
        id
    }
}
