use axum::http::{HeaderMap, HeaderValue, header};
use jiff::Timestamp;
use server::identity::{
    AccountRole, Authentication, Grant, Identity, IdentityError, NewToken, Principal, SessionCookie, reasons,
};
use uuid::Uuid;

use super::fixture::{PASSWORD, at, grant, identity, new_account, new_token, secret};

async fn who(
    identity: &Identity,
    name: header::HeaderName,
    value: &str,
    now: Timestamp,
) -> Option<Principal> {
    let mut headers = HeaderMap::new();
    headers.insert(name, HeaderValue::from_str(value).unwrap());
    match identity.authenticate(&headers, SessionCookie::Loopback, now).await.unwrap() {
        Authentication::Known(known) => Some((*known.principal).clone()),
        Authentication::Anonymous | Authentication::Refused(_) => None,
    }
}

async fn bearer(identity: &Identity, token: &str, now: Timestamp) -> Option<Principal> {
    who(identity, header::AUTHORIZATION, &format!("bearer {token}"), now).await
}

#[tokio::test]
async fn a_token_is_shown_once_and_says_who_asks() {
    let (_folder, identity) = identity().await;
    let owner = identity.create_account(new_account(1, "machine"), at(0)).await.unwrap();
    let (secret, token) = identity.create_token(new_token(5, &owner, at(0)), at(0)).await.unwrap();
    assert!(secret.reveal().starts_with("wl_") && secret.reveal().len() == 46);
    assert!(!format!("{secret:?}").contains(secret.reveal()));
    let principal = bearer(&identity, secret.reveal(), at(1)).await.unwrap();
    assert_eq!((principal.id, principal.name.as_str()), (owner.id, "machine"));
    let listed = identity.tokens(owner.id).await.unwrap();
    assert_eq!(listed[0].used_at, Some(at(1)));
    assert_eq!(listed[0].name, token.name);
    bearer(&identity, secret.reveal(), at(30)).await.unwrap();
    assert_eq!(identity.tokens(owner.id).await.unwrap()[0].used_at, Some(at(1)), "to the minute");
    bearer(&identity, secret.reveal(), at(61)).await.unwrap();
    assert_eq!(identity.tokens(owner.id).await.unwrap()[0].used_at, Some(at(61)));
}

#[tokio::test]
async fn a_token_holds_no_more_than_its_owner_then_or_later() {
    let (_folder, identity) = identity().await;
    let owner = identity.create_account(new_account(1, "machine"), at(0)).await.unwrap();
    let attempt = async |change: fn(&mut NewToken)| {
        let mut new = new_token(5, &owner, at(0));
        change(&mut new);
        match identity.create_token(new, at(0)).await {
            Err(IdentityError::Rejected(rejection)) => rejection.code(),
            other => panic!("{other:?}"),
        }
    };
    let beyond = reasons::TOKEN_BEYOND_OWNER.code;
    assert_eq!(attempt(|new| new.grant.roles.push(AccountRole::Administrator)).await, beyond);
    assert_eq!(attempt(|new| new.grant.areas = vec!["42".into()]).await, beyond);
    assert_eq!(attempt(|new| new.grant.areas = vec![String::new()]).await, beyond);
    assert_eq!(attempt(|new| new.grant.organisations.push(Uuid::from_u128(9))).await, beyond);
    let end = reasons::TOKEN_EXPIRY_INVALID.code;
    assert_eq!(attempt(|new| new.expires_at = at(0)).await, end);
    assert_eq!(attempt(|new| new.expires_at = at(367 * 86_400)).await, end);
    assert_eq!(attempt(|new| new.name = " ".into()).await, reasons::TOKEN_NAME_INVALID.code);
    assert_eq!(attempt(|new| new.owner = Uuid::nil()).await, reasons::ACCOUNT_UNKNOWN.code);

    let (secret, _) = identity.create_token(new_token(5, &owner, at(0)), at(0)).await.unwrap();
    assert_eq!(bearer(&identity, secret.reveal(), at(0)).await.unwrap().areas, ["421000"]);
    let less = Grant { roles: vec![AccountRole::Auditor], ..grant(&["421000001"]) };
    identity.set_grant(owner.id, less).await.unwrap();
    let principal = bearer(&identity, secret.reveal(), at(0)).await.unwrap();
    assert_eq!(
        (principal.roles.as_slice(), principal.areas.as_slice()),
        (&[AccountRole::Auditor][..], &["421000001".to_owned()][..])
    );
}

#[tokio::test]
async fn revoking_disabling_and_the_end_take_effect_at_once() {
    let (_folder, identity) = identity().await;
    let owner = identity.create_account(new_account(1, "machine"), at(0)).await.unwrap();
    let other = identity.create_account(new_account(2, "other"), at(0)).await.unwrap();
    let (first, token) = identity.create_token(new_token(5, &owner, at(0)), at(0)).await.unwrap();
    let (second, _) = identity.create_token(new_token(6, &owner, at(0)), at(0)).await.unwrap();
    assert!(bearer(&identity, first.reveal(), at(0)).await.is_some());
    assert!(bearer(&identity, second.reveal(), at(0)).await.is_some());
    assert!(identity.revoke_token(token.id, Some(other.id), at(0)).await.is_err(), "not theirs");
    assert!(bearer(&identity, first.reveal(), at(0)).await.is_some());
    identity.revoke_token(token.id, Some(owner.id), at(0)).await.unwrap();
    assert!(bearer(&identity, first.reveal(), at(0)).await.is_none());
    assert!(bearer(&identity, second.reveal(), at(0)).await.is_some());
    identity.disable_account(owner.id, at(0)).await.unwrap();
    assert!(bearer(&identity, second.reveal(), at(0)).await.is_none());
    identity.enable_account(owner.id).await.unwrap();
    let end = 90 * 86_400;
    assert!(bearer(&identity, second.reveal(), at(end - 1)).await.is_some());
    assert!(bearer(&identity, second.reveal(), at(end)).await.is_none(), "also when just remembered");
}

#[tokio::test]
async fn an_account_keeps_its_ten_newest_sessions() {
    let (_folder, identity) = identity().await;
    identity.create_account(new_account(1, "chief"), at(0)).await.unwrap();
    let mut sessions = Vec::new();
    for second in 0..11 {
        let signed_in = identity.sign_in("chief", secret(PASSWORD), at(second)).await.unwrap();
        sessions.push(format!("wardlog={}", signed_in.secret.reveal()));
    }
    let mut live = Vec::new();
    for session in &sessions {
        live.push(who(&identity, header::COOKIE, session, at(20)).await.is_some());
    }
    assert!(!live[0] && live[1..].iter().all(|live| *live), "{live:?}");
    identity.sign_out_everywhere(Uuid::from_u128(1), at(0)).await.unwrap();
    assert!(who(&identity, header::COOKIE, &sessions[10], at(20)).await.is_none());
}
