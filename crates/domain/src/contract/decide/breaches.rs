//! Breaches and rectifications: alleged, heard, then upheld or waived.

use jiff::ToSpan;

use super::{Case, Decision, REASON, TEXT, amount, days_in_order, in_range};
use crate::{
    BreachId, Context, Day, Fen, RectificationId, Rejection,
    aggregate::{rule, text},
    contract::{
        AllegeBreach, Breach, BreachKind, BreachPhase, CompleteRectification, ContestBreach, Contract,
        ContractEvent, OrderRectification, UpholdBreach, WaiveBreach, reason,
    },
    rejection::common,
};

const MOST_UNITS: u32 = 100_000;
const MOST_BREACHES: usize = 50_000;

impl Contract {
    pub(super) fn allege_breach(&self, body: &AllegeBreach, case: &Case<'_>) -> Decision {
        self.in_service()?;
        case.not_by_company()?;
        let breach = body.breach.unwrap_or_else(|| BreachId::derived(case.context.command));
        if let Some(known) = self.breaches.get(&breach) {
            let same = (known.kind, known.post, known.on, known.units)
                == (body.kind, body.post, body.on, body.units);
            return if same { Ok(vec![]) } else { Err(exists("breach")) };
        }
        rule(body.post.is_none_or(|post| self.posts.contains_key(&post)), || {
            Rejection::new(&reason::UNKNOWN_POST).field("post")
        })?;
        self.inside(case, "on", body.on)?;
        case.past("on", body.on)?;
        in_range("units", body.units, 1, MOST_UNITS)?;
        rule(self.breaches.len() < MOST_BREACHES, || {
            Rejection::new(&common::TOO_MANY).field("breach").with("limit", MOST_BREACHES)
        })?;
        Ok(vec![ContractEvent::BreachAlleged {
            breach,
            kind: body.kind,
            post: body.post,
            on: body.on,
            units: body.units,
            description: text("description", &body.description, TEXT)?,
            alleged_by: case.context.actor.id,
        }])
    }

    pub(super) fn contest_breach(&self, body: &ContestBreach, case: &Case<'_>) -> Decision {
        rule(case.context.actor.organisation == Some(case.parties.company), || {
            Rejection::new(&reason::NOT_THE_COMPANY)
        })?;
        let answer = text("answer", &body.answer, TEXT)?;
        let breach = self.breach(body.breach)?;
        match breach.phase {
            BreachPhase::Alleged => Ok(vec![ContractEvent::BreachContested { breach: body.breach, answer }]),
            BreachPhase::Contested => Ok(vec![]),
            BreachPhase::Upheld | BreachPhase::Waived => Err(decided(breach)),
        }
    }

    /// A deduction needs an upheld breach, and never exceeds what the service level of that day names.
    pub(super) fn uphold_breach(&self, body: &UpholdBreach, case: &Case<'_>) -> Decision {
        case.not_by_company()?;
        amount("deduction", body.deduction)?;
        let why = text("reason", &body.reason, REASON)?;
        let breach = self.breach(body.breach)?;
        match breach.phase {
            BreachPhase::Alleged => {}
            BreachPhase::Contested => heard_by_another(breach, case.context)?,
            BreachPhase::Upheld if breach.deduction == body.deduction => return Ok(vec![]),
            BreachPhase::Upheld | BreachPhase::Waived => return Err(decided(breach)),
        }
        if let Some(tariff) = self.tariff(breach) {
            let most = Fen(tariff.0.saturating_mul(i64::from(breach.units)));
            rule(body.deduction <= most, || {
                Rejection::new(&reason::DEDUCTION_OVER_TARIFF).field("deduction").with("most", most.0)
            })?;
        }
        Ok(vec![ContractEvent::BreachUpheld { breach: body.breach, deduction: body.deduction, reason: why }])
    }

    pub(super) fn waive_breach(&self, body: &WaiveBreach, case: &Case<'_>) -> Decision {
        case.not_by_company()?;
        let why = text("reason", &body.reason, REASON)?;
        let breach = self.breach(body.breach)?;
        match breach.phase {
            BreachPhase::Alleged | BreachPhase::Contested => {
                Ok(vec![ContractEvent::BreachWaived { breach: body.breach, reason: why }])
            }
            BreachPhase::Waived => Ok(vec![]),
            BreachPhase::Upheld => Err(decided(breach)),
        }
    }

    pub(super) fn order_rectification(&self, body: &OrderRectification, case: &Case<'_>) -> Decision {
        self.in_service()?;
        case.not_by_company()?;
        let rectification =
            body.rectification.unwrap_or_else(|| RectificationId::derived(case.context.command));
        if self.rectifications.contains_key(&rectification) {
            return Ok(vec![]);
        }
        if let Some(breach) = body.breach {
            self.breach(breach)?;
        }
        let due_on = match body.due_on {
            Some(day) => day,
            None => self.rectification_due(case.today())?,
        };
        days_in_order("dueOn", case.today(), due_on)?;
        rule(self.rectifications.len() < MOST_BREACHES, || {
            Rejection::new(&common::TOO_MANY).field("rectification").with("limit", MOST_BREACHES)
        })?;
        Ok(vec![ContractEvent::RectificationOrdered {
            rectification,
            breach: body.breach,
            text: text("text", &body.text, TEXT)?,
            due_on,
        }])
    }

    pub(super) fn complete_rectification(&self, body: &CompleteRectification, case: &Case<'_>) -> Decision {
        let Some(ordered) = self.rectifications.get(&body.rectification) else {
            return Err(Rejection::new(&reason::UNKNOWN_RECTIFICATION).field("rectification"));
        };
        let result = text("result", &body.result, TEXT)?;
        case.past("completedOn", body.completed_on)?;
        days_in_order("completedOn", case.parties.starts_on, body.completed_on)?;
        match ordered.completed_on {
            None => Ok(vec![ContractEvent::RectificationCompleted {
                rectification: body.rectification,
                completed_on: body.completed_on,
                result,
            }]),
            Some(day) if day == body.completed_on => Ok(vec![]),
            Some(_) => Err(exists("rectification")),
        }
    }

    fn rectification_due(&self, today: Day) -> Result<Day, Rejection> {
        let level = self.service_level_on(today);
        let due =
            level.and_then(|level| today.0.checked_add(i64::from(level.rectification_days).days()).ok());
        due.map(Day).ok_or_else(|| Rejection::new(&reason::NO_SERVICE_LEVEL).field("dueOn"))
    }

    fn breach(&self, breach: BreachId) -> Result<&Breach, Rejection> {
        self.breaches.get(&breach).ok_or_else(|| Rejection::new(&reason::UNKNOWN_BREACH).field("breach"))
    }

    /// Most that can be deducted per unit of this breach; `None` when no tariff was in force on its day.
    fn tariff(&self, breach: &Breach) -> Option<Fen> {
        let level = self.service_level_on(breach.on)?;
        match breach.kind {
            BreachKind::UncoveredPost => level.per_uncovered_minute,
            BreachKind::LateOrEarly => level.per_late_minute,
            BreachKind::UnqualifiedGuard
            | BreachKind::LateIncidentReport
            | BreachKind::OrderNotFollowed
            | BreachKind::RectificationMissed
            | BreachKind::OtherBreach => level.per_case,
        }
    }
}

fn heard_by_another(breach: &Breach, context: &Context) -> Result<(), Rejection> {
    rule(breach.alleged_by != context.actor.id, || Rejection::new(&reason::ALLEGER_DECIDES).field("breach"))
}

fn decided(breach: &Breach) -> Rejection {
    Rejection::new(&common::WRONG_PHASE).field("breach").in_phase(&breach.phase)
}

fn exists(what: &'static str) -> Rejection {
    Rejection::new(&common::ALREADY_EXISTS).field(what).about(what)
}
