use app::{
    AccountRole, Viewer,
    personal::{Subject, may_know, may_open},
};
use domain::{AreaCode, IncidentId, OrganisationId, PersonId, access::PersonalSubject};
use uuid::Uuid;

const HERE: &str = "421002001001";
const ELSEWHERE: &str = "421003001001";

fn organisation(number: u128) -> OrganisationId {
    OrganisationId(Uuid::from_u128(number))
}

fn person(number: u128) -> PersonId {
    PersonId(Uuid::from_u128(number))
}

fn area(code: &str) -> AreaCode {
    code.parse().unwrap()
}

/// An account at the township of `HERE`, of organisation 1, of person 1.
fn viewer(roles: &[AccountRole]) -> Viewer {
    let roles = roles.iter().copied();
    Viewer::new(Uuid::from_u128(9), roles, vec![area("421002001")], vec![organisation(1)], Some(person(1)))
}

#[test]
fn who_may_open_what() {
    use AccountRole::{
        Administrator, Auditor, CommitteeClerk, CompanyManager, Member, StationChief, StationOfficer,
    };
    // Role; oneself; a colleague; somebody of another organisation; an incident here; an incident elsewhere.
    let table = [
        (StationChief, [true, true, false, true, false]),
        (StationOfficer, [true, true, false, true, false]),
        (CommitteeClerk, [true, true, false, false, false]),
        (CompanyManager, [true, true, false, false, false]),
        (Member, [true, false, false, false, false]),
        (Auditor, [false, false, false, false, false]),
        (Administrator, [false, false, false, false, false]),
    ];
    assert_eq!(table.len(), AccountRole::ALL.len());
    let (ours, theirs) = ([organisation(1)], [organisation(2)]);
    for (role, expected) in table {
        let viewer = viewer(&[role]);
        let subjects = [
            Subject::Person { id: person(1), organisations: &theirs },
            Subject::Person { id: person(2), organisations: &ours },
            Subject::Person { id: person(2), organisations: &theirs },
            Subject::Incident { area: area(HERE) },
            Subject::Incident { area: area(ELSEWHERE) },
        ];
        assert_eq!(subjects.map(|subject| may_open(&viewer, subject)), expected, "{role:?}");
    }
}

#[test]
fn an_auditor_stays_one_whatever_else_the_account_is() {
    let viewer = viewer(&[AccountRole::Auditor, AccountRole::StationChief]);
    assert!(!may_open(&viewer, Subject::Incident { area: area(HERE) }));
    assert!(!may_open(&Viewer::platform(), Subject::Incident { area: area(HERE) }));
}

#[test]
fn who_may_know_of_an_access() {
    use AccountRole::{
        Administrator, Auditor, CommitteeClerk, CompanyManager, Member, StationChief, StationOfficer,
    };
    let subjects = [
        PersonalSubject::Person(person(1)),
        PersonalSubject::Person(person(2)),
        PersonalSubject::Incident(IncidentId(Uuid::from_u128(3))),
    ];
    for role in [StationOfficer, CommitteeClerk, CompanyManager, Member, Administrator] {
        let viewer = viewer(&[role]);
        // Oneself, and nobody else: neither by area nor by organisation.
        assert_eq!(subjects.map(|subject| may_know(&viewer, subject)), [true, false, false], "{role:?}");
        let own = views::Scope { person: Some(person(1)), ..views::Scope::default() };
        assert_eq!(viewer.access_scope(), own, "{role:?}");
    }
    for role in [StationChief, Auditor] {
        let viewer = viewer(&[role]);
        assert_eq!(subjects.map(|subject| may_know(&viewer, subject)), [true; 3], "{role:?}");
        let due = if role == Auditor { views::Scope::everything() } else { viewer.scope.clone() };
        assert_eq!(viewer.access_scope(), due, "{role:?}");
    }
}
