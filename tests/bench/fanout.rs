//! From an append to the clients that follow: many WebSockets, many changes.

use std::{
    collections::HashMap,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinHandle,
};
use uuid::Uuid;

use crate::{
    Outcome, client,
    lag::percentile,
    server::{Server, account},
};

const SOCKETS: usize = 1_000;
/// An account may have this many sockets.
const PER_ACCOUNT: usize = 100;
const CHANGES_A_SECOND: u32 = 100;
const SECONDS: u32 = 10;
const SENDERS: u32 = 4;
/// Silence after which nothing comes any more.
const QUIET: Duration = Duration::from_secs(3);
/// Silence before anything comes: the other clients are still on their way.
const PATIENCE: Duration = Duration::from_secs(120);
/// A client says this often that it is there (an unsolicited pong; RFC 6455, 5.5.3).
const ALIVE: Duration = Duration::from_secs(2);

pub struct Told {
    pub p50: f64,
    pub p99: f64,
    pub most: f64,
    pub messages: usize,
    /// Messages that some client should have had and had not.
    pub missing: usize,
    /// The same with one client.
    pub floor_p50: f64,
    pub floor_p99: f64,
}

/// When a client heard of which position.
type Heard = Vec<(u64, Instant)>;

pub async fn run(server: &Server, folder: &Path, station: &str) -> Outcome<Told> {
    let (floor, _) = round(server, std::slice::from_ref(&server.token), 1).await?;
    let names = 0..SOCKETS.div_ceil(PER_ACCOUNT);
    let tokens = names.map(|number| account(folder, &format!("bench{number}"), station));
    let tokens = tokens.collect::<Outcome<Vec<_>>>()?;
    let (waits, changes) = round(server, &tokens, SOCKETS).await?;
    Ok(Told {
        p50: percentile(&waits, 50),
        p99: percentile(&waits, 99),
        most: waits.last().copied().unwrap_or_default(),
        messages: waits.len(),
        missing: SOCKETS * changes - waits.len(),
        floor_p50: percentile(&floor, 50),
        floor_p99: percentile(&floor, 99),
    })
}

/// Milliseconds from the moment at which a command is sent to the one at which a client hears of it, sorted; and how
/// many changes there were.
async fn round(server: &Server, tokens: &[String], sockets: usize) -> Outcome<(Vec<f64>, usize)> {
    let mut followers: Vec<JoinHandle<Outcome<Heard>>> = Vec::with_capacity(sockets);
    for number in 0..sockets {
        let stream = subscribe(server.address, &tokens[number % tokens.len()]).await?;
        followers.push(tokio::spawn(follow(stream)));
    }
    let begin = Instant::now() + Duration::from_millis(200);
    let senders = (0..SENDERS).map(|number| {
        let (address, token) = (server.address, server.token.clone());
        tokio::spawn(async move { send(address, &token, begin, number).await })
    });
    let mut sent = HashMap::new();
    for sender in senders.collect::<Vec<_>>() {
        sent.extend(sender.await??);
    }
    let mut waits = Vec::with_capacity(sockets * sent.len());
    for follower in followers {
        let heard = follower.await??;
        waits.extend(
            heard.iter().filter_map(|(position, at)| {
                Some(at.duration_since(*sent.get(position)?).as_secs_f64() * 1e3)
            }),
        );
    }
    waits.sort_unstable_by(f64::total_cmp);
    Ok((waits, sent.len()))
}

/// Reports incidents at a fixed rate; when each position was sent for.
async fn send(address: &str, token: &str, begin: Instant, number: u32) -> Outcome<Vec<(u64, Instant)>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let period = Duration::from_secs(1) * SENDERS / CHANGES_A_SECOND;
    let mut due = begin + period * number / SENDERS;
    let mut sent = Vec::new();
    while due < begin + Duration::from_secs(SECONDS.into()) {
        tokio::time::sleep_until(due.into()).await;
        let at = Instant::now();
        let answer: Value = serde_json::from_slice(&client::exchange(&mut stream, &report(token)).await?)?;
        let position = answer["data"]["reportIncident"]["position"].as_str().ok_or("no position")?;
        sent.push((position.parse()?, at));
        due += period;
    }
    Ok(sent)
}

fn report(token: &str) -> String {
    let query = "mutation R($input: ReportIncidentInput!) { reportIncident(input: $input) { position } }";
    let input = json!({
        "commandId": id(), "incident": format!("incident-{}", id()), "area": "421002001001",
        "channel": "PHONE", "kind": "NOISE", "priority": "LOW", "selfInitiated": false, "drill": false,
    });
    client::json(token, &json!({ "query": query, "variables": { "input": input } }))
}

/// One that this process has not given before.
fn id() -> Uuid {
    static GIVEN: AtomicU64 = AtomicU64::new(0);
    let number = GIVEN.fetch_add(1, Ordering::Relaxed);
    Uuid::from_u128(0xfa00_0000_0000_7000_8000_0000_0000_0000 | u128::from(number))
}

/// A WebSocket with its subscription begun, the frames by hand: a client that costs as little as it can.
async fn subscribe(address: &str, token: &str) -> Outcome<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    let head = format!(
        "GET /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
         sec-websocket-protocol: graphql-transport-ws\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    let mut seen = Vec::new();
    while !seen.ends_with(b"\r\n\r\n") {
        seen.push(stream.read_u8().await?);
    }
    if !seen.starts_with(b"HTTP/1.1 101") {
        return Err(String::from_utf8_lossy(&seen).into_owned().into());
    }
    say(&mut stream, r#"{"type":"connection_init"}"#).await?;
    say(
        &mut stream,
        r#"{"id":"s","type":"subscribe","payload":{"query":"subscription { incidentChanged { position incident { id phase } } }"}}"#,
    )
    .await?;
    say(&mut stream, r#"{"type":"ping"}"#).await?;
    // Until the pong: then the subscription has begun.
    let mut buffer = Vec::new();
    while !buffer.windows(6).any(|part| part == b"\"pong\"") {
        if stream.read_buf(&mut buffer).await? == 0 {
            return Err("the server hung up".into());
        }
    }
    Ok(stream)
}

/// A masked text frame (RFC 6455, 5.2); the mask is zero.
async fn say(stream: &mut TcpStream, text: &str) -> Outcome<()> {
    let mut frame = vec![0x81];
    match u8::try_from(text.len()) {
        Ok(short) if short < 126 => frame.push(0x80 | short),
        _ => {
            frame.push(0x80 | 126);
            frame.extend(u16::try_from(text.len())?.to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    Ok(stream.write_all(&frame).await?)
}

/// Hears positions until it is quiet.
async fn follow(mut stream: TcpStream) -> Outcome<Heard> {
    const MARK: &[u8] = b"\"position\":\"";
    let (mut heard, mut buffer, mut begun) = (Vec::new(), Vec::with_capacity(16_384), false);
    let (mut alive, mut last) = (Instant::now(), Instant::now());
    loop {
        if alive.elapsed() > ALIVE {
            alive = Instant::now();
            stream.write_all(&[0x8a, 0x80, 0, 0, 0, 0]).await?;
        }
        let Ok(read) = tokio::time::timeout(ALIVE, stream.read_buf(&mut buffer)).await else {
            if last.elapsed() > if begun { QUIET } else { PATIENCE } {
                return Ok(heard);
            }
            continue;
        };
        if read? == 0 {
            return Err("the server hung up".into());
        }
        (last, begun) = (Instant::now(), true);
        let at = Instant::now();
        let mut done = 0;
        // A position that is cut in two by the end of the buffer is found with the next read.
        while let Some(found) = find(&buffer[done..], MARK) {
            let start = done + found + MARK.len();
            let Some(end) = buffer[start..].iter().position(|byte| *byte == b'"') else { break };
            heard.push((std::str::from_utf8(&buffer[start..start + end])?.parse()?, at));
            done = start + end;
        }
        let keep = buffer.len().saturating_sub(MARK.len() + 24).max(done);
        buffer.drain(..keep);
    }
}

fn find(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|part| part == mark)
}
