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
    /// Changes that some client was not told of: no message about the incident at its position or a later one.
    pub missing: usize,
    /// The same with one client.
    pub floor_p50: f64,
    pub floor_p99: f64,
}

/// When a client heard of which incident, at which position.
type Heard = Vec<(u64, Uuid, Instant)>;
/// For each incident the position of its report, and when that was sent for.
type Sent = HashMap<Uuid, (u64, Instant)>;

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
    let mut sent = Sent::new();
    for sender in senders.collect::<Vec<_>>() {
        sent.extend(sender.await??);
    }
    let mut waits = Vec::with_capacity(sockets * sent.len());
    for follower in followers {
        // What a policy has done about an incident in the same moment is told with its report, at the later position:
        // what counts is the first message that shows the report.
        let mut untold = sent.clone();
        for (position, incident, at) in follower.await?? {
            if untold.get(&incident).is_some_and(|(reported, _)| *reported <= position)
                && let Some((_, begun)) = untold.remove(&incident)
            {
                waits.push(at.duration_since(begun).as_secs_f64() * 1e3);
            }
        }
    }
    waits.sort_unstable_by(f64::total_cmp);
    Ok((waits, sent.len()))
}

/// Reports incidents at a fixed rate; when each position was sent for.
async fn send(address: &str, token: &str, begin: Instant, number: u32) -> Outcome<Sent> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let period = Duration::from_secs(1) * SENDERS / CHANGES_A_SECOND;
    let mut due = begin + period * number / SENDERS;
    let mut sent = Sent::new();
    while due < begin + Duration::from_secs(SECONDS.into()) {
        tokio::time::sleep_until(due.into()).await;
        let (incident, at) = (id(), Instant::now());
        let answer = client::exchange(&mut stream, &report(token, incident)).await?;
        let answer: Value = serde_json::from_slice(&answer)?;
        let position = answer["data"]["reportIncident"]["position"].as_str().ok_or("no position")?;
        sent.insert(incident, (position.parse()?, at));
        due += period;
    }
    Ok(sent)
}

fn report(token: &str, incident: Uuid) -> String {
    let query = "mutation R($input: ReportIncidentInput!) { reportIncident(input: $input) { position } }";
    let input = json!({
        "commandId": id(), "incident": format!("incident-{incident}"), "area": "421002001001",
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

/// Hears changes until it is quiet.
async fn follow(mut stream: TcpStream) -> Outcome<Heard> {
    let (mut heard, mut buffer) = (Heard::new(), Vec::with_capacity(16_384));
    let (mut alive, mut last) = (Instant::now(), Instant::now());
    loop {
        if alive.elapsed() > ALIVE {
            alive = Instant::now();
            stream.write_all(&[0x8a, 0x80, 0, 0, 0, 0]).await?;
        }
        let Ok(read) = tokio::time::timeout(ALIVE, stream.read_buf(&mut buffer)).await else {
            if last.elapsed() > if heard.is_empty() { PATIENCE } else { QUIET } {
                return Ok(heard);
            }
            continue;
        };
        if read? == 0 {
            return Err("the server hung up".into());
        }
        // What the server says to keep the line alive is no change.
        let (at, mut done) = (Instant::now(), 0);
        while let Some((position, incident, rest)) = change(&buffer[done..]) {
            heard.push((
                std::str::from_utf8(position)?.parse()?,
                std::str::from_utf8(incident)?.parse()?,
                at,
            ));
            done += rest;
            last = at;
        }
        // What is cut in two by the end of the buffer is found with the next read.
        let keep = buffer.len().saturating_sub(LONGEST).max(done);
        buffer.drain(..keep);
    }
}

/// Longest part of a message from its position to the end of its incident's id, in bytes.
const LONGEST: usize = 128;

/// The first position and incident in these bytes, and where they end.
fn change(bytes: &[u8]) -> Option<(&[u8], &[u8], usize)> {
    let (position, incident_from) = quoted(bytes, b"\"position\":\"")?;
    let (incident, end) = quoted(&bytes[incident_from..], b"\"id\":\"incident-")?;
    Some((position, incident, incident_from + end))
}

/// What stands between a mark and the next quotation mark, and where that is.
fn quoted<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], usize)> {
    let start = find(bytes, mark)? + mark.len();
    let length = bytes[start..].iter().position(|byte| *byte == b'"')?;
    Some((&bytes[start..start + length], start + length))
}

fn find(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|part| part == mark)
}
