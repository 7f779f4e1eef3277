//! From the draft to the end: who may be in force, and when.

use super::{Case, Decision, LONG_TEXT, REASON, SHORT_TEXT, TEXT, days_in_order, terms};
use crate::{
    Aggregate, Rejection,
    aggregate::{rule, text},
    contract::{
        Contract, ContractEvent, DraftContract, Facts, FileCrossProvince, Phase, RenewContract,
        ResumeContract, ReviewLegality, SignContract, SuspendContract, TerminateContract, reason,
    },
    rejection::common,
};

/// The calendar of China.
const CHINA_OFFSET_MINUTES: i16 = 8 * 60;
/// Offsets on earth, in minutes.
const MOST_OFFSET_MINUTES: i16 = 14 * 60;
const MOST_DAYS: i32 = 3_660;

impl Contract {
    pub(super) fn draft(&self, body: &DraftContract, facts: &Facts) -> Decision {
        if self.exists() {
            return Err(Rejection::new(&common::ALREADY_EXISTS).field("contract").about("contract"));
        }
        rule(facts.area_known, || {
            Rejection::new(&common::UNKNOWN_AREA).field("area").with("code", body.area)
        })?;
        rule(facts.company_known, || Rejection::new(&common::UNKNOWN_ORGANISATION).field("company"))?;
        rule(facts.client_known, || Rejection::new(&common::UNKNOWN_ORGANISATION).field("client"))?;
        rule(body.client != body.company, || Rejection::new(&common::NOT_SELF).field("client"))?;
        days_in_order("endsOn", body.starts_on, body.ends_on)?;
        let days = body.starts_on.0.until(body.ends_on.0).map_or(i32::MAX, |span| span.get_days());
        rule(days <= MOST_DAYS, || out_of_days("endsOn"))?;
        let utc_offset_minutes = body.utc_offset_minutes.unwrap_or(CHINA_OFFSET_MINUTES);
        rule((-MOST_OFFSET_MINUTES..=MOST_OFFSET_MINUTES).contains(&utc_offset_minutes), || {
            Rejection::new(&common::OUT_OF_RANGE)
                .field("utcOffsetMinutes")
                .with("least", -MOST_OFFSET_MINUTES)
                .with("most", MOST_OFFSET_MINUTES)
        })?;
        Ok(vec![ContractEvent::ContractDrafted {
            company: body.company,
            client: body.client,
            area: body.area,
            number: text("number", &body.number, SHORT_TEXT)?,
            service: text("service", &body.service, LONG_TEXT)?,
            rights_and_duties: text("rightsAndDuties", &body.rights_and_duties, LONG_TEXT)?,
            starts_on: body.starts_on,
            ends_on: body.ends_on,
            utc_offset_minutes,
            fixed_items: terms::fixed_items(&body.fixed_items)?,
            deduction_cap: terms::share("deductionCap", body.deduction_cap)?,
            assessment_weights: terms::weights(&body.assessment_weights)?,
            guards_from_other_province: body.guards_from_other_province,
        }])
    }

    pub(super) fn review_legality(&self, body: &ReviewLegality) -> Decision {
        self.not_terminated()?;
        let findings = text("findings", &body.findings, TEXT)?;
        if self.lawful == Some(body.lawful) {
            return Ok(vec![]);
        }
        Ok(vec![ContractEvent::LegalityReviewed { lawful: body.lawful, findings }])
    }

    pub(super) fn sign(&self, body: &SignContract, case: &Case<'_>) -> Decision {
        match self.phase {
            Phase::Drafted => {
                case.past("signedOn", body.signed_on)?;
                Ok(vec![ContractEvent::ContractSigned { signed_on: body.signed_on }])
            }
            Phase::Signed | Phase::Active | Phase::Suspended => Ok(vec![]),
            Phase::Absent | Phase::Terminated => Err(self.wrong_phase()),
        }
    }

    pub(super) fn file_cross_province(&self, body: &FileCrossProvince, case: &Case<'_>) -> Decision {
        self.not_terminated()?;
        case.past("filedOn", body.filed_on)?;
        let number = text("number", &body.number, SHORT_TEXT)?;
        if self.cross_province_filed {
            return Ok(vec![]);
        }
        Ok(vec![ContractEvent::CrossProvinceFiled { number, filed_on: body.filed_on }])
    }

    /// Signature, legality review (art. 21), licence, and the filing for guards from another province (art. 23).
    pub(super) fn activate(&self, case: &Case<'_>) -> Decision {
        match self.phase {
            Phase::Signed => {}
            Phase::Active => return Ok(vec![]),
            Phase::Drafted => return Err(Rejection::new(&reason::NOT_SIGNED).field("contract")),
            Phase::Absent | Phase::Suspended | Phase::Terminated => return Err(self.wrong_phase()),
        }
        match self.lawful {
            None => return Err(Rejection::new(&reason::NO_LEGALITY_REVIEW).field("contract")),
            Some(false) => return Err(Rejection::new(&reason::FOUND_UNLAWFUL).field("contract")),
            Some(true) => {}
        }
        case.licensed()?;
        rule(!case.parties.guards_from_other_province || self.cross_province_filed, || {
            Rejection::new(&reason::NO_FILING).field("contract")
        })?;
        self.not_ended(case)?;
        Ok(vec![ContractEvent::ContractActivated {}])
    }

    pub(super) fn suspend(&self, body: &SuspendContract, case: &Case<'_>) -> Decision {
        match self.phase {
            Phase::Active => {}
            Phase::Suspended => return Ok(vec![]),
            Phase::Absent | Phase::Drafted | Phase::Signed | Phase::Terminated => {
                return Err(self.wrong_phase());
            }
        }
        self.inside(case, "from", body.from)?;
        // Suspensions follow one another.
        if let Some((_, Some(resumed))) = self.suspensions.last() {
            days_in_order("from", *resumed, body.from)?;
        }
        self.unsettled_from("from", body.from)?;
        let reason = text("reason", &body.reason, REASON)?;
        Ok(vec![ContractEvent::ContractSuspended { from: body.from, reason }])
    }

    pub(super) fn resume(&self, body: &ResumeContract, case: &Case<'_>) -> Decision {
        match self.phase {
            Phase::Suspended => {}
            Phase::Active => return Ok(vec![]),
            Phase::Absent | Phase::Drafted | Phase::Signed | Phase::Terminated => {
                return Err(self.wrong_phase());
            }
        }
        case.licensed()?;
        self.inside(case, "from", body.from)?;
        if let Some((suspended, _)) = self.suspensions.last() {
            days_in_order("from", *suspended, body.from)?;
        }
        self.unsettled_from("from", body.from)?;
        Ok(vec![ContractEvent::ContractResumed { from: body.from }])
    }

    pub(super) fn renew(&self, body: &RenewContract, case: &Case<'_>) -> Decision {
        match self.phase {
            Phase::Active | Phase::Suspended => {}
            Phase::Absent | Phase::Drafted | Phase::Signed | Phase::Terminated => {
                return Err(self.wrong_phase());
            }
        }
        let Some(agreed) = self.ends_on else { return Err(self.wrong_phase()) };
        if agreed == body.ends_on {
            return Ok(vec![]);
        }
        case.licensed()?;
        self.not_ended(case)?;
        days_in_order("endsOn", agreed, body.ends_on)?;
        let days = agreed.0.until(body.ends_on.0).map_or(i32::MAX, |span| span.get_days());
        rule(days <= MOST_DAYS, || out_of_days("endsOn"))?;
        Ok(vec![ContractEvent::ContractRenewed { ends_on: body.ends_on }])
    }

    pub(super) fn terminate(&self, body: &TerminateContract, case: &Case<'_>) -> Decision {
        match self.phase {
            Phase::Drafted | Phase::Signed | Phase::Active | Phase::Suspended => {}
            Phase::Terminated => return Ok(vec![]),
            Phase::Absent => return Err(self.wrong_phase()),
        }
        self.inside(case, "lastDay", body.last_day)?;
        // Days after the end that a settled statement counts can not be taken out of it.
        if let Ok(next) = body.last_day.0.tomorrow() {
            self.unsettled_from("lastDay", crate::Day(next))?;
        }
        let reason = text("reason", &body.reason, REASON)?;
        Ok(vec![ContractEvent::ContractTerminated { last_day: body.last_day, reason }])
    }

    fn not_ended(&self, case: &Case<'_>) -> Result<(), Rejection> {
        match self.last_day() {
            Some(last) if case.today() > last => {
                Err(Rejection::new(&reason::CONTRACT_ENDED).field("contract").with("day", last.0))
            }
            Some(_) | None => Ok(()),
        }
    }
}

fn out_of_days(field: &'static str) -> Rejection {
    Rejection::new(&reason::DAYS_OUT_OF_RANGE).field(field).with("most", MOST_DAYS)
}
