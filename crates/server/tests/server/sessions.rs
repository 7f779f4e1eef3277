use serde_json::json;

use super::fixture::{JSON, PASSWORD, Server};

fn form(name: &str, password: &str) -> String {
    json!({ "name": name, "password": password }).to_string()
}

#[tokio::test]
async fn signing_in_sets_a_guarded_cookie_and_signing_out_ends_it_at_once() {
    let server = Server::start().await;
    server.account(1, "chief").await;
    let own = server.origin();
    let origin = ("origin", own.as_str());
    let reply = server.send("POST", "/session", &[JSON, origin], &form("Chief", PASSWORD)).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.json()["principal"]["roles"], json!(["station_officer", "auditor"]));
    let set = reply.header("set-cookie").unwrap();
    assert!(set.ends_with("; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict"), "{set}");
    let cookie = format!("theme=dark; {}", set.split(';').next().unwrap());
    let cookie = ("cookie", cookie.as_str());
    assert_eq!(server.get("/session", &[cookie]).await.json()["principal"]["name"], "chief");
    let refused = server.send("DELETE", "/session", &[cookie, ("origin", "https://evil.example")], "").await;
    assert_eq!(refused.status, 403);
    assert_eq!(server.data("{ who }", &[cookie, origin]).await["who"], "chief");
    let out = server.send("DELETE", "/session", &[cookie, origin], "").await;
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").unwrap().starts_with("wardlog=; Path=/; Max-Age=0"));
    assert_eq!(server.get("/session", &[cookie]).await.json(), json!({ "principal": null }));
    assert_eq!(server.data("{ who }", &[cookie, origin]).await["who"], json!(null));
}

#[tokio::test]
async fn behind_https_the_cookie_is_bound_to_host_and_encryption() {
    let server = Server::with(|settings| {
        settings.cookie = server::identity::SessionCookie::Secure;
        settings.origin = Some("https://wardlog.example".to_owned());
    })
    .await;
    server.account(1, "chief").await;
    let origin = ("origin", "https://wardlog.example");
    let reply = server.send("POST", "/session", &[JSON, origin], &form("chief", PASSWORD)).await;
    let set = reply.header("set-cookie").unwrap();
    assert!(
        set.starts_with("__Host-wardlog=") && set.contains("; Secure") && !set.contains("Domain"),
        "{set}"
    );
    let secret = set.split(';').next().unwrap();
    assert_eq!(server.data("{ who }", &[("cookie", secret), origin]).await["who"], "chief");
    let plain = secret.replace("__Host-", "");
    assert_eq!(server.data("{ who }", &[("cookie", &plain), origin]).await["who"], json!(null));
    assert!(reply.header("strict-transport-security").is_some());
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_look_alike_and_both_are_locked() {
    let server = Server::start().await;
    server.account(1, "chief").await;
    for name in ["chief", "nobody"] {
        for _ in 0..5 {
            let reply = server.send("POST", "/session", &[JSON], &form(name, "wrong password")).await;
            assert_eq!((reply.status, reply.code().as_str()), (401, "sign_in_failed"));
        }
        let zh = [JSON, ("accept-language", "zh")];
        let reply = server.send("POST", "/session", &zh, &form(name, PASSWORD)).await;
        assert_eq!((reply.status, reply.code().as_str()), (429, "sign_in_locked"));
        assert_eq!(reply.header("retry-after"), Some("5"));
        assert_eq!(reply.json()["errors"][0]["message"], "失败次数过多，请在5秒后重试。");
    }
    server.clock.pass(5);
    let reply = server.send("POST", "/session", &[JSON], &form("chief", PASSWORD)).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

#[tokio::test]
async fn a_page_elsewhere_cannot_sign_a_visitor_in() {
    let server = Server::start().await;
    server.account(1, "chief").await;
    let body = form("chief", PASSWORD);
    for headers in
        [vec![JSON, ("origin", "https://evil.example")], vec![JSON, ("sec-fetch-site", "cross-site")]]
    {
        assert_eq!(server.send("POST", "/session", &headers, &body).await.status, 403);
    }
    assert_eq!(server.send("POST", "/session", &[("content-type", "text/plain")], &body).await.status, 415);
    let long = form("chief", &"x".repeat(5000));
    assert_eq!(server.send("POST", "/session", &[JSON], &long).await.status, 413);
    assert_eq!(server.send("POST", "/session", &[JSON], "{\"name\":\"a\"}").await.status, 400);
}

#[tokio::test]
async fn a_session_ends_when_idle_and_in_any_case_after_a_week() {
    let server = Server::start().await;
    server.account(1, "chief").await;
    let idle = server.cookie("chief").await;
    server.clock.pass(12 * 3600);
    assert_eq!(server.get("/session", &[("cookie", &idle)]).await.json()["principal"], json!(null));
    let kept = server.cookie("chief").await;
    for _ in 0..13 {
        server.clock.pass(12 * 3600 - 1);
        assert_eq!(server.get("/session", &[("cookie", &kept)]).await.json()["principal"]["name"], "chief");
    }
    server.clock.pass(12 * 3600 + 13);
    assert_eq!(server.get("/session", &[("cookie", &kept)]).await.json()["principal"], json!(null));
}

#[tokio::test]
async fn a_bad_token_is_refused_rather_than_taken_for_nobody() {
    let server = Server::start().await;
    let owner = server.account(1, "machine").await;
    let bearer = server.bearer(&owner).await;
    assert_eq!(server.data("{ who }", &[("authorization", &bearer)]).await["who"], "machine");
    // A token needs no origin: a browser does not send it by itself.
    let headers = [("authorization", bearer.as_str()), ("origin", "https://evil.example")];
    assert_eq!(server.data("mutation { change }", &headers).await["change"], 1);
    let wrong = format!("{}x", &bearer[..bearer.len() - 1]);
    for value in ["", "Bearer", "Bearer wl_short", "Basic YTpi", &wrong, &bearer.replace("wl_", "")] {
        let reply = server.query("{ who }", &[("authorization", value)]).await;
        assert_eq!((reply.status, reply.code().as_str()), (401, "token_invalid"), "{value}");
        assert!(reply.header("www-authenticate").is_some());
    }
    server.clock.pass(90 * 24 * 3600);
    assert_eq!(server.query("{ who }", &[("authorization", &bearer)]).await.status, 401);
}
