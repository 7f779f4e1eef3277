//! Work that one node of several does at a time.

use std::{sync::Arc, time::Duration};

use app::Lease;
use event_log::{EventLog, Revision, SqliteLog, SqliteOptions};
use jiff::Timestamp;
use uuid::Uuid;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

#[tokio::test]
async fn one_node_holds_it_until_it_ends_or_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let log: Arc<dyn EventLog> =
        Arc::new(SqliteLog::open(&folder.path().join("log.db"), SqliteOptions::default()).unwrap());
    let lease = |holder| {
        Lease::new(Arc::clone(&log), "policies", Uuid::from_u128(holder), Duration::from_secs(30)).unwrap()
    };
    let (mut one, mut other) = (lease(1), lease(2));
    assert!(one.is_held(at(0)).await.unwrap());
    assert!(!other.is_held(at(1)).await.unwrap());
    // Asked for again it costs nothing, and is prolonged when half of it is over.
    assert!(one.is_held(at(10)).await.unwrap());
    let events = || async { log.read_stream(one.stream(), Revision(0), 99).await.unwrap().len() };
    assert_eq!(events().await, 1);
    assert!(one.is_held(at(20)).await.unwrap());
    assert!(!other.is_held(at(45)).await.unwrap(), "the first term would be over, the second is not");
    // Its holder has died.
    assert!(other.is_held(at(51)).await.unwrap());
    assert!(!one.is_held(at(52)).await.unwrap());
    other.give_up(at(53)).await.unwrap();
    assert!(one.is_held(at(53)).await.unwrap());
    // Two that see it free at the same moment: the exact revision lets one through.
    let (mut third, mut fourth) = (lease(3), lease(4));
    let (third, fourth) = tokio::join!(third.is_held(at(99)), fourth.is_held(at(99)));
    assert!(third.unwrap() ^ fourth.unwrap());
}
