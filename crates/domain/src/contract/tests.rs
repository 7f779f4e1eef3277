mod figures;
mod lifecycle;
mod month;
mod oversight;
mod payment;
mod service;

use super::*;
use crate::{
    Actor, ActorId, AreaCode, BasisPoints, BreachId, CertificateStanding, ContractId, Day, Fen,
    OrganisationId, PersonId, PersonRole, PostId, ShiftId, Standing, StatementId,
    testing::{Given, at, given, uuid},
};

const CONTRACT: ContractId = ContractId(uuid(1));
const COMPANY: OrganisationId = OrganisationId(uuid(21));
const CLIENT: OrganisationId = OrganisationId(uuid(22));
const STATION: OrganisationId = OrganisationId(uuid(23));
const GATE: PostId = PostId(uuid(31));
const NIGHT: PostId = PostId(uuid(32));
const WANG: PersonId = PersonId(uuid(11));
const LI: PersonId = PersonId(uuid(12));
const ZHAO: PersonId = PersonId(uuid(13));
const BREACH: BreachId = BreachId(uuid(51));
const STATEMENT: StatementId = StatementId(uuid(61));

fn area() -> AreaCode {
    "421002001001".parse().unwrap()
}

fn day(text: &str) -> Day {
    Day(text.parse().unwrap())
}

fn by(organisation: OrganisationId, account: u128) -> Actor {
    Actor { id: ActorId(uuid(account)), person: None, organisation: Some(organisation) }
}

fn client() -> Actor {
    by(CLIENT, 101)
}

fn company() -> Actor {
    by(COMPANY, 102)
}

fn station() -> Actor {
    by(STATION, 103)
}

/// Everything known, licensed.
fn known() -> Facts {
    Facts {
        area_known: true,
        company_known: true,
        client_known: true,
        police_known: true,
        licence_valid: true,
        person: None,
        shift: None,
    }
}

fn draft() -> DraftContract {
    DraftContract {
        contract: Some(CONTRACT),
        company: COMPANY,
        client: CLIENT,
        area: area(),
        number: "2026-017".into(),
        service: "guarding".into(),
        rights_and_duties: "a guard room".into(),
        starts_on: day("2026-08-01"),
        ends_on: day("2026-12-31"),
        utc_offset_minutes: None,
        fixed_items: vec![
            FixedItemInput { name: "equipment".into(), amount: Fen(50_000), due_on: None },
            FixedItemInput { name: "training".into(), amount: Fen(120_000), due_on: Some(day("2026-08-10")) },
        ],
        deduction_cap: BasisPoints(2_000),
        assessment_weights: vec![
            AssessmentWeightInput { criterion: "coverage".into(), weight: BasisPoints(6_000) },
            AssessmentWeightInput { criterion: "conduct".into(), weight: BasisPoints(4_000) },
        ],
        guards_from_other_province: false,
    }
}

fn drafted_as(body: DraftContract) -> ContractEvent {
    let mut events = given::<Contract>([]).facts(known()).when(body).events();
    assert_eq!(events.len(), 1);
    events.remove(0)
}

fn drafted() -> ContractEvent {
    drafted_as(draft())
}

fn reviewed(lawful: bool) -> ContractEvent {
    ContractEvent::LegalityReviewed { lawful, findings: "read".into() }
}

fn signed() -> ContractEvent {
    ContractEvent::ContractSigned { signed_on: day("2026-07-20") }
}

fn gate_defined(effective_from: &str, rate_per_hour: i64) -> ContractEvent {
    ContractEvent::PostDefined {
        post: GATE,
        name: "east gate".into(),
        area: area(),
        heads: 2,
        weekdays: vec![1, 2, 3, 4, 5],
        from_minute: 480,
        to_minute: 1_200,
        rate_per_hour: Fen(rate_per_hour),
        effective_from: day(effective_from),
        effective_until: None,
    }
}

fn night_defined() -> ContractEvent {
    ContractEvent::PostDefined {
        post: NIGHT,
        name: "night watch".into(),
        area: area(),
        heads: 1,
        weekdays: vec![1, 2, 3, 4, 5, 6, 7],
        from_minute: 1_320,
        to_minute: 360,
        rate_per_hour: Fen(2_801),
        effective_from: day("2026-08-01"),
        effective_until: None,
    }
}

fn level_set() -> ContractEvent {
    ContractEvent::ServiceLevelSet {
        effective_from: day("2026-08-01"),
        coverage_target: BasisPoints(9_800),
        incident_report_minutes: 10,
        rectification_days: 7,
        per_uncovered_minute: Some(Fen(100)),
        per_late_minute: Some(Fen(50)),
        per_case: Some(Fen(2_000_000)),
    }
}

/// In force since 1 August 2026 (a Saturday), with a gate on working days and a watch every night.
fn active() -> Vec<ContractEvent> {
    vec![
        drafted(),
        reviewed(true),
        signed(),
        gate_defined("2026-08-01", 3_000),
        night_defined(),
        level_set(),
        ContractEvent::ContractActivated {},
    ]
}

fn with(
    mut history: Vec<ContractEvent>,
    more: impl IntoIterator<Item = ContractEvent>,
) -> Vec<ContractEvent> {
    history.extend(more);
    history
}

/// A decision on 5 September 2026, by the station, with everything known.
fn then(history: Vec<ContractEvent>) -> Given<Contract> {
    given(history).facts(known()).now("2026-09-05T10:00:00+08:00").actor(station())
}

fn guard(person: PersonId) -> Standing {
    Standing {
        person,
        roles: [(PersonRole::Guard, COMPANY)].into(),
        guard_certificate: CertificateStanding::Valid,
        age: Some(40),
        barred: false,
    }
}

/// Certified presence; the shift is told by a number.
fn present(post: PostId, shift: u128, person: PersonId, from: &str, to: &str) -> ContractEvent {
    let (from, to) = (at(from), at(to));
    ContractEvent::AttendanceCertified {
        post,
        shift: ShiftId(uuid(shift)),
        person,
        from,
        to,
        minutes: u32::try_from(from.minutes_until(&to)).unwrap(),
    }
}

fn alleged(breach: BreachId, kind: BreachKind, on: &str, units: u32) -> ContractEvent {
    ContractEvent::BreachAlleged {
        breach,
        kind,
        post: None,
        on: day(on),
        units,
        description: "seen on patrol".into(),
        alleged_by: station().id,
    }
}

fn upheld(breach: BreachId, deduction: i64) -> ContractEvent {
    ContractEvent::BreachUpheld { breach, deduction: Fen(deduction), reason: "confirmed".into() }
}

fn state(history: Vec<ContractEvent>) -> Contract {
    let mut state = Contract::default();
    history.iter().for_each(|event| state.apply(event));
    state
}
