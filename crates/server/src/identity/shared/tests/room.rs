//! What is told fits into a record, what is noted does not grow, and nothing that has changed is forgotten to be told.

use jiff::Timestamp;
use uuid::Uuid;

use super::{AccountRole, Grant, PASSWORD, Side, Stream, now};
use crate::identity::{IdentityError, NewToken};

fn organisations() -> Vec<Uuid> {
    (0..200).map(Uuid::from_u128).collect()
}

async fn auditor(side: &Side) -> Uuid {
    let id = side.account(1, "auditor").await;
    let roles = vec![AccountRole::Auditor];
    let grant = Grant { roles, areas: vec!["42".into()], organisations: organisations() };
    side.identity.set_grant(id, grant).await.unwrap();
    id
}

/// With as many areas and organisations as a token may name.
async fn large(side: &Side, number: u128, owner: Uuid, at: Timestamp) -> Result<Uuid, IdentityError> {
    let id = Uuid::from_u128(number);
    let areas = (0..200).map(|area| format!("421002001001{area:03}")).collect();
    let grant = Grant { areas, organisations: organisations(), ..Grant::default() };
    let expires_at = Timestamp::from_second(at.as_second() + 60).unwrap();
    let new = NewToken { id, owner, name: "t".into(), grant, read_only: false, expires_at };
    side.identity.create_token(new, at).await.map(|_| id)
}

/// The record comes back by the subscription before its sender has noted that it was told, and meanwhile something changes.
#[tokio::test]
async fn what_changes_while_a_record_comes_back_is_told_too() {
    let (one, other) = (Side::new().await, Side::new().await);
    let mut stream = Stream::default();
    let id = one.account(1, "chief").await;
    stream.settle([&one, &other], id).await;
    let token = one.token(5, id).await;
    let telling = one.identity.telling(id).await.unwrap().unwrap();
    let heard = stream.push(&serde_json::to_string(&telling.told).unwrap(), Default::default());
    stream.heard_by(&one, id).await;
    assert!(one.identity.untold().await.unwrap().is_empty());
    one.identity.revoke_token(token, None, now()).await.unwrap();
    one.identity.was_told(id, &telling, heard).await.unwrap();
    assert_eq!(one.identity.untold().await.unwrap(), [id]);
    stream.settle([&one, &other], id).await;
    assert!(other.revoked(id, token).await);
}

#[tokio::test]
async fn an_account_never_grows_too_large_to_be_told() {
    let (one, other) = (Side::new().await, Side::new().await);
    let mut stream = Stream::default();
    let id = auditor(&one).await;
    let mut made = Vec::new();
    let refused = loop {
        match large(&one, 100 + made.len() as u128, id, now()).await {
            Ok(token) => made.push(token),
            Err(refused) => break refused,
        }
    };
    assert!(matches!(refused, IdentityError::Rejected(told) if told.code() == "tokens_too_large"));
    assert!(made.len() >= 20, "{}", made.len());
    // Revoked ones take no room, however many.
    for round in 1_u128..10 {
        for token in made.drain(..) {
            one.identity.revoke_token(token, None, now()).await.unwrap();
        }
        for number in 0..20 {
            made.push(large(&one, round * 1_000 + number, id, now()).await.unwrap());
        }
    }
    let telling = one.identity.telling(id).await.unwrap().unwrap();
    let bytes = serde_json::to_vec(&telling.told).unwrap().len();
    assert!(bytes < 512 * 1024, "{bytes}: an event has 1 MiB, of what is sealed and written as text");
    stream.settle([&one, &other], id).await;
    for side in [&one, &other] {
        let tokens = side.identity.tokens(id).await.unwrap();
        assert_eq!(tokens.iter().filter(|token| token.revoked_at.is_none()).count(), 20);
    }
    // Nor do those that have expired.
    let later = Timestamp::from_second(now().as_second() + 3_600).unwrap();
    for number in 0..20 {
        large(&one, 90_000 + number, id, later).await.unwrap();
    }
}

#[tokio::test]
async fn ended_sessions_are_bounded_where_they_end() {
    let side = Side::new().await;
    let id = side.account(1, "chief").await;
    for _ in 0..230 {
        let session = side.sign_in("chief", PASSWORD).await.unwrap();
        side.identity.sign_out(&session).await.unwrap();
    }
    let count: i64 =
        side.file().query_row("SELECT count(*) FROM ended_session", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 200);
    assert!(side.state(id).await.sessions_floor > 0, "the others are known by their age");
}

#[tokio::test]
async fn the_clock_of_another_node_pushes_no_signing_out_away() {
    let (one, other) = (Side::new().await, Side::new().await);
    let mut stream = Stream::default();
    let id = one.account(1, "chief").await;
    stream.settle([&one, &other], id).await;
    let ahead = Timestamp::from_second(now().as_second() + 3_600).unwrap();
    for _ in 0..25 {
        other.identity.sign_out_everywhere(id, ahead).await.unwrap();
    }
    stream.settle([&other, &one], id).await;
    let unheard = other.sign_in("chief", PASSWORD).await.unwrap();
    one.identity.sign_out_everywhere(id, now()).await.unwrap();
    stream.settle([&one, &other], id).await;
    assert!(!other.knows(&unheard).await);
}
