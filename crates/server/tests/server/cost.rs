//! What asking costs: told in every answer, and refused when there is not enough left.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use server::budget::{Budget, Rates};

use super::client::{Heard, Reply};
use super::events::Events;
use super::fixture::{JSON, Server};

const MODERN: (&str, &str) = ("accept", "application/graphql-response+json");
/// What a document costs that is refused, and what must be there before one is read.
const REFUSED: u64 = 10;

/// A server that gives an account this much, and a clock that stands until it is moved.
async fn server(cost_per_minute: u64, at_once: usize) -> (Server, Arc<AtomicU64>) {
    let millis = Arc::new(AtomicU64::new(0));
    let told = Arc::clone(&millis);
    let clock = move || Duration::from_millis(told.load(Ordering::SeqCst));
    let budget = Budget::new(Rates { cost_per_minute, at_once }, Arc::new(clock));
    (Server::paid(budget).await, millis)
}

async fn bearer(server: &Server, number: u128) -> String {
    let account = server.account(number, &format!("account{number}")).await;
    server.bearer(&account).await
}

fn cost(reply: &Reply) -> Value {
    reply.json()["extensions"]["cost"].clone()
}

fn told(requested: u64, remaining: u64, limit: u64, resets: u64) -> Value {
    json!({ "requested": requested, "remaining": remaining, "limit": limit, "resetsInSeconds": resets })
}

#[tokio::test]
async fn every_answer_tells_what_it_cost_and_what_is_left() {
    let (server, millis) = server(600, 8).await;
    let who = bearer(&server, 1).await;
    let signed_in = [("authorization", who.as_str())];
    let reply = server.query("{ who areas }", &signed_in).await;
    assert_eq!(cost(&reply), told(2, 598, 600, 1));
    assert_eq!(reply.header("ratelimit"), Some("\"cost\";r=598;t=1"));
    let policy = "\"cost\";q=600;w=60, \"at-once\";q=8;qu=\"concurrent-requests\"";
    assert_eq!(reply.header("ratelimit-policy"), Some(policy));
    // A command costs ten more; a failed field has cost the same.
    assert_eq!(cost(&server.query("mutation { change }", &signed_in).await), told(11, 587, 600, 2));
    assert_eq!(cost(&server.query("{ fails }", &signed_in).await), told(1, 586, 600, 2));
    // What is refused is told its cost as well.
    let reply = server.query("{", &[signed_in[0], MODERN]).await;
    assert_eq!((reply.status, cost(&reply)), (400, told(REFUSED, 576, 600, 3)));
    millis.fetch_add(1_000, Ordering::SeqCst);
    assert_eq!(cost(&server.query("{ who }", &signed_in).await), told(1, 585, 600, 2));
    server.figure("wardlog_graphql_cost_sum{operation=\"mutation\"} 11.0").await;
    server.figure("wardlog_graphql_cost_count{operation=\"query\"} 3").await;
    server.figure("wardlog_rejected_total{reason=\"bad_query\"} 1").await;
}

#[tokio::test]
async fn who_is_not_signed_in_pays_by_address_and_reads_it_in_the_headers() {
    let (server, _) = server(600, 8).await;
    let reply = server.query("{ who }", &[]).await;
    assert_eq!(reply.json(), json!({ "data": { "who": null } }));
    assert_eq!(reply.header("ratelimit"), Some("\"cost\";r=59;t=1"));
    assert!(reply.header("ratelimit-policy").unwrap().starts_with("\"cost\";q=60;w=60, "));
    while server.query("{ who }", &[]).await.status == 200 {}
    let reply = server.query("{ who }", &[]).await;
    assert_eq!((reply.status, reply.code().as_str()), (429, "rate_limited"));
    let who = bearer(&server, 1).await;
    assert_eq!(server.query("{ who }", &[("authorization", &who)]).await.status, 200, "another's bucket");
}

#[tokio::test]
async fn over_the_budget_nothing_is_executed_until_the_time_that_was_told() {
    let (server, millis) = server(60, 8).await;
    let who = bearer(&server, 1).await;
    let change = async |kind: (&str, &str)| {
        server
            .query("mutation { change }", &[("authorization", &who), ("accept-language", "zh-CN"), kind])
            .await
    };
    for _ in 0..5 {
        assert_eq!(change(MODERN).await.status, 200);
    }
    assert_eq!(server.probe.executed(), 5);
    for kind in [MODERN, ("accept", "application/json")] {
        let reply = change(kind).await;
        assert_eq!((reply.status, reply.code().as_str()), (429, "rate_limited"));
        assert!(reply.json().get("data").is_none(), "{}", reply.body);
        assert_eq!(reply.json()["errors"][0]["message"], "一分钟内的请求成本过高，请在5秒后重试。");
        assert_eq!(reply.json()["errors"][0]["extensions"]["retryAfterSeconds"], 5);
        assert_eq!(reply.header("retry-after"), Some("5"));
        assert_eq!(reply.header("ratelimit"), Some("\"cost\";r=5;t=5"));
        assert_eq!(cost(&reply), told(REFUSED, 5, 60, 5));
    }
    assert_eq!(server.probe.executed(), 5);
    server.figure("wardlog_rejected_total{reason=\"rate_limited\"} 2").await;
    millis.fetch_add(5_000, Ordering::SeqCst);
    let reply = change(MODERN).await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, Some("1")), "read, and found to cost 11");
    millis.fetch_add(1_000, Ordering::SeqCst);
    assert_eq!(change(MODERN).await.status, 200);
    assert_eq!(server.probe.executed(), 6);
}

#[tokio::test]
async fn each_request_of_a_batch_pays_for_itself() {
    let (server, _) = server(60, 8).await;
    let who = bearer(&server, 1).await;
    let batch: Vec<Value> = (0..8).map(|_| json!({ "query": "mutation { change }" })).collect();
    let headers = [JSON, ("authorization", who.as_str())];
    let reply = server.send("POST", "/graphql", &headers, &Value::from(batch).to_string()).await;
    let answers = reply.json();
    for (at, answer) in answers.as_array().unwrap().iter().enumerate() {
        if at < 5 {
            assert_eq!(answer["data"]["change"], at + 1);
            assert_eq!(answer["extensions"]["cost"]["remaining"], 49 - 11 * at);
        } else {
            assert_eq!(answer["errors"][0]["extensions"]["code"], "rate_limited");
        }
    }
    assert_eq!(server.probe.executed(), 5);
    assert_eq!(reply.header("ratelimit"), Some("\"cost\";r=5;t=5"), "as it stands after the last");
}

#[tokio::test]
async fn a_socket_pays_from_the_same_bucket() {
    let (server, _) = server(60, 8).await;
    let who = bearer(&server, 1).await;
    let mut socket = server.socket(&[]).await;
    socket.init(json!({ "authorization": who })).await;
    assert_eq!(server.query("mutation { change }", &[("authorization", &who)]).await.status, 200);
    socket.subscribe("a", "mutation { change }").await;
    let next = socket.message().await;
    assert_eq!(next["payload"]["extensions"]["cost"], told(11, 38, 60, 22));
    assert_eq!(socket.message().await["type"], "complete");
    for _ in 0..3 {
        assert_eq!(server.query("mutation { change }", &[("authorization", &who)]).await.status, 200);
    }
    socket.subscribe("b", "mutation { change }").await;
    let refused = socket.message().await;
    assert_eq!(
        (&refused["type"], &refused["payload"][0]["extensions"]["code"]),
        (&json!("error"), &json!("rate_limited"))
    );
    assert_eq!(server.probe.executed(), 5);
}

#[tokio::test]
async fn a_subscription_pays_for_each_event_and_ends_with_the_reason() {
    let (server, _) = server(60, 8).await;
    let who = bearer(&server, 1).await;
    let mut socket = server.socket(&[("authorization", &who)]).await;
    socket.init(json!({})).await;
    socket.subscribe("a", "subscription { count(to: 1000) }").await;
    let mut events = 0;
    let last = loop {
        let message = socket.message().await;
        assert_eq!(message["type"], "next", "{message}");
        if message["payload"]["errors"].is_array() {
            break message["payload"].clone();
        }
        events += 1;
        assert_eq!(message["payload"]["extensions"]["cost"]["requested"], 1);
    };
    assert_eq!(events, 59, "one for the beginning, one for each");
    assert_eq!(last["errors"][0]["extensions"]["code"], "rate_limited");
    assert_eq!(last["errors"][0]["extensions"]["retryAfterSeconds"], 1);
    assert_eq!(socket.hear().await, Heard::Message(json!({ "id": "a", "type": "complete" })));
    server.figure("wardlog_graphql_cost_count{operation=\"event\"} 59").await;
}

#[tokio::test]
async fn an_event_stream_pays_as_a_socket_does() {
    let (server, _) = server(60, 8).await;
    let who = bearer(&server, 1).await;
    let open = async |to: u32| {
        let query = format!("subscription {{ count(to: {to}) }}");
        Events::post(server.address, &query, &[("authorization", &who)]).await
    };
    let mut events = open(1_000).await;
    let mut seen = 0;
    let last = loop {
        let next = events.next().await;
        if next["errors"].is_array() {
            break next;
        }
        seen += 1;
    };
    assert_eq!((seen, &last["errors"][0]["extensions"]["code"]), (59, &json!("rate_limited")));
    events.completes().await;
    // Without anything left no stream is opened.
    let refused = open(1).await;
    assert_eq!((refused.head.status, refused.head.code().as_str()), (429, "rate_limited"));
    assert_eq!(refused.head.header("retry-after"), Some("10"));
}

#[tokio::test]
async fn as_many_are_executed_at_once_as_is_allowed() {
    let (server, _) = server(600, 1).await;
    let who = bearer(&server, 1).await;
    let other = bearer(&server, 2).await;
    let headers = [("authorization", who.as_str())];
    let held = server.query("{ held }", &headers);
    let meanwhile = async {
        server.probe.is_held().await;
        let reply = server.query("mutation { change }", &headers).await;
        assert_eq!((reply.status, reply.code().as_str()), (429, "too_many_at_once"));
        assert_eq!(reply.header("retry-after"), Some("1"));
        assert_eq!(cost(&reply), told(11, 599, 600, 1), "nothing was taken for it");
        assert_eq!(server.query("{ who }", &[("authorization", &other)]).await.status, 200);
        server.probe.release();
    };
    let (reply, ()) = tokio::join!(held, meanwhile);
    assert_eq!(reply.json()["data"], json!({ "held": true }));
    assert_eq!(server.probe.executed(), 0);
    assert_eq!(server.query("mutation { change }", &headers).await.status, 200);
    server.figure("wardlog_rejected_total{reason=\"too_many_at_once\"} 1").await;
}

#[tokio::test]
async fn the_policy_stands_also_beside_what_was_never_weighed() {
    let (server, _) = server(600, 8).await;
    let reply = server.send("POST", "/graphql", &[("content-type", "text/plain")], "{}").await;
    assert_eq!(reply.status, 415);
    assert!(reply.header("ratelimit-policy").unwrap().starts_with("\"cost\";q=600;w=60, "));
    assert_eq!(server.get("/healthz", &[]).await.header("ratelimit-policy"), None);
}

#[tokio::test]
async fn a_page_of_another_origin_can_not_spend_what_is_left() {
    let (server, _) = server(600, 8).await;
    server.account(1, "zhang").await;
    let cookie = server.cookie("zhang").await;
    let foreign = [JSON, ("cookie", cookie.as_str()), ("origin", "https://evil.example")];
    for query in ["{", "{ who }"] {
        let body = json!({ "query": query }).to_string();
        assert_eq!(server.send("POST", "/graphql", &foreign, &body).await.status, 403);
    }
    let own = [("cookie", cookie.as_str()), ("origin", &server.origin())];
    assert_eq!(cost(&server.query("{ who }", &own).await), told(1, 599, 600, 1));
}

#[tokio::test]
async fn what_is_read_for_nothing_is_paid_for() {
    let (server, _) = server(60_000, 8).await;
    let who = bearer(&server, 1).await;
    let signed_in = [("authorization", who.as_str())];
    let left = async || cost(&server.query("{ who }", &signed_in).await)["remaining"].as_u64().unwrap();
    for (method, path, query, status) in [
        ("POST", "/graphql", "{ nothing }", 400),
        ("POST", "/graphql", "query($n: String!) { greet(name: $n) }", 400),
        ("POST", "/graphql", "subscription { count(to: 1) }", 400),
        ("GET", "/graphql?query=mutation%7Bchange%7D", "", 405),
    ] {
        let before = left().await;
        let body = if method == "GET" { String::new() } else { json!({ "query": query }).to_string() };
        let headers = [JSON, MODERN, signed_in[0]];
        let reply = server.send(method, path, &headers[usize::from(method == "GET")..], &body).await;
        assert_eq!(reply.status, status, "{query}: {}", reply.body);
        assert_eq!(before - left().await, REFUSED + 1, "{query}");
    }
    // A small operation beside a large one that is not asked for: all of it was validated.
    let large = format!("query A {{ who }} query B {{ {} }}", "who ".repeat(4_900));
    let body = json!({ "query": large, "operationName": "A" }).to_string();
    let reply = server.send("POST", "/graphql", &[JSON, signed_in[0]], &body).await;
    assert_eq!(cost(&reply)["requested"], 49);
}
