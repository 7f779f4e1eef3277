//! One shift with everything that happens to it, tidy or not.

use std::sync::Arc;

use app::Viewer;
use domain::{
    AreaCode, ContractId, DutyKind, OrganisationId, Payer, PostId, ShiftId, TeamId, TradeId,
    shift::{
        AcceptTrade, AcknowledgeShift, AssignShift, CancelShift, CertifyShift, ClockIn, ClockOut, CloseShift,
        CorrectCertification, DeclineTrade, ProposeTrade, PublishShift, ScheduleShift, WithdrawAssignment,
        reason,
    },
};

use crate::{
    agenda::{Agenda, Step, when},
    dice::Dice,
    world::Member,
};

/// A shift to be planned.
pub(crate) struct Shift<'a> {
    pub area: AreaCode,
    pub organisation: OrganisationId,
    pub team: TeamId,
    pub contract: Option<(ContractId, PostId)>,
    pub duty: DutyKind,
    pub payer: Payer,
    /// Seconds since 1970.
    pub starts: i64,
    pub ends: i64,
    pub places: u16,
    /// Who is assigned, at most as many as there are places.
    pub people: Vec<Member>,
    /// Who may step in.
    pub spare: Option<Member>,
    pub planner: &'a Arc<Viewer>,
    pub certifier: &'a Arc<Viewer>,
    pub lane: u64,
    /// When the planning of it begins.
    pub planned: i64,
    pub habits: Habits,
}

/// How untidy it is, per mille.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habits {
    pub cancelled: u32,
    pub withdrawn: u32,
    pub traded: u32,
    pub no_show: u32,
    /// Arrives late.
    pub late: u32,
    /// The device was offline.
    pub offline: u32,
    pub leaves_early: u32,
    /// The certification is corrected.
    pub corrected: u32,
    /// A command that must be refused is tried.
    pub refused: u32,
    /// A command is sent twice.
    pub twice: u32,
}

/// Somebody who came.
#[derive(Clone, Debug)]
pub(crate) struct Presence {
    pub member: Member,
    pub from: i64,
    /// The end of the shift when no clock-out was recorded.
    pub to: i64,
}

/// What will become of the shift.
pub(crate) struct Worked {
    pub shift: ShiftId,
    pub cancelled: bool,
    pub came: Vec<Presence>,
    /// People who were assigned to the end and did not come, and places that stayed empty.
    pub missing: u16,
    /// When it is certified.
    pub certified: i64,
}

/// Plans all steps of a shift.
pub(crate) fn plan(shift: &Shift<'_>, agenda: &mut Agenda, dice: &mut Dice) -> Worked {
    let id = ShiftId(agenda.id());
    let mut worked =
        Worked { shift: id, cancelled: false, came: Vec::new(), missing: 0, certified: shift.ends };
    publish(shift, id, agenda, dice);
    let mut people = shift.people.clone();
    assign(shift, id, &people, agenda, dice);
    if dice.chance(shift.habits.cancelled) {
        let reason = dice.pick(["天气原因取消", "社区活动冲突", "线路施工"]).to_owned();
        let at = shift.starts - dice.between(45, 150) * 60;
        agenda.push(Step::new(at, shift.lane, shift.planner, CancelShift { shift: id, reason }));
        worked.cancelled = true;
        return worked;
    }
    if dice.chance(shift.habits.withdrawn) {
        withdraw(shift, id, &mut people, agenda, dice);
    } else if dice.chance(shift.habits.traded) {
        trade(shift, id, &mut people, agenda, dice);
    }
    worked.missing = shift.places;
    for member in people {
        if dice.chance(shift.habits.no_show) {
            continue;
        }
        worked.came.push(attend(shift, id, member, agenda, dice));
        worked.missing = worked.missing.saturating_sub(1);
    }
    worked.certified = settle(shift, id, &worked.came, agenda, dice);
    worked
}

fn publish(shift: &Shift<'_>, id: ShiftId, agenda: &mut Agenda, dice: &mut Dice) {
    let schedule = ScheduleShift {
        shift: Some(id),
        area: shift.area,
        organisation: shift.organisation,
        team: Some(shift.team),
        contract: shift.contract.map(|(contract, _)| contract),
        post: shift.contract.map(|(_, post)| post),
        duty: shift.duty,
        payer: shift.payer,
        starts_at: when(shift.starts),
        ends_at: when(shift.ends),
        places: shift.places,
    };
    let twice = dice.chance(shift.habits.twice);
    agenda.push(Step::new(shift.planned, shift.lane, shift.planner, schedule).twice(twice));
    let publish = PublishShift { shift: id };
    agenda.push(Step::new(shift.planned + 30, shift.lane, shift.planner, publish));
}

fn assign(shift: &Shift<'_>, id: ShiftId, people: &[Member], agenda: &mut Agenda, dice: &mut Dice) {
    let mut at = shift.planned + 60;
    for member in people {
        let assign = AssignShift { shift: id, person: member.id };
        let twice = dice.chance(shift.habits.twice);
        agenda.push(Step::new(at, shift.lane, shift.planner, assign).twice(twice));
        if dice.chance(880) {
            let seen = at + dice.between(5, 70) * 60;
            let acknowledge = AcknowledgeShift { shift: id, person: member.id };
            agenda.push(Step::new(seen, shift.lane, &member.viewer, acknowledge));
        }
        at += 10;
    }
    let full = people.len() >= usize::from(shift.places);
    if !dice.chance(shift.habits.refused) {
        return;
    }
    match (&shift.spare, people.first()) {
        // One more than there are places.
        (Some(spare), _) if full && dice.chance(500) => {
            let assign = AssignShift { shift: id, person: spare.id };
            let step = Step::new(at, shift.lane, shift.planner, assign);
            agenda.push(step.refused(&reason::NO_PLACE_LEFT));
        }
        (_, Some(member)) => overlap(shift, member, at, agenda),
        _ => {}
    }
}

/// A second shift at the same time, planned by mistake: the person can not be given a place in it, and it is called off.
fn overlap(shift: &Shift<'_>, member: &Member, at: i64, agenda: &mut Agenda) {
    let id = ShiftId(agenda.id());
    let schedule = ScheduleShift {
        shift: Some(id),
        area: shift.area,
        organisation: shift.organisation,
        team: Some(shift.team),
        contract: None,
        post: None,
        duty: shift.duty,
        payer: shift.payer,
        starts_at: when(shift.starts + 3_600),
        ends_at: when(shift.ends + 3_600),
        places: 1,
    };
    let mut push = |step: Step| agenda.push(step);
    let (lane, planner) = (shift.lane, shift.planner);
    push(Step::new(at, lane, planner, schedule));
    push(Step::new(at + 20, lane, planner, PublishShift { shift: id }));
    let assign = AssignShift { shift: id, person: member.id };
    push(Step::new(at + 40, lane, planner, assign).refused(&reason::OVERLAPPING_SHIFT));
    let cancel = CancelShift { shift: id, reason: "重复排班".into() };
    push(Step::new(at + 90, lane, planner, cancel));
}

/// A place is taken back; the spare person takes it, or it stays empty.
fn withdraw(shift: &Shift<'_>, id: ShiftId, people: &mut Vec<Member>, agenda: &mut Agenda, dice: &mut Dice) {
    if people.is_empty() {
        return;
    }
    let member = people.remove(dice.below(people.len()));
    let at = shift.starts - dice.between(60, 200) * 60;
    let reason = dice.pick(["请假", "临时调岗", "家中有事"]).to_owned();
    let withdraw = WithdrawAssignment { shift: id, person: member.id, reason };
    agenda.push(Step::new(at, shift.lane, shift.planner, withdraw));
    if let Some(spare) = &shift.spare {
        let assign = AssignShift { shift: id, person: spare.id };
        agenda.push(Step::new(at + 300, shift.lane, shift.planner, assign));
        people.push(spare.clone());
    }
}

fn trade(shift: &Shift<'_>, id: ShiftId, people: &mut [Member], agenda: &mut Agenda, dice: &mut Dice) {
    let Some(spare) = &shift.spare else { return };
    let Some(giver) = people.last_mut() else { return };
    let trade = TradeId(agenda.id());
    let at = shift.starts - dice.between(90, 200) * 60;
    let propose = ProposeTrade { shift: id, trade: Some(trade), from: giver.id, to: spare.id };
    agenda.push(Step::new(at, shift.lane, &giver.viewer, propose));
    let answered = at + dice.between(5, 40) * 60;
    if dice.chance(700) {
        let accept = AcceptTrade { shift: id, trade };
        agenda.push(Step::new(answered, shift.lane, &spare.viewer, accept));
        *giver = spare.clone();
    } else {
        let decline = DeclineTrade { shift: id, trade };
        agenda.push(Step::new(answered, shift.lane, &spare.viewer, decline));
    }
}

fn attend(shift: &Shift<'_>, id: ShiftId, member: Member, agenda: &mut Agenda, dice: &mut Dice) -> Presence {
    let habits = shift.habits;
    let late = if dice.chance(habits.late) { dice.between(6, 40) * 60 } else { dice.between(-9 * 60, 90) };
    let from = shift.starts + late;
    let arrives = if dice.chance(habits.offline) { from + dice.between(18, 70) * 60 } else { from };
    let clock_in = ClockIn { shift: id, person: member.id };
    if dice.chance(habits.refused) {
        // The device's clock is hours ahead.
        let early = Step::new(shift.starts - 9 * 600, shift.lane, &member.viewer, clock_in.clone());
        agenda.push(early.refused(&reason::TOO_EARLY));
    }
    let twice = dice.chance(habits.twice);
    let step = Step::new(from, shift.lane, &member.viewer, clock_in).sent(arrives + dice.between(1, 20));
    agenda.push(step.twice(twice));
    if dice.chance(20) {
        // Forgotten: the closing of the shift clocks out.
        return Presence { member, from, to: shift.ends };
    }
    let early = dice.chance(habits.leaves_early);
    let to = if early { shift.ends - dice.between(8, 35) * 60 } else { shift.ends + dice.between(0, 300) };
    let step = Step::new(to, shift.lane, &member.viewer, ClockOut { shift: id, person: member.id });
    agenda.push(step.sent(to + dice.between(1, 30)));
    Presence { member, from, to }
}

/// Closes and certifies; answers when it is certified.
fn settle(shift: &Shift<'_>, id: ShiftId, came: &[Presence], agenda: &mut Agenda, dice: &mut Dice) -> i64 {
    let closed = shift.ends + dice.between(8, 40) * 60;
    agenda.push(Step::new(closed, shift.lane, shift.planner, CloseShift { shift: id }));
    // Certified in the next morning; eight o'clock in Beijing is midnight in UTC.
    let morning = (closed.div_euclid(86_400) + 1) * 86_400;
    let certified = morning + dice.between(30, 180) * 60;
    let twice = dice.chance(shift.habits.twice);
    let certify = Step::new(certified, shift.lane, shift.certifier, CertifyShift { shift: id });
    agenda.push(certify.twice(twice));
    if let Some(presence) = came.first().filter(|_| dice.chance(shift.habits.corrected)) {
        let most = (shift.ends - shift.starts) / 60;
        let minutes = u32::try_from(most - dice.between(10, 45)).unwrap_or_default();
        let correct = CorrectCertification {
            shift: id,
            person: presence.member.id,
            minutes,
            reason: dice.pick(["核对监控后更正", "签到设备时间有误", "队长补充说明"]).to_owned(),
        };
        let at = certified + dice.between(2, 30) * 3_600;
        agenda.push(Step::new(at, shift.lane, shift.certifier, correct));
    }
    certified
}
