//! What happens to contracts beside the posts: breaches, statements, payments, changes of terms, licences.

use std::sync::Arc;

use app::App;
use domain::{
    BasisPoints, BreachId, Day, Fen, RectificationId, StatementId,
    contract::{
        AllegeBreach, AmendContract, ApproveStatement, BreachKind, CompleteRectification, ContestBreach,
        CriterionScoreInput, DisputeStatement, FixedItemInput, IssueStatement, OrderRectification,
        RecordPayment, RenewContract, ScoreAssessment, UpholdBreach, WaiveBreach, reason,
    },
    organisation::RenewLicence,
    person::RenewCredential,
};
use views::{Scope, rows::StatementRow};

use super::{DAY, Payment, Planner};
use crate::{
    CityError,
    agenda::Step,
    setup::{CRITERIA, define_post},
    shift::Worked,
    world::{Deal, Post, lane_of},
};

/// Day of the month on which the statement of the month before is issued.
const STATEMENT_DAY: i8 = 3;

impl Planner {
    pub(super) fn market(&mut self, day: i64, app: &App) -> Result<(), CityError> {
        let deals = std::mem::take(&mut self.city.deals);
        let outcome = self.payments(day, app, &deals);
        for deal in &deals {
            if self.calendar.day(day).0.day() == STATEMENT_DAY && day > 0 {
                self.statement(deal, day);
            }
            self.changes(deal, day);
        }
        self.city.deals = deals;
        self.licences(day);
        outcome
    }

    /// An empty post, or a guard who came late: alleged on the next day, heard, then upheld or waived.
    pub(super) fn breach(&mut self, deal: &Deal, post: &Post, worked: &Worked, day: i64, length: i64) {
        let starts = self.calendar.at(day, i64::from(post.from_minute));
        let late: i64 = worked.came.iter().map(|presence| (presence.from - starts).max(0) / 60).sum();
        let (kind, units) = if worked.missing > 0 {
            (BreachKind::UncoveredPost, i64::from(worked.missing) * length)
        } else if late > 8 && self.market.chance(600) {
            (BreachKind::LateOrEarly, late)
        } else {
            return;
        };
        let (contract, lane) = (deal.contract, lane_of(deal.contract.0));
        let breach = BreachId(self.agenda.id());
        let allege = AllegeBreach {
            contract,
            breach: Some(breach),
            kind,
            post: Some(post.id),
            on: self.calendar.day(day),
            units: u32::try_from(units).unwrap_or(1).max(1),
            description: match kind {
                BreachKind::UncoveredPost => "岗位无人到岗",
                _ => "保安员迟到",
            }
            .into(),
        };
        let at = self.calendar.at(day + 1, 14 * 60) + self.market.between(0, 120) * 60;
        let officer = Arc::clone(self.city.police.desk(at));
        self.agenda.push(Step::new(at, lane, &officer, allege));
        let contested = self.market.chance(400);
        if contested {
            let answer = "当日因道路积水延误，已安排补岗。".to_owned();
            let manager = &self.city.companies[deal.company].manager;
            let contest = ContestBreach { contract, breach, answer };
            self.agenda.push(Step::new(at + DAY, lane, manager, contest));
        }
        self.decide(deal, breach, (kind, units), contested, at + 2 * DAY);
    }

    fn decide(&mut self, deal: &Deal, breach: BreachId, of: (BreachKind, i64), contested: bool, at: i64) {
        let (contract, lane) = (deal.contract, lane_of(deal.contract.0));
        let chief = Arc::clone(&self.city.police.chief);
        if self.market.chance(if contested { 400 } else { 60 }) {
            let waive = WaiveBreach { contract, breach, reason: "理由成立，不予扣款".into() };
            self.agenda.push(Step::new(at, lane, &chief, waive));
            return;
        }
        let tariff = match of.0 {
            BreachKind::UncoveredPost => deal.per_uncovered_minute,
            _ => Fen(50),
        };
        let whole = tariff.0 * of.1;
        let deduction = Fen(if contested && !deal.neglected { whole / 2 } else { whole });
        let uphold = UpholdBreach { contract, breach, deduction, reason: "依据服务标准扣款".into() };
        self.agenda.push(Step::new(at, lane, &chief, uphold));
        if of.0 == BreachKind::UncoveredPost && self.market.chance(500) {
            let rectification = RectificationId(self.agenda.id());
            let order = OrderRectification {
                contract,
                rectification: Some(rectification),
                breach: Some(breach),
                text: "补足人员，提交替岗安排".into(),
                due_on: None,
            };
            self.agenda.push(Step::new(at + 600, lane, &chief, order));
            // Five days are allowed; some take longer.
            let days = self.market.between(1, 7);
            let done = at + days * DAY;
            let complete = CompleteRectification {
                contract,
                rectification,
                completed_on: Day::at(crate::agenda::instant(done)),
                result: "已增配机动人员一名".into(),
            };
            let manager = &self.city.companies[deal.company].manager;
            self.agenda.push(Step::new(done, lane, manager, complete));
        }
    }

    /// The statement of the month before: issued, now and then disputed and replaced, approved, paid.
    fn statement(&mut self, deal: &Deal, day: i64) {
        let first = self.calendar.day(day).0.first_of_month();
        let Ok(last) = first.yesterday() else { return };
        let from = Day(last.first_of_month().max(self.calendar.day(0).0));
        let to = Day(last);
        if to < from {
            return;
        }
        let (contract, lane) = (deal.contract, lane_of(deal.contract.0));
        let manager = Arc::clone(&self.city.companies[deal.company].manager);
        let at = self.calendar.at(day, 17 * 60 + 30);
        let mut statement = StatementId(self.agenda.id());
        let issue =
            |statement, replaces| IssueStatement { contract, statement: Some(statement), from, to, replaces };
        let twice = self.market.chance(200);
        self.agenda.push(Step::new(at, lane, &manager, issue(statement, None)).twice(twice));
        if self.market.chance(250) || deal.index == 1 {
            let reason = "扣款明细与考勤记录需复核".to_owned();
            let dispute = DisputeStatement { contract, statement, reason };
            self.agenda.push(Step::new(at + DAY, lane, &deal.client_manager, dispute));
            let replaced = statement;
            statement = StatementId(self.agenda.id());
            self.agenda.push(Step::new(at + 2 * DAY, lane, &manager, issue(statement, Some(replaced))));
        }
        let approve = ApproveStatement { contract, statement };
        self.agenda.push(Step::new(at + 3 * DAY, lane, &deal.client_manager, approve));
        let score = ScoreAssessment {
            contract,
            from,
            to,
            scores: CRITERIA
                .iter()
                .map(|(criterion, _)| CriterionScoreInput {
                    criterion: (*criterion).into(),
                    score: BasisPoints(u16::try_from(self.market.between(7_800, 9_900)).unwrap_or(9_000)),
                })
                .collect(),
        };
        self.agenda.push(Step::new(at + DAY + 3_600, lane, &deal.client_manager, score));
        let pays = day + self.market.between(6, 10);
        self.due.push(Payment { day: pays, deal: deal.index, contract, statement });
    }

    /// What is due today is paid by somebody else than who approved it: at once, or in two parts.
    fn payments(&mut self, day: i64, app: &App, deals: &[Deal]) -> Result<(), CityError> {
        let (today, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.due).into_iter().partition(|payment| payment.day <= day);
        self.due = later;
        for payment in today {
            let key = payment.statement.0.into_bytes();
            let row = app.views().read_now(|views| views.one::<StatementRow>(&Scope::everything(), &key))?;
            let Some(payable) = row.map(|row| row.payable.0).filter(|payable| *payable > 1) else { continue };
            let parts = if self.market.chance(200) {
                vec![payable / 2, payable - payable / 2]
            } else {
                vec![payable]
            };
            let Some(deal) = deals.get(payment.deal) else { continue };
            for (index, amount) in (0_i64..).zip(parts) {
                let record = RecordPayment {
                    contract: payment.contract,
                    statement: payment.statement,
                    amount: Fen(amount),
                    paid_on: self.calendar.day(day),
                    reference: format!("ZF{:03}-{day}-{index}", deal.index),
                };
                let at = self.calendar.at(day, 10 * 60 + index * 60);
                self.agenda.push(Step::new(at, lane_of(deal.contract.0), &deal.cashier, record));
            }
        }
        Ok(())
    }

    /// Half-way one contract gets another rate and another fixed amount.
    fn changes(&mut self, deal: &Deal, day: i64) {
        if deal.index != 0 || day != self.plan.days * 4 / 9 {
            return;
        }
        let (at, lane) = (self.calendar.at(day, 9 * 60), lane_of(deal.contract.0));
        let from = self.calendar.day(day + 5);
        if let Some(post) = deal.posts.first() {
            let define = define_post(deal, post, from, Fen(post.rate.0 + 250));
            self.agenda.push(Step::new(at, lane, &deal.client_manager, define));
        }
        let amend = AmendContract {
            contract: deal.contract,
            effective_from: from,
            service: None,
            rights_and_duties: None,
            fixed_items: Some(vec![FixedItemInput {
                name: "装备与管理费".into(),
                amount: Fen(95_000),
                due_on: None,
            }]),
            deduction_cap: None,
            assessment_weights: None,
            reason: "用工成本上调，双方协商一致".into(),
        };
        self.agenda.push(Step::new(at + 900, lane, &deal.client_manager, amend));
    }

    /// Licences and certificates that are renewed, some of them too late.
    fn licences(&mut self, day: i64) {
        let at = self.calendar.at(day, 10 * 60);
        let chief = Arc::clone(&self.city.police.chief);
        for (index, company) in self.city.companies.iter().enumerate() {
            let Some(renewed) = company.renewed_on else { continue };
            let deal = self.city.deals.iter().find(|deal| deal.company == index);
            if let Some(deal) = deal.filter(|_| day == company.licence_until + 1 || day == renewed + 1) {
                let ends_on = self.calendar.day(364 + 365);
                let renew = RenewContract { contract: deal.contract, ends_on };
                let step = Step::new(at, lane_of(deal.contract.0), &deal.client_manager, renew);
                let refused = day < renewed;
                self.agenda.push(if refused { step.refused(&reason::NO_LICENCE) } else { step });
            }
            if day == renewed {
                let renew =
                    RenewLicence { organisation: company.id, valid_until: self.calendar.day(day + 1_000) };
                self.agenda.push(Step::new(at, lane_of(company.id.0), &chief, renew));
            }
        }
        for guard in self.city.deals.iter().flat_map(|deal| &deal.posts).flat_map(|post| &post.guards) {
            if guard.renewed_on == Some(day) {
                let renew = RenewCredential {
                    person: guard.member.id,
                    credential: guard.certificate,
                    valid_until: self.calendar.day(day + 1_000),
                };
                self.agenda.push(Step::new(at, lane_of(guard.member.id.0), &chief, renew));
            }
        }
    }
}
