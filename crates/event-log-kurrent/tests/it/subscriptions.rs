//! Following a cluster that fails: nothing lost, nothing twice, nothing out of order.

use std::sync::Arc;

use event_log::{Delivery, EventLog, Expected, Position, Revision, Subscription};
use event_log_kurrent::KurrentLog;

use super::faults::{append, event, patient_log, stream};
use fake_cluster::Cluster;

/// What a subscription has delivered.
struct Reader {
    subscription: Box<dyn Subscription>,
    positions: Vec<Position>,
}

impl Reader {
    fn new(log: &KurrentLog, after: Option<Position>) -> Self {
        Self { subscription: log.subscribe(after), positions: Vec::new() }
    }

    /// Until this many events have come.
    async fn until(&mut self, count: usize) {
        while self.positions.len() < count {
            if let Delivery::Events(events) = self.subscription.next().await.unwrap() {
                self.positions.extend(events.iter().map(|event| event.position));
            }
        }
        assert!(self.positions.is_sorted_by(|a, b| a < b), "twice, or out of order");
    }

    async fn until_caught_up(&mut self) {
        while !matches!(self.subscription.next().await.unwrap(), Delivery::CaughtUp) {}
    }
}

async fn write(log: &KurrentLog, numbers: std::ops::Range<u32>) {
    for number in numbers {
        log.append(append(number, Expected::NoStream)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_ends_cleanly_is_followed_again_and_nothing_spins() {
    let cluster = Cluster::start(3);
    let log = patient_log(&cluster);
    let mut reader = Reader::new(&log, None);
    reader.until_caught_up().await;
    for round in 0..5 {
        write(&log, round * 10..round * 10 + 10).await;
        reader.until(usize::try_from(round).unwrap() * 10 + 10).await;
        cluster.faults_of_leader().end_subscriptions();
    }
    write(&log, 50..60).await;
    reader.until(60).await;
    assert!(log.stats().restarts >= 1);
    // A thread that spins is still there; those that were replaced are gone.
    while following_threads() > 1 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

/// Threads of this process that follow a log.
fn following_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok());
    names.filter(|name| name.trim() == "log-follow").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_falls_silent_is_replaced() {
    let cluster = Cluster::start(1);
    let log = patient_log(&cluster);
    let mut reader = Reader::new(&log, None);
    write(&log, 0..5).await;
    reader.until(5).await;
    cluster.faults(0).silence(true);
    write(&log, 5..10).await;
    let following = tokio::spawn(async move {
        reader.until(10).await;
        reader
    });
    while log.stats().restarts == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    cluster.faults(0).silence(false);
    assert_eq!(following.await.unwrap().positions.len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_death_of_leaders_loses_and_repeats_nothing() {
    let mut cluster = Cluster::start(3);
    let log = Arc::new(patient_log(&cluster));
    let mut reader = Reader::new(&log, None);
    let writer = tokio::spawn({
        let log = Arc::clone(&log);
        async move { write(&log, 0..300).await }
    });
    for dead in 0..3 {
        reader.until((dead + 1) * 50).await;
        cluster.kill(dead);
        cluster.elect(Some((dead + 1) % 3));
        cluster.revive(dead);
    }
    writer.await.unwrap();
    reader.until(300).await;
    assert_eq!(reader.positions.len(), 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_ours_moves_the_place_on() {
    let cluster = Cluster::start(1);
    let log = patient_log(&cluster);
    write(&log, 0..1).await;
    let mut reader = Reader::new(&log, None);
    reader.until(1).await;
    for _ in 0..200 {
        cluster.store().foreign("$stats-0");
    }
    let mut one = append(0, Expected::Exact(Revision(0)));
    one.events = vec![event(), event()];
    log.append(one).await.unwrap();
    reader.until(3).await;
    assert_eq!(log.read_stream(&stream(0), Revision(0), 9).await.unwrap().len(), 3);
}
