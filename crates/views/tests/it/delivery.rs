//! Every event counts exactly once: after a kill, a redelivery, a rebuild, a swap.

use std::{
    fs,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use domain::shift::ShiftEvent;
use views::{Scope, compare, query::Targets};

use super::{
    log::MemoryLog,
    station::{busy, today},
    world::{STATION, World, at, shift},
};

#[test]
fn views_killed_anywhere_and_fed_everything_again_end_the_same() {
    let history = busy();
    let expected = compare::digests(&history.views().file()).unwrap();
    for killed_at in (0..history.records.len()).step_by(11) {
        let begun = World::over(MemoryLog::of(history.records[..killed_at].to_vec()));
        // What a kill leaves on the disk: the files as they are, with the process still running.
        let folder = tempfile::tempdir().unwrap();
        for file in fs::read_dir(begun.folder.path()).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
        }
        let again = World::within(folder, MemoryLog::that_redelivers(history.records.clone()));
        assert_eq!(again.views.failure(), None);
        assert_eq!(compare::digests(&again.file()).unwrap(), expected, "killed at {killed_at}");
    }
}

#[test]
fn a_file_built_from_nothing_equals_the_live_one() {
    let world = busy().views();
    let again = world.built_again();
    assert_eq!(compare::differences(&world.file(), &again).unwrap(), Vec::<&str>::new());
    assert_eq!(compare::position(&again).unwrap(), world.views.position());
}

#[test]
fn a_swap_fails_no_query() {
    let mut history = busy();
    let world = history.views();
    let (done, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
    let targets = Targets { emergency_minutes: 5 };
    let ask = || {
        let now = at("2026-08-10T12:00").at;
        let board = world
            .views
            .read_now(|views| views.station_dashboard(&Scope::everything(), STATION, today(), now, targets));
        board.unwrap().unwrap().incidents.numerator
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                assert_eq!(ask(), 4);
                asked.fetch_add(1, Ordering::Release);
            }
        });
        for _ in 0..3 {
            let before = asked.load(Ordering::Acquire);
            world.views.rebuild_and_swap(|_| {}).unwrap();
            while asked.load(Ordering::Acquire) < before + 2 {
                std::thread::yield_now();
            }
        }
        done.store(true, Ordering::Release);
    });
    // The new file follows the log.
    history.shift_event(5, &ShiftEvent::ShiftCancelled { reason: "rain".into() });
    world.log.push(history.records.last().unwrap().clone());
    world.catch_up();
    assert_eq!(world.views.position(), history.records.len() as u64);
}

#[test]
fn an_unknown_event_stops_the_views_and_is_named() {
    let mut history = busy();
    let stream = shift(1).to_string();
    history.add_raw(&stream, "ShiftTeleported", 1, b"{}".to_vec());
    let world = history.views();
    let failure = world.views.failure().unwrap();
    let position = history.records.len();
    assert!(failure.contains("ShiftTeleported") && failure.contains(&position.to_string()), "{failure}");
    // What was before it is there.
    let queried = world.views.read_now(|views| Ok(views.position())).unwrap();
    assert!(queried < position as u64);
}

#[test]
fn an_event_that_nothing_precedes_stops_the_views_and_is_named() {
    let mut history = busy();
    history.shift_event(4_711, &ShiftEvent::ShiftPublished {});
    let failure = history.views().views.failure().unwrap();
    assert!(failure.contains("ShiftPublished"), "{failure}");
}
