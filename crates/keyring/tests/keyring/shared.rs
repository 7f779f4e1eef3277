#![expect(clippy::unwrap_used, reason = "a test that can not go on has failed")]

use keyring::{Erasure, Keyring, KeyringError, Lookup, MasterKey, WrappedKey};

use super::fixture::{Fixture, MASTER, OTHER_MASTER, at, plain, subject};

fn master(text: &str) -> MasterKey {
    MasterKey::from_text(text).unwrap()
}

fn joined(place: &Fixture, of: &Keyring) -> Keyring {
    Keyring::open_chartered(&place.path(), master(MASTER), &of.charter().unwrap()).unwrap()
}

#[test]
fn what_one_place_seals_another_opens() {
    let (one, other) = (Fixture::new(), Fixture::new());
    let one = one.open();
    // Of a keyring whose master key was set anew, so that a new place can not guess the secret of its index.
    one.rewrap(&master(OTHER_MASTER)).unwrap();
    one.rewrap(&master(MASTER)).unwrap();
    let other = joined(&other, &one);
    assert_eq!(one.blind_index("phone", "139"), other.blind_index("phone", "139"));
    let person = subject(1);
    let key = one.new_wrapped(person).unwrap();
    let lookup = Lookup { purpose: "phone", digest: one.blind_index("phone", "139"), subject: person };
    for place in [&one, &other] {
        place.adopt(std::slice::from_ref(&key), &[lookup]).unwrap();
        place.adopt(std::slice::from_ref(&key), &[lookup]).unwrap();
    }
    let sealed = one.seal(person, "a name").unwrap();
    assert_eq!(plain(other.open_sealed(person, &sealed).unwrap()), "a name");
    assert_eq!(other.found_by("phone", lookup.digest, 9).unwrap(), [person]);
    assert_eq!(other.lookups_of(person).unwrap(), [("phone".to_owned(), lookup.digest)]);
    assert_eq!(other.wrapped_keys(0, 9).unwrap()[0].1, key);
    assert!(matches!(other.erase(person, at("2026-08-01T00:00:00Z")).unwrap(), Erasure::Erased { .. }));
    other.adopt(std::slice::from_ref(&key), &[lookup]).unwrap();
    assert!(other.wrapped_keys(0, 9).unwrap().is_empty(), "an erased subject gets no key back");
    assert!(other.found_by("phone", lookup.digest, 9).unwrap().is_empty());
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let (one, other) = (Fixture::new(), Fixture::new());
    let one = one.open();
    let charter = one.charter().unwrap();
    let wrong = Keyring::open_chartered(&other.path(), master(OTHER_MASTER), &charter).unwrap_err();
    assert!(matches!(wrong, KeyringError::WrongMasterKey), "{wrong}");
    assert!(!other.path().exists(), "nothing is made for a wrong key");
    // The same master key, but an index of its own.
    let mut foreign = charter.clone();
    foreign.generation = 2;
    assert!(Keyring::open_chartered(&other.path(), master(MASTER), &foreign).is_err());
    let (person, key) = (subject(1), one.new_wrapped(subject(1)).unwrap());
    one.adopt(std::slice::from_ref(&key), &[]).unwrap();
    let second = one.adopt(&[one.new_wrapped(person).unwrap()], &[]).unwrap_err();
    assert!(matches!(second, KeyringError::DamagedKey { .. }), "a second key of one subject: {second}");
    let moved = WrappedKey { subject: subject(2), wrapped: key.wrapped };
    assert!(matches!(one.adopt(&[moved], &[]).unwrap_err(), KeyringError::DamagedKey { .. }));
}
