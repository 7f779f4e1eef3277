//! Dispositions, closing, reopening, feedback.

use super::*;
use crate::{Actor, PersonalText, rejection::common, testing::given};

fn dispose(code: DispositionCode) -> RecordDisposition {
    RecordDisposition { incident: INCIDENT, code, note: None }
}

fn close() -> CloseIncident {
    CloseIncident { incident: INCIDENT }
}

#[test]
fn closing_needs_a_disposition() {
    for history in [
        since_report([]),
        since_report([dispatched(PATROL, 2)]),
        since_report([arrived(PATROL, 5)]),
        since_closing([reopened(60)]),
    ] {
        given::<Incident>(history)
            .now(&clock(70))
            .when(close())
            .then_rejected(&reason::CLOSING_WITHOUT_DISPOSITION, Some("incident"));
    }
    let resolved = since_report([disposed(DispositionCode::Unfounded, 30)]);
    assert_eq!(phase(resolved.clone()), Phase::Resolved);
    given::<Incident>(resolved).now(&clock(40)).when(close()).then([closed(40)]);
    given::<Incident>(since_closing([])).now(&clock(41)).when(close()).then_nothing();
}

#[test]
fn closing_needs_an_author() {
    let resolved = since_report([disposed(DispositionCode::Unfounded, 30)]);
    given::<Incident>(resolved)
        .actor(Actor::PLATFORM)
        .now(&clock(40))
        .when(close())
        .then_rejected(&reason::CLOSING_WITHOUT_AUTHOR, Some("incident"));
    given::<Incident>([reported()])
        .actor(Actor::PLATFORM)
        .now(&clock(40))
        .when(dispose(DispositionCode::Warned))
        .then_rejected(&reason::CLOSING_WITHOUT_AUTHOR, Some("incident"));
}

#[test]
fn a_disposition_can_be_replaced_until_the_closing() {
    let resolved = since_report([disposed(DispositionCode::Warned, 30)]);
    given::<Incident>(resolved.clone()).now(&clock(31)).when(dispose(DispositionCode::Warned)).then_nothing();
    given::<Incident>(resolved)
        .now(&clock(31))
        .when(dispose(DispositionCode::CaseFiled))
        .then([disposed(DispositionCode::CaseFiled, 31)]);
    given::<Incident>(since_closing([]))
        .now(&clock(50))
        .when(dispose(DispositionCode::CaseFiled))
        .then_rejected(&common::WRONG_PHASE, Some("incident"));
}

#[test]
fn times_of_the_end_never_run_backwards() {
    let backwards = |history, minutes, command: IncidentCommand| {
        given::<Incident>(history)
            .now(&clock(minutes))
            .when(command)
            .then_rejected(&common::TIMES_RUN_BACKWARDS, Some("occurredAt"));
    };
    let reopen = ReopenIncident { incident: INCIDENT, reason: "again".into() };
    backwards(since_report([disposed(DispositionCode::Warned, 30)]), 29, close().into());
    backwards(since_closing([]), 39, reopen.into());
    backwards(since_closing([reopened(60)]), 59, dispose(DispositionCode::Warned).into());
    backwards(since_report([]), -1, dispose(DispositionCode::Warned).into());
}

#[test]
fn a_closed_incident_is_reopened_and_closed_again() {
    let reopen = ReopenIncident { incident: INCIDENT, reason: "again".into() };
    given::<Incident>(since_closing([])).now(&clock(60)).when(reopen.clone()).then([reopened(60)]);
    let history = since_closing([reopened(60)]);
    assert_eq!(phase(history.clone()), Phase::Reopened);
    given::<Incident>(history.clone()).now(&clock(61)).when(reopen.clone()).then_nothing();
    let again: Vec<_> =
        history.into_iter().chain([disposed(DispositionCode::CaseFiled, 70), closed(80)]).collect();
    assert_eq!(phase(again), Phase::Closed);
    given::<Incident>(since_report([arrived(PATROL, 5)]))
        .now(&clock(60))
        .when(reopen)
        .then_rejected(&common::WRONG_PHASE, Some("incident"));
}

#[test]
fn feedback_scores_what_was_done() {
    let feedback = |score| RecordFeedback { incident: INCIDENT, score, comment: None };
    let recorded = IncidentEvent::FeedbackRecorded { score: 4, comment: None, at: minute(60) };
    given::<Incident>(since_closing([])).now(&clock(60)).when(feedback(4)).then([recorded.clone()]);
    given::<Incident>(since_closing([recorded])).now(&clock(61)).when(feedback(4)).then_nothing();
    for score in [0, 6] {
        given::<Incident>(since_closing([]))
            .now(&clock(60))
            .when(feedback(score))
            .then_rejected(&common::OUT_OF_RANGE, Some("score"));
    }
    given::<Incident>([reported()])
        .now(&clock(60))
        .when(feedback(4))
        .then_rejected(&common::WRONG_PHASE, Some("incident"));
}

#[test]
fn notes_and_comments_are_personal() {
    let told = Some(PersonalText::new("王某道歉"));
    let noted = RecordDisposition { note: told.clone(), ..dispose(DispositionCode::Mediated) };
    let commented = RecordFeedback { incident: INCIDENT, score: 5, comment: told };
    let decided = [
        given::<Incident>([reported()]).now(&clock(30)).when(noted).events(),
        given::<Incident>(since_closing([])).now(&clock(60)).when(commented).events(),
    ];
    for mut events in decided {
        let fields = crate::EventBody::personal_mut(&mut events[0]);
        assert_eq!(fields.len(), 1);
        assert_eq!(fields[0].subject, INCIDENT.into());
    }
}

#[test]
fn every_reason_speaks_both_languages() {
    for reason in reason::ALL {
        assert!(!reason.en.is_empty() && !reason.zh.is_empty() && reason.code.is_ascii(), "{}", reason.code);
    }
}
