//! What a request may cost the transport: bytes, time, connections. Every limit has a test, and what is refused is
//! counted.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::client::send;
use super::fixture::{JSON, Server};

const LIMIT: usize = 256 * 1024;
/// Taken only by what never comes.
const PATIENCE: Duration = Duration::from_secs(30);

fn of_size(size: usize) -> String {
    let start = r#"{"query":"{who}","extensions":{"pad":""#;
    format!("{start}{}\"}}}}", "x".repeat(size - start.len() - 3))
}

fn post(body: &str) -> String {
    let length = body.len();
    format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

fn ask(query: &str) -> String {
    post(&json!({ "query": query }).to_string())
}

/// Writes, and reads until the other side closes.
async fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer));
    let _ = read.await.expect("the connection stays open");
    String::from_utf8(answer).unwrap()
}

/// One answer on a connection that stays open; the test's answers are short.
async fn answer(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut bytes = [0; 4096];
    while !(text.contains("\r\n\r\n") && text.ends_with('}')) {
        let read = stream.read(&mut bytes).await.unwrap();
        assert!(read > 0, "{text}");
        text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    text
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_the_limit_itself_is_not() {
    let server = Server::start().await;
    assert_eq!(of_size(LIMIT).len(), LIMIT);
    assert_eq!(server.send("POST", "/graphql", &[JSON], &of_size(LIMIT)).await.status, 200);
    for size in [LIMIT + 1, 900_000, 8_000_000] {
        let reply = server.send("POST", "/graphql", &[JSON], &of_size(size)).await;
        assert_eq!((reply.status, reply.code().as_str()), (413, "body_too_large"), "{size}");
    }
    server.figure("wardlog_rejected_total{reason=\"body_too_large\"} 3").await;
}

#[tokio::test]
async fn a_body_without_a_length_is_counted_while_it_is_read() {
    let server = Server::start().await;
    let head = "POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunked = |body: &str| {
        let chunks = body.as_bytes().chunks(0x4000);
        let chunks =
            chunks.map(|chunk| format!("{:x}\r\n{}\r\n", chunk.len(), str::from_utf8(chunk).unwrap()));
        format!("{head}{}0\r\n\r\n", chunks.collect::<String>())
    };
    let taken = raw(server.address, chunked(&of_size(LIMIT)).as_bytes()).await;
    assert!(taken.starts_with("HTTP/1.1 200"), "{taken}");
    for size in [LIMIT + 1, 600_000, 4_000_000] {
        let refused = raw(server.address, chunked(&of_size(size)).as_bytes()).await;
        assert!(refused.starts_with("HTTP/1.1 413") && refused.contains("body_too_large"), "{refused}");
    }
    server.figure("wardlog_rejected_total{reason=\"body_too_large\"} 3").await;
}

#[tokio::test]
async fn bodies_that_arrive_slowly_together_take_no_more_than_their_room() {
    let server = Server::with(|settings| settings.bodies_bytes = 100_000).await;
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    slow.write_all(&post(&of_size(90_000)).as_bytes()[..80_000]).await.unwrap();
    // Until the server has read what was sent, and again until it has seen that nothing more comes.
    let until = async |status: u16| loop {
        let reply = server.send("POST", "/graphql", &[JSON], &of_size(60_000)).await;
        if reply.status == status {
            return reply;
        }
    };
    let within = |what| tokio::time::timeout(PATIENCE, what);
    let refused = within(until(503)).await.expect("it was not refused");
    assert_eq!(refused.code(), "too_many_bodies");
    assert_eq!(server.send("POST", "/graphql", &[JSON], &of_size(5_000)).await.status, 200);
    drop(slow);
    within(until(200)).await.expect("the room was not freed");
}

#[tokio::test]
async fn a_packed_body_is_refused_unread() {
    let server = Server::start().await;
    // A gigabyte of spaces begins like this; nobody unpacks it.
    let bomb = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0xec, 0xc1, 1, 1, 0, 0, 0, 0x80];
    for coding in ["gzip", "br", "zstd", "deflate", "identity, gzip", "x"] {
        let reply =
            send(server.address, "POST", "/graphql", &[JSON, ("content-encoding", coding)], &bomb).await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (415, "content_encoding_not_supported"),
            "{coding}"
        );
        assert_eq!(reply.header("accept-encoding"), Some("identity"));
    }
    let plain = [JSON, ("content-encoding", "identity")];
    assert_eq!(server.send("POST", "/graphql", &plain, r#"{"query":"{who}"}"#).await.status, 200);
}

#[tokio::test]
async fn a_slow_body_is_not_waited_for() {
    let server = Server::with(|settings| settings.body_time = Duration::from_millis(50)).await;
    let reply = server.send("POST", "/graphql", &[JSON, ("content-length", "10")], "").await;
    assert_eq!((reply.status, reply.code().as_str()), (408, "body_too_slow"));
    assert_eq!(reply.header("connection"), Some("close"));
}

#[tokio::test]
async fn a_slow_head_is_not_waited_for() {
    let server = Server::with(|settings| settings.head_time = Duration::from_millis(50)).await;
    let answer = raw(server.address, b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: appl").await;
    assert_eq!(answer, "");
    server.figure("wardlog_rejected_total{reason=\"head_too_slow\"} 1").await;
}

#[tokio::test]
async fn a_head_has_so_many_bytes_and_lines_and_an_address_so_many() {
    let server = Server::with(|settings| settings.head_bytes = 32 * 1024).await;
    let with = |headers: &str| {
        format!("GET /graphql?query=%7Bwho%7D HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n")
    };
    let taken = raw(server.address, with(&format!("x: {}\r\n", "y".repeat(16 * 1024))).as_bytes()).await;
    assert!(taken.starts_with("HTTP/1.1 200"), "{taken}");
    for headers in [format!("x: {}\r\n", "y".repeat(32 * 1024)), "x: y\r\n".repeat(101)] {
        let refused = raw(server.address, with(&headers).as_bytes()).await;
        assert!(refused.starts_with("HTTP/1.1 431"), "{refused}");
    }
    server.figure("wardlog_rejected_total{reason=\"head_too_large\"} 2").await;
    let long = format!("/graphql?query=%7Bwho%7D&x={}", "y".repeat(16 * 1024));
    let reply = server.get(&long, &[]).await;
    assert_eq!((reply.status, reply.code().as_str()), (414, "address_too_long"));
}

#[tokio::test]
async fn what_takes_too_long_is_given_up_and_its_work_ends() {
    let server = Server::with(|settings| settings.execution_time = Duration::from_millis(50)).await;
    let reply = server.query("{ lingers }", &[]).await;
    assert_eq!((reply.status, reply.code().as_str()), (504, "timeout"));
    server.probe.gone().await;
    server.figure("wardlog_rejected_total{reason=\"timeout\"} 1").await;
}

#[tokio::test]
async fn what_panics_is_an_answer() {
    let server = Server::start().await;
    let reply = server.query("{ boom }", &[]).await;
    assert_eq!((reply.status, reply.code().as_str()), (500, "internal"));
    assert!(!reply.body.contains("boom\""), "{}", reply.body);
}

#[tokio::test]
async fn who_hangs_up_frees_the_work() {
    let server = Server::start().await;
    for batch in [false, true] {
        let query = json!({ "query": "{ lingers }" });
        let body = if batch { json!([query]) } else { query };
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(post(&body.to_string()).as_bytes()).await.unwrap();
        server.probe.is_held().await;
        assert_eq!(server.probe.streams(), 1);
        drop(stream);
        server.probe.gone().await;
    }
    assert_eq!(server.query("{ who }", &[]).await.status, 200);
}

#[tokio::test]
async fn a_connection_too_many_waits_until_another_ends() {
    let server = Server::with(|settings| settings.connections = 1).await;
    let mut first = TcpStream::connect(server.address).await.unwrap();
    first.write_all(ask("{ who }").as_bytes()).await.unwrap();
    answer(&mut first).await;
    let mut second = TcpStream::connect(server.address).await.unwrap();
    second.write_all(ask("mutation { change }").as_bytes()).await.unwrap();
    for _ in 0..50 {
        first.write_all(ask("{ who }").as_bytes()).await.unwrap();
        answer(&mut first).await;
    }
    assert_eq!(server.probe.executed(), 0, "the second was not let in");
    drop(first);
    assert!(answer(&mut second).await.contains("{\"change\":1}"));
}

#[tokio::test]
async fn a_reader_that_takes_nothing_loses_its_connection() {
    let server = Server::with(|settings| settings.stall_time = Duration::from_millis(50)).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    // More than the buffers of both sides hold.
    stream.write_all(ask("{ big(bytes: 64000000) }").as_bytes()).await.unwrap();
    server.figure("wardlog_rejected_total{reason=\"stalled_reader\"} 1").await;
}
