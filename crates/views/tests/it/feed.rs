//! What commits change is told once, in order, to who sees it; and what was missed is read again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use domain::{
    ContractId, OrganisationId, Payer, PersonId, PlanId, PostId, Priority, RouteId, RunId,
    contract::{BreachKind, ContractEvent},
    incident::{IncidentChannel, IncidentEvent, IncidentKind},
    patrol_run::RunEvent,
    shift::ShiftEvent,
};
use event_log::Recorded;
use views::{
    Changed, ChangedRow, Changes, Followed, Heard, Row as _, Scope,
    rows::{ContractRow, IncidentRow, RunRow, ShiftRow},
};

use super::{
    log::MemoryLog,
    world::{
        ABROAD, COMMITTEE, COMPANY, DISTRICT, EAST, History, OTHER_COMPANY, Planned, SOUTH, STATION, WEST,
        World, area, at, day, person, shift, uuid,
    },
};

const SHIFTS: u128 = 8;
const INCIDENTS: u128 = 40;
const RUNS: u128 = 10;
const CONTRACTS: u128 = 3;

const fn contract(number: u128) -> ContractId {
    ContractId(uuid(0x7000 + number))
}

fn run_event(history: &mut History, number: u128, event: &RunEvent) {
    history.add(&RunId(uuid(0x8000 + number)).to_string(), event);
}

/// Everything that is changed later.
fn begun() -> History {
    let mut history = History::new();
    for number in 0..CONTRACTS {
        let company = if number == 0 { OTHER_COMPANY } else { COMPANY };
        history.contract(contract(number), company, PostId(uuid(0x7100 + number)));
    }
    for number in 0..SHIFTS {
        let place = [EAST, WEST, SOUTH, ABROAD][usize::try_from(number % 4).unwrap()];
        history.roster(number, &Planned { place, places: 9, ..Planned::default() }, &[person(number)]);
    }
    for number in 0..RUNS {
        run_event(
            &mut history,
            number,
            &RunEvent::PatrolStarted {
                plan: PlanId(uuid(0x81)),
                version: 1,
                route: RouteId(uuid(0x82)),
                shift: (number % 3 > 0).then(|| shift(number % SHIFTS)),
                team: None,
                members: vec![],
                area: area(if number % 2 == 0 { EAST } else { ABROAD }),
                organisation: if number % 4 == 0 { COMMITTEE } else { COMPANY },
                contract: None,
                payer: Payer::Community,
                started_at: at("2026-08-10T08:00"),
                stops: vec![],
            },
        );
    }
    for number in 0..INCIDENTS {
        report(&mut history, number);
    }
    history
}

fn report(history: &mut History, number: u128) {
    history.incident_event(
        number,
        &IncidentEvent::IncidentReported {
            area: area([EAST, WEST, SOUTH, ABROAD][usize::try_from(number % 4).unwrap()]),
            kind: IncidentKind::Noise,
            channel: IncidentChannel::Phone,
            priority: Priority::Routine,
            self_initiated: false,
            drill: false,
            reported_at: at("2026-08-10T10:00"),
            reporter_name: None,
            reporter_phone: None,
            address: None,
            narrative: None,
            place_key: None,
            shift: number.is_multiple_of(2).then(|| shift(number % SHIFTS)),
            run: None,
            company: number.is_multiple_of(5).then_some(COMPANY),
            contract: None,
            due_at: None,
        },
    );
}

/// One more event, of any kind.
fn step(history: &mut History, random: &mut fastrand::Rng) {
    match random.u8(0..8) {
        0 => {
            let event = ShiftEvent::ShiftAssigned { person: person(random.u128(0..20) + 100) };
            history.shift_event(random.u128(0..SHIFTS), &event);
        }
        1 => {
            let number = random.u128(0..SHIFTS);
            let reason = "ill".into();
            history.shift_event(number, &ShiftEvent::AssignmentWithdrawn { person: person(number), reason });
        }
        2 => run_event(history, random.u128(0..RUNS), &RunEvent::PatrolPaused { at: at("2026-08-10T09:00") }),
        3 => {
            let event = ContractEvent::BreachAlleged {
                breach: domain::BreachId(uuid(random.u128(..))),
                kind: BreachKind::LateOrEarly,
                post: None,
                on: day("2026-08-10"),
                units: 1,
                description: "late".into(),
                alleged_by: domain::ActorId(uuid(1)),
            };
            history.contract_event(contract(random.u128(0..CONTRACTS)), &event);
        }
        // Nobody follows an area.
        4 => {
            let event = domain::area::AreaEvent::AreaNameCorrected { name: "新".into(), reason: "x".into() };
            history.add(&format!("area-{EAST}"), &event);
        }
        _ => {
            let priority = if random.bool() { Priority::Emergency } else { Priority::Low };
            let event = IncidentEvent::IncidentPrioritised { priority, at: at("2026-08-10T11:00") };
            history.incident_event(random.u128(0..INCIDENTS), &event);
        }
    }
}

fn key(row: &ChangedRow) -> (&'static str, Vec<u8>) {
    match row {
        ChangedRow::Shift(row) => (ShiftRow::TABLE, row.key()),
        ChangedRow::Run(row) => (RunRow::TABLE, row.key()),
        ChangedRow::Incident(row) => (IncidentRow::TABLE, row.key()),
        ChangedRow::Contract(row) => (ContractRow::TABLE, row.key()),
    }
}

/// The table of a stream, when it is a followed one.
fn table(category: &str) -> Option<&'static str> {
    match category {
        "shift" => Some(ShiftRow::TABLE),
        "run" => Some(RunRow::TABLE),
        "incident" => Some(IncidentRow::TABLE),
        "contract" => Some(ContractRow::TABLE),
        _ => None,
    }
}

/// Everything told after a position until the last of these records is. What the views already had when it was begun to
/// follow may be told as well.
fn told(world: &World, (changes, after): (&mut Changes, u64), records: &[Recorded]) -> Vec<Arc<Changed>> {
    let last = records.iter().rfind(|record| table(record.stream.category()).is_some());
    let last = last.unwrap().position.0;
    let mut told = Vec::new();
    world.block_on(async {
        loop {
            let Heard::Changed(changed) = changes.next().await else { panic!("missed something") };
            let position = changed.position;
            if position > after {
                told.push(changed);
            }
            if position >= last {
                return told;
            }
        }
    })
}

/// What the views show of one table, as the feed would tell it.
fn read<R: Followed>(world: &World, scope: &Scope, range: (u64, u64), limit: usize) -> Vec<(u64, Vec<u8>)> {
    let rows = world.views.read_now(|snapshot| snapshot.changed::<R>(scope, range, limit)).unwrap();
    rows.into_iter().map(|told| (told.position, told.row.key())).collect()
}

#[test]
fn every_touched_row_is_told_at_its_last_event_and_read_again_from_any_position() {
    let mut random = fastrand::Rng::with_seed(7);
    let mut history = begun();
    let world = history.views();
    let mut changes = world.views.changes();
    let begin = world.views.position();
    let mut all = Vec::new();
    for _ in 0..20 {
        for _ in 0..random.usize(1..30) {
            step(&mut history, &mut random);
            world.log.push(history.records.last().unwrap().clone());
        }
        // Somebody is told of it in the end.
        let number = 100 + history.records.len() as u128;
        report(&mut history, number);
        world.log.push(history.records.last().unwrap().clone());
        let after = all.last().map_or(begin, |changed: &Arc<Changed>| changed.position);
        all.extend(told(&world, (&mut changes, after), &history.records));
    }
    let positions: Vec<u64> = all.iter().map(|changed| changed.position).collect();
    assert!(positions.is_sorted_by(|a, b| a < b), "{positions:?}");
    // Told at the position of an event of its own stream, and the last of each stream is told.
    let mut last: BTreeMap<(&str, Vec<u8>), u64> = BTreeMap::new();
    for record in &history.records {
        if let Some(table) = table(record.stream.category()) {
            let id = uuid::Uuid::try_parse(record.stream.id()).unwrap();
            last.insert((table, id.as_bytes().to_vec()), record.position.0);
        }
    }
    let mut told_last = BTreeMap::new();
    for changed in &all {
        let record = &history.records[usize::try_from(changed.position).unwrap() - 1];
        let (table_of_row, id) = key(&changed.row);
        assert_eq!(changed.kind, record.kind.as_ref().into());
        assert_eq!(table(record.stream.category()), Some(table_of_row));
        assert_eq!(uuid::Uuid::try_parse(record.stream.id()).unwrap().as_bytes().to_vec(), id);
        told_last.insert((table_of_row, id), changed.position);
    }
    let since = |after: u64| last.iter().filter(move |(_, position)| **position > after);
    assert_eq!(told_last, since(begin).map(|(key, position)| (key.clone(), *position)).collect());
    // From anywhere, in pages of any size.
    let everything = Scope::everything();
    for after in 0..=history.records.len() as u64 {
        let limit = random.usize(1..20);
        let mut from = after;
        let mut found = BTreeMap::new();
        loop {
            let page = read::<IncidentRow>(&world, &everything, (from, u64::MAX), limit);
            assert!(page.is_sorted_by(|a, b| a.0 < b.0));
            let Some((position, _)) = page.last() else { break };
            from = *position;
            found.extend(page.into_iter().map(|(position, id)| ((IncidentRow::TABLE, id), position)));
        }
        let wanted = since(after).filter(|((table, _), _)| *table == IncidentRow::TABLE);
        assert_eq!(found, wanted.map(|(key, position)| (key.clone(), *position)).collect(), "{after}");
        let count =
            world.views.read_now(|views| views.count_changed::<IncidentRow>(after, 5)).unwrap() as usize;
        assert_eq!(count, found.len().min(5));
    }
}

#[test]
fn who_sees_a_change_is_who_sees_the_row() {
    let mut random = fastrand::Rng::with_seed(11);
    let mut history = begun();
    let all = std::mem::take(&mut history.records);
    let world = World::over(MemoryLog::of(vec![]));
    let mut changes = world.views.changes();
    history.records = all;
    for _ in 0..200 {
        step(&mut history, &mut random);
    }
    history.records.iter().for_each(|record| world.log.push(record.clone()));
    let mut latest = BTreeMap::new();
    for changed in told(&world, (&mut changes, 0), &history.records) {
        latest.insert(key(&changed.row), changed);
    }
    let organisation = |id: OrganisationId| Scope { organisations: vec![id], ..Scope::default() };
    let mut scopes = vec![Scope::default(), Scope::everything()];
    scopes.extend([STATION, COMPANY, OTHER_COMPANY, COMMITTEE].map(organisation));
    for codes in [vec![EAST], vec![DISTRICT], vec![WEST, ABROAD]] {
        scopes.push(Scope { areas: codes.into_iter().map(area).collect(), ..Scope::default() });
    }
    let people: BTreeSet<PersonId> = (0..SHIFTS).chain(100..120).map(person).collect();
    scopes.extend(people.into_iter().map(|person| Scope { person: Some(person), ..Scope::default() }));
    let mut seen = BTreeMap::<(&str, bool), usize>::new();
    for ((table, id), changed) in &latest {
        for scope in &scopes {
            let visible = world
                .views
                .read_now(|views| {
                    Ok(match &changed.row {
                        ChangedRow::Shift(_) => views.one::<ShiftRow>(scope, id)?.is_some(),
                        ChangedRow::Run(_) => views.one::<RunRow>(scope, id)?.is_some(),
                        ChangedRow::Incident(_) => views.one::<IncidentRow>(scope, id)?.is_some(),
                        ChangedRow::Contract(_) => views.one::<ContractRow>(scope, id)?.is_some(),
                    })
                })
                .unwrap();
            // A person's share of a run or an incident follows from the shift as it is now.
            let fresh = !matches!(&changed.row, ChangedRow::Run(_) | ChangedRow::Incident(_));
            if fresh || scope.person.is_none() {
                assert_eq!(scope.covers(&changed.parties), visible, "{table} {id:?} {scope:?}");
                *seen.entry((table, visible)).or_default() += 1;
            }
        }
    }
    assert_eq!(seen.len(), 8, "each table has rows inside and outside: {seen:?}");
}

#[test]
fn people_of_a_shift_see_what_happens_in_it() {
    let mut history = begun();
    let world = history.views();
    let mut changes = world.views.changes();
    let begin = world.views.position();
    history.shift_event(2, &ShiftEvent::ShiftAssigned { person: person(500) });
    let event = IncidentEvent::IncidentPrioritised { priority: Priority::Low, at: at("2026-08-10T11:00") };
    history.incident_event(2, &event);
    run_event(&mut history, 2, &RunEvent::PatrolPaused { at: at("2026-08-10T09:00") });
    let new = history.records.len() - 3;
    history.records[new..].iter().for_each(|record| world.log.push(record.clone()));
    let mine = Scope { person: Some(person(500)), ..Scope::default() };
    let told = told(&world, (&mut changes, begin), &history.records);
    assert_eq!(told.len(), 3);
    for changed in told {
        assert!(mine.covers(&changed.parties), "{changed:?}");
    }
}

#[test]
fn who_is_too_far_behind_is_told_so() {
    let mut history = begun();
    let world = history.views();
    let mut changes = world.views.changes();
    for number in 0..5_000 {
        report(&mut history, 1_000 + number);
        world.log.push(history.records.last().unwrap().clone());
    }
    world.catch_up();
    world.block_on(async { while !matches!(changes.next().await, Heard::Missed) {} });
}

#[test]
fn a_swap_is_told_to_who_follows() {
    let history = begun();
    let world = history.views();
    let mut changes = world.views.changes();
    world.views.rebuild_and_swap(|_| {}).unwrap();
    world.block_on(async { while !matches!(changes.next().await, Heard::Missed) {} });
}
