//! The rules of a shift.

use super::{
    AcceptTrade, AssignShift, CertifiedMinutes, CorrectCertification, DeclineTrade, HandOver, Phase,
    ProposeTrade, ScheduleShift, Shift, ShiftCommand, ShiftEvent, WithdrawAssignment, reason, state::Plan,
};
use crate::{
    Aggregate, AreaCode, CertificateStanding, CommandId, Context, DutyKind, PersonId, Rejection, ShiftId,
    Standing, TradeId, When, aggregate::rule, rejection::common, word::Named as _,
};

/// A device's report that arrives later than this after its own time is marked late, in seconds.
const LATE_AFTER_SECONDS: i64 = 15 * 60;
/// Nobody clocks in earlier than this before the begin, in minutes.
const EARLIEST_MINUTES: i64 = 60;

/// What a shift must know of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether the area of the plan is registered.
    pub area_known: bool,
    /// Whether the organisation of the plan is registered.
    pub organisation_known: bool,
    /// Whether the team of the plan is formed and belongs to the organisation. True when none is named.
    pub team_known: bool,
    /// Whether the contract is the organisation's own and the post one of its posts. True when none is named.
    pub contract_known: bool,
    /// Who would take a place: of an assignment or of a trade.
    pub assignee: Option<Standing>,
}

impl Aggregate for Shift {
    const CATEGORY: &'static str = ShiftId::CATEGORY;
    type Id = ShiftId;
    type Event = ShiftEvent;
    type Command = ShiftCommand;
    type Facts = Facts;

    fn target(command: &ShiftCommand, id: CommandId) -> ShiftId {
        command.target(id)
    }

    fn stream_id(id: ShiftId) -> String {
        id.0.to_string()
    }

    fn evolve(&mut self, event: &ShiftEvent) {
        self.apply(event);
    }

    fn area(&self) -> Option<AreaCode> {
        self.plan.as_ref().map(|plan| plan.area)
    }

    fn exists(&self) -> bool {
        self.phase != Phase::Absent
    }

    fn decide(
        &self,
        command: &ShiftCommand,
        facts: &Facts,
        context: &Context,
    ) -> Result<Vec<ShiftEvent>, Rejection> {
        if let ShiftCommand::Schedule(body) = command {
            return self.schedule(body, facts);
        }
        let Some(plan) = &self.plan else {
            return Err(Rejection::new(&common::NOT_FOUND).field("shift").about("shift"));
        };
        match command {
            ShiftCommand::Schedule(_) => Ok(vec![]),
            ShiftCommand::Publish(_) => self.publish(),
            ShiftCommand::Assign(body) => self.assign(plan, body, facts),
            ShiftCommand::Withdraw(body) => self.withdraw(body),
            ShiftCommand::Acknowledge(body) => self.acknowledge(body.person),
            ShiftCommand::ProposeTrade(body) => self.propose_trade(body, context),
            ShiftCommand::AcceptTrade(body) => self.accept_trade(plan, body, facts),
            ShiftCommand::DeclineTrade(body) => self.decline_trade(body),
            ShiftCommand::ClockIn(body) => self.clock_in(plan, body.person, context),
            ShiftCommand::ClockOut(body) => self.clock_out(body.person, context),
            ShiftCommand::HandOver(body) => self.hand_over(body, context),
            ShiftCommand::MarkUncovered(_) => self.mark_uncovered(plan, context),
            ShiftCommand::Close(_) => self.close(plan, context),
            ShiftCommand::Certify(_) => self.certify(),
            ShiftCommand::CorrectCertification(body) => self.correct(plan, body),
            ShiftCommand::Cancel(body) => self.cancel(&body.reason),
        }
    }
}

impl Shift {
    fn schedule(&self, body: &ScheduleShift, facts: &Facts) -> Result<Vec<ShiftEvent>, Rejection> {
        if self.exists() {
            return Err(Rejection::new(&common::ALREADY_EXISTS).field("shift").about("shift"));
        }
        rule(facts.area_known, || {
            Rejection::new(&common::UNKNOWN_AREA).field("area").with("code", body.area)
        })?;
        rule(facts.organisation_known, || {
            Rejection::new(&common::UNKNOWN_ORGANISATION).field("organisation")
        })?;
        rule(facts.team_known, || Rejection::new(&common::UNKNOWN_TEAM).field("team"))?;
        rule(body.post.is_none() || body.contract.is_some(), || {
            Rejection::new(&reason::POST_WITHOUT_CONTRACT).field("contract")
        })?;
        rule(facts.contract_known, || Rejection::new(&reason::CONTRACT_OF_ANOTHER).field("contract"))?;
        rule(body.ends_at.at > body.starts_at.at, || backwards("endsAt", body.ends_at, body.starts_at))?;
        rule(body.starts_at.minutes_until(&body.ends_at) <= 24 * 60, || {
            Rejection::new(&reason::SHIFT_TOO_LONG).field("endsAt")
        })?;
        rule((1..=50).contains(&body.places), || {
            Rejection::new(&common::OUT_OF_RANGE).field("places").with("least", 1).with("most", 50)
        })?;
        Ok(vec![ShiftEvent::ShiftScheduled {
            area: body.area,
            organisation: body.organisation,
            team: body.team,
            contract: body.contract,
            post: body.post,
            duty: body.duty,
            payer: body.payer,
            starts_at: body.starts_at,
            ends_at: body.ends_at,
            places: body.places,
        }])
    }

    fn publish(&self) -> Result<Vec<ShiftEvent>, Rejection> {
        match self.phase {
            Phase::Scheduled => Ok(vec![ShiftEvent::ShiftPublished {}]),
            Phase::Published | Phase::Assigned | Phase::OnDuty => Ok(vec![]),
            Phase::Absent | Phase::Closed | Phase::Certified | Phase::Cancelled => Err(self.wrong_phase()),
        }
    }

    fn assign(&self, plan: &Plan, body: &AssignShift, facts: &Facts) -> Result<Vec<ShiftEvent>, Rejection> {
        match self.phase {
            Phase::Published | Phase::Assigned | Phase::OnDuty => {}
            Phase::Absent | Phase::Scheduled | Phase::Closed | Phase::Certified | Phase::Cancelled => {
                return Err(self.wrong_phase());
            }
        }
        if self.places.contains_key(&body.person) {
            return Ok(vec![]);
        }
        rule(self.places.len() < usize::from(plan.places), || {
            Rejection::new(&reason::NO_PLACE_LEFT).field("shift").with("places", plan.places)
        })?;
        fit_for_duty(plan, facts, "person")?;
        Ok(vec![ShiftEvent::ShiftAssigned { person: body.person }])
    }

    fn withdraw(&self, body: &WithdrawAssignment) -> Result<Vec<ShiftEvent>, Rejection> {
        let Some(place) = self.places.get(&body.person) else { return Ok(vec![]) };
        rule(place.clocked_in.is_none(), || Rejection::new(&reason::ALREADY_ON_DUTY).field("person"))?;
        let reason = crate::aggregate::text("reason", &body.reason, 500)?;
        Ok(vec![ShiftEvent::AssignmentWithdrawn { person: body.person, reason }])
    }

    fn acknowledge(&self, person: PersonId) -> Result<Vec<ShiftEvent>, Rejection> {
        if self.place_of(person, "person")?.acknowledged {
            return Ok(vec![]);
        }
        Ok(vec![ShiftEvent::ShiftAcknowledged { person }])
    }

    fn propose_trade(&self, body: &ProposeTrade, context: &Context) -> Result<Vec<ShiftEvent>, Rejection> {
        let trade = body.trade.unwrap_or_else(|| TradeId::derived(context.command));
        if self.trades.contains_key(&trade) {
            return Ok(vec![]);
        }
        let place = self.place_of(body.from, "from")?;
        rule(place.clocked_in.is_none(), || Rejection::new(&reason::ALREADY_ON_DUTY).field("from"))?;
        rule(!self.places.contains_key(&body.to), || Rejection::new(&common::NOT_SELF).field("to"))?;
        Ok(vec![ShiftEvent::TradeProposed { trade, from: body.from, to: body.to }])
    }

    fn accept_trade(
        &self,
        plan: &Plan,
        body: &AcceptTrade,
        facts: &Facts,
    ) -> Result<Vec<ShiftEvent>, Rejection> {
        let trade = self.open_trade(body.trade)?;
        let place = self.place_of(trade.from, "trade")?;
        rule(place.clocked_in.is_none(), || Rejection::new(&reason::ALREADY_ON_DUTY).field("trade"))?;
        fit_for_duty(plan, facts, "trade")?;
        Ok(vec![ShiftEvent::TradeAccepted { trade: body.trade, from: trade.from, to: trade.to }])
    }

    fn decline_trade(&self, body: &DeclineTrade) -> Result<Vec<ShiftEvent>, Rejection> {
        self.open_trade(body.trade)?;
        Ok(vec![ShiftEvent::TradeDeclined { trade: body.trade }])
    }

    fn clock_in(
        &self,
        plan: &Plan,
        person: PersonId,
        context: &Context,
    ) -> Result<Vec<ShiftEvent>, Rejection> {
        match self.phase {
            Phase::Published | Phase::Assigned | Phase::OnDuty => {}
            Phase::Absent | Phase::Scheduled | Phase::Closed | Phase::Certified | Phase::Cancelled => {
                return Err(self.wrong_phase());
            }
        }
        if self.place_of(person, "person")?.clocked_in.is_some() {
            return Ok(vec![]);
        }
        let at = context.occurred_at;
        crate::aggregate::not_in_the_future(context)?;
        let earliest = plan.starts_at.plus_minutes(-EARLIEST_MINUTES);
        rule(at.at >= earliest.at, || {
            Rejection::new(&reason::TOO_EARLY).field("occurredAt").with("earliest", earliest)
        })?;
        rule(at.at < plan.ends_at.at, || backwards("occurredAt", plan.ends_at, at))?;
        let late = context.recorded_at.as_second() - at.at.as_second() > LATE_AFTER_SECONDS;
        Ok(vec![ShiftEvent::ClockedIn { person, at, late }])
    }

    fn clock_out(&self, person: PersonId, context: &Context) -> Result<Vec<ShiftEvent>, Rejection> {
        let place = self.place_of(person, "person")?;
        let Some(clocked_in) = place.clocked_in else {
            return Err(Rejection::new(&reason::NOT_ON_DUTY).field("person"));
        };
        if place.clocked_out.is_some() {
            return Ok(vec![]);
        }
        crate::aggregate::not_in_the_future(context)?;
        let at = context.occurred_at;
        rule(at.at >= clocked_in.at, || backwards("occurredAt", at, clocked_in))?;
        Ok(vec![ShiftEvent::ClockedOut { person, at }])
    }

    fn hand_over(&self, body: &HandOver, context: &Context) -> Result<Vec<ShiftEvent>, Rejection> {
        rule(body.from != body.to, || Rejection::new(&common::NOT_SELF).field("to"))?;
        let place = self.place_of(body.from, "from")?;
        rule(place.clocked_in.is_some(), || Rejection::new(&reason::NOT_ON_DUTY).field("from"))?;
        let note = body.note.as_ref().map(|note| crate::aggregate::personal("note", body.from, note, 2_000));
        Ok(vec![ShiftEvent::HandedOver {
            from: body.from,
            to: body.to,
            at: context.occurred_at,
            note: note.transpose()?,
        }])
    }

    fn mark_uncovered(&self, plan: &Plan, context: &Context) -> Result<Vec<ShiftEvent>, Rejection> {
        match self.phase {
            Phase::Scheduled | Phase::Published | Phase::Assigned | Phase::OnDuty => {}
            Phase::Absent | Phase::Closed | Phase::Certified | Phase::Cancelled => return Ok(vec![]),
        }
        rule(context.occurred_at.at >= plan.starts_at.at, || {
            Rejection::new(&reason::TOO_EARLY).field("occurredAt").with("earliest", plan.starts_at)
        })?;
        let on_duty = self.places.values().filter(|place| place.clocked_in.is_some()).count();
        let missing = plan.places.saturating_sub(u16::try_from(on_duty).unwrap_or(u16::MAX));
        if missing == 0 || self.marked_uncovered {
            return Ok(vec![]);
        }
        Ok(vec![ShiftEvent::MarkedUncovered { missing, at: context.occurred_at }])
    }

    fn close(&self, plan: &Plan, context: &Context) -> Result<Vec<ShiftEvent>, Rejection> {
        match self.phase {
            Phase::Published | Phase::Assigned | Phase::OnDuty => {}
            Phase::Closed | Phase::Certified => return Ok(vec![]),
            Phase::Absent | Phase::Scheduled | Phase::Cancelled => return Err(self.wrong_phase()),
        }
        rule(context.occurred_at.at >= plan.ends_at.at, || {
            Rejection::new(&reason::TOO_EARLY).field("occurredAt").with("earliest", plan.ends_at)
        })?;
        let still_in = self.places.iter().filter(|(_, p)| p.clocked_in.is_some() && p.clocked_out.is_none());
        let mut events: Vec<_> = still_in
            .map(|(person, _)| ShiftEvent::ClockedOut { person: *person, at: plan.ends_at })
            .collect();
        events.push(ShiftEvent::ShiftClosed { at: context.occurred_at });
        Ok(events)
    }

    fn certify(&self) -> Result<Vec<ShiftEvent>, Rejection> {
        match self.phase {
            Phase::Closed => {
                let minutes =
                    self.minutes_on_duty().map(|(person, minutes)| CertifiedMinutes { person, minutes });
                Ok(vec![ShiftEvent::ShiftCertified { minutes: minutes.collect() }])
            }
            Phase::Certified => Ok(vec![]),
            Phase::Absent
            | Phase::Scheduled
            | Phase::Published
            | Phase::Assigned
            | Phase::OnDuty
            | Phase::Cancelled => Err(self.wrong_phase()),
        }
    }

    /// Certified time changes only by a correction that names a reason.
    fn correct(&self, plan: &Plan, body: &CorrectCertification) -> Result<Vec<ShiftEvent>, Rejection> {
        rule(self.phase == Phase::Certified, || self.wrong_phase())?;
        let place = self.place_of(body.person, "person")?;
        let most = plan.starts_at.minutes_until(&plan.ends_at);
        rule(i64::from(body.minutes) <= most, || {
            Rejection::new(&reason::OVER_SHIFT_LENGTH).field("minutes").with("most", most)
        })?;
        let reason = crate::aggregate::text("reason", &body.reason, 500)?;
        if place.certified_minutes == Some(body.minutes) {
            return Ok(vec![]);
        }
        Ok(vec![ShiftEvent::CertificationCorrected { person: body.person, minutes: body.minutes, reason }])
    }

    fn cancel(&self, why: &str) -> Result<Vec<ShiftEvent>, Rejection> {
        match self.phase {
            Phase::Scheduled | Phase::Published | Phase::Assigned => {
                Ok(vec![ShiftEvent::ShiftCancelled { reason: crate::aggregate::text("reason", why, 500)? }])
            }
            Phase::Cancelled => Ok(vec![]),
            Phase::Absent | Phase::OnDuty | Phase::Closed | Phase::Certified => Err(self.wrong_phase()),
        }
    }

    fn place_of(&self, person: PersonId, field: &'static str) -> Result<&super::Place, Rejection> {
        self.places.get(&person).ok_or_else(|| Rejection::new(&reason::NOT_ASSIGNED).field(field))
    }

    fn open_trade(&self, trade: TradeId) -> Result<super::Trade, Rejection> {
        match self.trades.get(&trade) {
            Some(trade) if trade.open => Ok(*trade),
            Some(_) | None => Err(Rejection::new(&reason::TRADE_CLOSED).field("trade")),
        }
    }

    fn wrong_phase(&self) -> Rejection {
        Rejection::new(&common::WRONG_PHASE).field("shift").in_phase(&self.phase)
    }
}

/// Who takes a place must serve the organisation; a guard must be of age, certified and not barred
/// (Regulation on security services, art. 16 and 17).
fn fit_for_duty(plan: &Plan, facts: &Facts, field: &'static str) -> Result<(), Rejection> {
    let Some(standing) = &facts.assignee else {
        return Err(Rejection::new(&common::UNKNOWN_PERSON).field(field));
    };
    rule(standing.serves(plan.organisation), || Rejection::new(&reason::NOT_MEMBER).field(field))?;
    let guard_work = plan.contract.is_some() || plan.duty == DutyKind::Post;
    let guard = standing.guards_for(plan.organisation);
    if !guard_work && !guard {
        return Ok(());
    }
    rule(guard, || Rejection::new(&reason::NOT_A_GUARD).field(field))?;
    rule(!standing.barred, || Rejection::new(&reason::GUARD_BARRED).field(field))?;
    rule(standing.age.is_some_and(|age| age >= 18), || Rejection::new(&reason::GUARD_UNDER_18).field(field))?;
    rule(standing.guard_certificate == CertificateStanding::Valid, || {
        let standing = standing.guard_certificate.word();
        Rejection::new(&reason::GUARD_CERTIFICATE).field(field).with_word("standing", standing)
    })
}

fn backwards(field: &'static str, given: When, earlier: When) -> Rejection {
    Rejection::new(&common::TIMES_RUN_BACKWARDS).field(field).with("given", given).with("earlier", earlier)
}
