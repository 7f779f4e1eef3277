//! How breaches, assessments, statements and payments change the state. Never judges.

use super::{Assessment, Breach, BreachPhase, Contract, Rectification, Statement, StatementPhase};
use crate::{Fen, StatementId, contract::ContractEvent};

impl Contract {
    pub(super) fn apply_oversight(&mut self, event: &ContractEvent) {
        match event {
            ContractEvent::BreachAlleged { breach, kind, post, on, units, alleged_by, .. } => {
                self.breaches.insert(
                    *breach,
                    Breach {
                        phase: BreachPhase::Alleged,
                        kind: *kind,
                        post: *post,
                        on: *on,
                        units: *units,
                        alleged_by: *alleged_by,
                        deduction: Fen(0),
                        settled_by: None,
                    },
                );
            }
            ContractEvent::BreachContested { breach, .. } => {
                if let Some(breach) = self.breaches.get_mut(breach) {
                    breach.phase = BreachPhase::Contested;
                }
            }
            ContractEvent::BreachUpheld { breach, deduction, .. } => {
                if let Some(breach) = self.breaches.get_mut(breach) {
                    breach.phase = BreachPhase::Upheld;
                    breach.deduction = *deduction;
                }
            }
            ContractEvent::BreachWaived { breach, .. } => {
                if let Some(breach) = self.breaches.get_mut(breach) {
                    breach.phase = BreachPhase::Waived;
                }
            }
            ContractEvent::RectificationOrdered { rectification, due_on, .. } => {
                self.rectifications
                    .insert(*rectification, Rectification { due_on: *due_on, completed_on: None });
            }
            ContractEvent::RectificationCompleted { rectification, completed_on, .. } => {
                if let Some(rectification) = self.rectifications.get_mut(rectification) {
                    rectification.completed_on = Some(*completed_on);
                }
            }
            ContractEvent::AssessmentScored { from, to, scores, .. } => {
                self.assessments.push(Assessment { from: *from, to: *to, scores: scores.clone() });
            }
            _ => {}
        }
    }

    pub(super) fn apply_payment(&mut self, event: &ContractEvent) {
        match event {
            ContractEvent::StatementIssued {
                statement,
                from,
                to,
                lines,
                payable,
                breaches,
                replaces,
                ..
            } => {
                if let Some(old) = replaces {
                    self.set_statement(*old, StatementPhase::Replaced);
                    self.breaches
                        .values_mut()
                        .filter(|breach| breach.settled_by == Some(*old))
                        .for_each(|breach| breach.settled_by = None);
                }
                for breach in breaches {
                    if let Some(breach) = self.breaches.get_mut(breach) {
                        breach.settled_by = Some(*statement);
                    }
                }
                self.statements.insert(
                    *statement,
                    Statement {
                        phase: StatementPhase::Issued,
                        from: *from,
                        to: *to,
                        lines: lines.clone(),
                        payable: *payable,
                        paid: Fen(0),
                        approved_by: None,
                    },
                );
            }
            ContractEvent::StatementDisputed { statement, .. } => {
                self.set_statement(*statement, StatementPhase::Disputed);
            }
            ContractEvent::StatementApproved { statement, approved_by } => {
                self.set_statement(*statement, StatementPhase::Approved);
                if let Some(statement) = self.statements.get_mut(statement) {
                    statement.approved_by = Some(*approved_by);
                }
            }
            ContractEvent::PaymentRecorded { statement, amount, reference, .. } => {
                self.payments.insert(reference.clone(), (*statement, *amount));
                let paid =
                    self.payments.values().filter(|paid| paid.0 == *statement).map(|paid| paid.1).sum();
                if let Some(statement) = self.statements.get_mut(statement) {
                    statement.paid = paid;
                }
            }
            _ => {}
        }
    }

    fn set_statement(&mut self, statement: StatementId, phase: StatementPhase) {
        if let Some(statement) = self.statements.get_mut(&statement) {
            statement.phase = phase;
        }
    }
}
