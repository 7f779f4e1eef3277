//! The contract suite on SQLite, with default sizes and with sizes that make everything happen often.

use std::sync::Arc;

use event_log::contract::run_all;
use event_log::{EventLog, SqliteLog, SqliteOptions};

use super::support::small;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_the_contract_on_a_fresh_log_for_each_case() {
    let folder = tempfile::tempdir().expect("a folder");
    let failures = run_all(
        async |case| {
            let path = folder.path().join(format!("{}.sqlite", case.name));
            Arc::new(SqliteLog::open(&path, SqliteOptions::default()).expect("a log")) as Arc<dyn EventLog>
        },
        1,
    )
    .await;
    assert!(failures.is_empty(), "{failures:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_the_contract_on_one_log_with_small_sizes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.sqlite");
    let log: Arc<dyn EventLog> = Arc::new(SqliteLog::open(&path, small()).expect("a log"));
    for run in 1..=5 {
        let failures = run_all(async |_| Arc::clone(&log), run).await;
        assert!(failures.is_empty(), "run {run}: {failures:#?}");
    }
    drop(log);
    let verified = event_log::sqlite::verify(&path, |_, _| {}).expect("a whole log");
    assert!(verified.index_rows > 0, "nothing was merged into the index");
}

#[tokio::test]
async fn sqlite_keeps_the_contract_on_one_thread() {
    let folder = tempfile::tempdir().expect("a folder");
    let log: Arc<dyn EventLog> =
        Arc::new(SqliteLog::open(&folder.path().join("log.sqlite"), small()).expect("a log"));
    let failures = run_all(async |_| Arc::clone(&log), 1).await;
    assert!(failures.is_empty(), "{failures:#?}");
}
