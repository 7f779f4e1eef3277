//! A small HTTP client for loopback: open loop, fixed rate, keep-alive connections.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{Outcome, lag::percentile};

const CONNECTIONS: u32 = 32;

pub struct Measured {
    pub p50: f64,
    pub p99: f64,
    pub rate: f64,
}

pub fn health() -> String {
    "GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".into()
}

/// The whole dashboard, as the station's page would ask for it.
pub fn dashboard(token: &str, station: &str, ends_at: Timestamp, days: i64) -> String {
    let to = ends_at.strftime("%Y-%m-%d").to_string();
    let from = (ends_at - SignedDuration::from_hours(24 * days)).strftime("%Y-%m-%d").to_string();
    let query = format!(
        "{{ station(id: \"{station}\") {{ name dashboard(period: {{ from: \"{from}\", to: \"{to}\" }}) {} }} }}",
        include_str!("dashboard.graphql").split_whitespace().collect::<Vec<_>>().join(" "),
    );
    post(token, &query)
}

/// A query as most clients send it.
pub fn post(token: &str, query: &str) -> String {
    json(token, &serde_json::json!({ "query": query }))
}

pub fn json(token: &str, body: &serde_json::Value) -> String {
    let body = body.to_string();
    format!(
        "POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\naccept: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// One request on a connection of its own; its body.
pub async fn once(address: &str, request: &str) -> Outcome<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    exchange(&mut stream, request).await
}

/// Requests a second when every connection sends as soon as it is answered.
pub async fn flat_out(address: &str, request: &str, lasting: Duration) -> Outcome<f64> {
    let begun = Instant::now();
    let senders = (0..CONNECTIONS).map(|_| {
        let (address, request) = (address.to_owned(), request.to_owned());
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(&address).await?;
            stream.set_nodelay(true)?;
            let mut count = 0_u32;
            while begun.elapsed() < lasting {
                exchange(&mut stream, &request).await?;
                count += 1;
            }
            Outcome::Ok(count)
        })
    });
    let mut all = 0;
    for sender in senders.collect::<Vec<_>>() {
        all += sender.await??;
    }
    Ok(f64::from(all) / begun.elapsed().as_secs_f64())
}

/// Sends a request and reads its answer, of which the body is given.
pub async fn exchange(stream: &mut TcpStream, request: &str) -> Outcome<Vec<u8>> {
    stream.write_all(request.as_bytes()).await?;
    answer(stream).await
}

/// Sends at a fixed rate, whatever the answers do: a late answer delays its connection's next, and that counts.
pub async fn load(address: &str, request: String, rate: u32, lasting: Duration) -> Outcome<Measured> {
    let period = Duration::from_secs(1) * CONNECTIONS / rate;
    let start = Instant::now() + Duration::from_millis(50);
    let senders = (0..CONNECTIONS).map(|number| {
        let (address, request) = (address.to_owned(), request.clone());
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(&address).await?;
            stream.set_nodelay(true)?;
            let mut due = start + period * number / CONNECTIONS;
            let mut took = Vec::new();
            while due < start + lasting {
                tokio::time::sleep_until(due.into()).await;
                exchange(&mut stream, &request).await?;
                took.push(due.elapsed().as_secs_f64() * 1e3);
                due += period;
            }
            Outcome::Ok(took)
        })
    });
    let mut all = Vec::new();
    for sender in senders.collect::<Vec<_>>() {
        all.extend(sender.await??);
    }
    let rate = f64::from(u32::try_from(all.len())?) / start.elapsed().as_secs_f64();
    all.sort_unstable_by(f64::total_cmp);
    Ok(Measured { p50: percentile(&all, 50), p99: percentile(&all, 99), rate })
}

/// Reads one answer; anything but a 200 without `errors` is a failure of the bench.
async fn answer(stream: &mut TcpStream) -> Outcome<Vec<u8>> {
    let (mut bytes, body) = whole(stream).await?;
    let text = String::from_utf8_lossy(&bytes);
    if !text.starts_with("HTTP/1.1 200") || text.contains("\"errors\":") {
        return Err(text.chars().take(2_000).collect::<String>().into());
    }
    Ok(bytes.split_off(body))
}

/// Reads one answer with a content length, whatever it says; where its body begins.
pub async fn whole(stream: &mut TcpStream) -> Outcome<(Vec<u8>, usize)> {
    let mut bytes = Vec::with_capacity(8_192);
    let (mut end, mut body) = (usize::MAX, 0);
    while bytes.len() < end {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err("the server hung up".into());
        }
        if end == usize::MAX
            && let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n")
        {
            let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
            body = head + 4;
            end = body + length.ok_or("no content-length")?.trim().parse::<usize>()?;
        }
    }
    Ok((bytes, body))
}
