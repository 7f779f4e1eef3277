//! Whatever somebody sends as a credential is read without a panic, and only the right forms are taken for one.

use axum::http::{HeaderMap, HeaderValue, header};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use server::identity::oidc::{Policy, check_claims, read};
use server::identity::{Authentication, Credential, Identity, SessionCookie};

use super::issuer::b64;

fn policy() -> Policy {
    Policy {
        issuer: "https://id.example".into(),
        audiences: vec!["wardlog".into()],
        parties: vec![],
        leeway: 30,
        longest_life: 86_400,
    }
}

/// Any JSON, with the names and values that count among others.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "https://id\\.example|wardlog|RS256|JWT|.{0,12}".prop_map(Value::from),
    ];
    let name = "iss|aud|sub|exp|iat|nbf|azp|alg|typ|kid|crit|.{0,6}";
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..8)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #[test]
    fn no_header_value_panics(value in ".*", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Credential::bearer(&value);
        let _ = Credential::bearer(&format!("Bearer {value}"));
        let _ = Credential::bearer(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn a_bearer_is_a_token_of_ours_a_signed_one_or_nothing(token in "(wl_)?[A-Za-z0-9_.-]{40,46}|[ -~]{0,80}") {
        let bare = token.trim();
        let ours = bare.strip_prefix("wl_").is_some_and(|rest| {
            rest.len() == 43 && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        });
        match Credential::bearer(&format!("bearer {token}")) {
            Some(Credential::Token(_)) => prop_assert!(ours),
            Some(Credential::Signed(_)) => prop_assert!(bare.matches('.').count() == 2),
            Some(Credential::Session(_)) => prop_assert!(false, "a header is no cookie"),
            None => prop_assert!(!ours),
        }
    }

    #[test]
    fn no_text_panics_as_a_token(text in ".*", parts in prop::collection::vec("[A-Za-z0-9_-]{0,40}", 0..6)) {
        let _ = read(&text);
        let _ = read(&parts.join("."));
    }

    #[test]
    fn no_json_panics_as_a_token(header in json(), claims in json(), now in any::<i64>()) {
        let (header_part, claims_part) = (header.to_string(), claims.to_string());
        let token = format!("{}.{}.AAAA", b64(header_part.as_bytes()), b64(claims_part.as_bytes()));
        if let Ok(read) = read(&token) {
            let _ = check_claims(&read.claims, &policy(), now);
        }
    }

    #[test]
    fn what_must_be_understood_refuses_the_whole(
        name in "crit|b64|zip",
        value in json(),
        claims in prop::collection::btree_map("[a-z]{1,4}", json(), 0..4),
    ) {
        let mut header = json!({ "alg": "RS256", "typ": "JWT", "kid": "k" });
        let claims = Value::Object(claims.into_iter().collect());
        let token = |header: &Value| {
            format!("{}.{}.AAAA", b64(header.to_string().as_bytes()), b64(claims.to_string().as_bytes()))
        };
        prop_assert!(read(&token(&header)).is_ok(), "without it it is read");
        header[name] = value;
        prop_assert!(read(&token(&header)).is_err());
    }

    #[test]
    fn any_claims_are_judged_at_any_time(claims in json(), now in any::<i64>()) {
        if let Value::Object(claims) = claims {
            let _ = check_claims(&claims, &policy(), now);
        }
    }

    #[test]
    fn claims_are_good_only_between_their_times(
        issued in 1_000_i64..4_000_000_000,
        life in -100_i64..200_000,
        anywhere in 0_i64..4_000_000_000,
        near in -200_i64..200,
        place in 0..3,
    ) {
        let now = match place {
            0 => anywhere,
            1 => issued + near,
            _ => issued + life + near,
        };
        let claims = json!({
            "iss": "https://id.example", "aud": "wardlog", "sub": "a", "iat": issued, "exp": issued + life,
        });
        let Value::Object(claims) = claims else { unreachable!() };
        let policy = policy();
        let within = now >= issued - policy.leeway
            && now < issued + life + policy.leeway
            && (1..=policy.longest_life).contains(&life);
        prop_assert_eq!(check_claims(&claims, &policy, now).is_ok(), within);
    }
}

#[test]
fn no_cookie_header_panics_or_signs_anybody_in() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let identity = runtime.block_on(Identity::open(&folder.path().join("identity.db"))).unwrap();
    let anything = prop::collection::vec(any::<u8>(), 0..120);
    let near = "(__Host-)?wardlog=[A-Za-z0-9_;= -]{0,60}".prop_map(String::into_bytes);
    let values = prop::collection::vec(prop_oneof![anything, near], 1..4);
    let mut runner = proptest::test_runner::TestRunner::default();
    let asked = runner.run(&values, |values| {
        let mut headers = HeaderMap::new();
        for value in values.iter().filter_map(|value| HeaderValue::from_bytes(value).ok()) {
            headers.append(header::COOKIE, value);
        }
        for cookie in [SessionCookie::Secure, SessionCookie::Loopback] {
            let now = Timestamp::from_second(1_800_000_000).unwrap();
            let answer = runtime.block_on(identity.authenticate(&headers, cookie, now)).unwrap();
            prop_assert!(matches!(answer, Authentication::Anonymous));
        }
        Ok(())
    });
    asked.unwrap();
}
