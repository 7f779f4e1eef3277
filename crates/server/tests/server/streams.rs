//! GraphQL over server-sent events.

use std::time::Duration;

use serde_json::json;

use super::events::{Events, STREAM, Told};
use super::fixture::{JSON, Server};

fn event(payload: &serde_json::Value, id: Option<&str>) -> Told {
    Told::Event { name: "next".into(), data: payload.to_string(), id: id.map(str::to_owned) }
}

#[tokio::test]
async fn a_subscription_is_told_to_its_end() {
    let server = Server::start().await;
    let mut events = Events::post(server.address, "subscription { count(to: 2) }", &[]).await;
    assert_eq!(events.head.status, 200);
    for (name, value) in [
        ("content-type", "text/event-stream; charset=utf-8"),
        ("cache-control", "no-store"),
        ("x-accel-buffering", "no"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(events.head.header(name), Some(value));
    }
    assert_eq!(events.hear().await, Told::Comment, "the head must not wait for what happens");
    assert_eq!(events.told().await, event(&json!({ "data": { "count": 1 } }), None));
    assert_eq!(events.told().await, event(&json!({ "data": { "count": 2 } }), None));
    events.completes().await;
    server.figure("wardlog_event_streams_open 0").await;
    server.figure("wardlog_subscriptions_open 0").await;
}

#[tokio::test]
async fn queries_and_mutations_are_answered_once() {
    let server = Server::start().await;
    let mut events = Events::post(server.address, "{ greet(name: \"x\") }", &[]).await;
    assert_eq!(events.next().await, json!({ "data": { "greet": "hello x" } }));
    events.completes().await;
    let mut events = Events::post(server.address, "mutation { change }", &[]).await;
    assert_eq!(events.next().await, json!({ "data": { "change": 1 } }));
    events.completes().await;
    let mut events = Events::post(server.address, "{ fails }", &[]).await;
    assert_eq!(events.next().await["errors"][0]["path"], json!(["fails"]));
    events.completes().await;
}

#[tokio::test]
async fn get_opens_queries_and_subscriptions_and_no_mutation() {
    let server = Server::start().await;
    let get = async |document: &str| {
        let head = format!("GET /graphql?query={document} HTTP/1.1\r\nhost: {}\r\n", server.address);
        Events::open(server.address, &format!("{head}accept: text/event-stream\r\n\r\n")).await
    };
    let mut events = get("subscription%7Bcount(to:1)%7D").await;
    assert_eq!(events.next().await, json!({ "data": { "count": 1 } }));
    events.completes().await;
    let mut events = get("%7Bwho%7D").await;
    assert_eq!(events.next().await, json!({ "data": { "who": null } }));
    events.completes().await;
    let refused = get("mutation%7Bchange%7D").await.head;
    assert_eq!((refused.status, refused.header("allow")), (405, Some("POST")));
    assert_eq!(refused.code(), "mutation_by_get");
    assert_eq!(server.probe.executed(), 0);
}

#[tokio::test]
async fn what_cannot_be_read_has_a_status_and_what_is_not_valid_is_told() {
    let server = Server::start().await;
    for (body, status, code) in [
        ("x", 400, "body_not_json"),
        ("{}", 400, "query_missing"),
        (r#"{"query":"{"}"#, 400, "bad_query"),
        (r#"[{"query":"{who}"}]"#, 406, "not_acceptable"),
    ] {
        let reply = server.send("POST", "/graphql", &[JSON, STREAM], body).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{body}");
        assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"));
    }
    let bad = ("authorization", "Bearer x");
    assert_eq!(Events::post(server.address, "{ who }", &[bad]).await.head.status, 401);
    for query in [
        "{ nothing }",
        "subscription { nothing }",
        "query A { who } query B { who }",
        "query Q($n: Boolean!) { who @skip(if: $n) }",
        "subscription S($n: Int!) { count(to: $n) }",
        "subscription { refused }",
    ] {
        let mut events = Events::post(server.address, query, &[]).await;
        let payload = events.next().await;
        assert!(payload["errors"][0]["message"].is_string() && payload["data"].is_null(), "{payload}");
        events.completes().await;
    }
    for query in ["{ boom }", "subscription { boom }"] {
        let mut events = Events::post(server.address, query, &[]).await;
        assert_eq!(events.next().await["errors"][0]["extensions"]["code"], "internal");
        events.completes().await;
    }
}

#[tokio::test]
async fn a_stream_is_opened_where_it_is_asked_for() {
    let server = Server::start().await;
    let both = ("accept", "application/graphql-response+json, application/json;q=0.9, text/event-stream");
    let ask = async |query: &str| {
        server.send("POST", "/graphql", &[JSON, both], &json!({ "query": query }).to_string()).await
    };
    let reply = ask("{ who }").await;
    assert_eq!(reply.header("content-type"), Some("application/graphql-response+json; charset=utf-8"));
    let reply = ask("subscription { count(to: 1) }").await;
    assert_eq!(reply.header("content-type"), Some("text/event-stream; charset=utf-8"));
    for accept in ["*/*", "application/json", "text/event-stream;q=0, */*"] {
        let reply = server.query("subscription { count(to: 1) }", &[("accept", accept)]).await;
        assert_eq!((reply.status, reply.code().as_str()), (400, "subscription_by_http"), "{accept}");
    }
}

#[tokio::test]
async fn positions_are_ids_and_the_last_one_seen_says_where_to_go_on() {
    let server = Server::start().await;
    let tick = |position: u64| {
        let tick = json!({ "even": position.is_multiple_of(2), "position": position.to_string() });
        event(&json!({ "data": { "ticks": tick } }), Some(&position.to_string()))
    };
    let query = "subscription { ticks { even position } }";
    let mut events = Events::post(server.address, query, &[]).await;
    for position in 1..=3 {
        assert_eq!(events.told().await, tick(position));
    }
    drop(events);
    let mut events = Events::post(server.address, query, &[("last-event-id", "3")]).await;
    for position in 4..=5 {
        assert_eq!(events.told().await, tick(position));
    }
    events.completes().await;
    for id in ["x", "-1", "3.5", "99999999999999999999"] {
        let refused = Events::post(server.address, query, &[("last-event-id", id)]).await.head;
        assert_eq!((refused.status, refused.code().as_str()), (400, "last_event_id_invalid"), "{id}");
    }
}

#[tokio::test]
async fn an_idle_stream_is_kept_alive() {
    let server = Server::with(|settings| settings.keep_alive = Duration::from_millis(10)).await;
    let mut events = Events::post(server.address, "subscription { open }", &[]).await;
    assert_eq!(events.hear().await, Told::Comment);
    assert_eq!(events.next().await, json!({ "data": { "open": 1 } }));
    for _ in 0..3 {
        assert_eq!(events.hear().await, Told::Comment);
    }
}

#[tokio::test]
async fn who_hangs_up_frees_what_was_opened() {
    let server = Server::start().await;
    let mut events = Events::post(server.address, "subscription { open }", &[]).await;
    events.next().await;
    server.figure("wardlog_event_streams_open 1").await;
    assert_eq!(server.probe.streams(), 1);
    drop(events);
    server.probe.gone().await;
    server.figure("wardlog_event_streams_open 0").await;
    let events = Events::post(server.address, "{ lingers }", &[]).await;
    server.probe.is_held().await;
    drop(events);
    server.probe.gone().await;
}

#[tokio::test]
async fn a_slow_reader_is_dropped_and_others_are_served() {
    let server = Server::with(|settings| settings.write_time = Duration::from_millis(50)).await;
    let mut slow = Events::post(server.address, "subscription { flood }", &[]).await;
    server.figure("wardlog_rejected_total{reason=\"slow_reader\"} 1").await;
    server.figure("wardlog_event_streams_open 0").await;
    let mut quick = Events::post(server.address, "{ who }", &[]).await;
    quick.next().await;
    // What was on the way arrives, and then nothing: no word that all was told.
    let end = loop {
        match slow.told().await {
            Told::Event { name, .. } => assert_eq!(name, "next"),
            end => break end,
        }
    };
    assert_eq!(end, Told::Broken);
}

#[tokio::test]
async fn lost_rights_end_a_stream() {
    let server = Server::start().await;
    let owner = server.account(1, "chief").await;
    let bearer = server.bearer(&owner).await;
    let (cookie, own) = (server.cookie("chief").await, server.origin());
    let by_token = vec![("authorization", bearer.as_str())];
    let by_cookie = vec![("cookie", cookie.as_str()), ("origin", own.as_str())];
    let mut open = Vec::new();
    for headers in [&by_token, &by_cookie] {
        let mut events = Events::post(server.address, "subscription { open }", headers).await;
        events.next().await;
        open.push(events);
    }
    let reply = server.send("DELETE", "/session", &by_cookie, "").await;
    assert_eq!(reply.status, 204);
    let mut events = open.pop().unwrap();
    assert_eq!(events.next().await["errors"][0]["extensions"]["code"], "rights_changed");
    events.completes().await;
    assert_eq!(server.probe.streams(), 1, "the token is good");
    server.identity.set_grant(owner.id, server::identity::Grant::default()).await.unwrap();
    let mut events = open.pop().unwrap();
    assert_eq!(events.next().await["errors"][0]["extensions"]["code"], "rights_changed");
    events.completes().await;
    server.probe.gone().await;
}

#[tokio::test]
async fn a_session_that_ends_by_time_ends_its_stream() {
    let server = Server::with(|settings| settings.keep_alive = Duration::from_millis(10)).await;
    server.account(1, "chief").await;
    let (cookie, own) = (server.cookie("chief").await, server.origin());
    let headers = [("cookie", cookie.as_str()), ("origin", own.as_str())];
    let mut events = Events::post(server.address, "subscription { open }", &headers).await;
    events.next().await;
    server.clock.pass(server::identity::SESSION_ABSOLUTE);
    assert_eq!(events.next().await["errors"][0]["extensions"]["code"], "rights_changed");
    events.completes().await;
}

#[tokio::test]
async fn the_end_of_the_server_is_no_end_of_the_subscription() {
    let mut server = Server::start().await;
    let mut events = Events::post(server.address, "subscription { open }", &[]).await;
    events.next().await;
    server.stop.take().unwrap().send(()).unwrap();
    // Without `complete` a client knows to come again.
    assert_eq!(events.told().await, Told::End);
    server.ended.await.unwrap().unwrap();
    assert_eq!(server.probe.streams(), 0);
}

#[tokio::test]
async fn places_are_bounded_in_all_and_for_each_account() {
    let server = Server::with(|settings| {
        settings.sockets = 2;
        settings.sockets_per_account = 1;
    })
    .await;
    let query = "subscription { open }";
    let bearer = server.bearer(&server.account(1, "machine").await).await;
    let token = [("authorization", bearer.as_str())];
    let mut first = Events::post(server.address, query, &token).await;
    first.next().await;
    let refused = Events::post(server.address, query, &token).await.head;
    assert_eq!((refused.status, refused.code().as_str()), (429, "too_many_sockets_of_account"));
    let mut second = Events::post(server.address, query, &[]).await;
    second.next().await;
    let refused = Events::post(server.address, query, &[]).await.head;
    assert_eq!((refused.status, refused.code().as_str()), (503, "too_many_sockets"));
    assert!(refused.header("retry-after").is_some());
    drop(first);
    server.figure("wardlog_event_streams_open 1").await;
    Events::post(server.address, query, &token).await.next().await;
}
