//! One incident from its report to its end.

use std::sync::Arc;

use app::Viewer;
use domain::{
    IncidentId, PersonalText, Priority, TeamId,
    incident::{
        AcceptDispatch, ClearUnit, CloseIncident, CorrectIncident, DispatchUnit, DispositionCode,
        EscalateIncident, EscalationCause, IncidentChannel, IncidentKind, IncidentTransferTarget,
        MarkUnitArrived, MarkUnitEnRoute, PrioritiseIncident, RecordDisposition, RecordFeedback,
        ReopenIncident, ReportIncident, TransferIncident, TriageIncident, reason,
    },
};

use super::{DAY, Planner};
use crate::{
    agenda::{Step, when},
    names,
};

/// A place from which something is reported.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub community: usize,
    /// Opaque key, equal for equal places.
    pub key: String,
    pub address: PersonalText,
}

/// An incident that is being planned.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub id: IncidentId,
    pub at: i64,
    pub lane: u64,
    pub spot: Spot,
    pub kind: IncidentKind,
    pub priority: Priority,
    pub channel: IncidentChannel,
    pub drill: bool,
    pub self_initiated: bool,
}

impl Planner {
    pub(super) fn incident(&mut self, case: &Case) {
        self.report(case);
        let mut at = case.at;
        if case.self_initiated {
            at = self.attended_by_finder(case);
        } else {
            if self.chance.chance(15) {
                // Overlooked: waits until somebody sees it in the queue.
                at += self.chance.between(2, 9) * 3_600;
            }
            let urgent = matches!(case.priority, Priority::Emergency | Priority::Urgent);
            at += self.chance.between(40, if urgent { 90 } else { 220 });
            self.triage(case, at);
            let Some(attended) = self.attend(case, at) else { return };
            at = attended;
        }
        self.aside(case, at);
        self.settle(case, at);
    }

    pub(super) fn report(&mut self, case: &Case) {
        let chance = &mut self.chance;
        let named = match case.channel {
            IncidentChannel::Phone | IncidentChannel::WalkIn => chance.chance(900),
            IncidentChannel::ResidentApp => chance.chance(600),
            IncidentChannel::Patrol | IncidentChannel::Alarm | IncidentChannel::Sensor => false,
        };
        let community = &self.city.communities[case.spot.community];
        let grid = if chance.chance(500) { 1 } else { 2 };
        let report = ReportIncident {
            incident: Some(case.id),
            area: crate::setup::grid_code(community.code, grid).unwrap_or(community.code),
            kind: case.kind,
            channel: case.channel,
            priority: case.priority,
            self_initiated: case.self_initiated,
            drill: case.drill,
            reporter_name: named.then(|| names::name(chance)),
            reporter_phone: named.then(|| names::phone(chance)),
            address: chance.chance(800).then(|| case.spot.address.clone()),
            narrative: chance.chance(850).then(|| PersonalText::new(narrative(case.kind))),
            place_key: Some(case.spot.key.clone()),
            shift: None,
            run: None,
            company: None,
            contract: None,
            due_at: chance.chance(400).then(|| when(case.at + 3 * DAY)),
        };
        let by = if case.channel == IncidentChannel::Patrol {
            &community.clerk
        } else {
            self.city.police.desk(case.at)
        };
        let (by, twice) = (Arc::clone(by), chance.chance(10));
        let arrives = if case.channel == IncidentChannel::Patrol { 30 } else { 6 };
        let sent = case.at + chance.between(2, arrives);
        self.agenda.push(Step::new(case.at, case.lane, &by, report).sent(sent).twice(twice));
    }

    fn triage(&mut self, case: &Case, at: i64) {
        let desk = self.desk(at);
        if self.chance.chance(10) {
            // The desk wants it off the queue: not without a disposition.
            let close = Step::new(at - 5, case.lane, &desk, CloseIncident { incident: case.id });
            self.agenda.push(close.refused(&reason::CLOSING_WITHOUT_DISPOSITION));
        }
        let kind = if self.chance.chance(60) { IncidentKind::Other } else { case.kind };
        let triage = TriageIncident { incident: case.id, kind, priority: None };
        self.agenda.push(Step::new(at, case.lane, &desk, triage));
        if self.chance.chance(40) {
            let priority = self.chance.pick([Priority::Urgent, Priority::Routine]);
            let prioritise = PrioritiseIncident { incident: case.id, priority };
            self.agenda.push(Step::new(at + 25, case.lane, &desk, prioritise));
        }
    }

    /// Answers when the last unit is free; `None` when it is never attended and stays in the queue.
    fn attend(&mut self, case: &Case, at: i64) -> Option<i64> {
        let near_end = at > self.calendar.at(self.plan.days - 12, 0);
        if self.chance.chance(if near_end { 18 } else { 1 }) {
            return None;
        }
        let unit = self.unit(case);
        let desk = self.desk(at);
        let incident = case.id;
        let wait = match case.priority {
            Priority::Emergency => (15, 70),
            Priority::Urgent => (20, 200),
            Priority::Routine => (40, 700),
            Priority::Low => (120, 3_600),
        };
        let dispatched = at + 30 + self.chance.between(wait.0, wait.1);
        self.agenda.push(Step::new(dispatched, case.lane, &desk, DispatchUnit { incident, unit }));
        let accepted = dispatched + self.chance.between(10, 80);
        self.agenda.push(Step::new(accepted, case.lane, &desk, AcceptDispatch { incident, unit }));
        let left = accepted + self.chance.between(5, 120);
        if self.chance.chance(900) {
            self.agenda.push(Step::new(left, case.lane, &desk, MarkUnitEnRoute { incident, unit }));
        }
        let way = match case.priority {
            Priority::Emergency => (100, 330),
            Priority::Urgent => (150, 700),
            Priority::Routine => (240, 1_500),
            Priority::Low => (300, 3_000),
        };
        let arrived = left + self.chance.between(way.0, way.1);
        let twice = self.chance.chance(8);
        // The unit's device reports a few of the arrivals only when it has a connection again.
        let sent = arrived + if self.chance.chance(30) { self.chance.between(300, 900) } else { 3 };
        let arrive = Step::new(arrived, case.lane, &desk, MarkUnitArrived { incident, unit });
        self.agenda.push(arrive.sent(sent).twice(twice));
        let mut cleared = sent + self.chance.between(8 * 60, 65 * 60);
        if case.priority == Priority::Emergency || self.chance.chance(60) {
            cleared = cleared.max(self.support(case, arrived, cleared));
        }
        self.agenda.push(Step::new(cleared, case.lane, &desk, ClearUnit { incident, unit }));
        Some(cleared)
    }

    /// A second unit comes by itself; it was never dispatched, and no dispatch is made up.
    fn support(&mut self, case: &Case, arrived: i64, cleared: i64) -> i64 {
        let incident = case.id;
        let team = self.chance.below(self.city.paid.len());
        let unit = self.city.paid[team].id;
        let desk = self.desk(arrived);
        let at = arrived + self.chance.between(60, 400);
        self.agenda.push(Step::new(at, case.lane, &desk, MarkUnitArrived { incident, unit }));
        let free = cleared.max(at + 300);
        self.agenda.push(Step::new(free, case.lane, &desk, ClearUnit { incident, unit }));
        free
    }

    /// A patrol that found it deals with it.
    fn attended_by_finder(&mut self, case: &Case) -> i64 {
        let incident = case.id;
        let unit = self.unit(case);
        let clerk = Arc::clone(&self.city.communities[case.spot.community].clerk);
        let arrived = case.at + 95;
        self.agenda.push(Step::new(arrived, case.lane, &clerk, MarkUnitArrived { incident, unit }));
        let cleared = arrived + self.chance.between(5 * 60, 40 * 60);
        self.agenda.push(Step::new(cleared, case.lane, &clerk, ClearUnit { incident, unit }));
        cleared
    }

    /// What some incidents need beside: a correction, another body, the level above.
    fn aside(&mut self, case: &Case, at: i64) {
        let (incident, desk) = (case.id, self.desk(at));
        if self.chance.chance(20) {
            let correct = CorrectIncident {
                incident,
                reason: "回访核实".into(),
                area: None,
                kind: Some(IncidentKind::Other),
                channel: None,
                self_initiated: None,
                drill: None,
                reported_at: None,
                reporter_name: None,
                reporter_phone: self.chance.chance(500).then(|| names::phone(&mut self.chance)),
                address: None,
                narrative: None,
                place_key: None,
                due_at: None,
            };
            self.agenda.push(Step::new(at + 60, case.lane, &desk, correct));
        }
        if case.kind == IncidentKind::Dispute && self.chance.chance(160) {
            let reference = Some(format!("调字{:05}", self.chance.between(1, 99_999)));
            let to = IncidentTransferTarget::Mediation;
            let transfer = TransferIncident { incident, to, organisation: None, reference };
            self.agenda.push(Step::new(at + 120, case.lane, &desk, transfer));
        } else if case.kind == IncidentKind::Noise && self.chance.chance(120) {
            let organisation = Some(self.city.police.agency);
            let to = IncidentTransferTarget::Agency;
            let transfer = TransferIncident { incident, to, organisation, reference: None };
            self.agenda.push(Step::new(at + 120, case.lane, &desk, transfer));
        }
        let cause = match case.kind {
            IncidentKind::Gathering => Some(EscalationCause::MassIncidentSign),
            IncidentKind::Dispute if self.chance.chance(25) => Some(EscalationCause::Risk),
            _ => None,
        };
        if let Some(cause) = cause {
            let escalate = EscalateIncident { incident, cause };
            self.agenda.push(Step::new(at + 150, case.lane, &desk, escalate));
        }
    }

    /// Disposition, closing, and what may follow.
    fn settle(&mut self, case: &Case, at: i64) {
        let incident = case.id;
        let near_end = at > self.calendar.at(self.plan.days - 12, 0);
        if self.chance.chance(if near_end { 40 } else { 2 }) {
            return;
        }
        let disposed = at + self.chance.between(5 * 60, 50 * 60);
        let code = disposition(case.kind, self.chance.below(10));
        let note = self.chance.chance(250).then(|| PersonalText::new("双方到场，已登记，后续由社区回访。"));
        let desk = self.desk(disposed);
        let dispose = RecordDisposition { incident, code, note };
        self.agenda.push(Step::new(disposed, case.lane, &desk, dispose));
        let closed = disposed
            + if self.chance.chance(700) {
                self.chance.between(4 * 60, 90 * 60)
            } else {
                self.chance.between(2 * 3_600, 30 * 3_600)
            };
        let desk = self.desk(closed);
        let twice = self.chance.chance(10);
        self.agenda.push(Step::new(closed, case.lane, &desk, CloseIncident { incident }).twice(twice));
        if self.chance.chance(300) {
            let comment = self.chance.chance(200).then(|| PersonalText::new("处理及时，态度好。"));
            let score = [5, 5, 5, 4, 4, 3, 2, 1][self.chance.weighted(&[30, 20, 14, 14, 10, 7, 3, 2])];
            let feedback = RecordFeedback { incident, score, comment };
            let asked = closed + self.chance.between(600, 7_200);
            self.agenda.push(Step::new(asked, case.lane, &desk, feedback));
            if self.sample_incident.is_none() && case.priority == Priority::Urgent {
                self.sample_incident = Some(incident);
            }
        }
        if self.chance.chance(13) {
            let at = closed + self.chance.between(3, 60) * 3_600;
            self.reopen(case, at, code);
        }
    }

    fn reopen(&mut self, case: &Case, at: i64, code: DispositionCode) {
        let (incident, desk) = (case.id, self.desk(at));
        let reopen = ReopenIncident { incident, reason: "报警人反映问题未解决".into() };
        self.agenda.push(Step::new(at, case.lane, &desk, reopen));
        let unit = self.unit(case);
        let arrived = at + self.chance.between(600, 2_400);
        self.agenda.push(Step::new(at + 300, case.lane, &desk, DispatchUnit { incident, unit }));
        self.agenda.push(Step::new(arrived, case.lane, &desk, MarkUnitArrived { incident, unit }));
        self.agenda.push(Step::new(arrived + 1_500, case.lane, &desk, ClearUnit { incident, unit }));
        let dispose = RecordDisposition { incident, code, note: None };
        self.agenda.push(Step::new(arrived + 2_100, case.lane, &desk, dispose));
        self.agenda.push(Step::new(arrived + 3_000, case.lane, &desk, CloseIncident { incident }));
    }

    fn desk(&self, at: i64) -> Arc<Viewer> {
        Arc::clone(self.city.police.desk(at))
    }

    /// A police unit; for what is not urgent often a paid team of the community.
    fn unit(&mut self, case: &Case) -> TeamId {
        let calm = matches!(case.priority, Priority::Routine | Priority::Low);
        let teams = self.city.paid.iter().filter(|team| team.community == case.spot.community);
        let near: Vec<TeamId> = teams.map(|team| team.id).collect();
        if calm && !near.is_empty() && self.chance.chance(450) {
            return near[self.chance.below(near.len())];
        }
        let units = &self.city.police.units;
        units[self.chance.below(units.len())]
    }
}

const fn disposition(kind: IncidentKind, throw: usize) -> DispositionCode {
    match (kind, throw) {
        (_, 0) => DispositionCode::Unfounded,
        (IncidentKind::Dispute | IncidentKind::Noise, 1..=5) => DispositionCode::Mediated,
        (
            IncidentKind::Theft | IncidentKind::Fraud | IncidentKind::Burglary | IncidentKind::Assault,
            1..=6,
        ) => DispositionCode::CaseFiled,
        (IncidentKind::HelpRequest | IncidentKind::MissingPerson | IncidentKind::LostProperty, 1..=7) => {
            DispositionCode::Assisted
        }
        (IncidentKind::Noise | IncidentKind::Disturbance | IncidentKind::Vandalism, 6..=7) => {
            DispositionCode::Warned
        }
        (IncidentKind::Theft | IncidentKind::Suspicious, 8) => DispositionCode::UnableToLocate,
        _ => DispositionCode::ResolvedOnSpot,
    }
}

const fn narrative(kind: IncidentKind) -> &'static str {
    match kind {
        IncidentKind::Theft => "报警人称电动车停在楼下被盗。",
        IncidentKind::Burglary => "住户回家发现门锁被撬，室内被翻动。",
        IncidentKind::Robbery => "报警人称被人抢走手机。",
        IncidentKind::Fraud => "报警人称接到冒充客服电话，转账后发现被骗。",
        IncidentKind::Assault => "两人发生推搡，一人面部受伤。",
        IncidentKind::Dispute => "邻里因停车位发生争执，情绪激动。",
        IncidentKind::DomesticViolence => "邻居听到隔壁夫妻吵打、有孩子哭。",
        IncidentKind::Disturbance => "夜市摊位前有人醉酒闹事。",
        IncidentKind::Noise => "楼下商铺深夜施工，噪音扰民。",
        IncidentKind::Gathering => "小区门口聚集二十余人，反映物业费问题。",
        IncidentKind::Traffic => "两车剐蹭，占道未挪车。",
        IncidentKind::FireHazard => "楼道堆放纸箱，有烟味。",
        IncidentKind::MissingPerson => "老人下午外出未归，有轻度失智。",
        IncidentKind::Suspicious => "有陌生人逐户敲门，自称检修燃气。",
        IncidentKind::Vandalism => "单元门禁被人砸坏。",
        IncidentKind::Gambling => "出租屋内有人聚众打牌赌博。",
        IncidentKind::LostProperty => "在公交站捡到钱包一个。",
        IncidentKind::HelpRequest => "独居老人摔倒，需要协助送医。",
        IncidentKind::Other => "情况待核实。",
    }
}
