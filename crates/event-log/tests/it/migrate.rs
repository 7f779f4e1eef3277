//! Moving a log to another file: all of it, once, and never into something else.

use std::path::Path;

use event_log::{
    Append, EventLog, Expected, MoveError, NewEvent, Position, Recorded, Revision, SqliteLog, SqliteOptions,
    StreamName, compare, migrate,
};
use uuid::Uuid;

fn open(folder: &Path, name: &str) -> SqliteLog {
    SqliteLog::open(&folder.join(name), SqliteOptions::default()).expect("a log")
}

fn event(number: u128) -> NewEvent {
    NewEvent {
        id: Uuid::from_u128(number),
        kind: "Moved".into(),
        version: 3,
        meta: vec![0, 255],
        data: number.to_be_bytes().to_vec(),
    }
}

/// Streams that take turns, in runs of one to three events.
async fn fill(log: &SqliteLog, appends: u128) {
    let mut next = [0_u64; 7];
    for number in 0..appends {
        let at = usize::try_from(number * number % 7).expect("small");
        let count = u64::try_from(number % 3).expect("small") + 1;
        let expected =
            next[at].checked_sub(1).map_or(Expected::NoStream, |last| Expected::Exact(Revision(last)));
        next[at] += count;
        let events = (0..count).map(|nth| event(number * 10 + u128::from(nth) + 1)).collect();
        let stream = StreamName::new("moved", at).expect("a name");
        log.append(Append { stream, expected, events }).await.expect("an append");
    }
}

async fn all(log: &SqliteLog) -> Vec<Recorded> {
    log.read_all(None, 1_000_000).await.expect("the events")
}

#[tokio::test]
async fn a_moved_log_is_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let (from, to) = (open(folder.path(), "a.db"), open(folder.path(), "b.db"));
    fill(&from, 3_000).await;
    let mut told = 0;
    let moved = migrate(&from, &to, |there| told = there).await.expect("a move");
    let source = all(&from).await;
    assert_eq!((moved.events, moved.appended, told), (6_000, 6_000, 6_000));
    assert_eq!(source, all(&to).await);
    let again = migrate(&from, &to, |_| {}).await.expect("a second move");
    assert_eq!((again.events, again.appended, again.digest), (6_000, 0, moved.digest));
    assert_eq!(compare(&to, &from).await.expect("the same").digest, moved.digest);
}

#[tokio::test]
async fn a_move_that_broke_off_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let (from, to) = (open(folder.path(), "a.db"), open(folder.path(), "b.db"));
    fill(&from, 900).await;
    migrate(&from, &to, |_| {}).await.expect("the first part");
    let middle = from.head().await.expect("a head");
    let stream = StreamName::new("moved", "late").expect("a name");
    let append = Append { stream, expected: Expected::NoStream, events: vec![event(1_000_000)] };
    from.append(append).await.expect("an append");
    assert!(from.head().await.expect("a head") > middle);
    let moved = migrate(&from, &to, |_| {}).await.expect("the rest");
    assert_eq!((moved.events, moved.appended), (1_801, 1));
}

#[tokio::test]
async fn a_target_with_anything_else_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let (from, to) = (open(folder.path(), "a.db"), open(folder.path(), "b.db"));
    fill(&from, 10).await;
    let stream = StreamName::new("moved", 0).expect("a name");
    let foreign = Append { stream, expected: Expected::NoStream, events: vec![event(77)] };
    to.append(foreign).await.expect("an append");
    let refused = migrate(&from, &to, |_| {}).await;
    assert!(matches!(refused, Err(MoveError::Differs { number: 1 })), "{refused:?}");
    assert_eq!(to.head().await.expect("a head"), Some(Position(1)));
    // A target that has more is no copy either.
    let refused = migrate(&open(folder.path(), "empty.db"), &to, |_| {}).await;
    assert!(matches!(refused, Err(MoveError::Differs { number: 1 })), "{refused:?}");
}

#[tokio::test]
async fn a_queue_that_is_full_of_untaken_answers_holds_nothing_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let from = open(folder.path(), "a.db");
    fill(&from, 600).await;
    let narrow = SqliteOptions { queue_bytes: 4 << 10, ..SqliteOptions::default() };
    let to = SqliteLog::open(&folder.path().join("b.db"), narrow).expect("a log");
    assert_eq!(migrate(&from, &to, |_| {}).await.expect("a move").events, 1_200);
}
