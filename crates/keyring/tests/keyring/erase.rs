use std::sync::atomic::{AtomicBool, Ordering};

use keyring::{Erasure, Keyring, KeyringError, Opened, Retention};

use super::fixture::{Fixture, at, contains, plain, subject};

const NOW: &str = "2025-03-01T08:00:00.123456Z";

#[test]
fn an_erased_subject_reads_as_erased_in_every_open_handle_and_after_a_restart() {
    let fixture = Fixture::new();
    let handles: Vec<Keyring> = (0..4).map(|_| fixture.open()).collect();
    let sealed = handles[0].seal(subject(1), "李雷").unwrap();
    let kept = handles[0].seal(subject(2), "韩梅梅").unwrap();
    for handle in &handles {
        // Into every cache.
        assert_eq!(plain(handle.open_sealed(subject(1), &sealed).unwrap()), "李雷");
    }
    assert_eq!(handles[3].erase(subject(1), at(NOW)).unwrap(), Erasure::Erased { at: at(NOW) });
    for handle in handles.iter().chain([&fixture.open()]) {
        assert_eq!(handle.open_sealed(subject(1), &sealed).unwrap(), Opened::Erased);
        assert!(matches!(handle.seal(subject(1), "x"), Err(KeyringError::Erased { .. })));
        assert!(matches!(handle.ensure(&[subject(2), subject(1)]), Err(KeyringError::Erased { .. })));
        assert_eq!(plain(handle.open_sealed(subject(2), &kept).unwrap()), "韩梅梅");
        let again = handle.erase(subject(1), at("2026-01-01T00:00:00Z")).unwrap();
        assert_eq!(again, Erasure::AlreadyErased { at: at(NOW) });
    }
    let stats = handles[0].stats().unwrap();
    assert_eq!((stats.keys, stats.erased, stats.cached_keys), (1, 1, 1));
}

#[test]
fn who_has_no_key_can_not_be_erased() {
    let fixture = Fixture::new();
    let keyring = fixture.open();
    assert_eq!(keyring.erase(subject(1), at(NOW)).unwrap(), Erasure::Unknown);
    assert!(keyring.tombstones().unwrap().is_empty());
    assert!(keyring.seal(subject(1), "x").is_ok());
}

/// Keys of many subjects, made one by one and in groups so that the b-trees have grown and split; some erased.
#[test]
fn the_wrapped_key_is_in_no_file_after_an_erasure() {
    let fixture = Fixture::new();
    let keyring = fixture.open();
    let neighbour = fixture.open();
    for n in 0..200 {
        keyring.seal(subject(n), "x").unwrap();
    }
    for group in 1..20 {
        let subjects: Vec<_> = (group * 200..(group + 1) * 200).map(subject).collect();
        keyring.ensure(&subjects).unwrap();
    }
    let erased: Vec<u128> = (0..4_000).step_by(157).collect();
    let wrapped: Vec<_> = erased.iter().map(|&n| fixture.wrapped(subject(n))).collect();
    let before = fixture.raw();
    for wrapped in &wrapped {
        assert!(contains(&before, wrapped));
    }
    for (&n, wrapped) in erased.iter().zip(&wrapped) {
        neighbour.ensure(&[subject(n)]).unwrap();
        keyring.erase(subject(n), at(NOW)).unwrap();
        // The secret part alone, behind version, generation and nonce.
        assert!(!contains(&fixture.raw(), &wrapped[29..]));
    }
    for n in 4_000..4_100 {
        neighbour.seal(subject(n), "x").unwrap();
    }
    drop((keyring, neighbour));
    let after = fixture.raw();
    for wrapped in &wrapped {
        assert!(!wrapped[29..].chunks_exact(16).any(|part| contains(&after, part)));
    }
}

#[test]
fn a_reader_in_the_way_leaves_the_erasure_committed_and_a_repeat_finishes_it() {
    let fixture = Fixture::new();
    let keyring = fixture.open();
    let sealed = keyring.seal(subject(1), "李雷").unwrap();
    let wrapped = fixture.wrapped(subject(1));
    let reader = rusqlite::Connection::open(fixture.path()).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM subject_key;").unwrap();
    assert!(matches!(keyring.erase(subject(1), at(NOW)), Err(KeyringError::ScrubPending)));
    assert_eq!(keyring.open_sealed(subject(1), &sealed).unwrap(), Opened::Erased);
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(keyring.erase(subject(1), at(NOW)).unwrap(), Erasure::AlreadyErased { at: at(NOW) });
    assert!(!contains(&fixture.raw(), &wrapped[29..]));
}

#[test]
fn retention_blocks_until_it_lapses() {
    let fixture = Fixture::new();
    let keyring = fixture.open();
    let sealed = keyring.seal(subject(1), "李雷").unwrap();
    let duty = |reason: &str, until: &str| Retention { reason: reason.into(), until: at(until) };
    let contract = duty("contract kept two years", "2026-06-01T00:00:00Z");
    let footage = duty("alarm record", "2025-04-01T00:00:00Z");
    for duty in [&contract, &footage] {
        keyring.retain(subject(1), duty.until, &duty.reason).unwrap();
    }
    // An earlier end for the same reason changes nothing.
    keyring.retain(subject(1), at("2025-05-01T00:00:00Z"), &contract.reason).unwrap();
    let both = vec![contract.clone(), footage.clone()];
    assert_eq!(keyring.retentions(subject(1)).unwrap(), both);
    assert_eq!(
        keyring.erase(subject(1), at(NOW)).unwrap(),
        Erasure::Blocked { until: contract.until, reasons: both }
    );
    let keyring = fixture.open();
    assert_eq!(
        keyring.erase(subject(1), at("2026-05-31T23:59:59.999999Z")).unwrap(),
        Erasure::Blocked { until: contract.until, reasons: vec![contract.clone()] }
    );
    assert_eq!(plain(keyring.open_sealed(subject(1), &sealed).unwrap()), "李雷");
    assert_eq!(keyring.erase(subject(1), contract.until).unwrap(), Erasure::Erased { at: contract.until });
    assert!(keyring.retentions(subject(1)).unwrap().is_empty());
    let late = keyring.retain(subject(1), at("2030-01-01T00:00:00Z"), "late");
    assert!(matches!(late, Err(KeyringError::Erased { .. })));
}

/// Readers of two handles hammer a subject while it is erased: each sees the text, then only `Erased`.
#[test]
fn no_reader_sees_the_text_once_the_erasure_has_returned() {
    let fixture = Fixture::new();
    let handles = [fixture.open(), fixture.open()];
    for n in 0..10 {
        let sealed = handles[0].seal(subject(n), "李雷").unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for handle in &handles {
                scope.spawn(|| {
                    loop {
                        let erased = done.load(Ordering::SeqCst);
                        let opened = handle.open_sealed(subject(n), &sealed).unwrap();
                        if erased {
                            assert_eq!(opened, Opened::Erased);
                            break;
                        }
                    }
                });
            }
            handles[1].erase(subject(n), at(NOW)).unwrap();
            done.store(true, Ordering::SeqCst);
        });
    }
}
