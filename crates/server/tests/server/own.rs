//! What people do with their own credentials: password, sessions, tokens; and for whom they speak.

use serde_json::{Value, json};
use server::identity::Grant;
use uuid::Uuid;

use super::client::Reply;
use super::fixture::{JSON, PASSWORD, Server, at};

const NEW: &str = "another long password";

/// A browser that has signed in.
struct Browser<'a> {
    server: &'a Server,
    cookie: String,
    origin: String,
}

impl<'a> Browser<'a> {
    async fn of(server: &'a Server, name: &str) -> Self {
        Self { server, cookie: server.cookie(name).await, origin: server.origin() }
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> Reply {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.server
            .send(method, path, &[JSON, ("cookie", &self.cookie), ("origin", &self.origin)], &body)
            .await
    }

    async fn is_known(&self) -> bool {
        let reply = self.server.get("/session", &[("cookie", &self.cookie)]).await;
        !reply.json()["principal"].is_null()
    }
}

fn code(reply: &Reply) -> (u16, String) {
    (reply.status, reply.code())
}

#[tokio::test]
async fn a_changed_password_ends_every_session_and_begins_a_new_one() {
    let server = Server::start().await;
    server.account(1, "chief").await;
    let (mut here, there) = (Browser::of(&server, "chief").await, Browser::of(&server, "chief").await);
    let change = |present: &str, new: &str| json!({ "password": present, "newPassword": new });
    let path = "/session/password";
    assert_eq!(
        code(&here.send("PUT", path, change("not this one", NEW)).await),
        (401, "sign_in_failed".into())
    );
    for (new, why) in [("short", "password_too_short"), ("1234567890", "password_common")] {
        assert_eq!(code(&here.send("PUT", path, change(PASSWORD, new)).await), (400, why.into()));
    }
    assert!(here.is_known().await && there.is_known().await);
    let changed = here.send("PUT", path, change(PASSWORD, NEW)).await;
    assert_eq!(changed.status, 204, "{}", changed.body);
    assert!(!here.is_known().await && !there.is_known().await);
    here.cookie = changed.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    assert!(here.is_known().await);
    let form = |password: &str| json!({ "name": "chief", "password": password }).to_string();
    assert_eq!(server.send("POST", "/session", &[JSON], &form(PASSWORD)).await.status, 401);
    assert_eq!(server.send("POST", "/session", &[JSON], &form(NEW)).await.status, 200);
}

#[tokio::test]
async fn guessing_at_the_present_password_is_locked_like_signing_in() {
    let server = Server::start().await;
    server.account(1, "chief").await;
    let here = Browser::of(&server, "chief").await;
    let guess = json!({ "password": "not this one", "newPassword": NEW });
    for _ in 0..5 {
        assert_eq!(here.send("PUT", "/session/password", guess.clone()).await.status, 401);
    }
    let locked = here.send("PUT", "/session/password", guess).await;
    assert_eq!((locked.status, locked.header("retry-after")), (429, Some("5")));
}

#[tokio::test]
async fn a_sign_in_ends_the_session_that_the_browser_came_with() {
    let server = Server::start().await;
    server.account(1, "chief").await;
    server.account(2, "clerk").await;
    // As if somebody had planted their own session in this browser.
    let planted = Browser::of(&server, "clerk").await;
    let signed_in = planted.send("POST", "/session", json!({ "name": "chief", "password": PASSWORD })).await;
    assert_eq!(signed_in.json()["principal"]["name"], "chief");
    assert!(!signed_in.header("set-cookie").unwrap().contains(&planted.cookie));
    assert!(!planted.is_known().await);
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_owner() {
    let server = Server::start().await;
    server.account(1, "chief").await;
    server.account(2, "clerk").await;
    let stranger = Browser::of(&server, "clerk").await;
    let old = Browser::of(&server, "chief").await;
    server.clock.pass(60);
    let here = Browser::of(&server, "chief").await;
    let listed = here.send("GET", "/sessions", Value::Null).await.json();
    let sessions = listed["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    assert_eq!((&sessions[0]["current"], &sessions[1]["current"]), (&json!(true), &json!(false)));
    assert_eq!(sessions[1]["seenAt"], "2027-01-15T08:00:00Z");
    let path = format!("/sessions/{}", sessions[1]["id"].as_str().unwrap());
    assert_eq!(code(&stranger.send("DELETE", &path, Value::Null).await), (404, "session_unknown".into()));
    assert!(old.is_known().await);
    assert_eq!(here.send("DELETE", &path, Value::Null).await.status, 204);
    assert!(!old.is_known().await && here.is_known().await);
    assert_eq!(here.send("DELETE", "/sessions/x", Value::Null).await.status, 404);
    assert_eq!(here.send("DELETE", "/sessions", Value::Null).await.status, 204);
    assert!(!here.is_known().await && stranger.is_known().await);
}

#[tokio::test]
async fn a_token_is_made_over_http_shown_once_and_ended_at_once_also_on_open_sockets() {
    let server = Server::start().await;
    server.account(1, "chief").await;
    let here = Browser::of(&server, "chief").await;
    let wish = json!({
        "name": "nightly export", "roles": ["auditor"], "areas": ["421000001"],
        "organisations": ["organisation-00000000-0000-0000-0000-000000000007"],
        "expiresAt": "2027-01-16T08:00:00Z", "readOnly": true,
    });
    let made = here.send("POST", "/tokens", wish).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let (token, secret) = (&made.json()["token"], made.json()["secret"].as_str().unwrap().to_owned());
    assert_eq!((&token["roles"], &token["readOnly"]), (&json!(["auditor"]), &json!(true)));
    let bearer = format!("Bearer {secret}");
    let auth = ("authorization", bearer.as_str());
    let principal = server.get("/session", &[auth]).await.json()["principal"].take();
    assert_eq!((&principal["areas"], &principal["readOnly"]), (&json!(["421000001"]), &json!(true)));
    assert_eq!(principal["organisations"], json!([Uuid::from_u128(7)]));
    let listed = here.send("GET", "/tokens", Value::Null).await;
    assert_eq!(listed.json()["tokens"][0]["id"], token["id"]);
    assert_eq!(listed.json()["tokens"][0]["usedAt"], "2027-01-15T08:00:00Z");
    assert!(!listed.body.contains(&secret));

    let mut socket = server.socket(&[auth]).await;
    socket.init(json!({})).await;
    let path = format!("/tokens/{}", token["id"].as_str().unwrap());
    assert_eq!(here.send("DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(socket.closed().await, 4403);
    assert_eq!(server.query("{ who }", &[auth]).await.status, 401);
    assert!(here.send("GET", "/tokens", Value::Null).await.json()["tokens"][0]["revokedAt"].is_string());
}

#[tokio::test]
async fn a_wish_beyond_the_owner_or_out_of_shape_is_refused() {
    let server = Server::start().await;
    server.account(1, "chief").await;
    let here = Browser::of(&server, "chief").await;
    for (wish, status, why) in [
        (json!({ "name": "a", "roles": ["administrator"] }), 400, "token_beyond_owner"),
        (json!({ "name": "a", "areas": ["42"] }), 400, "token_beyond_owner"),
        (json!({ "name": "a", "areas": ["everywhere"] }), 400, "area_prefix_invalid"),
        (json!({ "name": "a", "organisations": ["nobody"] }), 400, "organisation_invalid"),
        (json!({ "name": "a", "expiresAt": "2027-01-15T08:00:00Z" }), 400, "token_expiry_invalid"),
        (json!({ "name": "a", "expiresAt": "2030-01-15T08:00:00Z" }), 400, "token_expiry_invalid"),
        (json!({ "name": "" }), 400, "token_name_invalid"),
        (json!({ "name": "a", "role": [] }), 400, "body_not_json"),
        (json!({ "name": "a", "roles": ["king"] }), 400, "body_not_json"),
        (json!([]), 400, "body_not_json"),
        (json!({ "name": "a".repeat(20_000) }), 413, "body_too_large"),
    ] {
        let reply = here.send("POST", "/tokens", wish.clone()).await;
        assert_eq!(code(&reply), (status, why.into()), "{wish}");
    }
    assert_eq!(here.send("GET", "/tokens", Value::Null).await.json(), json!({ "tokens": [] }));
}

#[tokio::test]
async fn credentials_are_kept_by_whoever_signed_in_from_our_own_pages_alone() {
    let server = Server::start().await;
    let owner = server.account(1, "chief").await;
    let bearer = server.bearer(&owner).await;
    let cookie = server.cookie("chief").await;
    let (auth, cookie) = (("authorization", bearer.as_str()), ("cookie", cookie.as_str()));
    let evil = ("origin", "https://evil.example");
    let paths = [
        ("POST", "/tokens"),
        ("DELETE", "/tokens/x"),
        ("PUT", "/session/password"),
        ("DELETE", "/sessions"),
        ("DELETE", "/sessions/x"),
    ];
    for (method, path) in paths {
        let reply = server.send(method, path, &[JSON], "{}").await;
        assert_eq!(code(&reply), (401, "unauthenticated".into()), "{method} {path}");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"wardlog\""));
        let reply = server.send(method, path, &[JSON, auth], "{}").await;
        assert_eq!(code(&reply), (403, "session_needed".into()), "{method} {path}");
        for headers in [vec![JSON, cookie, evil], vec![JSON, cookie]] {
            let reply = server.send(method, path, &headers, "{}").await;
            assert_eq!(code(&reply), (403, "origin_refused".into()), "{method} {path}");
        }
    }
    for path in ["/tokens", "/sessions"] {
        assert_eq!(server.get(path, &[]).await.status, 401);
        assert_eq!(server.get(path, &[auth]).await.status, 403);
        assert_eq!(server.get(path, &[cookie, evil]).await.status, 403);
        assert_eq!(server.get(path, &[cookie]).await.status, 200);
        assert_eq!(
            server.send("POST", "/tokens", &[("content-type", "text/plain"), cookie], "{}").await.status,
            415
        );
    }
    // A token that leaked is ended by whoever found it.
    let id = server.identity.tokens(owner.id).await.unwrap()[0].id;
    assert_eq!(server.send("DELETE", &format!("/tokens/{id}"), &[auth], "").await.status, 204);
    assert_eq!(server.query("{ who }", &[auth]).await.status, 401);
}

#[tokio::test]
async fn a_request_speaks_for_an_organisation_of_its_asker_or_is_refused() {
    let server = Server::start().await;
    let owner = server.account(1, "manager").await;
    let bearer = server.bearer(&owner).await;
    let auth = ("authorization", bearer.as_str());
    let own = Uuid::from_u128(8).to_string();
    let own_id = format!("organisation-{own}");
    for value in [own.as_str(), own_id.as_str()] {
        let headers = [auth, ("wardlog-acting-organisation", value)];
        assert_eq!(server.data("{ speaksFor }", &headers).await["speaksFor"], own.as_str());
    }
    assert_eq!(server.data("{ speaksFor }", &[auth]).await["speaksFor"], Value::Null);
    let other = Uuid::from_u128(9).to_string();
    for (values, status, why) in [
        (vec![other.as_str()], 403, "acting_organisation_refused"),
        (vec!["the first"], 400, "acting_organisation_invalid"),
        (vec![own.as_str(), own.as_str()], 400, "acting_organisation_invalid"),
    ] {
        let mut headers = vec![auth];
        headers.extend(values.iter().map(|value| ("wardlog-acting-organisation", *value)));
        assert_eq!(code(&server.query("{ speaksFor }", &headers).await), (status, why.into()), "{values:?}");
    }
}

#[tokio::test]
async fn a_socket_speaks_for_an_organisation_too_and_stays_while_it_is_the_askers() {
    let server = Server::start().await;
    let owner = server.account(1, "manager").await;
    let bearer = server.bearer(&owner).await;
    let own = Uuid::from_u128(8).to_string();
    let mut refused = server.socket(&[("authorization", &bearer)]).await;
    let other = Uuid::from_u128(9).to_string();
    refused
        .say(json!({ "type": "connection_init", "payload": { "wardlog-acting-organisation": other } }))
        .await;
    assert_eq!(refused.closed().await, 4403);
    let mut by_payload = server.socket(&[]).await;
    by_payload.init(json!({ "authorization": bearer, "wardlog-acting-organisation": own })).await;
    let mut by_header =
        server.socket(&[("authorization", &bearer), ("wardlog-acting-organisation", &own)]).await;
    by_header.init(json!({})).await;
    // Something changes elsewhere: both are looked at again, and stay.
    server.account(2, "clerk").await;
    server.identity.sign_out_everywhere(Uuid::from_u128(2), at(0)).await.unwrap();
    for socket in [&mut by_payload, &mut by_header] {
        socket.subscribe("a", "{ speaksFor }").await;
        assert_eq!(socket.message().await["payload"]["data"]["speaksFor"], own.as_str());
        socket.message().await;
    }
    server.identity.set_grant(owner.id, Grant::default()).await.unwrap();
    assert_eq!((by_payload.closed().await, by_header.closed().await), (4403, 4403));
}
