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
    // Given and empty is as if it were not given.
    let reply = server.get("/graphql?query=%7Bwho%7D&operationName=&variables=&extensions=", &[]).await;
    assert_eq!((reply.status, reply.json()), (200, json!({ "data": { "who": null } })));
}

#[tokio::test]
async fn other_methods_are_told_which_there_are() {
    let server = Server::start().await;
    let body = json!({ "query": "mutation { change }" }).to_string();
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "QUERY", "FREEZE"] {
        let reply = server.send(method, "/graphql", &[JSON], &body).await;
        assert_eq!((reply.status, reply.header("allow")), (405, Some("GET,HEAD,POST")), "{method}");
        assert_eq!(reply.code(), "method_not_allowed");
        assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"));
        let reply = server.send(method, "/graphql", &[MODERN], "").await;
        assert_eq!(reply.header("content-type"), Some("application/graphql-response+json; charset=utf-8"));
    }
    assert_eq!(server.probe.executed(), 0);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let server = Server::start().await;
    let path = "/graphql?query=%7Bwho%7D";
    let (head, get) = (server.send("HEAD", path, &[], "").await, server.get(path, &[]).await);
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    for name in ["content-type", "content-length"] {
        assert_eq!(head.header(name), get.header(name));
    }
    let reply = server.send("HEAD", "/graphql?query=mutation%7Bchange%7D", &[], "").await;
    assert_eq!((reply.status, reply.header("allow")), (405, Some("POST")));
    assert_eq!(server.probe.executed(), 0);
}

#[tokio::test]
async fn a_malformed_request_is_named() {
    let server = Server::start().await;
    for (body, code) in [
        ("", "body_not_json"),
        ("{ \"not a JSON", "body_not_json"),
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
    let reply =
        server.query("{ correlation }", &[("x-request-id", "0198e7a2-6f1c-7c3e-9a51-3a2b7c9d1e4f")]).await;
    assert_eq!(reply.header("x-request-id"), Some("0198e7a2-6f1c-7c3e-9a51-3a2b7c9d1e4f"));
    assert_eq!(reply.json()["data"]["correlation"], "0198e7a2-6f1c-7c3e-9a51-3a2b7c9d1e4f");
    for given in ["", "a b", "x\"y", "abc-1", "13907166171", "421002198504027315", &"x".repeat(36)] {
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
async fn a_handler_that_panics_is_answered_and_costs_nobody_else_anything() {
    let server = Server::start().await;
    server.broken.store(true, std::sync::atomic::Ordering::SeqCst);
    let reply = server.get("/readyz", &[]).await;
    assert_eq!((reply.status, &reply.json()["errors"][0]["extensions"]["code"]), (500, &"internal".into()));
    assert!(reply.header("x-request-id").is_some() && !reply.body.contains("somebody"));
    server.broken.store(false, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(server.get("/readyz", &[]).await.status, 200);
    server.figure("wardlog_rejected_total{reason=\"internal\"} 1").await;
}
