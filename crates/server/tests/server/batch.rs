//! Several requests in one body.

use std::time::Duration;

use serde_json::{Value, json};
use server::http::Profile;

use super::client::Reply;
use super::fixture::{JSON, Server};

const MODERN: (&str, &str) = ("accept", "application/graphql-response+json");

async fn send(server: &Server, queries: &[&str], headers: &[(&str, &str)]) -> Reply {
    let body: Vec<Value> = queries.iter().map(|query| json!({ "query": query })).collect();
    let headers: Vec<_> = headers.iter().copied().chain([JSON]).collect();
    server.send("POST", "/graphql", &headers, &Value::from(body).to_string()).await
}

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn requests_are_executed_in_order_and_answered_in_order() {
    let server = Server::start().await;
    let queries = ["mutation { change }", "{ greet(name: \"x\") }", "mutation { change }", "{ half }"];
    for (headers, kind) in [
        (vec![], "application/json; charset=utf-8"),
        (vec![MODERN], "application/graphql-response+json; charset=utf-8"),
    ] {
        let before = server.probe.executed();
        let reply = send(&server, &queries, &headers).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, Some(kind)));
        let answers = reply.json();
        assert_eq!(answers.as_array().map(Vec::len), Some(4));
        assert_eq!(answers[0], json!({ "data": { "change": before + 1 } }));
        assert_eq!(answers[1], json!({ "data": { "greet": "hello x" } }));
        assert_eq!(answers[2], json!({ "data": { "change": before + 2 } }));
        assert_eq!(
            (&answers[3]["data"], &answers[3]["errors"][0]["path"]),
            (&json!({ "half": null }), &json!(["half"]))
        );
    }
    assert_eq!(send(&server, &["{ who }"], &[]).await.json(), json!([{ "data": { "who": null } }]));
}

#[tokio::test]
async fn one_request_that_fails_fails_alone() {
    let server = Server::start().await;
    let body = json!([
        { "query": "{" },
        { "query": "{ nothing }" },
        { "qeury": "{ who }" },
        { "query": "query Q($n: Boolean!) { who @skip(if: $n) }" },
        { "query": "subscription { count(to: 1) }" },
        { "query": "{ boom }" },
        { "query": "query Q($n: String!) { greet(name: $n) }", "variables": { "n": "y" } },
    ]);
    let reply = server.send("POST", "/graphql", &[JSON, MODERN], &body.to_string()).await;
    assert_eq!(reply.status, 200);
    let answers = reply.json();
    for at in 0..6 {
        assert!(answers[at]["errors"][0]["message"].is_string(), "{}", answers[at]);
        assert!(answers[at].get("data").is_none(), "{}", answers[at]);
    }
    assert_eq!(
        [code(&answers[0]), code(&answers[2]), code(&answers[3])],
        ["bad_query", "query_missing", "bad_user_input"]
    );
    assert_eq!([code(&answers[4]), code(&answers[5])], ["subscription_by_http", "internal"]);
    assert_eq!(answers[6], json!({ "data": { "greet": "hello y" } }));
    server.figure("wardlog_rejected_total{reason=\"subscription_by_http\"} 1").await;
}

#[tokio::test]
async fn a_batch_that_is_none_is_refused_whole() {
    for (profile, status) in [(Profile::Audited, 400), (Profile::Draft, 422)] {
        let server = Server::with(|settings| {
            settings.profile = profile;
            settings.batch = 3;
        })
        .await;
        let change = "{\"query\":\"mutation{change}\"}";
        for (body, code) in [
            ("[]".to_owned(), "batch_empty"),
            (format!("[{}]", [change; 4].join(",")), "batch_too_long"),
            (format!("[{change},1]"), "batch_item_not_an_object"),
            (format!("[{change},[{change}]]"), "batch_item_not_an_object"),
        ] {
            let reply = server.send("POST", "/graphql", &[JSON], &body).await;
            assert_eq!((reply.status, reply.code().as_str()), (status, code), "{body}");
        }
        assert_eq!(server.probe.executed(), 0);
        assert_eq!(send(&server, &["mutation { change }"; 3], &[]).await.status, 200);
        assert_eq!(server.probe.executed(), 3);
    }
}

#[tokio::test]
async fn ten_are_taken_eleven_are_not_and_none_when_they_are_off() {
    let server = Server::start().await;
    assert_eq!(send(&server, &["{ who }"; 10], &[]).await.status, 200);
    assert_eq!(send(&server, &["{ who }"; 11], &[]).await.code(), "batch_too_long");
    let server = Server::with(|settings| settings.batch = 0).await;
    let reply = send(&server, &["{ who }"], &[]).await;
    assert_eq!((reply.status, reply.code().as_str()), (400, "batch_not_supported"));
}

#[tokio::test]
async fn a_batch_has_the_time_of_one_request() {
    let server = Server::with(|settings| settings.execution_time = Duration::from_millis(50)).await;
    let reply = send(&server, &["{ who }", "{ lingers }", "{ lingers }", "mutation { change }"], &[]).await;
    let answers = reply.json();
    assert_eq!((reply.status, &answers[0]), (200, &json!({ "data": { "who": null } })));
    assert_eq!(
        [code(&answers[1]), code(&answers[2]), code(&answers[3])],
        ["timeout", "not_executed", "not_executed"]
    );
    assert_eq!(server.probe.executed(), 0);
    server.probe.gone().await;
}
