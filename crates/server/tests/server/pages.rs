use std::sync::atomic::Ordering;

use serde_json::json;

use super::fixture::Server;

#[tokio::test]
async fn the_pages_speak_both_languages_and_stay_on_this_server() {
    let server = Server::start().await;
    for path in ["/", "/ide"] {
        let zh = server.get(path, &[("accept-language", "zh-CN")]).await;
        assert!(zh.body.contains("登录") && zh.body.contains("lang=\"zh-CN\""), "{}", zh.body);
        let en = server.get(path, &[]).await;
        assert!(en.body.contains("Sign in") && en.body.contains("lang=\"en\""));
        assert_eq!(en.header("vary"), Some("accept-language"));
        let policy = en.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'self';") && !policy.contains("script-src"), "{policy}");
        for part in en.body.split(['"', '\'']).filter(|part| part.starts_with("/assets/")) {
            let asset = server.get(part, &[]).await;
            assert_eq!(asset.status, 200, "{part}");
            assert_eq!(asset.header("cache-control"), Some("public, max-age=31536000, immutable"));
            let tag = asset.header("etag").unwrap().to_owned();
            let again = server.get(part, &[("if-none-match", &tag)]).await;
            assert_eq!((again.status, again.body.len()), (304, 0), "{part}");
        }
    }
    assert_eq!(server.get("/assets/main.rs", &[]).await.status, 404);
    assert_eq!(server.get("/assets/..%2f..%2flib.rs", &[]).await.status, 404);
}

#[tokio::test]
async fn readiness_names_what_is_missing() {
    let server = Server::start().await;
    let reply = server.get("/readyz", &[]).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json()["checks"][0], json!({ "name": "log", "ok": true, "detail": "position 7" }));
    server.ready.store(false, Ordering::SeqCst);
    let reply = server.get("/readyz", &[]).await;
    assert_eq!((reply.status, &reply.json()["ready"]), (503, &json!(false)));
    assert_eq!(server.get("/healthz", &[]).await.status, 200);
}

#[tokio::test]
async fn the_figures_count_what_was_answered() {
    let server = Server::start().await;
    server.query("{ who }", &[]).await;
    server.send("POST", "/graphql", &[], "x").await;
    server.get("/made/up/by/a/stranger", &[]).await;
    let reply = server.get("/metrics", &[]).await;
    let text = &reply.body;
    for line in [
        "wardlog_http_requests_total{method=\"POST\",route=\"/graphql\",status=\"200\"} 1",
        "wardlog_http_requests_total{method=\"POST\",route=\"/graphql\",status=\"415\"} 1",
        "wardlog_http_requests_total{method=\"GET\",route=\"other\",status=\"404\"} 1",
        "wardlog_http_request_seconds_count{route=\"/graphql\"} 2",
        "wardlog_rejected_total{reason=\"content_type_not_supported\"} 1",
        "wardlog_websockets_open 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
    assert!(!text.contains("stranger"));
}

#[tokio::test]
async fn the_figures_are_for_this_machine_and_for_those_who_oversee() {
    use server::http::MetricsFor;
    use server::identity::{AccountRole, Grant};
    let proxied = ("x-forwarded-for", "203.0.113.7");
    for (setting, direct, passed_on) in
        [(MetricsFor::Open, 200, 200), (MetricsFor::Loopback, 200, 401), (MetricsFor::Token, 401, 401)]
    {
        let server = Server::with(|settings| settings.metrics = setting).await;
        assert_eq!(server.get("/metrics", &[]).await.status, direct, "{setting:?}");
        assert_eq!(server.get("/metrics", &[proxied]).await.status, passed_on, "{setting:?}");
        let owner = server.account(1, "auditor").await;
        let bearer = server.bearer(&owner).await;
        let auth = ("authorization", bearer.as_str());
        assert_eq!(server.get("/metrics", &[proxied, auth]).await.status, 200, "{setting:?}");
        let officer = Grant { roles: vec![AccountRole::StationOfficer], ..Grant::default() };
        server.identity.set_grant(owner.id, officer).await.unwrap();
        let refused = server.get("/metrics", &[proxied, auth]).await;
        assert_eq!(refused.status, if setting == MetricsFor::Open { 200 } else { 403 });
    }
}
