//! What a page of another origin can make a browser send changes nothing and tells it nothing.

use serde_json::json;

use super::events::STREAM;
use super::fixture::{JSON, Server};

const CHANGE: &str = r#"{"query":"mutation { change }"}"#;

/// Types that a form or a script may send to any origin without asking first (Fetch, "CORS-safelisted"), and their
/// like.
const SIMPLE: [&str; 8] = [
    "text/plain",
    "text/plain;charset=utf-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/graphql",
    "application/json; charset=utf-16",
    "text/plain; application/json",
    "",
];

#[tokio::test]
async fn nothing_executes_from_a_type_that_a_browser_sends_unasked() {
    let server = Server::start().await;
    let batch = format!("[{CHANGE}]");
    for body in [CHANGE, &batch, "query=mutation%7Bchange%7D", "{\"query\":\"mutation{change}\",\"x\":\"=\"}"]
    {
        for kind in SIMPLE {
            for accept in [("accept", "*/*"), STREAM] {
                let headers = [("content-type", kind), accept];
                let reply = server.send("POST", "/graphql", &headers, body).await;
                assert_eq!(
                    (reply.status, reply.code().as_str()),
                    (415, "content_type_not_supported"),
                    "{kind}"
                );
            }
        }
        assert_eq!(server.send("POST", "/graphql", &[], body).await.status, 415);
        // Of two types one is as good as the other: neither is.
        let two = [("content-type", "text/plain"), JSON];
        assert_eq!(server.send("POST", "/graphql", &two, body).await.status, 415);
        let two = [JSON, ("content-type", "text/plain")];
        assert_eq!(server.send("POST", "/graphql", &two, body).await.status, 415);
    }
    assert_eq!(server.probe.executed(), 0);
    assert_eq!(server.send("POST", "/graphql", &[JSON], CHANGE).await.status, 200);
    assert_eq!(server.send("POST", "/graphql", &[JSON], &batch).await.status, 200);
    assert_eq!(server.probe.executed(), 2);
}

/// Headers of requests that do not come from our own pages.
fn foreign(own: &str) -> Vec<Vec<(&'static str, String)>> {
    let one = |name, value: &str| vec![(name, value.to_owned())];
    let other_host = own.replace("127.0.0.1", "localhost");
    vec![
        one("origin", "https://evil.example"),
        one("origin", "null"),
        one("origin", &other_host),
        one("origin", &own.replace("http:", "https:")),
        one("origin", &format!("{own}.evil.example")),
        [one("origin", "https://evil.example"), one("sec-fetch-site", "same-origin")].concat(),
        one("sec-fetch-site", "same-site"),
        one("sec-fetch-site", "cross-site"),
    ]
}

/// Headers of requests that do not say where they come from.
fn untold() -> Vec<Vec<(&'static str, String)>> {
    vec![vec![], vec![("sec-fetch-site", "none".to_owned())]]
}

fn with<'a>(cookie: &'a str, accept: &'a str, more: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    let more = more.iter().map(|(name, value)| (*name, value.as_str()));
    [("cookie", cookie), ("accept", accept), JSON].into_iter().chain(more).collect()
}

#[tokio::test]
async fn a_cookie_counts_only_from_our_own_pages() {
    let server = Server::start().await;
    server.account(1, "chief").await;
    let (cookie, own) = (server.cookie("chief").await, server.origin());
    let bodies = [CHANGE.to_owned(), format!("[{CHANGE}]"), json!({ "query": "{ who }" }).to_string()];
    for refused in [foreign(&own), untold()].concat() {
        for body in &bodies {
            for accept in ["*/*", "text/event-stream, */*;q=0.1"] {
                let headers = with(&cookie, accept, &refused);
                let reply = server.send("POST", "/graphql", &headers, body).await;
                assert_eq!((reply.status, reply.code().as_str()), (403, "origin_refused"), "{headers:?}");
            }
        }
    }
    assert_eq!(server.probe.executed(), 0);
    for accepted in [[("origin", own.clone())], [("sec-fetch-site", "same-origin".to_owned())]] {
        let headers = with(&cookie, "*/*", &accepted);
        let reply = server.send("POST", "/graphql", &headers, &bodies[2]).await;
        assert_eq!(reply.json()["data"]["who"], "chief");
        let reply = server.send("POST", "/graphql", &headers, &bodies[1]).await;
        assert!(reply.json()[0]["data"]["change"].is_number());
    }
}

#[tokio::test]
async fn get_with_a_cookie_changes_nothing_and_tells_other_pages_nothing() {
    let server = Server::start().await;
    server.account(1, "chief").await;
    let (cookie, own) = (server.cookie("chief").await, server.origin());
    let ours = vec![vec![("origin", own.clone())], vec![("sec-fetch-site", "same-origin".to_owned())]];
    for source in [foreign(&own), untold(), ours].concat() {
        for accept in ["*/*", "text/event-stream"] {
            let headers = with(&cookie, accept, &source);
            let reply = server.get("/graphql?query=mutation%7Bchange%7D", &headers).await;
            assert!(matches!(reply.status, 403 | 405), "{headers:?}: {}", reply.body);
        }
    }
    assert_eq!(server.probe.executed(), 0);
    for source in foreign(&own) {
        let reply = server.get("/graphql?query=%7Bwho%7D", &with(&cookie, "*/*", &source)).await;
        assert_eq!((reply.status, reply.code().as_str()), (403, "origin_refused"), "{source:?}");
    }
    for source in untold() {
        // A link that somebody follows: no other page sees what it shows.
        let reply = server.get("/graphql?query=%7Bwho%7D", &with(&cookie, "*/*", &source)).await;
        assert_eq!(reply.json()["data"]["who"], "chief");
    }
}

#[tokio::test]
async fn a_cookie_opens_a_stream_only_from_our_own_pages() {
    let server = Server::start().await;
    server.account(1, "chief").await;
    let (cookie, own) = (server.cookie("chief").await, server.origin());
    let path = "/graphql?query=subscription%7Bcount(to:1)%7D";
    for source in [foreign(&own), untold()].concat() {
        let reply = server.get(path, &with(&cookie, "text/event-stream", &source)).await;
        assert_eq!((reply.status, reply.code().as_str()), (403, "origin_refused"), "{source:?}");
    }
    for source in [[("origin", own.clone())], [("sec-fetch-site", "same-origin".to_owned())]] {
        let reply = server.get(path, &with(&cookie, "text/event-stream", &source)).await;
        assert_eq!((reply.status, reply.body.contains("\"data\":{\"count\":1}")), (200, true));
    }
    // Without a cookie nobody is asked in whose name.
    let reply = server.get(path, &[STREAM, ("origin", "https://evil.example")]).await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, None));
}
