//! How events change the state. Never judges.

use std::collections::BTreeSet;

use super::{Attendance, Contract, Parties, Phase, Post, PostOrder};
use crate::contract::{ContractEvent, MoneyTerms, PostTerms, ServiceLevel, settlement, settlement::Presence};

impl Contract {
    pub(in crate::contract) fn apply(&mut self, event: &ContractEvent) {
        self.apply_lifecycle(event);
        self.apply_terms(event);
        self.apply_service(event);
        self.apply_oversight(event);
        self.apply_payment(event);
    }

    fn apply_lifecycle(&mut self, event: &ContractEvent) {
        match event {
            ContractEvent::ContractDrafted {
                company,
                client,
                area,
                starts_on,
                ends_on,
                utc_offset_minutes,
                guards_from_other_province,
                ..
            } => {
                self.phase = Phase::Drafted;
                self.parties = Some(Parties {
                    company: *company,
                    client: *client,
                    area: *area,
                    starts_on: *starts_on,
                    utc_offset_minutes: *utc_offset_minutes,
                    guards_from_other_province: *guards_from_other_province,
                });
                self.ends_on = Some(*ends_on);
            }
            ContractEvent::LegalityReviewed { lawful, .. } => self.lawful = Some(*lawful),
            ContractEvent::ContractSigned { .. } => self.phase = Phase::Signed,
            ContractEvent::CrossProvinceFiled { .. } => self.cross_province_filed = true,
            ContractEvent::ContractActivated {} => {
                self.phase = Phase::Active;
                self.activated = true;
            }
            ContractEvent::ContractSuspended { from, .. } => {
                self.phase = Phase::Suspended;
                self.suspensions.push((*from, None));
            }
            ContractEvent::ContractResumed { from } => {
                self.phase = Phase::Active;
                if let Some(suspension) = self.suspensions.last_mut() {
                    suspension.1 = Some(*from);
                }
            }
            ContractEvent::ContractRenewed { ends_on } => self.ends_on = Some(*ends_on),
            ContractEvent::ContractTerminated { last_day, .. } => {
                self.phase = Phase::Terminated;
                self.terminated_on = Some(*last_day);
            }
            _ => {}
        }
    }

    fn apply_terms(&mut self, event: &ContractEvent) {
        match event {
            ContractEvent::ContractDrafted {
                starts_on,
                fixed_items,
                deduction_cap,
                assessment_weights,
                ..
            } => {
                self.money = vec![MoneyTerms {
                    effective_from: *starts_on,
                    fixed_items: fixed_items.clone(),
                    deduction_cap: *deduction_cap,
                }];
                self.weights.clone_from(assessment_weights);
            }
            ContractEvent::ContractAmended {
                effective_from,
                service,
                rights_and_duties,
                fixed_items,
                deduction_cap,
                assessment_weights,
                ..
            } => {
                if service.is_some() || rights_and_duties.is_some() {
                    // What is asked for has changed: it must be reviewed anew (art. 21).
                    self.lawful = None;
                }
                let before = settlement::in_force(&self.money, *effective_from, |t| t.effective_from);
                let before = before.or(self.money.first());
                let terms = MoneyTerms {
                    effective_from: *effective_from,
                    fixed_items: fixed_items
                        .clone()
                        .unwrap_or_else(|| before.map(|terms| terms.fixed_items.clone()).unwrap_or_default()),
                    deduction_cap: deduction_cap
                        .unwrap_or_else(|| before.map(|terms| terms.deduction_cap).unwrap_or_default()),
                };
                self.money.push(terms);
                if let Some(weights) = assessment_weights {
                    self.weights.clone_from(weights);
                }
            }
            ContractEvent::ServiceLevelSet {
                effective_from,
                coverage_target,
                incident_report_minutes,
                rectification_days,
                per_uncovered_minute,
                per_late_minute,
                per_case,
            } => self.service_levels.push(ServiceLevel {
                effective_from: *effective_from,
                coverage_target: *coverage_target,
                incident_report_minutes: *incident_report_minutes,
                rectification_days: *rectification_days,
                per_uncovered_minute: *per_uncovered_minute,
                per_late_minute: *per_late_minute,
                per_case: *per_case,
            }),
            _ => {}
        }
    }

    fn apply_service(&mut self, event: &ContractEvent) {
        match event {
            ContractEvent::PostDefined { post, name, area, .. } => {
                let entry = self.posts.entry(*post);
                let defined =
                    entry.or_insert_with(|| Post { name: String::new(), area: *area, terms: vec![] });
                defined.name.clone_from(name);
                defined.area = *area;
                defined.terms.extend(PostTerms::defined_by(event));
            }
            ContractEvent::PostOrderIssued { order, post, .. } => {
                self.orders.insert(*order, PostOrder { post: *post, acknowledged: BTreeSet::new() });
            }
            ContractEvent::PostOrderAcknowledged { order, person } => {
                if let Some(order) = self.orders.get_mut(order) {
                    order.acknowledged.insert(*person);
                }
            }
            ContractEvent::AttendanceCertified { post, shift, person, from, to, .. } => {
                let presence = Presence::new(from, to);
                self.attendance.insert((*shift, *person), Attendance { post: *post, presence });
            }
            ContractEvent::AttendanceCorrected { shift, person, from, to, .. } => {
                if let Some(attendance) = self.attendance.get_mut(&(*shift, *person)) {
                    attendance.presence = Presence::new(from, to);
                }
            }
            _ => {}
        }
    }
}
