//! A log that was restored from a backup.

use uuid::Uuid;

use super::{Identity, Side, Stream, now};

#[tokio::test]
async fn a_stream_that_lost_its_end_is_told_the_present_again() {
    let (one, other) = (Side::new().await, Side::new().await);
    let mut stream = Stream::default();
    let id = one.account(1, "chief").await;
    stream.settle([&one, &other], id).await;
    one.identity.disable_account(id, now()).await.unwrap();
    stream.settle([&one, &other], id).await;
    // The log is restored from a backup; a node that comes new knows that alone.
    stream.0.truncate(1);
    let third = Side::new().await;
    stream.heard_by(&third, id).await;
    assert_eq!(third.identity.account(id).await.unwrap().disabled_at, None);
    let token = Uuid::from_u128(9);
    one.identity.enable_account(id).await.unwrap();
    one.token(9, id).await;
    stream.settle([&one, &third], id).await;
    assert!(!third.revoked(id, token).await);
}

#[tokio::test]
async fn what_a_restored_log_has_lost_is_told_anew_though_nothing_changes() {
    let (one, other) = (Side::new().await, Side::new().await);
    let mut stream = Stream::default();
    let id = one.account(1, "chief").await;
    stream.settle([&one, &other], id).await;
    one.identity.disable_account(id, now()).await.unwrap();
    stream.settle([&one, &other], id).await;
    assert!(stream.0.len() >= 2);
    // None of it, then a part.
    for left in [0, 1] {
        stream.0.truncate(left);
        stream.looked_at_by(&one, id).await;
        stream.told_by(&one, id).await;
        let new = Side::new().await;
        stream.heard_by(&new, id).await;
        assert!(new.identity.account(id).await.unwrap().disabled_at.is_some(), "{left}");
        stream.settle([&one, &other, &new], id).await;
    }
}

/// Others have told something since, so that the stream is as long as before and longer.
#[tokio::test]
async fn a_restored_log_that_has_grown_again_is_heard_and_told_what_it_has_lost() {
    let (one, other) = (Side::new().await, Side::new().await);
    let mut stream = Stream::default();
    let id = one.account(1, "chief").await;
    let (first, second) = (one.token(5, id).await, one.token(6, id).await);
    stream.settle([&one, &other], id).await;
    let backup = stream.0.len();
    one.identity.revoke_token(first, None, now()).await.unwrap();
    stream.told_by(&one, id).await;
    let heard = stream.0.len();
    // The other node was away, and tells what it knows after the restore.
    stream.0.truncate(backup);
    other.identity.revoke_token(second, None, now()).await.unwrap();
    stream.told_by(&other, id).await;
    assert_eq!(stream.0.len(), heard, "another record at the place of the one that was heard");
    stream.settle([&one, &other], id).await;
    for side in [&one, &other] {
        assert!(side.revoked(id, first).await && side.revoked(id, second).await);
    }
}

/// The same without a look at the stream before.
#[tokio::test]
async fn another_record_at_the_place_of_the_one_that_was_heard_is_heard() {
    let (one, other) = (Side::new().await, Side::new().await);
    let mut stream = Stream::default();
    let id = one.account(1, "chief").await;
    let (first, second) = (one.token(5, id).await, one.token(6, id).await);
    stream.settle([&one, &other], id).await;
    let backup = stream.0.len();
    one.identity.revoke_token(first, None, now()).await.unwrap();
    stream.told_by(&one, id).await;
    stream.0.truncate(backup);
    other.identity.revoke_token(second, None, now()).await.unwrap();
    stream.told_by(&other, id).await;
    stream.one_heard_by(&one, id, backup).await;
    assert!(one.revoked(id, second).await);
    assert_eq!(one.identity.untold().await.unwrap(), [id], "it lacks the first");
}

/// Records that were heard long ago come again when a node follows from the begin.
#[tokio::test]
async fn an_old_record_that_comes_again_changes_nothing_and_is_not_answered() {
    let (one, other) = (Side::new().await, Side::new().await);
    let mut stream = Stream::default();
    let id = one.account(1, "chief").await;
    stream.settle([&one, &other], id).await;
    one.identity.disable_account(id, now()).await.unwrap();
    stream.settle([&one, &other], id).await;
    one.identity.enable_account(id).await.unwrap();
    stream.settle([&one, &other], id).await;
    let known = other.state(id).await;
    for revision in 0..stream.0.len() {
        stream.one_heard_by(&other, id, revision).await;
        assert!(other.state(id).await == known, "{revision}");
        assert!(other.identity.untold().await.unwrap().is_empty(), "{revision}");
    }
}

#[tokio::test]
async fn an_account_that_can_not_be_read_is_not_waited_for() {
    let side = Side::new().await;
    let id = Uuid::from_u128(7);
    let identity: &Identity = &side.identity;
    let heard = super::Heard { revision: 3, event: Some(Uuid::from_u128(8)), position: Some(9) };
    identity.heard_unreadable(id, heard).await.unwrap();
    identity.heard_is_gone(id).await.unwrap();
    assert_eq!(identity.count_untold().await.unwrap(), 0, "nothing is known of it");
    assert!(identity.all_heard().await.unwrap().is_empty());
    identity.heard_unreadable(id, heard).await.unwrap();
    assert_eq!(identity.all_heard().await.unwrap(), [(id, heard)], "the next one goes behind it");
}

#[tokio::test]
async fn a_record_that_the_file_does_not_take_is_passed_over() {
    let (one, other) = (Side::new().await, Side::new().await);
    let mut stream = Stream::default();
    let id = one.account(1, "chief").await;
    one.token(5, id).await;
    stream.told_by(&one, id).await;
    let told = serde_json::to_string(&stream.0[0].told).unwrap();
    let digest = one.state(id).await.tokens.into_keys().next().unwrap();
    let damaged = told.replace(&digest, "no digest");
    stream.0.clear();
    stream.push(&damaged, Default::default());
    stream.one_heard_by(&other, id, 0).await;
    assert!(other.identity.account(id).await.is_err(), "nothing of it");
    // The next one goes behind it.
    stream.settle([&one, &other], id).await;
    assert_eq!(stream.0.len(), 2);
    assert!(!other.revoked(id, Uuid::from_u128(5)).await);
}
