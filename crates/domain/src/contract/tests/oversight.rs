use super::*;
use crate::{RectificationId, rejection::common};

fn allege() -> AllegeBreach {
    AllegeBreach {
        contract: CONTRACT,
        breach: Some(BREACH),
        kind: BreachKind::UncoveredPost,
        post: None,
        on: day("2026-08-05"),
        units: 30,
        description: "seen on patrol".into(),
    }
}

fn breach() -> Vec<ContractEvent> {
    with(active(), [alleged(BREACH, BreachKind::UncoveredPost, "2026-08-05", 30)])
}

fn uphold(deduction: i64) -> UpholdBreach {
    UpholdBreach { contract: CONTRACT, breach: BREACH, deduction: Fen(deduction), reason: "confirmed".into() }
}

fn contest() -> ContestBreach {
    ContestBreach { contract: CONTRACT, breach: BREACH, answer: "the road was flooded".into() }
}

fn contested() -> ContractEvent {
    ContractEvent::BreachContested { breach: BREACH, answer: "the road was flooded".into() }
}

fn waive() -> WaiveBreach {
    WaiveBreach { contract: CONTRACT, breach: BREACH, reason: "flood".into() }
}

#[test]
fn the_company_neither_alleges_nor_judges_its_own_breach() {
    then(active()).when(allege()).then([alleged(BREACH, BreachKind::UncoveredPost, "2026-08-05", 30)]);
    then(active()).actor(company()).when(allege()).then_rejected(&reason::NOT_BY_COMPANY, None);
    then(breach()).actor(company()).when(uphold(1)).then_rejected(&reason::NOT_BY_COMPANY, None);
    then(breach()).actor(company()).when(waive()).then_rejected(&reason::NOT_BY_COMPANY, None);
}

#[test]
fn a_breach_lies_in_the_contract_and_in_the_past() {
    let refused = |body, why, field| then(active()).when(body).then_rejected(why, Some(field));
    refused(AllegeBreach { on: day("2026-07-31"), ..allege() }, &reason::OUTSIDE_CONTRACT, "on");
    refused(AllegeBreach { on: day("2026-09-06"), ..allege() }, &common::IN_THE_FUTURE, "on");
    refused(AllegeBreach { units: 0, ..allege() }, &common::OUT_OF_RANGE, "units");
    refused(AllegeBreach { post: Some(PostId(uuid(99))), ..allege() }, &reason::UNKNOWN_POST, "post");
    then(breach()).when(allege()).then_nothing();
    then(breach())
        .when(AllegeBreach { units: 31, ..allege() })
        .then_rejected(&common::ALREADY_EXISTS, Some("breach"));
}

#[test]
fn only_the_company_contests() {
    then(breach()).actor(company()).when(contest()).then([contested()]);
    then(breach()).actor(client()).when(contest()).then_rejected(&reason::NOT_THE_COMPANY, None);
    then(with(breach(), [contested()])).actor(company()).when(contest()).then_nothing();
    then(with(breach(), [upheld(BREACH, 100)]))
        .actor(company())
        .when(contest())
        .then_rejected(&common::WRONG_PHASE, Some("breach"));
}

#[test]
fn a_contested_breach_is_decided_by_somebody_else_than_who_alleged_it() {
    let history = with(breach(), [contested()]);
    then(history.clone()).when(uphold(100)).then_rejected(&reason::ALLEGER_DECIDES, Some("breach"));
    then(history.clone()).actor(client()).when(uphold(100)).then([upheld(BREACH, 100)]);
    then(history)
        .when(waive())
        .then([ContractEvent::BreachWaived { breach: BREACH, reason: "flood".into() }]);
}

#[test]
fn a_deduction_stays_within_the_tariff_in_force_on_the_day() {
    then(breach()).when(uphold(3_000)).then([upheld(BREACH, 3_000)]);
    then(breach()).when(uphold(3_001)).then_rejected(&reason::DEDUCTION_OVER_TARIFF, Some("deduction"));
    then(breach()).when(uphold(-1)).then_rejected(&common::NEGATIVE_AMOUNT, Some("deduction"));
    let stricter = ContractEvent::ServiceLevelSet {
        effective_from: day("2026-08-06"),
        coverage_target: BasisPoints(9_800),
        incident_report_minutes: 10,
        rectification_days: 7,
        per_uncovered_minute: Some(Fen(1_000)),
        per_late_minute: None,
        per_case: None,
    };
    then(with(breach(), [stricter]))
        .when(uphold(3_001))
        .then_rejected(&reason::DEDUCTION_OVER_TARIFF, Some("deduction"));
    then(with(breach(), [upheld(BREACH, 3_000)])).when(uphold(3_000)).then_nothing();
    then(with(breach(), [upheld(BREACH, 3_000)]))
        .when(uphold(2_999))
        .then_rejected(&common::WRONG_PHASE, Some("breach"));
    then(with(breach(), [upheld(BREACH, 3_000)]))
        .when(waive())
        .then_rejected(&common::WRONG_PHASE, Some("breach"));
}

#[test]
fn a_rectification_is_due_as_the_service_level_says() {
    let rectification = RectificationId(uuid(52));
    let order = OrderRectification {
        contract: CONTRACT,
        rectification: Some(rectification),
        breach: Some(BREACH),
        text: "keep a relief on call".into(),
        due_on: None,
    };
    let ordered = ContractEvent::RectificationOrdered {
        rectification,
        breach: Some(BREACH),
        text: "keep a relief on call".into(),
        due_on: day("2026-09-12"),
    };
    then(breach()).when(order.clone()).then([ordered.clone()]);
    then(breach()).actor(company()).when(order.clone()).then_rejected(&reason::NOT_BY_COMPANY, None);
    then(active()).when(order.clone()).then_rejected(&reason::UNKNOWN_BREACH, Some("breach"));
    then(vec![drafted(), reviewed(true), signed(), ContractEvent::ContractActivated {}])
        .when(OrderRectification { breach: None, ..order })
        .then_rejected(&reason::NO_SERVICE_LEVEL, Some("dueOn"));

    let complete = |completed_on| CompleteRectification {
        contract: CONTRACT,
        rectification,
        completed_on: day(completed_on),
        result: "done".into(),
    };
    let history = with(breach(), [ordered]);
    let completed = ContractEvent::RectificationCompleted {
        rectification,
        completed_on: day("2026-09-05"),
        result: "done".into(),
    };
    then(history.clone()).when(complete("2026-09-05")).then([completed.clone()]);
    then(history.clone())
        .when(complete("2026-09-06"))
        .then_rejected(&common::IN_THE_FUTURE, Some("completedOn"));
    then(with(history, [completed])).when(complete("2026-09-05")).then_nothing();
}

#[test]
fn an_assessment_is_the_weighted_sum_of_its_scores() {
    let score = |criterion: &str, score| CriterionScoreInput { criterion: criterion.into(), score };
    let assess = |scores| ScoreAssessment {
        contract: CONTRACT,
        from: day("2026-08-01"),
        to: day("2026-08-31"),
        scores,
    };
    let full = assess(vec![score("conduct", BasisPoints(8_001)), score("coverage", BasisPoints(9_500))]);
    // 0.6 × 95.00 + 0.4 × 80.01 = 89.004, rounded down.
    let scored = ContractEvent::AssessmentScored {
        from: day("2026-08-01"),
        to: day("2026-08-31"),
        scores: vec![
            CriterionScore { criterion: "coverage".into(), score: BasisPoints(9_500) },
            CriterionScore { criterion: "conduct".into(), score: BasisPoints(8_001) },
        ],
        total: BasisPoints(8_900),
    };
    then(active()).when(full.clone()).then([scored.clone()]);
    then(active()).actor(company()).when(full.clone()).then_rejected(&reason::NOT_BY_COMPANY, None);
    then(with(active(), [scored.clone()])).when(full.clone()).then_nothing();
    let later = ScoreAssessment { from: day("2026-08-31"), to: day("2026-09-01"), ..full };
    then(with(active(), [scored])).when(later).then_rejected(&reason::PERIOD_OVERLAPS, Some("from"));
    then(active())
        .when(assess(vec![score("coverage", BasisPoints(9_500))]))
        .then_rejected(&reason::CRITERIA_DIFFER, Some("scores"));
    let twice = vec![score("coverage", BasisPoints(1)), score("coverage", BasisPoints(2))];
    then(active()).when(assess(twice)).then_rejected(&reason::CRITERIA_DIFFER, Some("scores"));
    let over = vec![score("conduct", BasisPoints(10_001)), score("coverage", BasisPoints(0))];
    then(active()).when(assess(over)).then_rejected(&common::OUT_OF_RANGE, Some("scores"));
}
