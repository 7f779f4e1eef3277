//! Keys that two nodes share through the log.

use std::sync::{Arc, Mutex};

use app::keys::{KeyedLog, SharedKeys, Shred};
use event_log::{Delivery, EventLog, LogError, SqliteLog, SqliteOptions, StreamName};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use keyring::{Keyring, Lookup, MasterKey, Opened};
use uuid::Uuid;

const MASTER: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// What was cut off.
#[derive(Default)]
struct Noted(Mutex<Vec<String>>);

impl Shred for Noted {
    fn keep_last<'a>(&'a self, stream: &'a StreamName) -> BoxFuture<'a, Result<(), LogError>> {
        self.0.lock().unwrap().push(stream.to_string());
        Box::pin(std::future::ready(Ok(())))
    }
}

struct Place {
    keyring: Arc<Keyring>,
    keys: Arc<SharedKeys>,
}

fn place(log: &Arc<dyn EventLog>, folder: &std::path::Path, name: &str, noted: &Arc<Noted>) -> Place {
    let master = MasterKey::from_text(MASTER).unwrap();
    let keyring = Arc::new(Keyring::open(&folder.join(name), master).unwrap());
    let shred: Arc<dyn Shred> = Arc::<Noted>::clone(noted);
    let keys = Arc::new(SharedKeys::new(Arc::clone(log), Arc::clone(&keyring), shred));
    Place { keyring, keys }
}

#[tokio::test]
async fn both_seal_with_one_key_and_an_erasure_ends_it_for_both() {
    let folder = tempfile::tempdir().unwrap();
    let log: Arc<dyn EventLog> =
        Arc::new(SqliteLog::open(&folder.path().join("log.db"), SqliteOptions::default()).unwrap());
    let noted = Arc::new(Noted::default());
    let (one, other) =
        (place(&log, folder.path(), "one.db", &noted), place(&log, folder.path(), "other.db", &noted));
    let (first, second) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let digest = one.keyring.blind_index("phone", "139");
    let lookup = Lookup { purpose: "phone", digest, subject: first };
    // At the same time: one of them makes the key, the other one takes it over.
    let (found, both) = ([lookup], [first, second]);
    let (a, b) = tokio::join!(one.keys.ensure(&both[..1], &found), other.keys.ensure(&both, &[]));
    a.and(b).unwrap();
    let sealed = one.keyring.seal(first, "a name").unwrap();
    assert!(matches!(other.keyring.open_sealed(first, &sealed).unwrap(), Opened::Plain(_)));
    // What follows the log takes keys over and hands none on.
    let third = place(&log, folder.path(), "third.db", &noted);
    let mut followed = KeyedLog::new(Arc::clone(&log), Arc::clone(&third.keys)).subscribe(None);
    assert!(matches!(followed.next().await.unwrap(), Delivery::CaughtUp));
    assert!(matches!(third.keyring.open_sealed(first, &sealed).unwrap(), Opened::Plain(_)));
    assert_eq!(third.keyring.found_by("phone", digest, 9).unwrap(), [first]);
    // Repeated: as after a crash between the erasure and the cut.
    let now = Timestamp::from_second(1_790_000_000).unwrap();
    for _ in 0..2 {
        other.keys.erase(first, now).await.unwrap();
    }
    assert_eq!(*noted.0.lock().unwrap(), [format!("key-{first}"), format!("key-{first}")]);
    for place in [&one, &other, &third] {
        place.keys.adopt_all(&*log).await.unwrap();
        assert!(matches!(place.keyring.open_sealed(first, &sealed).unwrap(), Opened::Erased));
        assert!(place.keyring.found_by("phone", digest, 9).unwrap().is_empty());
    }
    assert!(one.keys.ensure(&[first], &[]).await.is_err(), "nobody makes a key for an erased person");
    // A keyring that was alone is put into the log.
    let alone = place(&log, folder.path(), "alone.db", &noted);
    alone.keyring.ensure(&[Uuid::from_u128(9)]).unwrap();
    let sealed = alone.keyring.seal(Uuid::from_u128(9), "b").unwrap();
    for _ in 0..2 {
        alone.keys.publish_all(|_| {}).await.unwrap();
    }
    one.keys.adopt_all(&*log).await.unwrap();
    assert!(matches!(one.keyring.open_sealed(Uuid::from_u128(9), &sealed).unwrap(), Opened::Plain(_)));
}
