//! The exporter's HTTP client: reqwest on the runtime of the server, called from the exporter's own thread.

use std::time::Duration;

use axum::http::{HeaderMap, Request, Response};
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use tokio::runtime::Handle;

use crate::cli::Failure;

/// A collector answers with a few bytes; what is longer is not read to its end.
const LONGEST_ANSWER: usize = 64 << 10;
/// Longest time of one request; `OTEL_EXPORTER_OTLP_TIMEOUT` (milliseconds) says otherwise.
const TIME: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Client {
    client: reqwest::Client,
    runtime: Handle,
}

impl Client {
    pub(super) fn new() -> Result<Self, Failure> {
        let told = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"]
            .iter()
            .find_map(|name| std::env::var(name).ok()?.parse().ok())
            .map(Duration::from_millis);
        let client = reqwest::Client::builder()
            .timeout(told.unwrap_or(TIME))
            // A collector does not send spans elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { client, runtime: Handle::current() })
    }
}

#[async_graphql::async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        let sent = send(self.client.clone(), request);
        // The exporter's thread is not one of the runtime's.
        self.runtime.spawn(sent).await?
    }
}

async fn send(client: reqwest::Client, request: reqwest::Request) -> Result<Response<Bytes>, HttpError> {
    // The address may hold a credential.
    let mut answer = client.execute(request).await.map_err(reqwest::Error::without_url)?;
    let (status, headers): (_, HeaderMap) = (answer.status(), std::mem::take(answer.headers_mut()));
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST_ANSWER {
            break;
        }
    }
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}
