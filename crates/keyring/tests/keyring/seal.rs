use std::collections::HashSet;
use std::sync::{Arc, Barrier};

use keyring::{Keyring, KeyringError, MasterKey};

use super::fixture::{Fixture, MASTER, OTHER_MASTER, contains, open, plain, subject};

#[test]
fn the_keyring_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Keyring>();
}

#[test]
fn a_text_comes_back_also_after_a_restart() {
    let fixture = Fixture::new();
    let texts = ["", "李雷", "+86 139 0000 0000", &"长".repeat(10_000)];
    let sealed: Vec<String> = {
        let keyring = fixture.open();
        texts.iter().map(|text| keyring.seal(subject(1), text).unwrap()).collect()
    };
    let keyring = fixture.open();
    for (text, sealed) in texts.iter().zip(&sealed) {
        assert_eq!(plain(keyring.open_sealed(subject(1), sealed).unwrap()), *text);
    }
    assert_eq!(keyring.stats().unwrap().keys, 1);
    assert!(!contains(&fixture.raw(), "李雷".as_bytes()));
}

#[test]
fn the_same_text_is_never_sealed_alike() {
    let keyring = Fixture::new();
    let keyring = keyring.open();
    let sealed: HashSet<String> = (0..50).map(|_| keyring.seal(subject(1), "李雷").unwrap()).collect();
    assert_eq!(sealed.len(), 50);
}

#[test]
fn another_subjects_text_does_not_open() {
    let fixture = Fixture::new();
    let keyring = fixture.open();
    let sealed = keyring.seal(subject(1), "李雷").unwrap();
    assert!(matches!(
        keyring.open_sealed(subject(2), &sealed),
        Err(KeyringError::UnknownSubject { subject: s }) if s == subject(2)
    ));
    keyring.ensure(&[subject(2)]).unwrap();
    assert!(matches!(keyring.open_sealed(subject(2), &sealed), Err(KeyringError::OtherKey { .. })));
}

#[test]
fn every_changed_character_is_noticed() {
    let fixture = Fixture::new();
    let keyring = fixture.open();
    let sealed = keyring.seal(subject(1), "李雷").unwrap();
    for place in 0..sealed.len() {
        let mut changed = sealed.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        let error = keyring.open_sealed(subject(1), &changed).unwrap_err();
        assert!(
            matches!(
                error,
                KeyringError::Tampered { .. } | KeyringError::OtherKey { .. } | KeyringError::Malformed
            ),
            "{place}: {error}"
        );
    }
    for length in 0..sealed.len() {
        assert!(keyring.open_sealed(subject(1), &sealed[..length]).is_err());
    }
    for garbage in ["李雷", "not sealed", &format!("{sealed}=")] {
        assert!(matches!(keyring.open_sealed(subject(1), garbage), Err(KeyringError::Malformed)));
    }
}

#[test]
fn another_master_key_is_refused_at_once() {
    let fixture = Fixture::new();
    drop(fixture.open());
    let error = Keyring::open(&fixture.path(), MasterKey::from_text(OTHER_MASTER).unwrap()).unwrap_err();
    assert!(matches!(error, KeyringError::WrongMasterKey), "{error}");
}

#[test]
fn other_databases_are_refused() {
    let fixture = Fixture::new();
    let refused = || Keyring::open(&fixture.path(), MasterKey::from_text(MASTER).unwrap()).unwrap_err();
    std::fs::write(fixture.path(), "not a database, but long enough to be looked at ".repeat(100)).unwrap();
    assert!(matches!(refused(), KeyringError::NotAKeyring { .. }));
    std::fs::remove_file(fixture.path()).unwrap();
    rusqlite::Connection::open(fixture.path()).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    assert!(matches!(refused(), KeyringError::NotAKeyring { .. }));
    std::fs::remove_file(fixture.path()).unwrap();
    drop(fixture.open());
    let conn = rusqlite::Connection::open(fixture.path()).unwrap();
    conn.pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(refused(), KeyringError::TooNew { found: 99, known: 2 }));
}

#[test]
fn a_damaged_stored_key_is_named() {
    let fixture = Fixture::new();
    let sealed = fixture.open().seal(subject(1), "李雷").unwrap();
    let mut wrapped = fixture.wrapped(subject(1));
    *wrapped.last_mut().unwrap() ^= 1;
    let conn = rusqlite::Connection::open(fixture.path()).unwrap();
    conn.execute("UPDATE subject_key SET wrapped = ?1", [wrapped]).unwrap();
    let error = fixture.open().open_sealed(subject(1), &sealed).unwrap_err();
    assert!(matches!(error, KeyringError::DamagedKey { subject: s } if s == subject(1)));
}

#[test]
fn a_wrapped_key_can_not_be_given_to_another_subject() {
    let fixture = Fixture::new();
    let keyring = fixture.open();
    keyring.ensure(&[subject(1), subject(2)]).unwrap();
    let conn = rusqlite::Connection::open(fixture.path()).unwrap();
    conn.execute("UPDATE subject_key SET wrapped = ?1", [fixture.wrapped(subject(1))]).unwrap();
    assert!(matches!(keyring.seal(subject(2), "x"), Err(KeyringError::DamagedKey { .. })));
}

/// Threads of two handles ask for overlapping subjects: one key each, durable when the call returns, never replaced.
#[test]
fn keys_are_made_once_however_many_ask() {
    const THREADS: u128 = 8;
    const SUBJECTS: u128 = 100;
    let fixture = Fixture::new();
    let handles = [Arc::new(fixture.open()), Arc::new(fixture.open())];
    let barrier = Barrier::new(THREADS as usize);
    let sealed: Vec<(u128, String)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (keyring, barrier) = (Arc::clone(&handles[thread as usize % 2]), &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    let ask = |n| {
                        let n = (n + thread) % SUBJECTS;
                        keyring.ensure(&[subject(n), subject((n + 1) % SUBJECTS)]).unwrap();
                        (n, keyring.seal(subject(n), &n.to_string()).unwrap())
                    };
                    (0..SUBJECTS).map(ask).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(sealed.len() as u128, THREADS * SUBJECTS);
    let restarted = fixture.open();
    assert_eq!(u128::from(restarted.stats().unwrap().keys), SUBJECTS);
    for (n, sealed) in &sealed {
        assert_eq!(plain(restarted.open_sealed(subject(*n), sealed).unwrap()), n.to_string());
    }
}

#[test]
fn more_subjects_than_the_cache_holds_still_open() {
    const SUBJECTS: u128 = 20_000;
    let fixture = Fixture::new();
    let keyring = fixture.open();
    let subjects: Vec<_> = (0..SUBJECTS).map(subject).collect();
    keyring.ensure(&subjects).unwrap();
    let sealed: Vec<_> = subjects.iter().map(|&s| keyring.seal(s, "李雷").unwrap()).collect();
    for (&subject, sealed) in subjects.iter().zip(&sealed) {
        assert_eq!(plain(keyring.open_sealed(subject, sealed).unwrap()), "李雷");
    }
    let stats = keyring.stats().unwrap();
    assert_eq!(u128::from(stats.keys), SUBJECTS);
    assert!(stats.cached_keys <= 16_384);
}

#[test]
fn a_blind_index_is_stable_and_keyed() {
    let fixture = Fixture::new();
    let index = fixture.open().blind_index("phone", "13900000000");
    let keyring = fixture.open();
    assert_eq!(index, keyring.blind_index("phone", "13900000000"));
    assert_ne!(index, keyring.blind_index("phone", "13900000001"));
    assert_ne!(index, keyring.blind_index("id_number", "13900000000"));
    assert_ne!(keyring.blind_index("a", "bc"), keyring.blind_index("ab", "c"));
    let other = Fixture::new();
    assert_ne!(index, open(&other.path(), OTHER_MASTER).blind_index("phone", "13900000000"));
}
