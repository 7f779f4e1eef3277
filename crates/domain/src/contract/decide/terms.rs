//! Money, weights and service levels, from a day on.

use super::{Case, Decision, LONG_TEXT, NAME, REASON, SHORT_TEXT, amount, in_range};
use crate::{
    BasisPoints, Rejection,
    aggregate::{rule, text},
    contract::{
        AmendContract, AssessmentWeight, AssessmentWeightInput, Contract, ContractEvent, FixedItem,
        FixedItemInput, Phase, SetServiceLevel, reason,
    },
    rejection::common,
};

const MOST_FIXED_ITEMS: usize = 50;
const MOST_CRITERIA: usize = 20;
const MOST_AMENDMENTS: usize = 500;

impl Contract {
    pub(super) fn amend(&self, body: &AmendContract, case: &Case<'_>) -> Decision {
        self.not_terminated()?;
        let empty = body.service.is_none()
            && body.rights_and_duties.is_none()
            && body.fixed_items.is_none()
            && body.deduction_cap.is_none()
            && body.assessment_weights.is_none();
        rule(!empty, || Rejection::new(&reason::EMPTY_AMENDMENT))?;
        rule(self.money.len() < MOST_AMENDMENTS, || {
            Rejection::new(&common::TOO_MANY).with("limit", MOST_AMENDMENTS)
        })?;
        self.inside(case, "effectiveFrom", body.effective_from)?;
        self.unsettled_from("effectiveFrom", body.effective_from)?;
        if body.assessment_weights.is_some() {
            match self.phase {
                Phase::Absent | Phase::Drafted => {}
                Phase::Signed | Phase::Active | Phase::Suspended | Phase::Terminated => {
                    return Err(Rejection::new(&reason::WEIGHTS_FROZEN).field("assessmentWeights"));
                }
            }
        }
        let long =
            |field, value: &Option<String>| value.as_ref().map(|t| text(field, t, LONG_TEXT)).transpose();
        Ok(vec![ContractEvent::ContractAmended {
            effective_from: body.effective_from,
            service: long("service", &body.service)?,
            rights_and_duties: long("rightsAndDuties", &body.rights_and_duties)?,
            fixed_items: body.fixed_items.as_deref().map(fixed_items).transpose()?,
            deduction_cap: body.deduction_cap.map(|cap| share("deductionCap", cap)).transpose()?,
            assessment_weights: body.assessment_weights.as_deref().map(weights).transpose()?,
            reason: text("reason", &body.reason, REASON)?,
        }])
    }

    pub(super) fn set_service_level(&self, body: &SetServiceLevel, case: &Case<'_>) -> Decision {
        self.not_terminated()?;
        self.inside(case, "effectiveFrom", body.effective_from)?;
        in_range("incidentReportMinutes", body.incident_report_minutes.into(), 1, 1_440)?;
        in_range("rectificationDays", body.rectification_days.into(), 1, 365)?;
        let tariffs = [
            ("perUncoveredMinute", body.per_uncovered_minute),
            ("perLateMinute", body.per_late_minute),
            ("perCase", body.per_case),
        ];
        for (field, tariff) in tariffs {
            tariff.map_or(Ok(()), |tariff| amount(field, tariff))?;
        }
        let set = ContractEvent::ServiceLevelSet {
            effective_from: body.effective_from,
            coverage_target: share("coverageTarget", body.coverage_target)?,
            incident_report_minutes: body.incident_report_minutes,
            rectification_days: body.rectification_days,
            per_uncovered_minute: body.per_uncovered_minute,
            per_late_minute: body.per_late_minute,
            per_case: body.per_case,
        };
        let mut after = self.clone_service_levels();
        after.apply(&set);
        if self.service_level_on(body.effective_from) == after.service_level_on(body.effective_from) {
            return Ok(vec![]);
        }
        rule(self.service_levels.len() < MOST_AMENDMENTS, || {
            Rejection::new(&common::TOO_MANY).with("limit", MOST_AMENDMENTS)
        })?;
        Ok(vec![set])
    }

    /// The service levels alone, to see what an event would make of them.
    fn clone_service_levels(&self) -> Self {
        Self { service_levels: self.service_levels.clone(), ..Self::default() }
    }
}

pub(super) fn fixed_items(items: &[FixedItemInput]) -> Result<Vec<FixedItem>, Rejection> {
    rule(items.len() <= MOST_FIXED_ITEMS, || {
        Rejection::new(&common::TOO_MANY).field("fixedItems").with("limit", MOST_FIXED_ITEMS)
    })?;
    let item = |(index, item): (usize, &FixedItemInput)| {
        amount(format!("fixedItems.{index}.amount"), item.amount)?;
        let name = text("fixedItems", &item.name, NAME)?;
        Ok(FixedItem { name, amount: item.amount, due_on: item.due_on })
    };
    items.iter().enumerate().map(item).collect()
}

/// At least one criterion, each once, together the whole.
pub(super) fn weights(weights: &[AssessmentWeightInput]) -> Result<Vec<AssessmentWeight>, Rejection> {
    let field = "assessmentWeights";
    rule(weights.len() <= MOST_CRITERIA, || {
        Rejection::new(&common::TOO_MANY).field(field).with("limit", MOST_CRITERIA)
    })?;
    let sum: u32 = weights.iter().map(|w| u32::from(w.weight.0)).sum();
    rule(sum == u32::from(BasisPoints::WHOLE.0), || {
        Rejection::new(&reason::WEIGHTS_SUM).field(field).with("sum", sum)
    })?;
    let mut checked: Vec<AssessmentWeight> = Vec::new();
    for AssessmentWeightInput { criterion, weight } in weights {
        let criterion = text(field, criterion, SHORT_TEXT)?;
        rule(checked.iter().all(|other| other.criterion != criterion), || {
            Rejection::new(&reason::CRITERION_TWICE).field(field)
        })?;
        checked.push(AssessmentWeight { criterion, weight: *weight });
    }
    Ok(checked)
}

/// A share of at most the whole.
pub(super) fn share(field: &'static str, share: BasisPoints) -> Result<BasisPoints, Rejection> {
    in_range(field, share.0.into(), 0, BasisPoints::WHOLE.0.into())?;
    Ok(share)
}
