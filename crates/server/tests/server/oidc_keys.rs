//! The keys of an issuer: rotation, floods, outages, and answers that are no keys.

use serde_json::{Value, json};
use server::identity::oidc::IssuerConfig;

use super::fixture::Server;
use super::issuer::{Issuer, Mood, Signer};
use super::oidc::{NOW, ask, claims, header, trusting};

/// A token that is good at `seconds` after the begin of the test; each call another one.
fn token(issuer: &Issuer, signer: &Signer, algorithm: &str, id: &str, seconds: i64, number: usize) -> String {
    let mut claims = claims(issuer);
    claims["iat"] = json!(NOW + seconds);
    claims["exp"] = json!(NOW + seconds + 300);
    claims["jti"] = json!(number);
    signer.token(&header(algorithm, id), &claims)
}

#[tokio::test]
async fn a_new_key_is_found_at_once_and_an_old_one_ends_with_its_sockets() {
    let (old, new) = (Signer::ed(), Signer::ec());
    let issuer = Issuer::start(vec![old.jwk("old")]).await;
    let server = trusting(&issuer, "").await;
    let by_old = token(&issuer, &old, "EdDSA", "old", 0, 1);
    assert_eq!(ask(&server, &by_old).await.status, 200);
    let mut socket = server.socket(&[("authorization", &format!("Bearer {by_old}"))]).await;
    socket.init(json!({})).await;
    issuer.publish(vec![new.jwk("new")]);
    let by_new = token(&issuer, &new, "ES256", "new", 0, 2);
    assert_eq!(ask(&server, &by_new).await.status, 401, "not asked again within the pause");
    server.clock.pass(30);
    assert_eq!(ask(&server, &by_new).await.status, 200);
    assert_eq!(issuer.asked(), 2);
    assert_eq!(ask(&server, &by_old).await.status, 401, "also when it was good a moment ago");
    assert_eq!(socket.closed().await, 4403);
}

#[tokio::test]
async fn a_flood_of_unknown_keys_is_no_flood_at_the_issuer() {
    let signer = Signer::ed();
    let issuer = Issuer::start(vec![signer.jwk("one")]).await;
    let server = std::sync::Arc::new(trusting(&issuer, "").await);
    let flood: Vec<_> = (0..100)
        .map(|number| {
            let (server, id) = (server.clone(), format!("made-up-{number}"));
            let token = token(&issuer, &signer, "EdDSA", &id, 0, number);
            tokio::spawn(async move { ask(&server, &token).await.status })
        })
        .collect();
    for answer in flood {
        assert_eq!(answer.await.unwrap(), 401);
    }
    assert_eq!(issuer.asked(), 1);
    server.clock.pass(30);
    for number in 0..10 {
        let unknown = token(&issuer, &signer, "EdDSA", "made-up", 30, number);
        assert_eq!(ask(&server, &unknown).await.status, 401);
    }
    assert_eq!(issuer.asked(), 2);
    assert_eq!(ask(&server, &token(&issuer, &signer, "EdDSA", "one", 30, 0)).await.status, 200);
}

#[tokio::test]
async fn many_at_once_ask_the_issuer_once() {
    let signer = Signer::ed();
    let issuer = Issuer::start(vec![signer.jwk("one")]).await;
    let server = std::sync::Arc::new(trusting(&issuer, "").await);
    let all: Vec<_> = (0..30)
        .map(|number| {
            let (server, token) = (server.clone(), token(&issuer, &signer, "EdDSA", "one", 0, number));
            tokio::spawn(async move { ask(&server, &token).await.status })
        })
        .collect();
    for answer in all {
        assert_eq!(answer.await.unwrap(), 200);
    }
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn keys_are_kept_as_the_issuer_says_within_bounds() {
    for (caching, fresh) in
        [("max-age=600", 600), ("max-age=1", 60), ("no-store", 60), ("max-age=99999999", 86_400)]
    {
        let signer = Signer::ed();
        let issuer = Issuer::start(vec![signer.jwk("one")]).await;
        issuer.says_caching(caching);
        let server = trusting(&issuer, "").await;
        let status = async |seconds, number| {
            ask(&server, &token(&issuer, &signer, "EdDSA", "one", seconds, number)).await.status
        };
        assert_eq!(status(0, 0).await, 200);
        server.clock.pass(fresh - 1);
        assert_eq!((status(fresh - 1, 1).await, issuer.asked()), (200, 1), "{caching}");
        server.clock.pass(1);
        // Answered with the keys at hand, while newer ones are asked for.
        assert_eq!(status(fresh, 2).await, 200);
        issuer.is_asked(2).await;
    }
}

#[tokio::test]
async fn while_the_issuer_is_away_its_last_keys_serve_for_a_bounded_time() {
    for mood in [Mood::Down, Mood::Silent] {
        let signer = Signer::ed();
        let issuer = Issuer::start(vec![signer.jwk("one")]).await;
        let server = trusting(&issuer, "stale_seconds = 600").await;
        let status = async |seconds, number| {
            ask(&server, &token(&issuer, &signer, "EdDSA", "one", seconds, number)).await.status
        };
        assert_eq!(status(0, 0).await, 200);
        issuer.is(mood);
        server.clock.pass(3_600);
        assert_eq!(status(3_600, 1).await, 200, "nobody waits for a silent issuer");
        issuer.is_asked(2).await;
        server.clock.pass(599);
        assert_eq!(status(4_199, 2).await, 200);
        server.clock.pass(1);
        let late = token(&issuer, &signer, "EdDSA", "one", 4_200, 3);
        let reply = ask(&server, &late).await;
        assert_eq!((reply.status, reply.code().as_str()), (503, "issuer_unavailable"));
        assert!(reply.header("retry-after").is_some());
        issuer.is(Mood::Well);
        server.clock.pass(30);
        assert_eq!(ask(&server, &late).await.status, 200, "back again");
    }
}

#[tokio::test]
async fn what_is_no_set_of_keys_is_not_taken_for_one() {
    for mood in [Mood::Down, Mood::Huge, Mood::Redirects, Mood::Garbled, Mood::Poses, Mood::Insecure] {
        let signer = Signer::ed();
        let issuer = Issuer::start(vec![signer.jwk("one")]).await;
        issuer.is(mood);
        let server = trusting(&issuer, "").await;
        let good = token(&issuer, &signer, "EdDSA", "one", 0, 0);
        let reply = ask(&server, &good).await;
        assert_eq!((reply.status, reply.code().as_str()), (503, "issuer_unavailable"));
        assert!(!reply.body.contains("127.0.0.1"), "{}", reply.body);
        // API tokens and sessions do not depend on it.
        server.account(1, "chief").await;
        let cookie = server.cookie("chief").await;
        assert_eq!(
            server.data("{ who }", &[("cookie", &cookie), ("origin", &server.origin())]).await["who"],
            "chief"
        );
    }
}

#[tokio::test]
async fn a_key_is_used_for_what_it_is_for_alone() {
    let (rsa, ed) = (Signer::rsa(0), Signer::ed());
    let with = |mut key: Value, name: &str, value: Value| {
        key[name] = value;
        key
    };
    let good = || rsa.jwk("one");
    let other = Signer::rsa(1).jwk("one");
    let small = with(good(), "n", json!("AQAB"));
    for (what, keys, algorithm, status) in [
        ("as it is", vec![good()], "RS256", 200),
        ("for this algorithm", vec![with(good(), "alg", json!("RS256"))], "RS256", 200),
        ("for another algorithm", vec![with(good(), "alg", json!("PS256"))], "RS256", 401),
        ("for an algorithm not known here", vec![with(good(), "alg", json!("RS512"))], "RS256", 401),
        ("for encryption", vec![with(good(), "use", json!("enc"))], "RS256", 401),
        ("for signing, not verifying", vec![with(good(), "key_ops", json!(["sign"]))], "RS256", 401),
        ("for verifying", vec![with(good(), "key_ops", json!(["verify"]))], "RS256", 200),
        ("published with its private half", vec![with(good(), "d", json!("AQAB"))], "RS256", 401),
        ("too small", vec![small], "RS256", 401),
        ("two of one name", vec![good(), other.clone()], "RS256", 401),
        ("two of one name, the other way round", vec![other, good()], "RS256", 401),
        ("two of one name and different kinds", vec![ed.jwk("one"), good()], "RS256", 200),
        ("a shared secret", vec![json!({ "kty": "oct", "kid": "one", "k": "AQAB" })], "RS256", 401),
        ("none at all", vec![], "RS256", 401),
        (
            "broken ones beside it",
            vec![json!({}), json!(1), json!({ "kty": "RSA", "kid": "one" }), good()],
            "RS256",
            200,
        ),
    ] {
        let issuer = Issuer::start(keys).await;
        let server = trusting(&issuer, "").await;
        let token = rsa.token(&header(algorithm, "one"), &claims(&issuer));
        assert_eq!(ask(&server, &token).await.status, status, "{what}");
    }
}

#[tokio::test]
async fn several_issuers_do_not_vouch_for_one_another() {
    let (one, two) = (Signer::ed(), Signer::ed());
    let first = Issuer::start(vec![one.jwk("a")]).await;
    let second = Issuer::start(vec![two.jwk("a")]).await;
    let settings = [&first, &second].map(|issuer| {
        let text = format!("issuer = \"{}\"\naudience = \"wardlog\"", issuer.name());
        toml::from_str::<IssuerConfig>(&text).unwrap().checked().unwrap()
    });
    let server = Server::trusting(settings.to_vec(), |_| {}).await;
    for (issuer, signer, status) in
        [(&first, &one, 200), (&second, &two, 200), (&first, &two, 401), (&second, &one, 401)]
    {
        let token = signer.token(&header("EdDSA", "a"), &claims(issuer));
        assert_eq!(ask(&server, &token).await.status, status);
    }
}

#[test]
fn settings_that_make_no_sense_are_refused_by_name() {
    for (text, names) in [
        ("audience = \"a\"", "oidc.issuer"),
        ("issuer = \"http://id.example\"\naudience = \"a\"", "oidc.issuer"),
        ("issuer = \"https://id.example?a=b\"\naudience = \"a\"", "oidc.issuer"),
        ("issuer = \"https://id.example\"", "oidc.audience"),
        ("issuer = \"https://id.example\"\naudience = []", "oidc.audience"),
        (
            "issuer = \"https://id.example\"\naudience = \"a\"\njwks_uri = \"http://127.0.0.1/k\"",
            "oidc.jwks_uri",
        ),
        ("issuer = \"https://id.example\"\naudience = \"a\"\nalgorithms = [\"HS256\"]", "oidc.algorithms"),
        ("issuer = \"https://id.example\"\naudience = \"a\"\nalgorithms = [\"none\"]", "oidc.algorithms"),
        ("issuer = \"https://id.example\"\naudience = \"a\"\nleeway_seconds = 3600", "oidc.leeway_seconds"),
        ("issuer = \"https://id.example\"\naudience = \"a\"\nroles_claim = \"roles\"", "oidc.roles"),
        (
            "issuer = \"https://id.example\"\naudience = \"a\"\nroles = { a = \"auditor\" }",
            "oidc.roles_claim",
        ),
        (
            "issuer = \"https://id.example\"\naudience = \"a\"\nroles_claim = \"r\"\nroles = { a = \"king\" }",
            "oidc.roles.a",
        ),
        (
            "issuer = \"https://id.example\"\naudience = \"a\"\nareas_claim = \"r\"\nareas = { a = \"x\" }",
            "oidc.areas.a",
        ),
        ("issuer = \"https://id.example\"\naudience = \"a\"\nname_claim = \"a..b\"", "oidc.name_claim"),
    ] {
        let refused = toml::from_str::<IssuerConfig>(text).unwrap().checked().unwrap_err();
        assert!(refused.contains(names), "{text}: {refused}");
    }
    assert!(toml::from_str::<IssuerConfig>("isuer = \"https://id.example\"").is_err());
}
