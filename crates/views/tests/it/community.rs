//! The overview of a community: its own figures, nobody's personal data.

use domain::Fen;
use views::{
    Scope,
    query::{CommunityOverview, LeftOutReason},
    rows::ContractPhase,
};

use super::{
    report::{CONTRACT, august},
    station::{busy, today},
    world::{COMMITTEE, COMPANY, EAST, History, SOUTH, WEST, World, area, period},
};

fn overview(world: &World, scope: &Scope, place: &str) -> Option<CommunityOverview> {
    world.views.read_now(|views| views.community_overview(scope, area(place), today())).unwrap()
}

#[test]
fn a_community_sees_its_own_day() {
    let world = busy().views();
    let scope = Scope { areas: vec![area(EAST)], organisations: vec![COMMITTEE], ..Scope::default() };
    let east = overview(&world, &scope, EAST).unwrap();
    assert_eq!(east.incidents.numerator, 2);
    let reasons: Vec<_> = east.incidents.left_out.iter().map(|left| left.reason).collect();
    assert_eq!(reasons, [LeftOutReason::Drill, LeftOutReason::MergedDuplicate, LeftOutReason::SelfInitiated]);
    assert_eq!((east.response.count, east.response.p90_seconds), (2, Some(600)));
    assert_eq!((east.closed_on_time.numerator, east.closed_on_time.denominator), (1, Some(2)));
    assert_eq!((east.volunteer_minutes, east.distinct_volunteers), (105, 2));
    assert_eq!((east.shifts, east.required_minutes, east.certified_minutes), (4, 2_040, 525));
    assert_eq!((east.patrol_coverage.numerator, east.patrol_coverage.denominator), (1, Some(3)));
    assert_eq!((east.households, east.teams.len()), (250, 1));
    assert_eq!(east.contracts, vec![]);
}

#[test]
fn another_community_is_not_found() {
    let world = busy().views();
    let scope = Scope { areas: vec![area(EAST)], organisations: vec![COMMITTEE], ..Scope::default() };
    for place in [WEST, SOUTH, "421002001", "421002", "421002009009"] {
        assert_eq!(overview(&world, &scope, place), None, "{place}");
    }
    assert_eq!(overview(&world, &Scope { organisations: vec![COMPANY], ..Scope::default() }, EAST), None);
    // A grid has no committee.
    assert_eq!(overview(&world, &Scope::everything(), "421002001001001"), None);
}

#[test]
fn a_volunteer_with_several_shifts_counts_once() {
    use super::world::{Planned, person};
    let mut history = History::new();
    let team = history.team(1, domain::TeamKind::Volunteer, domain::Payer::Community, EAST, 2);
    let watch = Planned { team: Some(team), ..Planned::default() };
    for (number, from, to) in [
        (1, "2026-08-10T08:00", "2026-08-10T09:00"),
        (2, "2026-08-10T10:00", "2026-08-10T11:00"),
        (3, "2026-08-11T10:00", "2026-08-11T11:00"),
    ] {
        let who = if number == 3 { person(2) } else { person(1) };
        history.roster(number, &Planned { from, to, ..watch }, &[who]);
        history.clock_in(number, who, from);
        history.certify(number, to, &[(who, 60)]);
    }
    // Paid work does not make a volunteer.
    history.roster(
        4,
        &Planned { from: "2026-08-10T12:00", to: "2026-08-10T13:00", ..Planned::default() },
        &[person(3)],
    );
    history.clock_in(4, person(3), "2026-08-10T12:00");
    history.certify(4, "2026-08-10T13:00", &[(person(3), 60)]);
    let world = history.views();
    assert_eq!(overview(&world, &Scope::everything(), EAST).unwrap().distinct_volunteers, 1);
    let two_days = period("2026-08-10", "2026-08-11");
    let two = world
        .views
        .read_now(|views| views.community_overview(&Scope::everything(), area(EAST), two_days))
        .unwrap();
    assert_eq!(two.unwrap().distinct_volunteers, 2);
}

#[test]
fn the_contract_that_the_committee_pays_for() {
    let world = august().history.views();
    let scope = Scope { areas: vec![area(EAST)], organisations: vec![COMMITTEE], ..Scope::default() };
    let east = overview(&world, &scope, EAST).unwrap();
    let [contract] = &east.contracts[..] else { panic!("{:?}", east.contracts) };
    assert_eq!((contract.contract, contract.phase), (CONTRACT, ContractPhase::Active));
    assert_eq!((contract.coverage.numerator, contract.coverage.denominator), (590, Some(600)));
    assert_eq!((contract.upheld_breaches, &contract.latest_statement), (1, &None::<(_, _, Fen, _)>));
}
