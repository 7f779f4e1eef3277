use super::*;
use crate::rejection::common;

const ACTIVATE: ActivateContract = ActivateContract { contract: CONTRACT };

fn now(history: impl IntoIterator<Item = ContractEvent>) -> Given<Contract> {
    given(history).facts(known()).now("2026-08-01T00:00:00+08:00")
}

#[test]
fn a_contract_is_drafted_once_between_two_known_parties() {
    now([drafted()]).when(draft()).then_rejected(&common::ALREADY_EXISTS, Some("contract"));
    now([])
        .facts(Facts { company_known: false, ..known() })
        .when(draft())
        .then_rejected(&common::UNKNOWN_ORGANISATION, Some("company"));
    now([])
        .facts(Facts { area_known: false, ..known() })
        .when(draft())
        .then_rejected(&common::UNKNOWN_AREA, Some("area"));
    now([])
        .when(DraftContract { client: COMPANY, ..draft() })
        .then_rejected(&common::NOT_SELF, Some("client"));
    now([])
        .when(DraftContract { ends_on: day("2026-07-31"), ..draft() })
        .then_rejected(&reason::DAYS_RUN_BACKWARDS, Some("endsOn"));
    now([])
        .when(DraftContract { ends_on: day("2046-07-31"), ..draft() })
        .then_rejected(&common::OUT_OF_RANGE, Some("endsOn"));
    now([]).when(ACTIVATE).then_rejected(&common::NOT_FOUND, Some("contract"));
}

#[test]
fn art_21_a_contract_states_its_service_and_the_rights_and_duties() {
    now([])
        .when(DraftContract { service: " ".into(), ..draft() })
        .then_rejected(&common::EMPTY_TEXT, Some("service"));
    now([])
        .when(DraftContract { rights_and_duties: String::new(), ..draft() })
        .then_rejected(&common::EMPTY_TEXT, Some("rightsAndDuties"));
}

#[test]
fn weights_sum_to_the_whole_and_are_frozen_by_the_signature() {
    let weights = |points: &[u16]| {
        let weight = |(index, points): (usize, &u16)| AssessmentWeightInput {
            criterion: format!("criterion {index}"),
            weight: BasisPoints(*points),
        };
        points.iter().enumerate().map(weight).collect::<Vec<_>>()
    };
    for wrong in [&[][..], &[9_999], &[6_000, 4_001]] {
        now([])
            .when(DraftContract { assessment_weights: weights(wrong), ..draft() })
            .then_rejected(&reason::WEIGHTS_SUM, Some("assessmentWeights"));
    }
    let mut twice = weights(&[5_000, 5_000]);
    twice[1].criterion = twice[0].criterion.clone();
    now([])
        .when(DraftContract { assessment_weights: twice, ..draft() })
        .then_rejected(&reason::CRITERION_TWICE, Some("assessmentWeights"));

    let amend = AmendContract {
        contract: CONTRACT,
        effective_from: day("2026-08-01"),
        service: None,
        rights_and_duties: None,
        fixed_items: None,
        deduction_cap: None,
        assessment_weights: Some(weights(&[10_000])),
        reason: "simpler".into(),
    };
    assert_eq!(now([drafted()]).when(amend.clone()).events().len(), 1);
    now([drafted(), signed()])
        .when(amend.clone())
        .then_rejected(&reason::WEIGHTS_FROZEN, Some("assessmentWeights"));
    now([drafted()])
        .when(AmendContract { assessment_weights: None, ..amend })
        .then_rejected(&reason::EMPTY_AMENDMENT, None);
}

#[test]
fn negative_amounts_and_shares_over_the_whole_are_refused() {
    let item = FixedItemInput { name: "x".into(), amount: Fen(-1), due_on: None };
    now([])
        .when(DraftContract { fixed_items: vec![item], ..draft() })
        .then_rejected(&common::NEGATIVE_AMOUNT, Some("fixedItems.0.amount"));
    now([])
        .when(DraftContract { deduction_cap: BasisPoints(10_001), ..draft() })
        .then_rejected(&common::OUT_OF_RANGE, Some("deductionCap"));
}

#[test]
fn activation_needs_signature_review_and_licence() {
    now([drafted(), reviewed(true), signed()]).when(ACTIVATE).then([ContractEvent::ContractActivated {}]);
    now([drafted(), reviewed(true)]).when(ACTIVATE).then_rejected(&reason::NOT_SIGNED, Some("contract"));
    now([drafted(), reviewed(true), signed()])
        .facts(Facts { licence_valid: false, ..known() })
        .when(ACTIVATE)
        .then_rejected(&reason::NO_LICENCE, Some("contract"));
    now(active()).when(ACTIVATE).then_nothing();
}

#[test]
fn art_21_activation_needs_a_legality_review_that_found_nothing() {
    now([drafted(), signed()]).when(ACTIVATE).then_rejected(&reason::NO_LEGALITY_REVIEW, Some("contract"));
    now([drafted(), reviewed(false), signed()])
        .when(ACTIVATE)
        .then_rejected(&reason::FOUND_UNLAWFUL, Some("contract"));
    let amended = ContractEvent::ContractAmended {
        effective_from: day("2026-08-01"),
        service: Some("guarding and more".into()),
        rights_and_duties: None,
        fixed_items: None,
        deduction_cap: None,
        assessment_weights: None,
        reason: "the client asks for more".into(),
    };
    // What was added after the review has not been reviewed.
    now([drafted(), reviewed(true), amended, signed()])
        .when(ACTIVATE)
        .then_rejected(&reason::NO_LEGALITY_REVIEW, Some("contract"));
}

#[test]
fn art_23_guards_from_another_province_need_a_filing() {
    let drafted = drafted_as(DraftContract { guards_from_other_province: true, ..draft() });
    let history = [drafted, reviewed(true), signed()];
    now(history.clone()).when(ACTIVATE).then_rejected(&reason::NO_FILING, Some("contract"));
    let file = FileCrossProvince { contract: CONTRACT, number: "3".into(), filed_on: day("2026-07-30") };
    let filed = ContractEvent::CrossProvinceFiled { number: "3".into(), filed_on: day("2026-07-30") };
    now(history.clone()).when(file.clone()).then([filed.clone()]);
    let history = with(history.into(), [filed]);
    now(history.clone()).when(file).then_nothing();
    now(history).when(ACTIVATE).then([ContractEvent::ContractActivated {}]);
}

#[test]
fn a_contract_that_has_ended_is_neither_activated_nor_renewed() {
    let renew = |ends_on| RenewContract { contract: CONTRACT, ends_on: day(ends_on) };
    now([drafted(), reviewed(true), signed()])
        .now("2027-01-01T00:00:00+08:00")
        .when(ACTIVATE)
        .then_rejected(&reason::CONTRACT_ENDED, Some("contract"));
    now(active())
        .now("2026-12-31T23:59:00+08:00")
        .when(renew("2027-12-31"))
        .then([ContractEvent::ContractRenewed { ends_on: day("2027-12-31") }]);
    now(active())
        .now("2027-01-01T00:00:00+08:00")
        .when(renew("2027-12-31"))
        .then_rejected(&reason::CONTRACT_ENDED, Some("contract"));
    now(active()).when(renew("2026-12-30")).then_rejected(&reason::DAYS_RUN_BACKWARDS, Some("endsOn"));
    now(active()).when(renew("2026-12-31")).then_nothing();
}

#[test]
fn a_suspended_contract_is_out_of_force_until_it_is_resumed_with_a_licence() {
    let suspend = SuspendContract { contract: CONTRACT, from: day("2026-08-10"), reason: "licence".into() };
    let suspended = ContractEvent::ContractSuspended { from: day("2026-08-10"), reason: "licence".into() };
    now(active()).when(suspend.clone()).then([suspended.clone()]);
    let history = with(active(), [suspended]);
    now(history.clone()).when(suspend).then_nothing();
    assert!(state(history.clone()).in_force_on(day("2026-08-09")));
    assert!(!state(history.clone()).in_force_on(day("2026-09-30")));

    let resume = |from| ResumeContract { contract: CONTRACT, from: day(from) };
    now(history.clone())
        .facts(Facts { licence_valid: false, ..known() })
        .when(resume("2026-08-12"))
        .then_rejected(&reason::NO_LICENCE, Some("contract"));
    now(history.clone()).when(resume("2026-08-09")).then_rejected(&reason::DAYS_RUN_BACKWARDS, Some("from"));
    let resumed = ContractEvent::ContractResumed { from: day("2026-08-12") };
    now(history.clone()).when(resume("2026-08-12")).then([resumed.clone()]);
    let state = state(with(history, [resumed]));
    let days = state.days_in_force(day("2026-08-08"), day("2026-08-13"));
    assert_eq!(days, ["2026-08-08", "2026-08-09", "2026-08-12", "2026-08-13"].map(day));
}

#[test]
fn art_21_a_contract_is_kept_for_two_years_after_its_end() {
    let terminate =
        TerminateContract { contract: CONTRACT, last_day: day("2026-10-15"), reason: "by agreement".into() };
    let terminated =
        ContractEvent::ContractTerminated { last_day: day("2026-10-15"), reason: "by agreement".into() };
    now(active()).when(terminate.clone()).then([terminated.clone()]);
    assert_eq!(state(active()).retained_until(), Some(day("2028-12-31")));
    let ended = with(active(), [terminated]);
    now(ended.clone()).when(terminate).then_nothing();
    now(ended.clone()).when(ACTIVATE).then_rejected(&common::WRONG_PHASE, Some("contract"));
    let state = state(ended);
    assert_eq!(state.retained_until(), Some(day("2028-10-15")));
    assert!(!state.may_be_erased(day("2028-10-15")) && state.may_be_erased(day("2028-10-16")));
    assert!(!Contract::default().may_be_erased(day("2030-01-01")));
    assert!(state.in_force_on(day("2026-10-15")) && !state.in_force_on(day("2026-10-16")));
}

#[test]
fn a_contract_that_was_never_active_is_never_in_force() {
    assert!(!state(vec![drafted(), reviewed(true), signed()]).in_force_on(day("2026-08-01")));
}
