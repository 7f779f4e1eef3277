//! Each part of an account is decided by itself.

use std::time::Duration;

use uuid::Uuid;

use super::{AccountRole, Grant, PASSWORD, PATIENCE, Side, Stream, now, secret};
use crate::identity::{IdentityError, Session};

const OTHER: &str = "another long one";
const STOLEN: &str = "of whoever has stolen it";

async fn pair() -> (Side, Side, Stream, Uuid) {
    let (one, other) = (Side::new().await, Side::new().await);
    let mut stream = Stream::default();
    let id = one.account(1, "chief").await;
    stream.settle([&one, &other], id).await;
    (one, other, stream, id)
}

async fn ids(side: &Side, id: Uuid) -> Vec<Uuid> {
    let sessions = side.identity.sessions(id, now()).await.unwrap();
    sessions.into_iter().map(|Session { id, .. }| id).collect()
}

#[tokio::test]
async fn a_role_that_is_taken_away_stays_so_when_the_password_changes_elsewhere() {
    for first in [true, false] {
        let (one, other, mut stream, id) = pair().await;
        one.identity.set_grant(id, Grant::default()).await.unwrap();
        other.identity.set_password(id, secret(OTHER)).await.unwrap();
        stream.settle(if first { [&one, &other] } else { [&other, &one] }, id).await;
        for side in [&one, &other] {
            assert_eq!(side.identity.account(id).await.unwrap().grant, Grant::default());
            assert!(side.sign_in("chief", OTHER).await.is_some());
        }
    }
}

#[tokio::test]
async fn what_was_decided_in_knowledge_of_another_holds_against_it_by_whatever_clock() {
    let (one, other, mut stream, id) = pair().await;
    one.identity.set_grant(id, Grant::default()).await.unwrap();
    // A node whose clock is a day ahead.
    one.file().execute("UPDATE standing SET grant_at = grant_at + 86400000000", []).unwrap();
    stream.settle([&one, &other], id).await;
    let grant = Grant { roles: vec![AccountRole::StationOfficer], ..Grant::default() };
    other.identity.set_grant(id, grant.clone()).await.unwrap();
    stream.settle([&one, &other], id).await;
    for side in [&one, &other] {
        assert_eq!(side.identity.account(id).await.unwrap().grant, grant);
    }
}

#[tokio::test]
async fn a_password_that_an_administrator_sets_holds_against_whoever_has_stolen_the_one_before() {
    for first in [true, false] {
        let (one, other, mut stream, id) = pair().await;
        one.identity.set_password(id, secret(OTHER)).await.unwrap();
        // Later, and twice, at a node that has not heard of it.
        for (present, new) in [(PASSWORD, STOLEN), (STOLEN, "of whoever has stolen it 2")] {
            other.identity.change_password(id, secret(present), secret(new), now()).await.unwrap();
        }
        stream.settle(if first { [&one, &other] } else { [&other, &one] }, id).await;
        for side in [&one, &other] {
            assert!(ids(side, id).await.is_empty(), "no session outlives its password");
            assert!(side.sign_in("chief", OTHER).await.is_some());
            assert!(side.sign_in("chief", STOLEN).await.is_none());
        }
        // Who knows of it may choose another one.
        stream.settle([&one, &other], id).await;
        other.identity.change_password(id, secret(OTHER), secret(PASSWORD), now()).await.unwrap();
        stream.settle([&one, &other], id).await;
        assert!(one.sign_in("chief", PASSWORD).await.is_some());
    }
}

/// Whoever signs in makes the hash of the password anew when its parameters are old.
#[tokio::test]
async fn a_hash_that_is_made_anew_ends_no_session_and_beats_no_other_password() {
    let (one, other, mut stream, id) = pair().await;
    let session = one.sign_in("chief", PASSWORD).await.unwrap();
    stream.settle([&one, &other], id).await;
    let renew = |side: &Side, hash: &str| {
        let renewed = "UPDATE account SET password_by = 'renewal', password = ?1";
        side.file().execute(renewed, [hash]).unwrap();
    };
    renew(&other, "anew");
    stream.settle([&one, &other], id).await;
    assert!(one.knows(&session).await);
    assert_eq!(one.state(id).await.password.hash, "anew");
    one.identity.set_password(id, secret(OTHER)).await.unwrap();
    renew(&other, "once more");
    stream.settle([&other, &one], id).await;
    assert!(other.sign_in("chief", OTHER).await.is_some());
    assert!(!one.knows(&session).await);
}

#[tokio::test]
async fn of_disabling_and_enabling_at_once_the_account_stays_disabled() {
    let (one, other, mut stream, id) = pair().await;
    one.identity.disable_account(id, now()).await.unwrap();
    stream.settle([&one, &other], id).await;
    // In knowledge of it.
    other.identity.enable_account(id).await.unwrap();
    stream.settle([&one, &other], id).await;
    assert_eq!(one.identity.account(id).await.unwrap().disabled_at, None);
    // Not in knowledge of each other: one node disables, another comes to the end of its own going to and fro.
    one.identity.disable_account(id, now()).await.unwrap();
    for _ in 0..3 {
        other.identity.disable_account(id, now()).await.unwrap();
        other.identity.enable_account(id).await.unwrap();
    }
    stream.settle([&one, &other], id).await;
    for side in [&one, &other] {
        assert!(side.identity.account(id).await.unwrap().disabled_at.is_some());
    }
    // Said once more where it is known, while another takes it back.
    one.identity.disable_account(id, now()).await.unwrap();
    other.identity.enable_account(id).await.unwrap();
    stream.settle([&one, &other], id).await;
    for side in [&one, &other] {
        assert!(side.identity.account(id).await.unwrap().disabled_at.is_some());
    }
    other.identity.enable_account(id).await.unwrap();
    stream.settle([&one, &other], id).await;
    assert!(one.sign_in("chief", PASSWORD).await.is_some());
}

#[tokio::test]
async fn signing_out_everywhere_ends_sessions_that_were_not_heard_of() {
    for disabled in [false, true] {
        let (one, other, mut stream, id) = pair().await;
        let unheard = other.sign_in("chief", PASSWORD).await.unwrap();
        if disabled {
            one.identity.disable_account(id, now()).await.unwrap();
            one.identity.enable_account(id).await.unwrap();
        } else {
            one.identity.sign_out_everywhere(id, now()).await.unwrap();
        }
        let after = one.sign_in("chief", PASSWORD).await.unwrap();
        stream.settle([&other, &one], id).await;
        let later = other.sign_in("chief", PASSWORD).await.unwrap();
        stream.settle([&other, &one], id).await;
        for side in [&one, &other] {
            assert!(!side.knows(&unheard).await, "{disabled}");
            assert!(side.knows(&after).await && side.knows(&later).await, "{disabled}");
        }
    }
}

#[tokio::test]
async fn a_session_survives_the_later_record_of_a_node_that_has_not_heard_of_it() {
    let (one, other, mut stream, id) = pair().await;
    let session = one.sign_in("chief", PASSWORD).await.unwrap();
    // Told later and heard before the session is told.
    let begun = other.sign_in("chief", PASSWORD).await.unwrap();
    other.identity.set_grant(id, Grant::default()).await.unwrap();
    stream.told_by(&other, id).await;
    stream.heard_by(&one, id).await;
    assert!(one.knows(&session).await && one.knows(&begun).await);
    stream.settle([&one, &other], id).await;
    assert!(other.knows(&session).await && other.knows(&begun).await);
    other.identity.sign_out(&session).await.unwrap();
    stream.settle([&one, &other], id).await;
    assert!(!one.knows(&session).await && one.knows(&begun).await);
}

/// Ended sessions and tokens are remembered by name up to a bound, and by their age beyond it.
#[tokio::test]
async fn what_ended_stays_ended_when_its_name_is_forgotten() {
    let (one, other, mut stream, id) = pair().await;
    let session = one.sign_in("chief", PASSWORD).await.unwrap();
    let token = one.token(5, id).await;
    stream.settle([&one, &other], id).await;
    one.identity.sign_out(&session).await.unwrap();
    one.identity.revoke_token(token, None, now()).await.unwrap();
    // Many others after them. The owner keeps one from before, and one node has not been heard of meanwhile.
    let kept = one.sign_in("chief", PASSWORD).await.unwrap();
    let conn = one.file();
    for number in 0..300_i64 {
        let at = now().as_microsecond();
        conn.execute(
            "INSERT INTO ended_session (digest, account, created_at)
             VALUES (CAST(printf('%032d', ?1) AS BLOB), ?2, ?3)",
            rusqlite::params![number, id.as_bytes(), at],
        )
        .unwrap();
        conn.execute(
            "INSERT INTO token (digest, id, account, name, roles, areas, organisations, created_at, expires_at,
                 revoked_at)
             VALUES (CAST(printf('%032d', ?1) AS BLOB), CAST(printf('%016d', ?1) AS BLOB), ?2, 't', '[]', '[]', '[]',
                 ?3, ?3, ?3)",
            rusqlite::params![number, id.as_bytes(), at],
        )
        .unwrap();
    }
    let state = one.state(id).await;
    assert!(state.ended.len() <= 200 && state.sessions_floor > 0);
    assert!(state.tokens.len() <= 200 && state.tokens_floor > 0);
    stream.settle([&one, &other], id).await;
    for side in [&one, &other] {
        assert!(!side.knows(&session).await && side.knows(&kept).await);
        let tokens = side.identity.tokens(id).await.unwrap();
        assert!(tokens.iter().all(|known| known.id != token || known.revoked_at.is_some()));
    }
}

/// Also where there is but one node, and nothing is ever joined.
#[tokio::test]
async fn what_is_noted_of_decisions_is_bounded() {
    let (one, other, mut stream, id) = pair().await;
    let unheard = other.sign_in("chief", PASSWORD).await.unwrap();
    for _ in 0..150 {
        one.identity.disable_account(id, now()).await.unwrap();
        one.identity.enable_account(id).await.unwrap();
    }
    let count = |table: &str| -> i64 {
        one.file().query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("disabling"), count("ending")), (100, 20));
    let session = one.sign_in("chief", PASSWORD).await.unwrap();
    stream.settle([&one, &other], id).await;
    assert!(other.knows(&session).await && !other.knows(&unheard).await);
}

#[tokio::test(start_paused = true)]
async fn signing_out_waits_for_the_other_nodes_but_not_for_ever() {
    let side = Side::new().await;
    let id = side.account(1, "chief").await;
    let (first, second) =
        (side.sign_in("chief", PASSWORD).await.unwrap(), side.sign_in("chief", PASSWORD).await.unwrap());
    side.sign_in("chief", PASSWORD).await.unwrap();
    let mut stream = Stream::default();
    // One node alone waits for nobody.
    let begun = tokio::time::Instant::now();
    side.identity.sign_out(&first).await.unwrap();
    assert_eq!(begun.elapsed(), Duration::ZERO);
    side.identity.is_shared();
    let mut waited = begun.elapsed();
    let mut waits = async |work: &str, done: Result<(), IdentityError>| {
        done.unwrap();
        assert!(begun.elapsed() >= waited + PATIENCE, "{work}");
        waited = begun.elapsed();
    };
    waits("one", side.identity.sign_out(&second).await).await;
    let last = ids(&side, id).await[0];
    waits("of one's own", side.identity.end_session(id, last).await).await;
    waits("all", side.identity.sign_out_everywhere(id, now()).await).await;
    stream.told_by(&side, id).await;
    let begun = tokio::time::Instant::now();
    side.identity.until_told(id).await;
    assert_eq!(begun.elapsed(), Duration::ZERO, "they know it");
}
