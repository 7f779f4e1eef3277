//! One event of every kind, for the golden files.

use super::{
    AssessmentWeight, BreachKind, ContractEvent, ContractTask, CriterionScore, FixedItem, ForbiddenTask,
    StatementLine,
};
use crate::{
    ActorId, AreaCode, BasisPoints, BreachId, Day, Fen, OrganisationId, PersonId, PostId, PostOrderId,
    RectificationId, ShiftId, StatementId,
    testing::{at, check_golden, uuid},
};

const COMPANY: OrganisationId = OrganisationId(uuid(21));
const CLIENT: OrganisationId = OrganisationId(uuid(22));
const STATION: OrganisationId = OrganisationId(uuid(23));
const POST: PostId = PostId(uuid(31));
const ORDER: PostOrderId = PostOrderId(uuid(32));
const WANG: PersonId = PersonId(uuid(11));
const SHIFT: ShiftId = ShiftId(uuid(41));
const BREACH: BreachId = BreachId(uuid(51));
const RECTIFICATION: RectificationId = RectificationId(uuid(52));
const STATEMENT: StatementId = StatementId(uuid(61));

fn area() -> AreaCode {
    "421002001001".parse().unwrap()
}

fn day(text: &str) -> Day {
    Day(text.parse().unwrap())
}

fn fixed_items() -> Vec<FixedItem> {
    vec![
        FixedItem { name: "equipment".into(), amount: Fen(50_000), due_on: None },
        FixedItem { name: "training".into(), amount: Fen(120_000), due_on: Some(day("2026-08-10")) },
    ]
}

fn weights() -> Vec<AssessmentWeight> {
    vec![
        AssessmentWeight { criterion: "coverage".into(), weight: BasisPoints(6_000) },
        AssessmentWeight { criterion: "conduct".into(), weight: BasisPoints(4_000) },
    ]
}

pub(crate) fn samples() -> Vec<ContractEvent> {
    [lifecycle(), service(), oversight(), payment()].concat()
}

fn lifecycle() -> Vec<ContractEvent> {
    vec![
        ContractEvent::ContractDrafted {
            company: COMPANY,
            client: CLIENT,
            area: area(),
            number: "2026-017".into(),
            service: "guarding of the east gate".into(),
            rights_and_duties: "the client provides a guard room".into(),
            starts_on: day("2026-08-01"),
            ends_on: day("2027-07-31"),
            utc_offset_minutes: 480,
            fixed_items: fixed_items(),
            deduction_cap: BasisPoints(2_000),
            assessment_weights: weights(),
            guards_from_other_province: true,
        },
        ContractEvent::LegalityReviewed { lawful: true, findings: "nothing forbidden is asked for".into() },
        ContractEvent::ContractSigned { signed_on: day("2026-07-20") },
        ContractEvent::CrossProvinceFiled {
            number: "鄂公保备2026-3".into(), filed_on: day("2026-07-25")
        },
        ContractEvent::ContractActivated {},
        ContractEvent::ContractAmended {
            effective_from: day("2026-10-01"),
            service: Some("guarding of both gates".into()),
            rights_and_duties: Some("the client provides two guard rooms".into()),
            fixed_items: Some(fixed_items()),
            deduction_cap: Some(BasisPoints(1_500)),
            assessment_weights: Some(weights()),
            reason: "a second gate was opened".into(),
        },
        ContractEvent::ContractSuspended { from: day("2026-11-01"), reason: "licence suspended".into() },
        ContractEvent::ContractResumed { from: day("2026-11-08") },
        ContractEvent::ContractRenewed { ends_on: day("2028-07-31") },
        ContractEvent::ContractTerminated { last_day: day("2028-03-31"), reason: "by agreement".into() },
    ]
}

fn service() -> Vec<ContractEvent> {
    vec![
        ContractEvent::PostDefined {
            post: POST,
            name: "east gate".into(),
            area: area(),
            heads: 2,
            weekdays: vec![1, 2, 3, 4, 5],
            from_minute: 1_320,
            to_minute: 360,
            rate_per_hour: Fen(3_200),
            effective_from: day("2026-08-01"),
            effective_until: Some(day("2026-12-31")),
        },
        ContractEvent::ServiceLevelSet {
            effective_from: day("2026-08-01"),
            coverage_target: BasisPoints(9_800),
            incident_report_minutes: 10,
            rectification_days: 7,
            per_uncovered_minute: Some(Fen(100)),
            per_late_minute: Some(Fen(50)),
            per_case: Some(Fen(20_000)),
        },
        ContractEvent::PostOrderIssued {
            order: ORDER,
            post: POST,
            tasks: vec![ContractTask::EntranceCheck, ContractTask::StopAndReport],
            text: "check visitors, register vehicles".into(),
        },
        ContractEvent::PostOrderAcknowledged { order: ORDER, person: WANG },
        ContractEvent::AttendanceCertified {
            post: POST,
            shift: SHIFT,
            person: WANG,
            from: at("2026-08-03T22:00:00+08:00"),
            to: at("2026-08-04T06:00:00+08:00"),
            minutes: 480,
        },
        ContractEvent::AttendanceCorrected {
            shift: SHIFT,
            person: WANG,
            from: at("2026-08-03T22:30:00+08:00"),
            to: at("2026-08-04T06:00:00+08:00"),
            minutes: 450,
            reason: "came late".into(),
        },
        ContractEvent::UnlawfulRequestRefused {
            task: ForbiddenTask::DebtCollection,
            requested_by: CLIENT,
            reported_to: STATION,
            note: "asked by telephone".into(),
        },
    ]
}

fn oversight() -> Vec<ContractEvent> {
    vec![
        ContractEvent::BreachAlleged {
            breach: BREACH,
            kind: BreachKind::UncoveredPost,
            post: Some(POST),
            on: day("2026-08-03"),
            units: 30,
            description: "nobody at the gate".into(),
            alleged_by: ActorId(uuid(71)),
        },
        ContractEvent::BreachContested { breach: BREACH, answer: "the road was flooded".into() },
        ContractEvent::BreachUpheld {
            breach: BREACH,
            deduction: Fen(3_000),
            reason: "no relief came".into(),
        },
        ContractEvent::BreachWaived { breach: BREACH, reason: "the road was flooded".into() },
        ContractEvent::RectificationOrdered {
            rectification: RECTIFICATION,
            breach: Some(BREACH),
            text: "keep a relief on call".into(),
            due_on: day("2026-08-12"),
        },
        ContractEvent::RectificationCompleted {
            rectification: RECTIFICATION,
            completed_on: day("2026-08-10"),
            result: "a relief is on call".into(),
        },
        ContractEvent::AssessmentScored {
            from: day("2026-08-01"),
            to: day("2026-08-31"),
            scores: vec![
                CriterionScore { criterion: "coverage".into(), score: BasisPoints(9_500) },
                CriterionScore { criterion: "conduct".into(), score: BasisPoints(8_000) },
            ],
            total: BasisPoints(8_900),
        },
    ]
}

fn payment() -> Vec<ContractEvent> {
    vec![
        ContractEvent::StatementIssued {
            statement: STATEMENT,
            from: day("2026-08-01"),
            to: day("2026-08-31"),
            lines: vec![StatementLine {
                post: POST,
                minutes: 450,
                rate_per_hour: Fen(3_200),
                amount: Fen(24_000),
            }],
            fixed: Fen(50_000),
            gross: Fen(74_000),
            deductions: Fen(3_000),
            cap: Fen(14_800),
            deducted: Fen(3_000),
            payable: Fen(71_000),
            breaches: vec![BREACH],
            replaces: Some(StatementId(uuid(60))),
        },
        ContractEvent::StatementDisputed { statement: STATEMENT, reason: "a night is missing".into() },
        ContractEvent::StatementApproved { statement: STATEMENT, approved_by: ActorId(uuid(72)) },
        ContractEvent::PaymentRecorded {
            statement: STATEMENT,
            amount: Fen(71_000),
            paid_on: day("2026-09-10"),
            reference: "20260910-0042".into(),
        },
    ]
}

#[test]
fn golden_files_match() {
    check_golden(samples());
}
