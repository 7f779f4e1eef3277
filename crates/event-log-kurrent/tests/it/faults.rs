//! What the cluster does wrong, and what the adapter makes of it.

use std::time::Duration;

use event_log::{Append, Appended, EventLog, Expected, LogError, NewEvent, Revision, StreamName};
use event_log_kurrent::{Health, KurrentLog, KurrentOptions};
use uuid::Uuid;

use fake_cluster::Cluster;

pub fn options(cluster: &Cluster) -> KurrentOptions {
    let mut options = KurrentOptions::parse(&cluster.address()).unwrap();
    options.categories = ["contract", "shift"].map(str::to_owned).to_vec();
    options.renewal = Duration::from_millis(20);
    options.silence = Duration::from_millis(200);
    options
}

/// For what is not about time: no deadline decides on a busy machine.
pub fn patient_log(cluster: &Cluster) -> KurrentLog {
    let mut options = options(cluster);
    options.deadline = Duration::from_secs(60);
    options.budget = Duration::from_secs(60);
    options.tolerance = Duration::from_secs(60);
    KurrentLog::new(options).unwrap()
}

pub fn hasty_log(cluster: &Cluster) -> KurrentLog {
    KurrentLog::new(hasty(options(cluster))).unwrap()
}

/// Gives up soon.
pub fn hasty(mut options: KurrentOptions) -> KurrentOptions {
    options.deadline = Duration::from_millis(300);
    options.budget = Duration::from_millis(900);
    options.tolerance = Duration::from_millis(600);
    options
}

pub fn stream(number: u32) -> StreamName {
    StreamName::new("shift", number).unwrap()
}

pub fn event() -> NewEvent {
    NewEvent {
        id: Uuid::new_v4(),
        kind: "ShiftPublished".into(),
        version: 2,
        meta: br#"{"correlation":"3b2e","at":1}"#.to_vec(),
        data: br#"{"by":"x"}"#.to_vec(),
    }
}

pub fn append(number: u32, expected: Expected) -> Append {
    Append { stream: stream(number), expected, events: vec![event()] }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_acknowledgement_is_asked_for_again_and_written_once() {
    let cluster = Cluster::start(3);
    let log = patient_log(&cluster);
    cluster.faults_of_leader().lose_acknowledgements(2);
    let done = log.append(append(1, Expected::NoStream)).await.unwrap();
    assert!(matches!(done, Appended::Done { revision: Revision(0), .. }), "{done:?}");
    assert_eq!(cluster.store().ids("shift-1").len(), 1);
    assert_eq!(log.stats().retries, 2);
    assert!(log.stats().renewals >= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_death_of_a_leader_is_survived() {
    let mut cluster = Cluster::start(3);
    let log = patient_log(&cluster);
    log.append(append(1, Expected::NoStream)).await.unwrap();
    for (number, dead) in [(2, 0), (3, 1)] {
        cluster.kill(dead);
        cluster.elect(Some(dead + 1));
        log.append(append(number, Expected::NoStream)).await.unwrap();
        cluster.revive(dead);
    }
    assert_eq!(log.health(), Health::Answering);
    assert_eq!(log.read_all(None, 10).await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_does_not_lead_any_more_says_so_and_the_call_goes_to_the_one_that_does() {
    let cluster = Cluster::start(3);
    let log = patient_log(&cluster);
    log.append(append(1, Expected::NoStream)).await.unwrap();
    cluster.elect(Some(2));
    log.append(append(2, Expected::NoStream)).await.unwrap();
    assert_eq!(cluster.faults(2).appends(), 1);
    assert_eq!(log.stats().renewals, 0, "the client itself turns to the leader that it was told");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exhausted_discovery_does_not_end_the_log() {
    let mut cluster = Cluster::start(3);
    let log = hasty_log(&cluster);
    for node in 0..3 {
        cluster.kill(node);
    }
    let refused = log.append(append(1, Expected::NoStream)).await;
    assert!(matches!(refused, Err(LogError::Unavailable(_))), "nothing was sent: {refused:?}");
    for node in 0..3 {
        cluster.revive(node);
    }
    cluster.elect(Some(1));
    until_done(&log, append(1, Expected::NoStream)).await;
    assert_eq!(cluster.store().ids("shift-1").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_is_away_is_told_at_once_and_found_again_without_a_call() {
    let mut cluster = Cluster::start(1);
    let log = hasty_log(&cluster);
    log.append(append(1, Expected::NoStream)).await.unwrap();
    cluster.kill(0);
    while log.health() == Health::Answering {
        let refused = log.append(append(2, Expected::NoStream)).await;
        assert!(refused.is_err(), "{refused:?}");
    }
    let refused = log.append(append(2, Expected::NoStream)).await;
    assert!(matches!(refused, Err(LogError::Unavailable(_))), "{refused:?}");
    cluster.revive(0);
    cluster.elect(Some(0));
    while log.health() != Health::Answering {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    log.append(append(2, Expected::NoStream)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hang_has_an_end_and_its_outcome_is_unknown() {
    let cluster = Cluster::start(1);
    let log = hasty_log(&cluster);
    log.append(append(1, Expected::NoStream)).await.unwrap();
    cluster.faults(0).hang(true);
    let again = append(2, Expected::NoStream);
    let refused = log.append(again.clone()).await;
    assert!(matches!(refused, Err(LogError::Unknown(_))), "{refused:?}");
    cluster.faults(0).hang(false);
    until_done(&log, again).await;
    assert_eq!(cluster.store().ids("shift-2").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_a_version_that_can_not_be_read_is_a_fault_and_no_panic() {
    let cluster = Cluster::start(1);
    cluster.faults(0).say_version("..");
    let log = hasty_log(&cluster);
    let refused = log.append(append(1, Expected::NoStream)).await;
    assert!(matches!(refused, Err(LogError::Unavailable(_))), "{refused:?}");
    cluster.faults(0).say_version("23.10.1");
    until_done(&log, append(1, Expected::NoStream)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_tells_no_positions_in_a_stream_is_refused_as_too_old() {
    let cluster = Cluster::start(1);
    let log = hasty_log(&cluster);
    until_done(&log, append(1, Expected::NoStream)).await;
    for (version, too_old) in [("21.10.11", true), ("22.6.0", false), ("5.0.8", true), ("24.6.0", false)] {
        cluster.faults(0).say_version(version);
        match log.read_stream(&stream(1), Revision(0), 10).await {
            Ok(read) => assert!(!too_old && read.len() == 1, "{version}: {read:?}"),
            Err(LogError::Unavailable(why)) => {
                assert!(too_old && why.contains("too old"), "{version}: {why}")
            }
            Err(other) => panic!("{version}: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgement_without_a_position_is_looked_up() {
    let cluster = Cluster::start(1);
    let log = patient_log(&cluster);
    let first = append(1, Expected::NoStream);
    let Ok(Appended::Done { position, .. }) = log.append(first.clone()).await else { panic!("not done") };
    cluster.faults(0).acknowledge_without_position(true);
    let again = log.append(first).await.unwrap();
    assert_eq!(again, Appended::AlreadyThere { position, revision: Revision(0) });
    let Ok(Appended::Done { position, .. }) = log.append(append(2, Expected::NoStream)).await else {
        panic!("not done")
    };
    assert_eq!(log.read_stream(&stream(2), Revision(0), 1).await.unwrap()[0].position, position);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_node_is_waited_for() {
    let cluster = Cluster::start(1);
    cluster.faults(0).slow_down(Duration::from_millis(30));
    let log = patient_log(&cluster);
    let appends = (0..8).map(|number| log.append(append(number, Expected::NoStream)));
    for outcome in futures_util::future::join_all(appends).await {
        assert!(matches!(outcome, Ok(Appended::Done { .. })), "{outcome:?}");
    }
    assert_eq!(log.stats().retries, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_bit_is_found() {
    let cluster = Cluster::start(1);
    let log = patient_log(&cluster);
    log.append(append(1, Expected::NoStream)).await.unwrap();
    cluster.store().corrupt("shift-1", 0);
    let read = log.read_stream(&stream(1), Revision(0), 1).await;
    assert!(matches!(read, Err(LogError::Damaged(_))), "{read:?}");
    let read = log.read_all(None, 1).await;
    assert!(matches!(read, Err(LogError::Damaged(_))), "{read:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_keep_in_the_cluster_is_neither_read_nor_counted() {
    let cluster = Cluster::start(1);
    let log = patient_log(&cluster);
    cluster.store().foreign("order-1");
    assert_eq!(log.head().await.unwrap(), None);
    log.append(append(1, Expected::NoStream)).await.unwrap();
    cluster.store().foreign("$settings");
    let all = log.read_all(None, 10).await.unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(log.head().await.unwrap(), Some(all[0].position));
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_that_are_not_json_are_kept_byte_for_byte() {
    let cluster = Cluster::start(1);
    let log = patient_log(&cluster);
    for (number, meta) in [&b""[..], b" {}", b"{} ", b"\xff\x00", b"{\"a\": 1}", b"null"].iter().enumerate() {
        let mut one = append(u32::try_from(number).unwrap(), Expected::NoStream);
        one.events[0].meta = meta.to_vec();
        one.events[0].data = meta.to_vec();
        log.append(one.clone()).await.unwrap();
        let read = log.read_stream(&one.stream, Revision(0), 1).await.unwrap();
        assert_eq!((&read[0].meta[..], &read[0].data[..]), (*meta, *meta));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cut_off_is_read_by_nobody_and_goes_with_the_next_scavenge() {
    let cluster = Cluster::start(3);
    let log = patient_log(&cluster);
    let mut first = append(1, Expected::NoStream);
    first.events[0].data = br#"{"secret":"abcdef"}"#.to_vec();
    log.append(first).await.unwrap();
    log.append(append(1, Expected::Exact(Revision(0)))).await.unwrap();
    assert!(cluster.store().scavenge_and_find(b"abcdef"));
    cluster.faults_of_leader().lose_acknowledgements(1);
    for _ in 0..2 {
        log.keep_last(&stream(1)).await.unwrap();
    }
    let there = log.read_stream(&stream(1), Revision(0), 9).await.unwrap();
    assert_eq!(there.iter().map(|event| event.revision).collect::<Vec<_>>(), [Revision(1)]);
    assert_eq!(log.read_all(None, 9).await.unwrap().len(), 1);
    assert!(!cluster.store().scavenge_and_find(b"abcdef"));
    log.append(append(1, Expected::Exact(Revision(1)))).await.unwrap();
}

/// Repeats the very same append until it is acknowledged; the test's own limit ends it.
async fn until_done(log: &KurrentLog, append: Append) {
    loop {
        match log.append(append.clone()).await {
            Ok(Appended::Done { .. } | Appended::AlreadyThere { .. }) => return,
            Ok(Appended::Conflict { actual }) => panic!("the stream is at {actual:?}"),
            Err(LogError::Unavailable(_) | LogError::Unknown(_)) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(other) => panic!("{other}"),
        }
    }
}
