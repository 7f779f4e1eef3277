//! Statements and payments. The amounts are computed; approving and paying are in different hands.

use super::{Case, Decision, SHORT_TEXT, TEXT, amount, days_in_order};
use crate::{
    Rejection, StatementId,
    aggregate::{rule, text},
    contract::{
        ApproveStatement, Contract, ContractEvent, DisputeStatement, IssueStatement, RecordPayment,
        Statement, StatementPhase, reason, settlement,
    },
    rejection::common,
};

const MOST_DAYS: usize = 366;

impl Contract {
    pub(super) fn issue_statement(&self, body: &IssueStatement, case: &Case<'_>) -> Decision {
        self.in_service()?;
        let statement = body.statement.unwrap_or_else(|| StatementId::derived(case.context.command));
        if let Some(known) = self.statements.get(&statement) {
            return if (known.from, known.to) == (body.from, body.to) {
                Ok(vec![])
            } else {
                Err(Rejection::new(&common::ALREADY_EXISTS).field("statement").about("statement"))
            };
        }
        days_in_order("to", body.from, body.to)?;
        rule(settlement::days(body.from, body.to).take(MOST_DAYS + 1).count() <= MOST_DAYS, || {
            Rejection::new(&reason::DAYS_OUT_OF_RANGE).field("to").with("most", MOST_DAYS)
        })?;
        days_in_order("from", case.parties.starts_on, body.from)?;
        rule(body.to < case.today(), || {
            Rejection::new(&reason::PERIOD_OPEN).field("to").with("to", body.to.0)
        })?;
        if let Some(old) = body.replaces {
            let disputed = self.statement(old, "replaces")?.phase == StatementPhase::Disputed;
            rule(disputed, || Rejection::new(&reason::NOT_DISPUTED).field("replaces"))?;
        }
        if let Some(other) = self.overlapping(body.from, body.to, body.replaces) {
            return Err(Rejection::new(&reason::PERIOD_OVERLAPS)
                .field("from")
                .with("from", other.from.0)
                .with("to", other.to.0));
        }
        let (bill, breaches) = self
            .bill(body.from, body.to, body.replaces)
            .ok_or_else(|| Rejection::new(&common::AMOUNT_TOO_LARGE))?;
        Ok(vec![ContractEvent::StatementIssued {
            statement,
            from: body.from,
            to: body.to,
            lines: bill.lines,
            fixed: bill.fixed,
            gross: bill.gross,
            deductions: bill.deductions,
            cap: bill.cap,
            deducted: bill.deducted,
            payable: bill.payable,
            breaches,
            replaces: body.replaces,
        }])
    }

    pub(super) fn dispute_statement(&self, body: &DisputeStatement, case: &Case<'_>) -> Decision {
        let party = [Some(case.parties.company), Some(case.parties.client)];
        rule(party.contains(&case.context.actor.organisation), || Rejection::new(&reason::NOT_A_PARTY))?;
        let why = text("reason", &body.reason, TEXT)?;
        let statement = self.statement(body.statement, "statement")?;
        match statement.phase {
            StatementPhase::Issued => {
                Ok(vec![ContractEvent::StatementDisputed { statement: body.statement, reason: why }])
            }
            StatementPhase::Disputed => Ok(vec![]),
            StatementPhase::Approved | StatementPhase::Replaced => Err(closed(statement)),
        }
    }

    pub(super) fn approve_statement(&self, body: &ApproveStatement, case: &Case<'_>) -> Decision {
        rule(case.context.actor.organisation == Some(case.parties.client), || {
            Rejection::new(&reason::NOT_THE_CLIENT)
        })?;
        let statement = self.statement(body.statement, "statement")?;
        match statement.phase {
            StatementPhase::Issued | StatementPhase::Disputed => {
                let approved_by = case.context.actor.id;
                Ok(vec![ContractEvent::StatementApproved { statement: body.statement, approved_by }])
            }
            StatementPhase::Approved => Ok(vec![]),
            StatementPhase::Replaced => Err(closed(statement)),
        }
    }

    pub(super) fn record_payment(&self, body: &RecordPayment, case: &Case<'_>) -> Decision {
        let reference = text("reference", &body.reference, SHORT_TEXT)?;
        if let Some(known) = self.payments.get(&reference) {
            return if *known == (body.statement, body.amount) {
                Ok(vec![])
            } else {
                Err(Rejection::new(&reason::REFERENCE_USED).field("reference"))
            };
        }
        amount("amount", body.amount)?;
        let statement = self.statement(body.statement, "statement")?;
        match statement.phase {
            StatementPhase::Approved => {}
            StatementPhase::Issued | StatementPhase::Disputed | StatementPhase::Replaced => {
                return Err(closed(statement));
            }
        }
        rule(statement.approved_by != Some(case.context.actor.id), || {
            Rejection::new(&reason::PAYER_IS_APPROVER)
        })?;
        let outstanding = statement.outstanding();
        rule(body.amount <= outstanding, || {
            Rejection::new(&reason::OVERPAID).field("amount").with("outstanding", outstanding.0)
        })?;
        rule(body.amount.0 > 0, || {
            Rejection::new(&common::OUT_OF_RANGE).field("amount").with("least", 1).with("most", outstanding.0)
        })?;
        case.past("paidOn", body.paid_on)?;
        Ok(vec![ContractEvent::PaymentRecorded {
            statement: body.statement,
            amount: body.amount,
            paid_on: body.paid_on,
            reference,
        }])
    }

    fn statement(&self, statement: StatementId, field: &'static str) -> Result<&Statement, Rejection> {
        self.statements.get(&statement).ok_or_else(|| Rejection::new(&reason::UNKNOWN_STATEMENT).field(field))
    }
}

fn closed(statement: &Statement) -> Rejection {
    Rejection::new(&common::WRONG_PHASE).field("statement").in_phase(&statement.phase)
}
