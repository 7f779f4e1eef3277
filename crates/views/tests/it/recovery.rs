//! Views that have stopped come back without a restart, and no rebuilt file is lost.

use std::{fs, path::Path, sync::mpsc, time::Duration};

use domain::shift::ShiftEvent;
use rusqlite::Connection;
use views::{ChangedRow, Heard, Lag, Views, ViewsOptions, compare};

use super::{
    log::{Handle, MemoryLog},
    station::busy,
    world::{History, Reported, World, calendar, shift},
};

fn file(folder: &Path, prefix: &str) -> std::path::PathBuf {
    folder.join(format!("{prefix}views-{}.db", views::VERSION))
}

/// From now on the disk refuses every change of a shift.
fn break_shifts(world: &World) {
    let connection = Connection::open(file(world.folder.path(), "")).unwrap();
    let refuse = "CREATE TRIGGER broken BEFORE INSERT ON shift BEGIN SELECT RAISE(ABORT, 'no room'); END;";
    connection.execute_batch(refuse).unwrap();
}

fn cancel(history: &mut History, world: &World) {
    history.shift_event(5, &ShiftEvent::ShiftCancelled { reason: "rain".into() });
    world.log.push(history.records.last().unwrap().clone());
    world.catch_up();
}

/// Views over a log, and that log with one event more that they could not write.
fn stopped() -> (History, World) {
    let mut history = busy();
    let world = history.views();
    break_shifts(&world);
    cancel(&mut history, &world);
    (history, world)
}

#[test]
fn views_that_stopped_are_brought_back_by_a_rebuild() {
    let (mut history, world) = stopped();
    let failure = world.views.failure().unwrap();
    assert!(failure.contains("no room"), "{failure}");
    assert_eq!(world.views.position(), history.records.len() as u64 - 1);
    let mut changes = world.views.changes();

    world.views.rebuild_and_swap(|_| {}).unwrap();
    world.catch_up();
    assert_eq!(world.views.failure(), None);
    assert_eq!(world.views.position(), history.records.len() as u64);
    // Whoever follows changes is told of the one that had not been folded.
    assert!(matches!(world.block_on(changes.next()), Heard::Missed));
    let Heard::Changed(change) = world.block_on(changes.next()) else { panic!("a change") };
    assert_eq!(change.position, history.records.len() as u64);
    assert!(matches!(&change.row, ChangedRow::Shift(row) if row.id == shift(5)));
    let expected = compare::digests(&world.built_again()).unwrap();
    assert_eq!(compare::digests(&file(world.folder.path(), "next-")).unwrap(), expected);

    // And again, on the other name, with what comes later.
    history.shift_event(4, &ShiftEvent::ShiftCancelled { reason: "rain".into() });
    world.log.push(history.records.last().unwrap().clone());
    world.views.rebuild_and_swap(|_| {}).unwrap();
    world.catch_up();
    world.views.close();
    let expected = compare::digests(&world.built_again()).unwrap();
    assert_eq!(compare::digests(&world.file()).unwrap(), expected);
    assert!(!file(world.folder.path(), "next-").exists());
}

#[test]
fn a_rebuild_that_meets_the_same_fault_leaves_them_stopped() {
    let mut history = busy();
    history.add_raw(&shift(1).to_string(), "ShiftTeleported", 1, b"{}".to_vec());
    let world = history.views();
    let position = world.views.position();
    world.views.rebuild_and_swap(|_| {}).unwrap();
    world.catch_up();
    assert!(world.views.failure().unwrap().contains("ShiftTeleported"));
    // What was before it is still there, all of it by now.
    assert!(world.views.read_now(|views| Ok(views.position())).unwrap() >= position);
}

fn open(folder: &Path, log: &std::sync::Arc<MemoryLog>) -> (Views, tokio::runtime::Runtime) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let options = ViewsOptions { directory: folder.to_owned(), calendar: calendar() };
    let _inside = runtime.enter();
    let views = Views::open(options, std::sync::Arc::new(Handle(std::sync::Arc::clone(log)))).unwrap();
    (views, runtime)
}

/// A copy as a kill leaves it.
fn killed(world: &World) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(world.folder.path()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    folder
}

#[test]
fn a_server_killed_after_a_swap_starts_with_the_file_that_is_further_on() {
    let mut history = busy();
    let world = history.views();
    world.views.rebuild_and_swap(|_| {}).unwrap();
    cancel(&mut history, &world);
    let folder = killed(&world);
    assert!(file(folder.path(), "").exists() && file(folder.path(), "next-").exists());
    // No event comes from this log: what is there was in the files.
    let (views, _runtime) = open(folder.path(), &MemoryLog::of(vec![]));
    assert_eq!(views.position(), history.records.len() as u64);
    assert!(!file(folder.path(), "next-").exists());
}

#[test]
fn a_server_killed_after_its_views_came_back_does_not_find_the_broken_file() {
    let (history, world) = stopped();
    world.views.rebuild_and_swap(|_| {}).unwrap();
    world.catch_up();
    let folder = killed(&world);
    let (views, _runtime) = open(folder.path(), &world.log);
    assert_eq!((views.position(), views.failure()), (history.records.len() as u64, None));
}

#[test]
fn a_query_that_runs_at_the_end_costs_no_rebuilt_file() {
    let mut history = busy();
    let world = history.views();
    world.views.rebuild_and_swap(|_| {}).unwrap();
    let ((began, begun), (end, ended)) = (mpsc::channel(), mpsc::channel());
    std::thread::scope(|scope| {
        let views = &world.views;
        scope.spawn(move || {
            let hold = |_: &views::query::Snapshot<'_>| {
                began.send(()).unwrap();
                ended.recv().unwrap();
                Ok(())
            };
            views.read_now(hold).unwrap();
        });
        begun.recv().unwrap();
        // Behind the snapshot of the query, so that the write-ahead file can not be emptied.
        cancel(&mut history, &world);
        world.views.close();
        assert!(file(world.folder.path(), "next-").exists());
        end.send(()).unwrap();
    });
    let (views, _runtime) = open(world.folder.path(), &MemoryLog::of(vec![]));
    assert_eq!(views.position(), history.records.len() as u64);
}

#[test]
fn the_lag_is_the_age_of_the_oldest_event_that_is_missing() {
    let (history, world) = stopped();
    let head = history.records.len() as u64;
    let meta: serde_json::Value = serde_json::from_slice(&history.records.last().unwrap().meta).unwrap();
    let recorded: jiff::Timestamp = meta["recorded_at"].as_str().unwrap().parse().unwrap();
    let recorded = u64::try_from(recorded.as_millisecond()).unwrap();
    let lag = |after: u64| world.views.lag(head, recorded + after);
    assert_eq!(lag(7_000), Lag { events: 1, milliseconds: 7_000 });
    assert_eq!(lag(9_000), Lag { events: 1, milliseconds: 9_000 });
    world.views.rebuild_and_swap(|_| {}).unwrap();
    world.catch_up();
    assert_eq!(lag(20_000), Lag { events: 0, milliseconds: 0 });
    // An hour of silence is no lag; what was not delivered is as old as the first look at it.
    let lag = |now: u64| world.views.lag(head + 1, recorded + now);
    assert_eq!(lag(3_600_000), Lag { events: 1, milliseconds: 0 });
    assert_eq!(lag(3_602_000), Lag { events: 1, milliseconds: 2_000 });
}

/// Without copying beside the writer it is 248 MB long at the end.
#[test]
fn the_write_ahead_log_starts_over_while_commits_go_on() {
    // The writer waits for the copying from here on: 8 times 2,000 pages of 8 KiB, and what one look does not see.
    const MOST: u64 = 8 * 2_000 * 8_192 + (8 << 20);
    let mut history = History::new();
    let world = history.views();
    let log = file(world.folder.path(), "").with_extension("db-wal");
    let mut longest = 0;
    for number in 0..3_000 {
        history.report(number, &Reported::default());
        world.log.push(history.records.last().unwrap().clone());
        let head = history.records.len() as u64;
        world.block_on(world.views.wait_for(head, Duration::from_secs(30))).unwrap();
        longest = longest.max(fs::metadata(&log).map_or(0, |found| found.len()));
    }
    assert!(longest > 0 && longest < MOST, "{longest}");
}
