use keyring::{Keyring, KeyringError, MasterKey, Opened, Tombstone};

use super::fixture::{Fixture, MASTER, OTHER_MASTER, at, contains, open, plain, subject};

const NOW: &str = "2025-03-01T08:00:00Z";

#[test]
fn rotation_keeps_texts_and_indexes_and_ends_the_old_master_key() {
    let fixture = Fixture::new();
    let keyring = fixture.open();
    let subjects: Vec<_> = (0..2_500).map(subject).collect();
    keyring.ensure(&subjects).unwrap();
    let sealed: Vec<_> = subjects.iter().map(|&s| keyring.seal(s, "李雷").unwrap()).collect();
    let index = keyring.blind_index("phone", "13900000000");
    keyring.erase(subject(7), at(NOW)).unwrap();
    let old_wrapped = fixture.wrapped(subject(1));

    keyring.rewrap(&MasterKey::from_text(OTHER_MASTER).unwrap()).unwrap();

    assert!(!contains(&fixture.raw(), &old_wrapped[29..]));
    let refused = Keyring::open(&fixture.path(), MasterKey::from_text(MASTER).unwrap());
    assert!(matches!(refused, Err(KeyringError::WrongMasterKey)));
    for keyring in [keyring, open(&fixture.path(), OTHER_MASTER)] {
        assert_eq!(keyring.blind_index("phone", "13900000000"), index);
        for (n, sealed) in (0..).zip(&sealed) {
            let opened = keyring.open_sealed(subject(n), sealed).unwrap();
            assert_eq!(opened == Opened::Erased, n == 7);
        }
        keyring.seal(subject(5_000), "new").unwrap();
        assert_eq!(keyring.stats().unwrap().master_generation, 2);
    }
}

#[test]
fn a_handle_left_behind_by_a_rotation_can_not_write_with_the_old_master_key() {
    let fixture = Fixture::new();
    let (keyring, left_behind) = (fixture.open(), fixture.open());
    let sealed = keyring.seal(subject(1), "李雷").unwrap();
    keyring.rewrap(&MasterKey::from_text(OTHER_MASTER).unwrap()).unwrap();
    assert!(matches!(left_behind.ensure(&[subject(2)]), Err(KeyringError::MasterRotated)));
    assert!(matches!(left_behind.open_sealed(subject(1), &sealed), Err(KeyringError::MasterRotated)));
    let again = left_behind.rewrap(&MasterKey::from_text(MASTER).unwrap());
    assert!(matches!(again, Err(KeyringError::MasterRotated)));
    assert_eq!(plain(keyring.open_sealed(subject(1), &sealed).unwrap()), "李雷");
}

#[test]
fn a_damaged_key_stops_the_rotation_and_nothing_changes() {
    let fixture = Fixture::new();
    let keyring = fixture.open();
    let sealed = keyring.seal(subject(1), "李雷").unwrap();
    keyring.ensure(&[subject(2)]).unwrap();
    let conn = rusqlite::Connection::open(fixture.path()).unwrap();
    let mut wrapped = fixture.wrapped(subject(2));
    wrapped[40] ^= 1;
    conn.execute("UPDATE subject_key SET wrapped = ?1 WHERE id = 2", [wrapped]).unwrap();
    let stopped = keyring.rewrap(&MasterKey::from_text(OTHER_MASTER).unwrap());
    assert!(matches!(stopped, Err(KeyringError::DamagedKey { subject: s }) if s == subject(2)));
    assert_eq!(plain(fixture.open().open_sealed(subject(1), &sealed).unwrap()), "李雷");
}

#[test]
fn a_restored_backup_learns_the_erasures_made_since() {
    let fixture = Fixture::new();
    let keyring = fixture.open();
    let sealed: Vec<_> = (0..3).map(|n| keyring.seal(subject(n), "李雷").unwrap()).collect();
    keyring.erase(subject(0), at(NOW)).unwrap();
    keyring.retain(subject(1), at("2025-02-01T00:00:00Z"), "contract").unwrap();
    let path = fixture.dir.path().join("backup.db");
    keyring.backup(&path).unwrap();
    let later = keyring.seal(subject(9), "later").unwrap();
    let wrapped = fixture.wrapped(subject(1));
    keyring.erase(subject(1), at(NOW)).unwrap();
    keyring.erase(subject(9), at(NOW)).unwrap();

    // The backup is one file, without the master key, and as old as it is.
    assert!(!fixture.dir.path().join("backup.db-wal").exists());
    let bytes = std::fs::read(&path).unwrap();
    let master: Vec<u8> = (0..32).collect();
    assert!(!contains(&bytes, &master) && !contains(&bytes, MASTER.as_bytes()));
    assert!(contains(&bytes, &wrapped));
    let wrong = Keyring::open(&path, MasterKey::from_text(OTHER_MASTER).unwrap());
    assert!(matches!(wrong, Err(KeyringError::WrongMasterKey)));
    let restored = open(&path, MASTER);
    assert_eq!(restored.open_sealed(subject(0), &sealed[0]).unwrap(), Opened::Erased);
    assert_eq!(plain(restored.open_sealed(subject(1), &sealed[1]).unwrap()), "李雷");

    assert_eq!(restored.apply_tombstones(&keyring).unwrap(), 2);
    assert_eq!(restored.apply_tombstones(&keyring).unwrap(), 0);
    assert_eq!(restored.open_sealed(subject(1), &sealed[1]).unwrap(), Opened::Erased);
    assert_eq!(restored.open_sealed(subject(9), &later).unwrap(), Opened::Erased);
    assert_eq!(plain(restored.open_sealed(subject(2), &sealed[2]).unwrap()), "李雷");
    assert!(matches!(restored.ensure(&[subject(9)]), Err(KeyringError::Erased { .. })));
    assert!(!contains(&std::fs::read(&path).unwrap(), &wrapped[29..]));
    assert_eq!(restored.tombstones().unwrap(), keyring.tombstones().unwrap());
    let tombstone = Tombstone { subject: subject(0), at: at(NOW) };
    assert_eq!(keyring.tombstones().unwrap()[0], tombstone);
}

#[test]
fn a_backup_never_overwrites() {
    let fixture = Fixture::new();
    let keyring = fixture.open();
    let path = fixture.dir.path().join("backup.db");
    std::fs::write(&path, "mine").unwrap();
    assert!(matches!(keyring.backup(&path), Err(KeyringError::Io { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
}
