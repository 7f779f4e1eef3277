use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Barrier;

use keyring::{Keyring, KeyringError, MasterKey};

use super::fixture::{Fixture, MASTER, plain, subject};

#[expect(clippy::unwrap_used, reason = "used by tests only")]
fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn the_master_key_file_is_made_once_for_its_owner_only() {
    let fixture = Fixture::new();
    let path = fixture.dir.path().join("master.key");
    let (master, created) = MasterKey::load_or_create(&path).unwrap();
    assert!(created);
    assert_eq!(mode(&path), 0o600);
    let sealed = Keyring::open(&fixture.path(), master).unwrap().seal(subject(1), "李雷").unwrap();
    let (master, created) = MasterKey::load_or_create(&path).unwrap();
    assert!(!created);
    let keyring = Keyring::open(&fixture.path(), master).unwrap();
    assert_eq!(plain(keyring.open_sealed(subject(1), &sealed).unwrap()), "李雷");
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 1);
    assert!(Keyring::open(&fixture.path(), MasterKey::from_text(&text).unwrap()).is_ok());
}

#[test]
fn a_master_key_file_open_to_others_is_refused() {
    let fixture = Fixture::new();
    let path = fixture.dir.path().join("master.key");
    MasterKey::load_or_create(&path).unwrap();
    for loose in [0o640, 0o604, 0o644, 0o620, 0o601] {
        std::fs::set_permissions(&path, PermissionsExt::from_mode(loose)).unwrap();
        let error = MasterKey::load_or_create(&path).unwrap_err();
        assert!(matches!(error, KeyringError::LooseMode { mode, .. } if mode == loose));
        assert!(error.to_string().contains("chmod 0600"), "{error}");
    }
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o400)).unwrap();
    assert!(MasterKey::load_or_create(&path).is_ok());
}

#[test]
fn a_file_without_a_key_is_refused_and_left_alone() {
    let fixture = Fixture::new();
    let path = fixture.dir.path().join("master.key");
    for content in
        [b"".as_slice(), b"short", &[0xff; 32], &[b'a'; 300], format!("{MASTER}\n{MASTER}\n").as_bytes()]
    {
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        assert!(matches!(MasterKey::load_or_create(&path), Err(KeyringError::MasterKeyText)));
        assert_eq!(std::fs::read(&path).unwrap(), content);
    }
}

#[test]
fn the_same_key_is_read_from_every_spelling() {
    let fixture = Fixture::new();
    drop(fixture.open());
    for text in [
        MASTER.to_owned(),
        MASTER.to_uppercase(),
        format!("  {MASTER}\r\n"),
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned(),
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".to_owned(),
    ] {
        assert!(Keyring::open(&fixture.path(), MasterKey::from_text(&text).unwrap()).is_ok(), "{text}");
    }
    let wrong =
        ["", "abc", &MASTER[1..], &MASTER.replace('f', "g"), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg=="];
    for text in wrong {
        let error = MasterKey::from_text(text).unwrap_err();
        assert!(matches!(error, KeyringError::MasterKeyText), "{text}");
    }
}

#[test]
fn generated_keys_differ_and_nothing_prints_them() {
    let fixture = Fixture::new();
    drop(Keyring::open(&fixture.path(), MasterKey::generate().unwrap()).unwrap());
    let other = Keyring::open(&fixture.path(), MasterKey::generate().unwrap());
    assert!(matches!(other, Err(KeyringError::WrongMasterKey)));
    let master = MasterKey::from_text(MASTER).unwrap();
    assert_eq!(format!("{master:?}"), "MasterKey(redacted)");
}

#[test]
fn the_database_and_its_side_files_are_for_their_owner_only() {
    let fixture = Fixture::new();
    let keyring = fixture.open();
    keyring.ensure(&[subject(1)]).unwrap();
    let backup = fixture.dir.path().join("backup.db");
    keyring.backup(&backup).unwrap();
    for name in ["keyring.db", "keyring.db-wal", "keyring.db-shm", "backup.db"] {
        assert_eq!(mode(&fixture.dir.path().join(name)), 0o600, "{name}");
    }
}

#[test]
fn many_may_open_a_new_keyring_at_once() {
    let fixture = Fixture::new();
    let barrier = Barrier::new(4);
    std::thread::scope(|scope| {
        for n in 0..4 {
            let (fixture, barrier) = (&fixture, &barrier);
            scope.spawn(move || {
                barrier.wait();
                fixture.open().ensure(&[subject(n)]).unwrap();
            });
        }
    });
    assert_eq!(fixture.open().stats().unwrap().keys, 4);
}
