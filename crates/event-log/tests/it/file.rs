//! The file: what is opened and what is refused, verification, backup, figures.

use std::path::Path;
use std::sync::Arc;

use event_log::sqlite::verify;
use event_log::{
    Delivery, EventLog as _, LogError, Position, Revision, SqliteLog, SqliteOptions, SqliteReader,
};
use rusqlite::Connection;

use super::support::{append_one, fill, small, stream};

fn refusal(path: &Path) -> String {
    match SqliteLog::open(path, small()) {
        Err(LogError::Unavailable(why)) => why,
        other => panic!("unexpected {other:?}"),
    }
}

#[test]
fn foreign_files_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = folder.path().join("text");
    std::fs::write(&text, "not a database, but long enough to be read as the header of one ".repeat(20))
        .expect("written");
    assert!(refusal(&text).contains("is not an event log"), "{}", refusal(&text));
    let other = folder.path().join("other.sqlite");
    Connection::open(&other).and_then(|conn| conn.execute_batch("CREATE TABLE t (x)")).expect("made");
    assert!(refusal(&other).contains("is not an event log"));
    assert!(SqliteReader::open(&other).is_err());
    let missing = folder.path().join("missing.sqlite");
    assert!(SqliteReader::open(&missing).is_err());
    assert!(!missing.exists());
}

#[test]
fn newer_tables_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.sqlite");
    drop(SqliteLog::open(&path, small()).expect("a log"));
    Connection::open(&path).and_then(|conn| conn.pragma_update(None, "user_version", 2)).expect("marked");
    assert!(refusal(&path).contains("version 2"), "{}", refusal(&path));
}

#[test]
fn an_empty_file_becomes_a_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.sqlite");
    std::fs::write(&path, "").expect("written");
    drop(SqliteLog::open(&path, small()).expect("a log"));
    assert_eq!(verify(&path, |_, _| {}).expect("whole").events, 0);
}

#[tokio::test]
async fn a_second_writer_is_refused_and_a_reader_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.sqlite");
    let log = SqliteLog::open(&path, small()).expect("a log");
    assert!(refusal(&path).contains("in use by another process"));
    let reader = SqliteReader::open(&path).expect("a reader");
    assert_eq!(reader.head().expect("a head"), None);
    let position = append_one(&log, 1, None, 1).await;
    assert_eq!(reader.head().expect("a head"), Some(position));
    assert_eq!(reader.read_all(None, 10).expect("events"), log.read_all_blocking(None, 10).expect("events"));
    drop(log);
    drop(SqliteLog::open(&path, small()).expect("free again"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_ends_with_its_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = SqliteLog::open(&folder.path().join("log.sqlite"), small()).expect("a log");
    let mut subscription = log.subscribe(None);
    assert!(matches!(subscription.next().await, Ok(Delivery::CaughtUp)));
    let waiting = tokio::spawn(async move { subscription.next().await });
    tokio::task::spawn_blocking(move || drop(log)).await.expect("closed");
    assert!(matches!(waiting.await.expect("an end"), Err(LogError::Unavailable(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn positions_are_gapless_under_load() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.sqlite");
    let log = Arc::new(SqliteLog::open(&path, small()).expect("a log"));
    let clients: Vec<_> = (0..16)
        .map(|client| {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                for step in 0..100_u64 {
                    append_one(&*log, client, step.checked_sub(1), (client as u128) << 32 | u128::from(step))
                        .await;
                }
            })
        })
        .collect();
    for client in clients {
        client.await.expect("a client");
    }
    let positions: Vec<u64> =
        log.read_all(None, 10_000).await.expect("events").iter().map(|event| event.position.0).collect();
    assert_eq!(positions, (1..=1_600).collect::<Vec<_>>());
    let stats = log.stats();
    assert_eq!((stats.appends, stats.events, stats.durable_head), (1_600, 1_600, 1_600));
    assert_eq!(stats.append_latency.iter().sum::<u64>(), 1_600);
    assert!(stats.checkpoints > 0 && stats.tail_events < 200, "{stats:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_whole_while_appends_go_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, copy) = (folder.path().join("log.sqlite"), folder.path().join("copy.sqlite"));
    let log = Arc::new(SqliteLog::open(&path, small()).expect("a log"));
    fill(&*log, 10, 1_000).await;
    let appending = Arc::clone(&log);
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let writer = tokio::spawn(async move {
        let mut step = 0_u64;
        while stopped.try_recv().is_err() {
            append_one(&*appending, 100, step.checked_sub(1), 1 << 64 | u128::from(step)).await;
            step += 1;
        }
    });
    let backing = Arc::clone(&log);
    let target = copy.clone();
    let reports = tokio::task::spawn_blocking(move || {
        let mut reports = Vec::new();
        backing.backup(&target, |copied, all| reports.push((copied, all))).expect("a backup");
        reports
    })
    .await
    .expect("a backup");
    stop.send(()).expect("a writer");
    writer.await.expect("a writer");
    let last = reports.last().expect("a report");
    assert!(last.0 == last.1 && last.1 > 0, "{reports:?}");
    let verified = verify(&copy, |_, _| {}).expect("a whole copy");
    assert!(verified.events >= 1_000, "{verified:?}");
    let found = SqliteReader::open(&copy).expect("a reader").read_all(None, usize::MAX).expect("events");
    let original = log.read_all_blocking(None, found.len()).expect("events");
    assert_eq!(found, original);
    assert!(
        matches!(log.backup(&copy, |_, _| {}), Err(LogError::Unavailable(_))),
        "an existing file was replaced"
    );
    let restored = SqliteLog::open(&copy, small()).expect("the copy is a log");
    append_one(&restored, 5_000, None, 2 << 64).await;
}

#[tokio::test]
async fn verification_names_the_first_damage() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.sqlite");
    let log = SqliteLog::open(&path, SqliteOptions { tail_events: 600, ..small() }).expect("a log");
    fill(&log, 7, 1_000).await;
    drop(log);
    let whole = verify(&path, |_, _| {}).expect("whole");
    assert_eq!((whole.events, whole.streams), (1_000, 7));
    assert!(whole.index_rows >= 600, "{whole:?}");
    let cases = [
        ("UPDATE event SET data = x'00' WHERE position = 17", "position 17: the digest"),
        ("UPDATE event SET digest = zeroblob(32) WHERE position = 900", "position 900: the digest"),
        ("UPDATE event SET id = x'00' WHERE position = 3", "position 3: the id"),
        ("DELETE FROM event WHERE position = 500", "position 500: the event is missing"),
        ("DELETE FROM event WHERE position = 1", "position 1: the event is missing"),
        ("DELETE FROM stream_index WHERE position = 40", "position 40: the stream index does not have"),
        (
            "UPDATE stream_index SET stream_hash = stream_hash + 1 WHERE position = 41",
            "position 41: the stream index does not have",
        ),
        ("INSERT INTO stream_index VALUES (5, 5, 5)", "position 5: the stream index says something else"),
        (
            "INSERT INTO stream_index VALUES (5, 5, 5000)",
            "position 5000: the stream index says something else",
        ),
        ("UPDATE index_state SET indexed = 1001", "position 1001: the index holds it"),
    ];
    for (damage, expected) in cases {
        let broken = folder.path().join("broken.sqlite");
        std::fs::copy(&path, &broken).expect("copied");
        Connection::open(&broken).and_then(|conn| conn.execute_batch(damage)).expect("damaged");
        match verify(&broken, |_, _| {}) {
            Err(LogError::Damaged(why)) => assert!(why.contains(expected), "{damage}: {why}"),
            other => panic!("{damage}: {other:?}"),
        }
        std::fs::remove_file(&broken).expect("removed");
    }
}

#[tokio::test]
async fn a_wrong_order_with_right_digests_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.sqlite");
    let log = SqliteLog::open(&path, small()).expect("a log");
    fill(&log, 1, 30).await;
    drop(log);
    // Both events are intact, only their places are swapped.
    Connection::open(&path)
        .and_then(|conn| {
            conn.execute_batch(
                "UPDATE event SET position = 1000 WHERE position = 10; \
                 UPDATE event SET position = 10 WHERE position = 11; \
                 UPDATE event SET position = 11 WHERE position = 1000;",
            )
        })
        .expect("swapped");
    match verify(&path, |_, _| {}) {
        Err(LogError::Damaged(why)) => assert!(why.contains("position 10: revision 10"), "{why}"),
        other => panic!("unexpected {other:?}"),
    }
}

#[tokio::test]
async fn streams_that_share_a_hash_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.sqlite");
    let log = SqliteLog::open(&path, SqliteOptions { tail_events: 1, ..small() }).expect("a log");
    fill(&log, 2, 10).await;
    drop(log);
    // The same index rows once more under the other stream's hash: what a collision would look like.
    let conn = Connection::open(&path).expect("opened");
    conn.execute_batch(
        "INSERT OR IGNORE INTO stream_index SELECT h.stream_hash, i.revision, i.position \
         FROM stream_index AS i, (SELECT DISTINCT stream_hash FROM stream_index) AS h;",
    )
    .expect("collided");
    drop(conn);
    let log = SqliteLog::open(&path, small()).expect("a log");
    for number in 0..2 {
        let found = log.read_stream(&stream(number), Revision(1), 100).await.expect("events");
        let positions: Vec<u64> = found.iter().map(|event| event.position.0).collect();
        assert_eq!(positions, [3, 5, 7, 9].map(|position| position + number as u64));
        append_one(&log, number, Some(4), 100 + number as u128).await;
    }
    assert_eq!(log.head().await.expect("a head"), Some(Position(12)));
}
