use std::time::Duration;

use serde_json::json;

use super::client::{Heard, Socket};
use super::fixture::{Server, at};

#[tokio::test]
async fn a_subscription_runs_to_its_end_and_its_id_is_free_again() {
    let server = Server::start().await;
    let mut socket = server.ready_socket().await;
    for _ in 0..3 {
        socket.subscribe("a", "subscription { count(to: 2) }").await;
        for item in 1..=2 {
            let next = json!({ "id": "a", "type": "next", "payload": { "data": { "count": item } } });
            assert_eq!(socket.message().await, next);
        }
        assert_eq!(socket.message().await, json!({ "id": "a", "type": "complete" }));
    }
}

#[tokio::test]
async fn queries_and_mutations_are_answered_once() {
    let server = Server::start().await;
    let mut socket = server.ready_socket().await;
    socket.subscribe("q", "{ greet(name: \"x\") }").await;
    assert_eq!(socket.message().await["payload"], json!({ "data": { "greet": "hello x" } }));
    assert_eq!(socket.message().await, json!({ "id": "q", "type": "complete" }));
    socket.subscribe("m", "mutation { change }").await;
    assert_eq!(socket.message().await["payload"], json!({ "data": { "change": 1 } }));
    assert_eq!(socket.message().await["type"], "complete");
    socket.subscribe("f", "{ fails }").await;
    let partial = socket.message().await;
    assert_eq!(
        (&partial["type"], &partial["payload"]["errors"][0]["path"]),
        (&json!("next"), &json!(["fails"]))
    );
    assert_eq!(socket.message().await["type"], "complete");
}

#[tokio::test]
async fn what_cannot_run_ends_with_an_error_and_nothing_after_it() {
    let server = Server::start().await;
    let mut socket = server.ready_socket().await;
    for query in [
        "{",
        "{ nothing }",
        "subscription { nothing }",
        "subscription { boom }",
        "{ boom }",
        "query A { who } query B { who }",
    ] {
        socket.subscribe("a", query).await;
        let error = socket.message().await;
        assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("a")), "{query}: {error}");
        assert!(error["payload"][0]["message"].is_string(), "{query}");
    }
    socket.say(json!({ "type": "ping", "payload": { "n": 1 } })).await;
    assert_eq!(socket.message().await, json!({ "type": "pong", "payload": { "n": 1 } }));
}

#[tokio::test]
async fn the_client_ends_a_subscription() {
    let server = Server::start().await;
    let mut socket = server.ready_socket().await;
    socket.subscribe("a", "subscription { open }").await;
    assert_eq!(socket.message().await["type"], "next");
    assert_eq!(server.probe.streams(), 1);
    server.figure("wardlog_subscriptions_open 1").await;
    socket.say(json!({ "id": "a", "type": "complete" })).await;
    socket.say(json!({ "id": "never-begun", "type": "complete" })).await;
    server.figure("wardlog_subscriptions_open 0").await;
    assert_eq!(server.probe.streams(), 0);
    socket.say(json!({ "type": "ping" })).await;
    assert_eq!(socket.message().await, json!({ "type": "pong" }));
    socket.subscribe("b", "subscription { open }").await;
    socket.message().await;
    socket.close().await;
    server.figure("wardlog_websockets_open 0").await;
    server.figure("wardlog_subscriptions_open 0").await;
    assert_eq!(server.probe.streams(), 0);
}

#[tokio::test]
async fn a_fault_of_the_accounts_closes_with_4500() {
    let server = Server::start().await;
    let owner = server.account(1, "officer").await;
    let bearer = server.bearer(&owner).await;
    server.break_tokens();
    let mut socket = server.socket(&[]).await;
    socket.say(json!({ "type": "connection_init", "payload": { "authorization": bearer } })).await;
    assert_eq!(socket.hear().await, Heard::Closed(4500, "Internal server error".into()));
}

#[tokio::test]
async fn each_breach_of_the_protocol_has_its_close_code() {
    let server = Server::start().await;
    let mut socket = server.socket(&[]).await;
    socket.subscribe("a", "{ who }").await;
    assert_eq!(socket.hear().await, Heard::Closed(4401, "Unauthorized".into()));

    let mut socket = server.ready_socket().await;
    socket.say(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.hear().await, Heard::Closed(4429, "Too many initialisation requests".into()));

    let mut socket = server.ready_socket().await;
    socket.subscribe("a", "subscription { open }").await;
    socket.message().await;
    socket.subscribe("a", "subscription { open }").await;
    assert_eq!(socket.hear().await, Heard::Closed(4409, "Subscriber for a already exists".into()));

    for text in
        ["", "x", "{}", r#"{"type":"start"}"#, r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#]
    {
        let mut socket = server.ready_socket().await;
        socket.say_text(text).await;
        assert_eq!(socket.closed().await, 4400, "{text}");
    }
    let mut socket = server.ready_socket().await;
    socket.say_bytes(br#"{"type":"ping"}"#).await;
    assert_eq!(socket.closed().await, 4400);
    server.figure("wardlog_rejected_total{reason=\"message_invalid\"} 6").await;
    server.figure("wardlog_websockets_open 0").await;
}

#[tokio::test]
async fn the_subprotocol_must_be_ours() {
    let server = Server::start().await;
    let mut socket = Socket::open(server.address, None, &[]).await.unwrap();
    assert_eq!(socket.closed().await, 4406);
    let mut socket =
        Socket::open(server.address, Some("graphql-ws, graphql-transport-ws"), &[]).await.unwrap();
    socket.init(json!({})).await;
}

#[tokio::test]
async fn who_does_not_begin_is_closed() {
    let server = Server::with(|settings| settings.init_time = Duration::from_millis(20)).await;
    let mut socket = server.socket(&[]).await;
    assert_eq!(socket.hear().await, Heard::Closed(4408, "Connection initialisation timeout".into()));
}

#[tokio::test]
async fn the_server_pings_and_drops_who_does_not_answer() {
    let server = Server::with(|settings| settings.keep_alive = Duration::from_millis(100)).await;
    let mut socket = server.ready_socket().await;
    for _ in 0..5 {
        socket.hear_ping().await;
    }
    // From here on nothing is read, so nothing is answered.
    server.figure("wardlog_rejected_total{reason=\"socket_going_away\"} 1").await;
}

#[tokio::test]
async fn a_socket_has_so_many_operations_and_so_many_bytes_a_message() {
    let server = Server::with(|settings| settings.operations_per_socket = 2).await;
    let mut socket = server.ready_socket().await;
    for id in ["a", "b"] {
        socket.subscribe(id, "subscription { open }").await;
        assert_eq!(socket.message().await["type"], "next");
    }
    socket.subscribe("c", "subscription { open }").await;
    let error = socket.message().await;
    assert_eq!(
        (&error["id"], &error["payload"][0]["extensions"]["code"]),
        (&json!("c"), &json!("too_many_operations"))
    );
    socket.say_text(&" ".repeat(256 * 1024 + 1)).await;
    assert_eq!(socket.closed().await, 1009);
}

#[tokio::test]
async fn a_slow_reader_is_dropped_and_others_are_served() {
    let server = Server::with(|settings| settings.write_time = Duration::from_millis(50)).await;
    let mut slow = server.ready_socket().await;
    slow.subscribe("a", "subscription { flood }").await;
    server.figure("wardlog_rejected_total{reason=\"slow_reader\"} 1").await;
    let mut quick = server.ready_socket().await;
    quick.subscribe("a", "{ who }").await;
    assert_eq!(quick.message().await["type"], "next");
    let end = loop {
        match slow.hear().await {
            Heard::Message(_) => {}
            other => break other,
        }
    };
    assert!(matches!(end, Heard::Closed(4508, _) | Heard::Gone), "{end:?}");
    server.figure("wardlog_websockets_open 1").await;
}

#[tokio::test]
async fn the_number_of_sockets_is_bounded() {
    let server = Server::with(|settings| settings.sockets = 1).await;
    let _first = server.ready_socket().await;
    let refused = Socket::open(server.address, Some("graphql-transport-ws"), &[]).await;
    assert_eq!(refused.err().map(|status| status.as_u16()), Some(503));
}

#[tokio::test]
async fn the_number_of_sockets_of_one_account_is_bounded() {
    let server = Server::with(|settings| {
        settings.sockets_per_account = 1;
        settings.sockets_of_nobody = 2;
    })
    .await;
    let bearer = server.bearer(&server.account(1, "machine").await).await;
    let mut held = server.socket(&[("authorization", &bearer)]).await;
    held.init(json!({})).await;
    let refused =
        Socket::open(server.address, Some("graphql-transport-ws"), &[("authorization", &bearer)]).await;
    assert_eq!(refused.err().map(|status| status.as_u16()), Some(503));
    // Whose it is may come later, with the first message.
    let mut late = server.socket(&[]).await;
    late.say(json!({ "type": "connection_init", "payload": { "authorization": bearer } })).await;
    assert_eq!(late.hear().await, Heard::Closed(4503, "Too many sockets of this account".into()));
    server.figure("wardlog_rejected_total{reason=\"too_many_sockets_of_account\"} 2").await;
    drop(late);
    server.figure("wardlog_websockets_open 1").await;
    let _nobody = [server.ready_socket().await, server.ready_socket().await];
    let refused = Socket::open(server.address, Some("graphql-transport-ws"), &[]).await;
    assert_eq!(refused.err().map(|status| status.as_u16()), Some(503));
    held.close().await;
    server.figure("wardlog_websockets_open 2").await;
    server.socket(&[("authorization", &bearer)]).await.init(json!({})).await;
}

#[tokio::test]
async fn a_token_signs_in_by_header_or_by_payload_and_a_bad_one_does_not() {
    let server = Server::start().await;
    let owner = server.account(1, "machine").await;
    let bearer = server.bearer(&owner).await;
    let mut by_header = server.socket(&[("authorization", &bearer)]).await;
    by_header.init(json!({})).await;
    let mut by_payload = server.socket(&[]).await;
    by_payload.init(json!({ "Authorization": bearer })).await;
    for socket in [&mut by_header, &mut by_payload] {
        socket.subscribe("a", "{ who }").await;
        assert_eq!(socket.message().await["payload"]["data"]["who"], "machine");
        socket.message().await;
    }
    for value in [json!("Bearer wl_x"), json!(1), json!(bearer.replace('a', "b") + "x")] {
        let mut socket = server.socket(&[]).await;
        socket.say(json!({ "type": "connection_init", "payload": { "authorization": value } })).await;
        assert_eq!(socket.closed().await, 4403);
    }
    let refused =
        Socket::open(server.address, Some("graphql-transport-ws"), &[("authorization", "Bearer x")]).await;
    assert_eq!(refused.err().map(|status| status.as_u16()), Some(401));

    // Rights that are lost end what runs with them.
    by_header.subscribe("s", "subscription { open }").await;
    assert_eq!(by_header.message().await["type"], "next");
    server.identity.set_grant(owner.id, server::identity::Grant::default()).await.unwrap();
    assert_eq!(by_header.closed().await, 4403);
    assert_eq!(by_payload.closed().await, 4403);
}

#[tokio::test]
async fn a_cookie_opens_a_socket_only_from_our_own_pages() {
    let server = Server::start().await;
    server.account(1, "chief").await;
    let cookie = server.cookie("chief").await;
    let cookie = ("cookie", cookie.as_str());
    for headers in [vec![cookie], vec![cookie, ("origin", "https://evil.example")]] {
        let refused = Socket::open(server.address, Some("graphql-transport-ws"), &headers).await;
        assert_eq!(refused.err().map(|status| status.as_u16()), Some(403), "{headers:?}");
    }
    let own = server.origin();
    let mut socket = server.socket(&[cookie, ("origin", &own)]).await;
    socket.init(json!({})).await;
    socket.subscribe("a", "{ who }").await;
    assert_eq!(socket.message().await["payload"]["data"]["who"], "chief");
    socket.message().await;
    server.identity.sign_out_everywhere(uuid::Uuid::from_u128(1), at(0)).await.unwrap();
    assert_eq!(socket.closed().await, 4403);
}
