//! A page of rows over GraphQL beside a plain handler of axum that writes the same bytes.

use std::{
    io::Read as _,
    process::{Command, Stdio},
    time::Duration,
};

use axum::{Json, Router, routing::post};
use serde_json::Value;

use crate::{
    Outcome, client,
    server::{Server, wait_until_ready},
};

/// First argument of the process that serves the floor.
pub const FLOOR: &str = "--floor";
const ADDRESS: &str = "127.0.0.1:18090";
const QUERY: &str = "{ incidents(first: 50) { nodes { id kind phase reportedAt } } }";
const LASTING: Duration = Duration::from_secs(5);

pub struct Rows {
    /// Answers a second.
    pub connection: f64,
    pub floor: f64,
    /// Of one body.
    pub bytes: usize,
}

/// Serves what comes from standard input: the handler reads the JSON of the request and writes the JSON of the answer.
pub fn serve(_: impl Iterator<Item = String>) -> Outcome<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let answer: Value = serde_json::from_str(&text)?;
    let answer: &'static Value = Box::leak(Box::new(answer));
    let handler = move |Json(_): Json<Value>| async move { Json(answer) };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(ADDRESS).await?;
        Ok(axum::serve(listener, Router::new().route("/graphql", post(handler))).await?)
    })
}

pub async fn run(server: &Server) -> Outcome<Rows> {
    let request = client::post(&server.token, QUERY);
    let mut answer: Value = serde_json::from_slice(&client::once(server.address, &request).await?)?;
    let rows = answer["data"]["incidents"]["nodes"].as_array().map_or(0, Vec::len);
    if rows != 50 {
        return Err(format!("a page of {rows} rows").into());
    }
    let bytes = answer.to_string().len();
    let mut floor = Command::new(std::env::current_exe()?)
        .arg(FLOOR)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    serde_json::to_writer(floor.stdin.take().ok_or("no input")?, &answer.take())?;
    wait_until_ready(ADDRESS, Duration::from_secs(10))?;
    let mut best = Rows { connection: 0.0, floor: 0.0, bytes };
    // In turns, so that both see the same machine; the better of three each.
    for _ in 0..3 {
        best.floor = best.floor.max(client::flat_out(ADDRESS, &request, LASTING).await?);
        best.connection = best.connection.max(client::flat_out(server.address, &request, LASTING).await?);
    }
    floor.kill()?;
    floor.wait()?;
    Ok(best)
}
