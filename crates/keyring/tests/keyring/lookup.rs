#![expect(clippy::unwrap_used, reason = "a test that can not go on has failed")]

use keyring::{Erasure, Keyring, Lookup};

use super::fixture::{Fixture, at, contains, subject};

const NOW: &str = "2026-08-01T00:00:00Z";

fn lookup(keyring: &Keyring, number: &str, of: u128) -> Lookup {
    let digest = keyring.blind_index("phone", number);
    Lookup { purpose: "phone", digest, subject: subject(of) }
}

fn found(keyring: &Keyring, number: &str) -> Vec<uuid::Uuid> {
    let mut found = keyring.found_by("phone", keyring.blind_index("phone", number), 10).unwrap();
    found.sort_unstable();
    found
}

#[test]
fn subjects_are_found_by_a_value_that_is_kept_nowhere() {
    let fixture = Fixture::new();
    let keyring = fixture.open();
    let shared = [lookup(&keyring, "13900000000", 1), lookup(&keyring, "13900000000", 2)];
    keyring.ensure_found(&[subject(1), subject(2)], &shared).unwrap();
    // Sent again, and for a subject that has its key already.
    keyring.ensure_found(&[subject(1)], &shared[..1]).unwrap();
    keyring.ensure_found(&[], &[lookup(&keyring, "13900000001", 1)]).unwrap();
    let mut both = vec![subject(1), subject(2)];
    both.sort_unstable();
    assert_eq!(found(&keyring, "13900000000"), both);
    assert_eq!(found(&keyring, "13900000001"), [subject(1)]);
    assert!(found(&keyring, "13900000002").is_empty());
    assert_eq!(keyring.found_by("phone", shared[0].digest, 1).unwrap().len(), 1);
    assert!(keyring.found_by("other", shared[0].digest, 10).unwrap().is_empty());
    drop(keyring);
    assert_eq!(found(&fixture.open(), "13900000000"), both);
    assert!(!contains(&fixture.raw(), b"13900000000"));
}

#[test]
fn an_erased_subject_is_found_no_more_and_can_not_be_made_so_again() {
    let fixture = Fixture::new();
    let keyring = fixture.open();
    let entry = lookup(&keyring, "13900000000", 1);
    keyring.ensure_found(&[subject(1)], &[entry]).unwrap();
    assert!(contains(&fixture.raw(), &entry.digest));
    assert!(matches!(keyring.erase(subject(1), at(NOW)).unwrap(), Erasure::Erased { .. }));
    assert!(found(&keyring, "13900000000").is_empty());
    assert!(!contains(&fixture.raw(), &entry.digest));
    keyring.ensure_found(&[], &[entry]).unwrap();
    assert!(found(&keyring, "13900000000").is_empty());
}

#[test]
fn a_keyring_without_look_ups_gets_them() {
    let fixture = Fixture::new();
    let keyring = fixture.open();
    keyring.ensure(&[subject(1)]).unwrap();
    drop(keyring);
    let conn = rusqlite::Connection::open(fixture.path()).unwrap();
    conn.execute_batch("DROP TABLE lookup; DROP TABLE lookup_complete; PRAGMA user_version = 1").unwrap();
    drop(conn);
    let keyring = fixture.open();
    assert!(!keyring.lookups_complete("phone").unwrap());
    keyring.ensure_found(&[], &[lookup(&keyring, "13900000000", 1)]).unwrap();
    keyring.complete_lookups("phone").unwrap();
    drop(keyring);
    let keyring = fixture.open();
    assert!(keyring.lookups_complete("phone").unwrap());
    assert!(!keyring.lookups_complete("other").unwrap());
    assert_eq!(found(&keyring, "13900000000"), [subject(1)]);
}

#[test]
fn many_at_once_are_all_found() {
    let fixture = Fixture::new();
    let keyring = fixture.open();
    std::thread::scope(|scope| {
        for of in 1..=32 {
            let keyring = &keyring;
            scope.spawn(move || {
                let entry = lookup(keyring, &format!("139{of:08}"), of);
                keyring.ensure_found(&[subject(of)], &[entry]).unwrap();
                assert_eq!(found(keyring, &format!("139{of:08}")), [subject(of)]);
            });
        }
    });
}
