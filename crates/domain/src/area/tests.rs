use super::*;
use crate::{
    Aggregate, AreaCode, AreaLevel, Day, PersonId,
    rejection::common,
    testing::{given, uuid},
};

const WANG: PersonId = PersonId(uuid(11));
const VILLAGE: &str = "421002001001";
const GRID: &str = "421002001001001";
const NOW: &str = "2026-08-01T08:00:00+08:00";

fn code(text: &str) -> AreaCode {
    text.parse().unwrap()
}

fn day(text: &str) -> Day {
    Day(text.parse().unwrap())
}

fn known() -> Facts {
    Facts { parent_known: true, successors_known: true, person_known: true }
}

fn register() -> RegisterArea {
    RegisterArea { area: code(VILLAGE), name: "中山社区".into(), parent: None }
}

fn registered() -> AreaEvent {
    AreaEvent::AreaRegistered {
        code: code(VILLAGE),
        level: AreaLevel::Village,
        name: "中山社区".into(),
        parent: Some(code("421002001")),
    }
}

fn define(households: u32) -> DefineGrid {
    DefineGrid { area: code(GRID), name: "第一网格".into(), households, boundary: None }
}

fn defined() -> AreaEvent {
    AreaEvent::GridDefined { code: code(GRID), name: "第一网格".into(), households: 128, boundary: None }
}

fn counted(households: u32, on: &str) -> AreaEvent {
    AreaEvent::HouseholdsCounted { households, on: day(on) }
}

fn dissolved() -> AreaEvent {
    AreaEvent::AreaDissolved { reason: "merged".into(), successor: None }
}

#[test]
fn an_area_is_registered_once_below_its_own_prefix() {
    given::<Area>([]).facts(known()).when(register()).then([registered()]);
    given::<Area>([registered()]).facts(known()).when(register()).then_nothing();
    given::<Area>([registered()])
        .facts(known())
        .when(RegisterArea { name: "another".into(), ..register() })
        .then_rejected(&common::ALREADY_EXISTS, Some("area"));
    given::<Area>([registered(), dissolved()])
        .facts(known())
        .when(register())
        .then_rejected(&common::WRONG_PHASE, Some("area"));
    assert_eq!((Area::CATEGORY, Area::stream_id(code(VILLAGE))), ("area", VILLAGE.to_owned()));
}

#[test]
fn levels_have_a_fixed_order_and_no_cycle() {
    for parent in [VILLAGE, "421002002", "421002", GRID] {
        given::<Area>([])
            .facts(known())
            .when(RegisterArea { parent: Some(code(parent)), ..register() })
            .then_rejected(&reason::PARENT_NOT_PREFIX, Some("parent"));
    }
    given::<Area>([])
        .facts(Facts { parent_known: false, ..known() })
        .when(register())
        .then_rejected(&common::UNKNOWN_AREA, Some("parent"));
    given::<Area>([]).facts(Facts::default()).when(RegisterArea { area: code("42"), ..register() }).then([
        AreaEvent::AreaRegistered {
            code: code("42"),
            level: AreaLevel::Province,
            name: "中山社区".into(),
            parent: None,
        },
    ]);
    given::<Area>([])
        .facts(known())
        .when(RegisterArea { area: code(GRID), ..register() })
        .then_rejected(&reason::GRID_IS_DEFINED, Some("area"));
    given::<Area>([])
        .facts(known())
        .when(DefineGrid { area: code(VILLAGE), ..define(1) })
        .then_rejected(&reason::NOT_A_GRID, Some("area"));
}

#[test]
fn the_number_of_households_of_a_grid_is_guidance() {
    for households in [0, 99, 151, 5_000] {
        let defined = given::<Area>([]).facts(known()).when(define(households)).events();
        assert_eq!(defined.len(), 1);
    }
    given::<Area>([])
        .facts(known())
        .when(define(u32::MAX))
        .then_rejected(&common::OUT_OF_RANGE, Some("households"));
    given::<Area>([defined()]).facts(known()).when(define(128)).then_nothing();
    given::<Area>([])
        .facts(Facts { parent_known: false, ..known() })
        .when(define(128))
        .then_rejected(&common::UNKNOWN_AREA, Some("area"));
}

#[test]
fn a_boundary_is_redrawn_for_a_grid_only() {
    let revise =
        |area| ReviseGridBoundary { area: code(area), boundary: " between canal and railway ".into() };
    let revised = AreaEvent::GridBoundaryRevised { boundary: "between canal and railway".into() };
    given::<Area>([defined()]).when(revise(GRID)).then([revised.clone()]);
    given::<Area>([defined(), revised]).when(revise(GRID)).then_nothing();
    given::<Area>([registered()]).when(revise(VILLAGE)).then_rejected(&reason::NOT_A_GRID, Some("area"));
    given::<Area>([]).when(revise(GRID)).then_rejected(&common::NOT_FOUND, Some("area"));
}

#[test]
fn a_grid_is_split_inside_its_village() {
    let (two, three) = (code("421002001001002"), code("421002001001003"));
    let split = |into: &[AreaCode]| SplitGrid { area: code(GRID), into: into.to_vec() };
    let done = AreaEvent::GridSplit { into: vec![two, three] };
    given::<Area>([defined()]).facts(known()).when(split(&[two, three])).then([done.clone()]);
    given::<Area>([defined(), done]).facts(known()).when(split(&[two, three])).then_nothing();
    for (into, why) in [
        (vec![two], &common::OUT_OF_RANGE),
        (vec![two, two], &reason::NAMED_TWICE),
        (vec![two, code(GRID)], &reason::NAMED_TWICE),
        (vec![two, code("421002001002003")], &reason::OTHER_VILLAGE),
        (vec![two, code(VILLAGE)], &reason::NOT_A_GRID),
    ] {
        given::<Area>([defined()]).facts(known()).when(split(&into)).then_rejected(why, Some("into"));
    }
    given::<Area>([defined()])
        .facts(Facts { successors_known: false, ..known() })
        .when(split(&[two, three]))
        .then_rejected(&common::UNKNOWN_AREA, Some("into"));
}

#[test]
fn a_grid_merges_into_another() {
    let merge = |into| MergeGrid { area: code(GRID), into: code(into) };
    let done = AreaEvent::GridsMerged { into: code("421002001001002") };
    given::<Area>([defined()]).facts(known()).when(merge("421002001001002")).then([done.clone()]);
    given::<Area>([defined(), done.clone()]).facts(known()).when(merge("421002001001002")).then_nothing();
    given::<Area>([defined(), done])
        .facts(known())
        .when(merge("421002001001003"))
        .then_rejected(&common::WRONG_PHASE, Some("area"));
    given::<Area>([defined()])
        .facts(known())
        .when(merge(GRID))
        .then_rejected(&common::NOT_SELF, Some("into"));
}

#[test]
fn grid_staff_comes_and_goes() {
    let assign = |role| AssignGridStaff { area: code(GRID), person: WANG, role };
    let assigned = |role| AreaEvent::GridStaffAssigned { person: WANG, role };
    let relieve = RelieveGridStaff { area: code(GRID), person: WANG };
    let history = [defined(), assigned(GridStaffRole::Officer)];
    given::<Area>([defined()])
        .facts(known())
        .when(assign(GridStaffRole::Officer))
        .then([assigned(GridStaffRole::Officer)]);
    given::<Area>(history.clone()).facts(known()).when(assign(GridStaffRole::Officer)).then_nothing();
    given::<Area>(history.clone())
        .facts(known())
        .when(assign(GridStaffRole::Chief))
        .then([assigned(GridStaffRole::Chief)]);
    given::<Area>(history).when(relieve.clone()).then([AreaEvent::GridStaffRelieved { person: WANG }]);
    given::<Area>([defined()]).when(relieve).then_nothing();
    given::<Area>([defined()])
        .facts(Facts { person_known: false, ..known() })
        .when(assign(GridStaffRole::Chief))
        .then_rejected(&common::UNKNOWN_PERSON, Some("person"));
}

#[test]
fn households_are_counted_forwards() {
    let count = |households, on| CountHouseholds { area: code(VILLAGE), households, on: day(on) };
    let history = [registered(), counted(700, "2026-07-01")];
    given::<Area>(history.clone()).now(NOW).when(count(710, "2026-08-01")).then([counted(710, "2026-08-01")]);
    given::<Area>(history.clone()).now(NOW).when(count(700, "2026-07-01")).then_nothing();
    for (households, on, why) in [
        (710, "2026-07-01", &reason::COUNT_EXISTS),
        (710, "2026-06-30", &common::TIMES_RUN_BACKWARDS),
        (710, "2026-08-02", &common::IN_THE_FUTURE),
    ] {
        given::<Area>(history.clone()).now(NOW).when(count(households, on)).then_rejected(why, Some("on"));
    }
}

#[test]
fn an_ended_area_takes_no_further_facts_but_corrections() {
    let ended = [registered(), counted(700, "2026-07-01"), dissolved()];
    given::<Area>(ended.clone())
        .now(NOW)
        .when(CountHouseholds { area: code(VILLAGE), households: 1, on: day("2026-08-01") })
        .then_rejected(&common::WRONG_PHASE, Some("area"));
    let correct = |on| CorrectHouseholdCount {
        area: code(VILLAGE),
        on: day(on),
        households: 770,
        reason: "misread".into(),
    };
    given::<Area>(ended.clone()).when(correct("2026-07-01")).then([AreaEvent::HouseholdCountCorrected {
        on: day("2026-07-01"),
        households: 770,
        reason: "misread".into(),
    }]);
    given::<Area>(ended.clone())
        .when(correct("2026-07-02"))
        .then_rejected(&reason::NO_SUCH_COUNT, Some("on"));
    let rename = |name: &str| CorrectAreaName {
        area: code(VILLAGE),
        name: name.into(),
        reason: "a character was missing".into(),
    };
    given::<Area>(ended.clone()).when(rename("中山路社区")).then([AreaEvent::AreaNameCorrected {
        name: "中山路社区".into(),
        reason: "a character was missing".into(),
    }]);
    given::<Area>(ended).when(rename("中山社区")).then_nothing();
}

#[test]
fn an_area_is_dissolved_in_favour_of_its_like() {
    let dissolve = |successor| DissolveArea { area: code(VILLAGE), reason: "merged".into(), successor };
    let next = code("421002001002");
    given::<Area>([registered()])
        .facts(known())
        .when(dissolve(Some(next)))
        .then([AreaEvent::AreaDissolved { reason: "merged".into(), successor: Some(next) }]);
    given::<Area>([registered(), dissolved()]).facts(known()).when(dissolve(None)).then_nothing();
    for (successor, why) in [(GRID, &reason::OTHER_LEVEL), (VILLAGE, &common::NOT_SELF)] {
        given::<Area>([registered()])
            .facts(known())
            .when(dissolve(Some(code(successor))))
            .then_rejected(why, Some("successor"));
    }
    given::<Area>([registered()])
        .facts(Facts { successors_known: false, ..known() })
        .when(dissolve(Some(next)))
        .then_rejected(&common::UNKNOWN_AREA, Some("successor"));
}
