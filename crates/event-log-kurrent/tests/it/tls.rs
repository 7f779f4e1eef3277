//! A cluster that is spoken to over TLS, with a certificate of the client's own.

use std::sync::Arc;

use event_log::contract::run_all;
use event_log::{EventLog, Expected, LogError};
use event_log_kurrent::{KurrentLog, KurrentOptions, OptionsError};
use fake_cluster::Cluster;

use super::faults::{append, hasty, patient_log};

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_holds_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start_secure(3, folder.path());
    let log: Arc<dyn EventLog> = Arc::new(patient_log(&cluster));
    let failures = run_all(async |_| Arc::clone(&log), 1).await;
    assert!(failures.is_empty(), "{failures:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_leader_may_die_over_tls_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::start_secure(3, folder.path());
    let log = patient_log(&cluster);
    log.append(append(1, Expected::NoStream)).await.unwrap();
    cluster.kill(0);
    cluster.elect(Some(2));
    log.append(append(2, Expected::NoStream)).await.unwrap();
    assert_eq!(cluster.store().all(0).len(), 2);
}

/// Whoever is not who they should be: nothing is written, and it is said as being out of reach.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_trusted_without_the_right_certificate() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let cluster = Cluster::start_secure(3, folder.path());
    let _others = Cluster::start_secure(1, other.path());
    let (own, others) = (folder.path().display().to_string(), other.path().display().to_string());
    let address = cluster.address();
    let without = address.split_once("&userCertFile").unwrap().0;
    let rest = address.split_once("&discoveryInterval").unwrap().1;
    for wrong in [
        // An authority that did not sign the nodes' certificate; a client's that the nodes' did not; none.
        address.replacen(&format!("tlsCaFile={own}"), &format!("tlsCaFile={others}"), 1),
        address
            .replace(&format!("userCertFile={own}"), &format!("userCertFile={others}"))
            .replace(&format!("userKeyFile={own}"), &format!("userKeyFile={others}")),
        format!("{without}&discoveryInterval{rest}"),
        // Not over TLS at all.
        address.replace("tls=true", "tls=false"),
    ] {
        let log = KurrentLog::new(hasty(KurrentOptions::parse(&wrong).unwrap())).unwrap();
        let outcome = log.append(append(1, Expected::NoStream)).await;
        assert!(
            matches!(outcome, Err(LogError::Unavailable(_) | LogError::Unknown(_))),
            "{wrong}: {outcome:?}"
        );
    }
    assert_eq!(cluster.store().all(0).len(), 0);
}

#[test]
fn files_that_hold_no_certificate_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start_secure(1, folder.path());
    let wrong = folder.path().join("wrong.pem");
    for text in
        ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----\n", "-----BEGIN"]
    {
        std::fs::write(&wrong, text).unwrap();
        for name in ["ca.pem", "user.pem", "user.key"] {
            let right = folder.path().join(name);
            let address =
                cluster.address().replace(&right.display().to_string(), &wrong.display().to_string());
            let refused = KurrentOptions::parse(&address).unwrap_err();
            assert_eq!(refused, OptionsError::Certificate(wrong.display().to_string()), "{name}: {text}");
        }
    }
}
