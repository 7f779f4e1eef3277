//! From a file into the cluster and back.

use event_log::{EventLog, Expected, SqliteLog, SqliteOptions, migrate};

use super::faults::{append, event, patient_log};
use fake_cluster::Cluster;

#[tokio::test(flavor = "multi_thread")]
async fn a_log_moves_into_the_cluster_and_back_through_lost_acknowledgements() {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str| SqliteLog::open(&folder.path().join(name), SqliteOptions::default()).unwrap();
    let (file, back, cluster) = (open("a.db"), open("b.db"), Cluster::start(3));
    for number in 0..60 {
        let mut one = append(number, Expected::NoStream);
        one.events = (0..number % 3 + 1).map(|_| event()).collect();
        file.append(one).await.unwrap();
    }
    let log = patient_log(&cluster);
    cluster.faults_of_leader().lose_acknowledgements(5);
    let there = migrate(&file, &log, |_| {}).await.unwrap();
    let returned = migrate(&log, &back, |_| {}).await.unwrap();
    assert_eq!((there.events, there.appended, returned.appended), (120, 120, 120));
    assert_eq!(there.digest, returned.digest);
    let (before, after) =
        (file.read_all(None, 1_000).await.unwrap(), back.read_all(None, 1_000).await.unwrap());
    assert_eq!(before, after, "a file numbers its positions alike");
}
