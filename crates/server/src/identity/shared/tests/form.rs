//! Records and files of the version before.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{AccountRole, Grant, Identity, PASSWORD, Side, Stream, now, secret};

/// A record as the version before has told it.
const FIRST: &str = r#"{"account":{"name":"chief","password":"$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA","roles":"[\"auditor\"]",
    "areas":"[]","organisations":"[]","person":null,"language":"en","created_at":1764500000000000,"disabled_at":null},
    "tokens":{"1111111111111111111111111111111111111111111111111111111111111111":{"id":"00000000000000000000000000000005",
    "name":"t","roles":"[]","areas":"[]","organisations":"[]","created_at":1764500000000001,
    "expires_at":1964500000000000,"revoked_at":null,"read_only":true}},
    "sessions":{"2222222222222222222222222222222222222222222222222222222222222222":
    {"id":"00000000000000000000000000000006","created_at":1764500000000002,"seen_at":1764500000000003}},
    "account_changed_at":1764500000000000,"changed_at":1764500000000002,"follows":null}"#;

/// What a node of the version before makes of the last record: it does not read what form 2 has added.
fn by_the_version_before(stream: &Stream) -> Value {
    let mut record = serde_json::to_value(&stream.0.last().unwrap().told).unwrap();
    let fields = record.as_object_mut().unwrap();
    fields.remove("form").unwrap();
    fields.remove("parts").unwrap();
    for session in fields["sessions"].as_object_mut().unwrap().values_mut() {
        session
            .as_object_mut()
            .unwrap()
            .retain(|field, _| ["id", "created_at", "seen_at"].contains(&field.as_str()));
    }
    let changed_at = now().as_microsecond();
    fields["follows"] = json!(stream.0.len() - 1);
    fields["changed_at"] = json!(changed_at);
    fields["account_changed_at"] = json!(changed_at);
    record
}

#[tokio::test]
async fn a_record_of_form_1_is_read_and_told_on_in_the_present_form() {
    let (one, other) = (Side::new().await, Side::new().await);
    let (mut stream, id) = (Stream::default(), Uuid::from_u128(1));
    stream.push(FIRST, Default::default());
    stream.settle([&one, &other], id).await;
    for side in [&one, &other] {
        let account = side.identity.account(id).await.unwrap();
        assert_eq!((account.name.as_str(), &account.grant.roles), ("chief", &vec![AccountRole::Auditor]));
        assert!(side.identity.tokens(id).await.unwrap()[0].read_only);
        assert_eq!(side.state(id).await.sessions.len(), 1);
    }
    assert_eq!(stream.0.len(), 2, "told once in the present form");
    let last = serde_json::to_value(&stream.0[1].told).unwrap();
    let first: Value = serde_json::from_str(FIRST).unwrap();
    // The version before finds what it needs.
    for (field, value) in first["account"].as_object().unwrap() {
        assert_eq!(&last["account"][field], value, "{field}");
    }
    assert_eq!(last["tokens"], first["tokens"]);
    assert_eq!(last["account_changed_at"], first["account_changed_at"]);
    assert!(last["changed_at"].is_i64() && last["follows"] == 0 && last["form"] == 2);
}

#[tokio::test]
async fn what_a_node_of_the_version_before_decides_holds_where_nothing_else_was_decided() {
    let (one, other) = (Side::new().await, Side::new().await);
    let mut stream = Stream::default();
    let id = one.account(1, "chief").await;
    let session = one.sign_in("chief", PASSWORD).await.unwrap();
    one.identity
        .set_grant(id, Grant { roles: vec![AccountRole::Administrator], ..Grant::default() })
        .await
        .unwrap();
    stream.settle([&one, &other], id).await;
    let mut record = by_the_version_before(&stream);
    record["account"]["roles"] = json!("[]");
    stream.push(&record.to_string(), Default::default());
    stream.settle([&one, &other], id).await;
    for side in [&one, &other] {
        assert_eq!(side.identity.account(id).await.unwrap().grant, Grant::default());
        assert!(side.knows(&session).await);
    }
    // It disables, and what it has ended is not in its record.
    let mut record = by_the_version_before(&stream);
    record["account"]["disabled_at"] = record["changed_at"].clone();
    record["sessions"] = json!({});
    stream.push(&record.to_string(), Default::default());
    stream.settle([&one, &other], id).await;
    for side in [&one, &other] {
        assert!(side.identity.account(id).await.unwrap().disabled_at.is_some());
    }
    let mut record = by_the_version_before(&stream);
    record["account"]["disabled_at"] = Value::Null;
    stream.push(&record.to_string(), Default::default());
    stream.settle([&one, &other], id).await;
    for side in [&one, &other] {
        assert!(side.sign_in("chief", PASSWORD).await.is_some());
        assert!(!side.knows(&session).await);
    }
}

/// It says one time for the whole account, which must not bring back what it has not touched.
#[tokio::test]
async fn a_record_of_form_1_brings_nothing_back_that_was_taken_away_meanwhile() {
    let (one, other) = (Side::new().await, Side::new().await);
    let mut stream = Stream::default();
    let id = one.account(1, "chief").await;
    let token = one.token(5, id).await;
    let session = one.sign_in("chief", PASSWORD).await.unwrap();
    stream.settle([&one, &other], id).await;
    one.identity.set_grant(id, Grant::default()).await.unwrap();
    one.identity.set_password(id, secret("another long one")).await.unwrap();
    one.identity.revoke_token(token, None, now()).await.unwrap();
    one.identity.disable_account(id, now()).await.unwrap();
    // Of a node that has changed the language, later and without knowing any of that.
    let mut record = by_the_version_before(&stream);
    record["account"]["language"] = json!("en");
    stream.push(&record.to_string(), Default::default());
    stream.settle([&one, &other], id).await;
    for side in [&one, &other] {
        let account = side.identity.account(id).await.unwrap();
        assert!(account.disabled_at.is_some() && account.grant == Grant::default());
        assert!(side.revoked(id, token).await && !side.knows(&session).await);
    }
    other.identity.enable_account(id).await.unwrap();
    assert!(other.sign_in("chief", PASSWORD).await.is_none());
    assert!(other.sign_in("chief", "another long one").await.is_some());
}

#[tokio::test]
async fn a_file_of_form_3_is_taken_over_and_two_of_them_agree() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("identity.db");
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch(include_str!("form3.sql")).unwrap();
    drop(conn);
    let copy = folder.path().join("copy.db");
    std::fs::copy(&path, &copy).unwrap();
    let id = Uuid::from_u128(1);
    let mut sides = Vec::new();
    for path in [&path, &copy] {
        let identity = Identity::open(path).await.unwrap();
        // A second time as any file.
        drop(identity);
        sides.push(Identity::open(path).await.unwrap());
    }
    for identity in &sides {
        let account = identity.account(id).await.unwrap();
        assert_eq!((account.name.as_str(), account.grant.roles), ("chief", vec![AccountRole::Auditor]));
        assert_eq!(
            identity.account(Uuid::from_u128(2)).await.unwrap().disabled_at.unwrap().as_second(),
            1_764_500_000
        );
        assert_eq!(identity.untold().await.unwrap(), [id], "what was not told is not forgotten");
        let heard = identity.all_heard().await.unwrap();
        assert_eq!((heard[0].1.revision, heard[0].1.event), (7, None));
        assert_eq!(identity.followed_up_to().await.unwrap(), None, "followed from the begin once");
    }
    // Each has the other's sessions, and none that has ended.
    let states = sides.iter().map(async |identity| {
        identity
            .with_store(move |store| store.read(|conn| super::file::read(conn, id)))
            .await
            .unwrap()
            .unwrap()
    });
    let states = futures_util::future::join_all(states).await;
    assert!(states[0] == states[1]);
    assert_eq!(
        (states[0].sessions.len(), states[0].ended.len(), states[0].itself.mark.at),
        (1, 1, 1_764_500_000_000_009)
    );
}
