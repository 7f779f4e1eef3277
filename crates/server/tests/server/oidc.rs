//! Bearer tokens of an issuer: what is taken, what it gives, and what is hostile.

use base64::Engine as _;
use ring::hmac;
use serde_json::{Value, json};
use server::identity::oidc::IssuerConfig;
use uuid::Uuid;

use super::client::Reply;
use super::fixture::Server;
use super::issuer::{Issuer, Mood, Signer, b64};

/// Where the clock of the tests stands.
pub const NOW: i64 = 1_800_000_000;
const REFUSED: &str = r#"{"errors":[{"extensions":{"code":"token_invalid"},"message":"The token is unknown, revoked or expired."}]}"#;

/// A server that trusts an issuer by these further settings.
pub async fn trusting(issuer: &Issuer, more: &str) -> Server {
    let text = format!(
        r#"
        issuer = "{}"
        audience = ["wardlog", "wardlog-api"]
        roles_claim = "realm_access.roles"
        areas_claim = "districts"
        organisations_claim = ["https://id.example/units"]
        person_claim = "person"
        {more}
        [roles]
        ward_officer = "station_officer"
        head = ["station_chief", "auditor"]
        [areas]
        jingzhou = "421002"
        [organisations]
        first = "organisation-00000000-0000-0000-0000-000000000007"
        "#,
        issuer.name()
    );
    let settings = toml::from_str::<IssuerConfig>(&text).unwrap().checked().unwrap();
    Server::trusting(vec![settings], |_| {}).await
}

pub fn claims(issuer: &Issuer) -> Value {
    json!({
        "iss": issuer.name(), "aud": "wardlog", "sub": "officer-7", "iat": NOW - 60, "exp": NOW + 300,
        "realm_access": { "roles": ["ward_officer", "king", "head"] }, "districts": ["jingzhou", "421002", "paris"],
        "https://id.example/units": "first", "person": "person-00000000-0000-0000-0000-000000000009",
        "name": "王小明",
    })
}

pub fn header(algorithm: &str, id: &str) -> Value {
    json!({ "alg": algorithm, "typ": "at+jwt", "kid": id })
}

pub async fn ask(server: &Server, token: &str) -> Reply {
    server.query("{ who }", &[("authorization", &format!("Bearer {token}"))]).await
}

/// A server, its issuer and the issuer's one key.
struct Stage {
    issuer: Issuer,
    server: Server,
    signer: Signer,
}

impl Stage {
    async fn set() -> Self {
        Self::with("").await
    }

    async fn with(more: &str) -> Self {
        let signer = Signer::rsa(0);
        let issuer = Issuer::start(vec![signer.jwk("one")]).await;
        let server = trusting(&issuer, more).await;
        Self { issuer, server, signer }
    }

    /// A good token but for what `change` does to its claims.
    fn with_claims(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = claims(&self.issuer);
        change(&mut claims);
        self.signer.token(&header("RS256", "one"), &claims)
    }

    fn with_header(&self, header: &Value) -> String {
        self.signer.token(header, &claims(&self.issuer))
    }

    async fn refuses(&self, what: &str, token: &str) {
        let reply = ask(&self.server, token).await;
        assert_eq!((reply.status, reply.body.as_str()), (401, REFUSED), "{what}");
        let challenge = reply.header("www-authenticate").unwrap();
        assert!(
            challenge.starts_with("Bearer ") && challenge.contains("error=\"invalid_token\""),
            "{challenge}"
        );
    }

    async fn takes(&self, what: &str, token: &str) {
        let reply = ask(&self.server, token).await;
        assert_eq!(reply.status, 200, "{what}: {}", reply.body);
    }
}

#[tokio::test]
async fn a_token_gives_what_the_tables_say_and_nothing_else() {
    let stage = Stage::set().await;
    let token = stage.with_claims(|_| {});
    let bearer = format!("Bearer {token}");
    let principal =
        stage.server.get("/session", &[("authorization", &bearer)]).await.json()["principal"].take();
    assert_eq!(principal["roles"], json!(["station_chief", "station_officer", "auditor"]));
    assert_eq!(principal["areas"], json!(["421002"]));
    assert_eq!(principal["organisations"], json!([Uuid::from_u128(7)]));
    assert_eq!(principal["person"], json!(Uuid::from_u128(9)));
    let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, stage.issuer.name().as_bytes());
    assert_eq!(principal["id"], json!(Uuid::new_v5(&namespace, b"officer-7")));
    let name = principal["name"].as_str().unwrap();
    assert!(name.starts_with("oidc-") && name.len() == 17, "{name}");
    // Nobody becomes an administrator by a word alone.
    let ambitious = stage.with_claims(|claims| {
        claims["realm_access"]["roles"] = json!(["administrator", "station_chief"]);
        claims["districts"] = json!("421002");
        claims["person"] = json!(["a", "b"]);
    });
    let bearer = format!("Bearer {ambitious}");
    let principal =
        stage.server.get("/session", &[("authorization", &bearer)]).await.json()["principal"].take();
    assert_eq!((&principal["roles"], &principal["areas"]), (&json!([]), &json!([])));
    assert_eq!(principal["person"], Value::Null);
    // One's own tokens and sessions are an account's matter.
    assert_eq!(stage.server.get("/tokens", &[("authorization", &bearer)]).await.status, 403);
}

#[tokio::test]
async fn every_signature_that_is_configured_is_taken_and_no_other() {
    let (rsa, ec, ed) = (Signer::rsa(0), Signer::ec(), Signer::ed());
    let keys = vec![rsa.jwk("rsa"), ec.jwk("ec"), ed.jwk("ed")];
    let issuer = Issuer::start(keys).await;
    let all = trusting(&issuer, "").await;
    let few = trusting(&issuer, "algorithms = \"ES256\"").await;
    for (algorithm, id, signer) in
        [("RS256", "rsa", &rsa), ("PS256", "rsa", &rsa), ("ES256", "ec", &ec), ("EdDSA", "ed", &ed)]
    {
        let token = signer.token(&header(algorithm, id), &claims(&issuer));
        assert_eq!(ask(&all, &token).await.status, 200, "{algorithm}");
        assert_eq!(
            ask(&few, &token).await.status,
            if algorithm == "ES256" { 200 } else { 401 },
            "{algorithm}"
        );
        let typ = json!({ "alg": algorithm, "typ": "JWT" });
        let unnamed = signer.token(&typ, &claims(&issuer));
        assert_eq!(
            ask(&all, &unnamed).await.status,
            200,
            "{algorithm}: the only key that fits needs no name"
        );
    }
}

#[tokio::test]
async fn claims_that_do_not_fit_are_refused() {
    let stage = Stage::set().await;
    stage.takes("as it is", &stage.with_claims(|_| {})).await;
    stage
        .takes("one of several audiences", &stage.with_claims(|c| c["aud"] = json!(["x", "wardlog-api"])))
        .await;
    stage.takes("within the leeway", &stage.with_claims(|c| c["exp"] = json!(NOW - 29))).await;
    stage.takes("a fraction", &stage.with_claims(|c| c["exp"] = json!(NOW as f64 + 0.5))).await;
    let wrong: [(&str, &str, Value); 22] = [
        ("another audience", "aud", json!("other")),
        ("other audiences", "aud", json!(["other", "wardlog2"])),
        ("no audience in the list", "aud", json!([])),
        ("an audience of another kind", "aud", json!({ "wardlog": true })),
        ("a list of other kinds", "aud", json!(["wardlog", 1])),
        ("a missing audience", "aud", Value::Null),
        ("another issuer", "iss", json!("https://evil.example")),
        ("an issuer with a slash more", "iss", json!(format!("{}/", stage.issuer.name()))),
        ("a list of issuers", "iss", json!([stage.issuer.name()])),
        ("expired", "exp", json!(NOW - 30)),
        ("an end that is a text", "exp", json!((NOW + 300).to_string())),
        ("an end beyond all time", "exp", json!(1e300)),
        ("a negative end", "exp", json!(-1)),
        ("no end", "exp", Value::Null),
        ("too long a life", "exp", json!(NOW + 86_341)),
        ("a life that ends before it begins", "iat", json!(NOW + 25)),
        ("issued in the future", "iat", json!(NOW + 31)),
        ("no begin", "iat", Value::Null),
        ("not yet", "nbf", json!(NOW + 31)),
        ("a begin of another kind", "nbf", json!([])),
        ("no subject", "sub", Value::Null),
        ("too long a subject", "sub", json!("x".repeat(256))),
    ];
    for (what, name, value) in wrong {
        let token = stage.with_claims(|claims| {
            if what.starts_with("a life") {
                claims["exp"] = json!(NOW + 20);
            }
            claims[name] = value;
        });
        stage.refuses(what, &token).await;
    }
    stage.refuses("an empty subject", &stage.with_claims(|c| c["sub"] = json!(""))).await;
}

#[tokio::test]
async fn headers_that_lead_elsewhere_are_refused() {
    let stage = Stage::set().await;
    for (what, header) in [
        ("no kind", json!({ "alg": "RS256", "kid": "one" })),
        ("another kind", json!({ "alg": "RS256", "kid": "one", "typ": "dpop+jwt" })),
        ("a logout token", json!({ "alg": "RS256", "kid": "one", "typ": "logout+jwt" })),
        ("crit", json!({ "alg": "RS256", "kid": "one", "typ": "JWT", "crit": ["exp"] })),
        ("an empty crit", json!({ "alg": "RS256", "kid": "one", "typ": "JWT", "crit": [] })),
        ("unencoded", json!({ "alg": "RS256", "kid": "one", "typ": "JWT", "b64": false })),
        ("compressed", json!({ "alg": "RS256", "kid": "one", "typ": "JWT", "zip": "DEF" })),
        ("no algorithm", json!({ "typ": "JWT", "kid": "one" })),
        ("two algorithms", json!({ "alg": ["RS256"], "typ": "JWT", "kid": "one" })),
        ("an algorithm of another case", json!({ "alg": "rs256", "typ": "JWT", "kid": "one" })),
        ("an algorithm not known", json!({ "alg": "RS512", "typ": "JWT", "kid": "one" })),
        ("an algorithm of another key", json!({ "alg": "ES256", "typ": "JWT", "kid": "one" })),
        ("another padding than signed", json!({ "alg": "EdDSA", "typ": "JWT", "kid": "one" })),
        ("an unknown key", json!({ "alg": "RS256", "typ": "JWT", "kid": "two" })),
        ("a path for a key", json!({ "alg": "RS256", "typ": "JWT", "kid": "../../../../dev/null" })),
        ("a statement for a key", json!({ "alg": "RS256", "typ": "JWT", "kid": "one' OR '1'='1" })),
        ("a key of another kind", json!({ "alg": "RS256", "typ": "JWT", "kid": 1 })),
        ("a long key", json!({ "alg": "RS256", "typ": "JWT", "kid": "one".repeat(100) })),
    ] {
        stage.refuses(what, &stage.with_header(&header)).await;
    }
}

#[tokio::test]
async fn no_token_brings_its_own_key() {
    let stage = Stage::set().await;
    let evil = Signer::rsa(1);
    let jwk = evil.jwk("one");
    let trap = Issuer::start(vec![jwk.clone()]).await;
    let keys = format!("{}/keys", trap.name());
    for (what, name, value) in [
        ("another's key of the same name", "x", json!(1)),
        ("the key in the header", "jwk", jwk),
        ("the address of keys in the header", "jku", json!(keys)),
        ("the address of a certificate", "x5u", json!(keys)),
        ("a certificate", "x5c", json!(["MIIB"])),
    ] {
        for id in [Some("one"), None] {
            let mut header = json!({ "alg": "RS256", "typ": "JWT" });
            header[name] = value.clone();
            if let Some(id) = id {
                header["kid"] = json!(id);
            }
            stage.refuses(what, &evil.token(&header, &claims(&stage.issuer))).await;
        }
    }
    assert_eq!(trap.asked(), 0, "nobody is asked at a token's word");
}

#[tokio::test]
async fn a_public_key_is_no_shared_secret_and_no_signature_is_none() {
    let stage = Stage::set().await;
    let jwk = stage.signer.jwk("one");
    let Signer::Rsa(pair) = &stage.signer else { unreachable!() };
    let der = pair.public().as_ref().to_vec();
    let pem = base64::engine::general_purpose::STANDARD.encode(&der);
    let modulus = jwk["n"].as_str().unwrap().to_owned();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{pem}\n-----END PUBLIC KEY-----\n");
    let claims_part = b64(claims(&stage.issuer).to_string().as_bytes());
    for secret in [pem.as_bytes(), &der, modulus.as_bytes(), jwk.to_string().as_bytes(), b""] {
        for algorithm in ["HS256", "RS256"] {
            let signed = format!("{}.{claims_part}", b64(header(algorithm, "one").to_string().as_bytes()));
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
            stage.refuses(algorithm, &format!("{signed}.{}", b64(tag.as_ref()))).await;
        }
    }
    for none in ["none", "None", "NONE", "nOnE", "none ", "", "null"] {
        let signed = format!("{}.{claims_part}", b64(header(none, "one").to_string().as_bytes()));
        let good = stage.with_claims(|_| {});
        let signature = good.rsplit('.').next().unwrap();
        for token in [format!("{signed}."), format!("{signed}.{signature}"), signed.clone()] {
            stage.refuses(none, &token).await;
        }
    }
}

#[tokio::test]
async fn what_is_cut_padded_doubled_or_giant_is_refused() {
    let stage = Stage::set().await;
    let good = stage.with_claims(|_| {});
    let parts: Vec<&str> = good.split('.').collect();
    let [head, body, signature] = parts[..] else { panic!("{good}") };
    let mut tokens = vec![
        format!("{head}.{body}."),
        format!("{head}.{body}"),
        format!("{head}.{signature}.{body}"),
        format!("{head}.{body}.{signature}.{signature}"),
        format!(".{body}.{signature}"),
        format!("{head}..{signature}"),
        format!("{head}.{body}.{signature}="),
        format!("{head}=.{body}.{signature}"),
        format!("{head}.{body}.{}", &signature[1..]),
        format!("{head}.{body}.{}", &signature[..signature.len() - 1]),
        format!("{head}.{body}.{signature}AAAA"),
        format!("{head}.{body}.+{}", &signature[1..]),
        "..".to_owned(),
        "a.b.c".to_owned(),
    ];
    // Cut anywhere.
    tokens.extend((0..good.len()).step_by(41).map(|at| good[..at].to_owned()));
    // Two of a name, whichever would be read.
    let text = claims(&stage.issuer).to_string();
    let plain = header("RS256", "one").to_string();
    for (head, body) in [
        (plain.clone(), text.replacen('{', "{\"aud\":\"other\",", 1)),
        (plain.clone(), text.replacen('{', "{\"sub\":\"chief\",", 1)),
        (plain.replacen('{', "{\"alg\":\"none\",", 1), text.clone()),
        (plain.replacen('{', "{\"\\u006bid\":\"two\",", 1), text.clone()),
        (plain.clone(), format!("{text} {text}")),
        (plain.clone(), format!("[{text}]")),
        (plain, "null".to_owned()),
    ] {
        tokens.push(stage.signer.token_of(&head, &body));
    }
    for token in &tokens {
        stage.refuses(token, token).await;
    }
    let giant = stage.with_claims(|claims| claims["pad"] = json!("x".repeat(20_000)));
    stage.refuses("giant", &giant).await;
}

#[tokio::test]
async fn only_the_clients_that_are_named_when_any_are() {
    let stage = Stage::with("parties = [\"dashboard\"]").await;
    stage.refuses("no client", &stage.with_claims(|_| {})).await;
    stage.refuses("another client", &stage.with_claims(|c| c["azp"] = json!("game"))).await;
    let two = stage.with_claims(|c| {
        c["azp"] = json!("game");
        c["client_id"] = json!("dashboard");
    });
    stage.refuses("azp counts before client_id", &two).await;
    stage.takes("the client", &stage.with_claims(|c| c["azp"] = json!("dashboard"))).await;
    stage.takes("as RFC 9068 has it", &stage.with_claims(|c| c["client_id"] = json!("dashboard"))).await;
}

#[tokio::test]
async fn a_socket_ends_when_its_token_does() {
    let signer = Signer::ed();
    let issuer = Issuer::start(vec![signer.jwk("ed")]).await;
    let text = format!("issuer = \"{}\"\naudience = \"wardlog\"\nleeway_seconds = 0", issuer.name());
    let settings = toml::from_str::<IssuerConfig>(&text).unwrap().checked().unwrap();
    // Without a keep-alive that would find it out by itself.
    let quiet = std::time::Duration::from_secs(3_600);
    let server = Server::trusting(vec![settings], |settings| settings.keep_alive = quiet).await;
    let mut short = claims(&issuer);
    short["exp"] = json!(NOW + 1);
    let bearer = format!("Bearer {}", signer.token(&header("EdDSA", "ed"), &short));
    let mut by_header = server.socket(&[("authorization", &bearer)]).await;
    by_header.init(json!({})).await;
    let mut by_payload = server.socket(&[]).await;
    by_payload.init(json!({ "authorization": bearer })).await;
    by_payload.subscribe("a", "subscription { open }").await;
    assert_eq!(by_payload.message().await["type"], "next");
    server.clock.pass(1);
    assert_eq!((by_header.closed().await, by_payload.closed().await), (4403, 4403));
    let mut late = server.socket(&[]).await;
    late.say(json!({ "type": "connection_init", "payload": { "authorization": bearer } })).await;
    assert_eq!(late.closed().await, 4403);
}

#[tokio::test]
async fn an_issuer_that_nobody_named_is_not_asked() {
    let stage = Stage::set().await;
    let stranger = Issuer::start(vec![stage.signer.jwk("one")]).await;
    stranger.is(Mood::Well);
    let token = stage.signer.token(&header("RS256", "one"), &claims(&stranger));
    stage.refuses("a stranger", &token).await;
    assert_eq!((stranger.asked(), stage.issuer.asked()), (0, 0));
    // Nor is one that is trusted, for a token that is no good anyway.
    stage.refuses("expired", &stage.with_claims(|c| c["exp"] = json!(NOW - 400))).await;
    assert_eq!(stage.issuer.asked(), 0);
    let server = Server::start().await;
    assert_eq!(ask(&server, &stage.with_claims(|_| {})).await.status, 401, "no issuer is configured");
}
