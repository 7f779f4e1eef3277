use serde_json::json;

use super::client::Heard;
use super::fixture::Server;

#[tokio::test]
async fn a_request_in_flight_is_answered_and_sockets_are_told() {
    let mut server = Server::start().await;
    let mut socket = server.ready_socket().await;
    socket.subscribe("a", "subscription { open }").await;
    assert_eq!(socket.message().await["type"], "next");
    let address = server.address;
    let in_flight = tokio::spawn(async move {
        let body = json!({ "query": "{ held }" }).to_string();
        super::client::send(
            address,
            "POST",
            "/graphql",
            &[("content-type", "application/json")],
            body.as_bytes(),
        )
        .await
    });
    server.probe.is_held().await;
    server.stop.take().unwrap().send(()).unwrap();
    assert_eq!(socket.hear().await, Heard::Closed(1001, "The server is stopping".into()));
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nothing new is taken");
    server.probe.release();
    let reply = in_flight.await.unwrap();
    assert_eq!(reply.json(), json!({ "data": { "held": true } }));
    server.ended.await.unwrap().unwrap();
    assert_eq!(server.probe.streams(), 0);
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_the_end_up() {
    let mut server = Server::start().await;
    let idle = tokio::net::TcpStream::connect(server.address).await.unwrap();
    server.get("/healthz", &[]).await;
    server.stop.take().unwrap().send(()).unwrap();
    server.ended.await.unwrap().unwrap();
    drop(idle);
}
