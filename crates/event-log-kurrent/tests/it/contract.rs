//! The contract suite of the port, unchanged: on the fake cluster always, on a real one when it is named.

use std::sync::Arc;

use event_log::EventLog;
use event_log::contract::{cases, run_all};
use event_log_kurrent::{KurrentLog, KurrentOptions};

use fake_cluster::Cluster;

/// Names a real server for the suite: a connection string.
const REAL: &str = "WARDLOG_TEST_EVENTSTORE";

#[tokio::test(flavor = "multi_thread")]
async fn the_fake_cluster_keeps_the_contract() {
    let cluster = Cluster::start(3);
    // What is not ours lies between what is.
    for _ in 0..40 {
        cluster.store().foreign("$stats-127.0.0.1");
    }
    let log: Arc<dyn EventLog> = Arc::new(super::faults::patient_log(&cluster));
    let failures = run_all(async |_| Arc::clone(&log), 1).await;
    assert!(failures.is_empty(), "{failures:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_server_keeps_the_contract_when_one_is_named() {
    let Ok(address) = std::env::var(REAL) else {
        eprintln!(
            "{REAL} is not set: the contract suite did not run on a real server ({} cases)",
            cases().len()
        );
        return;
    };
    let log = KurrentLog::new(KurrentOptions::parse(&address).expect("a connection string")).expect("a log");
    let log: Arc<dyn EventLog> = Arc::new(log);
    // Its streams stay on the server: every run needs a number of its own.
    let failures = run_all(async |_| Arc::clone(&log), uuid::Uuid::new_v4().as_u64_pair().0).await;
    assert!(failures.is_empty(), "{failures:#?}");
}
