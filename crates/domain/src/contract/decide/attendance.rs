//! What may be billed: never more than the shift has certified.

use super::{Case, Decision, REASON};
use crate::{
    CertificateStanding, ContractId, Day, PersonId, PersonRole, PostId, Rejection, When,
    aggregate::{in_order, rule, text},
    contract::{
        CertifyAttendance, Contract, ContractEvent, CorrectAttendance, WorkedShift, reason,
        settlement::{Presence, day_of_minute},
    },
    rejection::common,
    shift,
    time::plus_seconds,
    word::Named as _,
};

impl Contract {
    pub(super) fn certify_attendance(&self, body: &CertifyAttendance, case: &Case<'_>) -> Decision {
        self.in_service()?;
        in_order("to", body.from, body.to)?;
        let presence = Presence::new(&body.from, &body.to);
        if let Some(known) = self.attendance.get(&(body.shift, body.person)) {
            let same = known.post == body.post && known.presence == presence;
            return if same {
                Ok(vec![])
            } else {
                Err(Rejection::new(&reason::ALREADY_CERTIFIED).field("shift"))
            };
        }
        rule(self.posts.contains_key(&body.post), || Rejection::new(&reason::UNKNOWN_POST).field("post"))?;
        billable(case, body.person)?;
        rule(presence.minutes() > 0, || {
            Rejection::new(&common::TIMES_RUN_BACKWARDS)
                .field("to")
                .with("given", body.to)
                .with("earlier", body.from)
        })?;
        let minutes = within_shift(case, body.contract, body.post, presence)?;
        self.open_for(body.post, presence, case)?;
        Ok(vec![ContractEvent::AttendanceCertified {
            post: body.post,
            shift: body.shift,
            person: body.person,
            from: at_minute(presence.from, body.from),
            to: at_minute(presence.to, body.to),
            minutes,
        }])
    }

    pub(super) fn correct_attendance(&self, body: &CorrectAttendance, case: &Case<'_>) -> Decision {
        let Some(known) = self.attendance.get(&(body.shift, body.person)) else {
            return Err(Rejection::new(&reason::NO_ATTENDANCE).field("shift"));
        };
        in_order("to", body.from, body.to)?;
        let why = text("reason", &body.reason, REASON)?;
        let presence = Presence::new(&body.from, &body.to);
        if known.presence == presence {
            return Ok(vec![]);
        }
        let minutes = within_shift(case, body.contract, known.post, presence)?;
        self.unsettled_with(known.post, known.presence)?;
        if minutes > 0 {
            self.open_for(known.post, presence, case)?;
        }
        Ok(vec![ContractEvent::AttendanceCorrected {
            shift: body.shift,
            person: body.person,
            from: at_minute(presence.from, body.from),
            to: at_minute(presence.to, body.to),
            minutes,
            reason: why,
        }])
    }

    /// The contract was in force when the presence began (a window of the day before may run over midnight), and no
    /// settled statement has counted that time.
    fn open_for(&self, post: PostId, presence: Presence, case: &Case<'_>) -> Result<(), Rejection> {
        let day = day_of_minute(presence.from, case.parties.offset());
        let day_before = day.0.yesterday().is_ok_and(|before| self.in_force_on(Day(before)));
        rule(self.in_force_on(day) || day_before, || {
            Rejection::new(&reason::NOT_IN_FORCE).field("from").with("day", day.0)
        })?;
        self.unsettled_with(post, presence)
    }

    fn unsettled_with(&self, post: PostId, presence: Presence) -> Result<(), Rejection> {
        match self.settled_with(post, presence) {
            Some(statement) => {
                Err(Rejection::new(&reason::PERIOD_SETTLED).field("from").with("to", statement.to.0))
            }
            None => Ok(()),
        }
    }
}

/// Only a guard of the company, of age (art. 16), not barred (art. 17) and with a valid certificate, can be billed.
fn billable(case: &Case<'_>, person: PersonId) -> Result<(), Rejection> {
    let Some(standing) = case.facts.person.as_ref().filter(|standing| standing.person == person) else {
        return Err(Rejection::new(&common::UNKNOWN_PERSON).field("person"));
    };
    rule(standing.roles.iter().any(|(role, _)| *role == PersonRole::Guard), || {
        Rejection::new(&reason::NOT_BILLABLE).field("person")
    })?;
    rule(standing.guards_for(case.parties.company), || {
        Rejection::new(&reason::NOT_OF_COMPANY).field("person")
    })?;
    rule(!standing.barred, || Rejection::new(&shift::reason::GUARD_BARRED).field("person"))?;
    rule(standing.age.is_some_and(|age| age >= 18), || {
        Rejection::new(&shift::reason::GUARD_UNDER_18).field("person")
    })?;
    rule(standing.guard_certificate == CertificateStanding::Valid, || {
        let standing = standing.guard_certificate.word();
        Rejection::new(&shift::reason::GUARD_CERTIFICATE).field("person").with_word("standing", standing)
    })
}

/// The minutes of the presence, which lies inside the time on duty and holds no more minutes than are certified.
fn within_shift(
    case: &Case<'_>,
    contract: ContractId,
    post: PostId,
    presence: Presence,
) -> Result<u32, Rejection> {
    let not_certified = || Rejection::new(&reason::SHIFT_NOT_CERTIFIED).field("shift");
    let Some(WorkedShift { contract: worked_for, post: worked_at, from, to, certified_minutes }) =
        case.facts.shift
    else {
        return Err(not_certified());
    };
    let certified = certified_minutes.ok_or_else(not_certified)?;
    rule(worked_for == Some(contract) && worked_at.is_none_or(|worked_at| worked_at == post), || {
        Rejection::new(&reason::SHIFT_OF_OTHER_POST).field("shift")
    })?;
    let on_duty = Presence::new(&from, &to);
    let inside = on_duty.from <= presence.from && presence.to <= on_duty.to;
    rule(inside || presence.minutes() == 0, || {
        Rejection::new(&reason::OUTSIDE_SHIFT).field("from").with("from", from).with("to", to)
    })?;
    match u32::try_from(presence.minutes()) {
        Ok(minutes) if minutes <= certified => Ok(minutes),
        Ok(_) | Err(_) => Err(Rejection::new(&reason::OVER_CERTIFIED).field("to").with("most", certified)),
    }
}

/// A minute since the Unix epoch, told in the offset of `told`.
fn at_minute(minute: i64, told: When) -> When {
    let at = plus_seconds(jiff::Timestamp::UNIX_EPOCH, minute.saturating_mul(60));
    When { at, offset: told.offset }
}
