use std::time::Duration;

use serde_json::json;

use super::client::send;
use super::fixture::{JSON, Server};

const MODERN: (&str, &str) = ("accept", "application/graphql-response+json");

#[tokio::test]
async fn a_query_is_answered_in_the_type_that_was_asked_for() {
    let server = Server::start().await;
    let reply = server.query("{ greet(name: \"警\") }", &[]).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(reply.json(), json!({ "data": { "greet": "hello 警" } }));
    let reply = server.query("{ greet(name: \"a\") }", &[MODERN]).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/graphql-response+json; charset=utf-8"));
    let reply = server.query("{ who }", &[("accept", "text/html")]).await;
    assert_eq!((reply.status, reply.code().as_str()), (406, "not_acceptable"));
}

#[tokio::test]
async fn the_status_says_whether_it_was_executed_in_the_newer_type_only() {
    let server = Server::start().await;
    for query in ["{", "{ nothing }", "query Q($n: Boolean!) { who @skip(if: $n) }"] {
        let reply = server.query(query, &[MODERN]).await;
        assert_eq!(reply.status, 400, "{query}: {}", reply.body);
        assert!(reply.json().get("data").is_none(), "{}", reply.body);
        let reply = server.query(query, &[]).await;
        assert_eq!(reply.status, 200, "{query}");
        assert!(reply.json()["errors"].is_array());
    }
    let null = json!({ "query": "query Q($n: Boolean!) { who @skip(if: $n) }", "variables": { "n": null } })
        .to_string();
    assert_eq!(server.send("POST", "/graphql", &[JSON, MODERN], &null).await.status, 400);
    let reply = server.query("query Q($m: Boolean = false) { who @skip(if: $m) }", &[MODERN]).await;
    assert_eq!(reply.status, 200, "a default is a value");
    let reply = server.query("{ fails }", &[MODERN]).await;
    assert_eq!(reply.status, 200, "a failed field is an executed request");
    assert_eq!(reply.json()["data"], json!(null));
    assert_eq!(reply.json()["errors"][0]["path"], json!(["fails"]));
}

#[tokio::test]
async fn nothing_executes_from_a_type_that_a_browser_sends_unasked() {
    let server = Server::start().await;
    let body = json!({ "query": "mutation { change }" }).to_string();
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json; charset=utf-16",
        "text/plain; application/json",
        "",
    ] {
        let reply = server.send("POST", "/graphql", &[("content-type", kind)], &body).await;
        assert_eq!(reply.status, 415, "{kind}");
        assert_eq!(reply.code(), "content_type_not_supported");
    }
    assert_eq!(server.send("POST", "/graphql", &[], &body).await.status, 415);
    assert_eq!(server.probe.executed(), 0);
    assert_eq!(server.send("POST", "/graphql", &[JSON], &body).await.status, 200);
    assert_eq!(server.probe.executed(), 1);
}

#[tokio::test]
async fn get_is_for_queries() {
    let server = Server::start().await;
    let reply = server
        .get("/graphql?query=query%20Q(%24n%3AString!)%7Bgreet(name%3A%24n)%7D&variables=%7B%22n%22%3A%22a+b%22%7D", &[])
        .await;
    assert_eq!(reply.json(), json!({ "data": { "greet": "hello a b" } }), "{}", reply.body);
    for document in ["mutation%7Bchange%7D", "query%20A%7Bwho%7Dmutation%20B%7Bchange%7D&operationName=B"] {
        let reply = server.get(&format!("/graphql?query={document}"), &[]).await;
        assert_eq!((reply.status, reply.header("allow")), (405, Some("POST")));
    }
    assert_eq!(server.probe.executed(), 0);
    for (path, code) in [
        ("/graphql", "query_missing"),
        ("/graphql?query=%7Bwho%7D&query=%7Bwho%7D", "parameter_repeated"),
        ("/graphql?query=%7Bwho%7D&variables=x", "parameter_invalid"),
        ("/graphql?query=%7Bwho%7D&variables=%5B%5D", "parameter_invalid"),
    ] {
        let reply = server.get(path, &[]).await;
        assert_eq!((reply.status, reply.code().as_str()), (400, code), "{path}");
    }
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        let reply = server.send(method, "/graphql", &[], "").await;
        assert_eq!(reply.status, 405);
        assert!(reply.header("allow").is_some_and(|allow| allow.contains("POST")));
    }
}

#[tokio::test]
async fn a_malformed_request_is_named() {
    let server = Server::start().await;
    for (body, code) in [
        ("", "body_not_json"),
        ("{ \"not a JSON", "body_not_json"),
        ("[]", "batch_not_supported"),
        ("[{\"query\":\"{who}\"}]", "batch_not_supported"),
        ("1", "body_not_an_object"),
        ("{}", "query_missing"),
        (r#"{"query":1}"#, "parameter_invalid"),
        (r#"{"query":"{who}","operationName":[]}"#, "parameter_invalid"),
        (r#"{"query":"{who}","variables":"x"}"#, "parameter_invalid"),
        (r#"{"query":"{who}","extensions":0}"#, "parameter_invalid"),
        (r#"{"query":"subscription { count(to: 1) }"}"#, "subscription_by_http"),
    ] {
        let reply = server.send("POST", "/graphql", &[JSON], body).await;
        assert_eq!((reply.status, reply.code().as_str()), (400, code), "{body}");
    }
    let broken = send(server.address, "POST", "/graphql", &[JSON], b"{\"query\":\"\xff\"}").await;
    assert_eq!(broken.code(), "body_not_json");
    let nulls = r#"{"query":"{who}","operationName":null,"variables":null,"extensions":null}"#;
    assert_eq!(server.send("POST", "/graphql", &[JSON], nulls).await.status, 200);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_the_limit_itself_is_not() {
    let server = Server::start().await;
    let limit = 256 * 1024;
    let of_size = |size: usize| {
        let start = r#"{"query":"{who}","extensions":{"pad":""#;
        format!("{start}{}\"}}}}", "x".repeat(size - start.len() - 3))
    };
    assert_eq!(of_size(limit).len(), limit);
    assert_eq!(server.send("POST", "/graphql", &[JSON], &of_size(limit)).await.status, 200);
    for size in [limit + 1, 900_000, 8_000_000] {
        let reply = server.send("POST", "/graphql", &[JSON], &of_size(size)).await;
        assert_eq!((reply.status, reply.code().as_str()), (413, "body_too_large"), "{size}");
    }
    // Without a length the size shows only while reading.
    let mut chunked = Vec::new();
    for _ in 0..20 {
        chunked.extend_from_slice(b"8000\r\n");
        chunked.extend_from_slice(&[b' '; 0x8000]);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let mut stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let reply = {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let head = "POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&chunked).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    };
    assert!(reply.starts_with("HTTP/1.1 413"), "{reply}");
    server.figure("wardlog_rejected_total{reason=\"body_too_large\"} 4").await;
}

#[tokio::test]
async fn what_takes_too_long_or_panics_is_an_answer() {
    let server = Server::with(|settings| {
        settings.execution_time = Duration::from_millis(50);
        settings.body_time = Duration::from_millis(50);
    })
    .await;
    let reply = server.query("{ forever }", &[]).await;
    assert_eq!((reply.status, reply.code().as_str()), (504, "timeout"));
    let reply = server.query("{ boom }", &[]).await;
    assert_eq!((reply.status, reply.code().as_str()), (500, "internal"));
    assert!(!reply.body.contains("boom\""), "{}", reply.body);
    let reply = server.send("POST", "/graphql", &[JSON, ("content-length", "10")], "").await;
    assert_eq!((reply.status, reply.code().as_str()), (408, "body_too_slow"));
}

#[tokio::test]
async fn no_nesting_takes_the_server_down() {
    let server = Server::start().await;
    for open in ["{a", "[", "(a:", "{a(b:[", "query($a:["] {
        let query = format!("{{ greet(name: {}", open.repeat(20_000));
        assert_eq!(server.query(&query, &[MODERN]).await.status, 400, "{open}");
    }
    let deep = format!("{{\"query\":\"{{who}}\",\"variables\":{}", "{\"a\":".repeat(40_000));
    assert_eq!(server.send("POST", "/graphql", &[JSON], &deep).await.code(), "body_not_json");
    assert_eq!(server.query("{ who }", &[]).await.status, 200);
}

#[tokio::test]
async fn the_binary_fits_a_request_to_its_asker() {
    let server = Server::start().await;
    let owner = server.account(1, "machine").await;
    let bearer = server.bearer(&owner).await;
    let query = "{ __schema { queryType { name } } }";
    let known = server.data(query, &[("authorization", &bearer)]).await;
    assert_eq!(known["__schema"]["queryType"]["name"], "Query");
    assert!(server.data(query, &[]).await["__schema"].is_null());
}

#[tokio::test]
async fn the_language_of_the_answer_follows_the_header() {
    let server = Server::start().await;
    let of =
        async |value| server.data("{ language }", &[("accept-language", value)]).await["language"].clone();
    assert_eq!(of("zh-CN,zh;q=0.9,en;q=0.8").await, "zh");
    assert_eq!(of("en-GB,en").await, "en");
    assert_eq!(of("de").await, "en");
}

#[tokio::test]
async fn every_answer_carries_its_id_and_the_headers_that_browsers_obey() {
    let server = Server::start().await;
    let reply = server.query("{ correlation }", &[("x-request-id", "abc-1")]).await;
    assert_eq!(reply.header("x-request-id"), Some("abc-1"));
    assert_eq!(reply.json()["data"]["correlation"], "abc-1");
    for given in ["", "a b", "x\"y", &"x".repeat(65)] {
        let reply = server.query("{ correlation }", &[("x-request-id", given)]).await;
        let id = reply.header("x-request-id").unwrap();
        assert_eq!(id.len(), 36, "{given} → {id}");
        assert_eq!(reply.json()["data"]["correlation"], id);
    }
    for path in ["/", "/ide", "/graphql", "/healthz", "/nothing", "/metrics", "/assets/ide.js"] {
        let reply = server.get(path, &[]).await;
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{path}");
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(reply.header("x-request-id").is_some(), "{path}");
        assert!(reply.header("access-control-allow-origin").is_none(), "{path}");
    }
}

#[tokio::test]
async fn a_cookie_counts_only_from_our_own_pages() {
    let server = Server::start().await;
    server.account(1, "chief").await;
    let cookie = server.cookie("chief").await;
    let cookie = ("cookie", cookie.as_str());
    let own = server.origin();
    let foreign = own.replace("127.0.0.1", "localhost");
    for refused in [
        vec![cookie],
        vec![cookie, ("origin", "https://evil.example")],
        vec![cookie, ("origin", "null")],
        vec![cookie, ("origin", foreign.as_str())],
        vec![cookie, ("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
        vec![cookie, ("sec-fetch-site", "same-site")],
        vec![cookie, ("sec-fetch-site", "cross-site")],
        vec![cookie, ("sec-fetch-site", "none")],
    ] {
        let reply = server.query("mutation { change }", &refused).await;
        assert_eq!((reply.status, reply.code().as_str()), (403, "origin_refused"), "{refused:?}");
    }
    assert_eq!(server.probe.executed(), 0);
    for accepted in [vec![cookie, ("origin", own.as_str())], vec![cookie, ("sec-fetch-site", "same-origin")]]
    {
        assert_eq!(server.data("{ who }", &accepted).await["who"], "chief");
    }
    let reply = server.get("/graphql?query=%7Bwho%7D", &[cookie, ("sec-fetch-site", "cross-site")]).await;
    assert_eq!(reply.status, 403);
    let reply = server.get("/graphql?query=%7Bwho%7D", &[cookie]).await;
    assert_eq!(reply.json()["data"]["who"], "chief");
}
