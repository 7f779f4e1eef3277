use std::time::Duration;

use serde::Deserialize;

use super::documents::Documents;
use crate::identity::SessionCookie;

/// Most requests that a batch may be allowed to hold.
pub const MOST_BATCH: u8 = 10;

/// Which text of GraphQL over HTTP the status codes follow. The rest of the two is the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// What the audits of `graphql-http` 1.23 check: 400 for every request that is not executed, 200 otherwise; and
    /// as `application/json` always 200 for a well-formed request.
    #[default]
    Audited,
    /// The specification's edition of September 2026: 400 for what cannot be read, 422 for what can be read and not
    /// be executed, 294 for data with errors; `application/json` for success alone.
    Draft,
}

/// Who gets to see the figures. An auditor and an administrator always do, by token or session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum MetricsFor {
    /// Whoever reaches the port.
    Open,
    /// Whoever asks from this machine, and not through a proxy that says so.
    #[default]
    Loopback,
    /// Nobody else.
    Token,
}

/// What may be configured about answering.
#[derive(Clone, Debug)]
pub struct Settings {
    /// [`SessionCookie::Secure`] wherever people reach the server by https, also through a proxy.
    pub cookie: SessionCookie,
    /// `https://wardlog.example`, when a proxy changes the `Host` header; otherwise `Host` tells the own origin.
    pub origin: Option<String>,
    /// Which status codes GraphQL over HTTP answers with.
    pub profile: Profile,
    /// Which documents may be named by their id, and whether others are executed.
    pub documents: Documents,
    /// Who gets to see the figures.
    pub metrics: MetricsFor,
    /// Most requests in one batch, no more than [`MOST_BATCH`]; 0 for none at all.
    pub batch: u8,
    /// Most bytes of a request's body, or of a WebSocket message.
    pub body_bytes: usize,
    /// Most bytes of all bodies of GraphQL requests that are being read at one time.
    pub bodies_bytes: usize,
    /// Longest time that the body may take to arrive.
    pub body_time: Duration,
    /// Longest time that a query, a mutation or a whole batch may take.
    pub execution_time: Duration,
    /// Most WebSockets and event streams open at once.
    pub sockets: usize,
    /// Most of them for one account.
    pub sockets_per_account: usize,
    /// Most of them for all who have not signed in together.
    pub sockets_of_nobody: usize,
    /// Most operations open on one WebSocket.
    pub operations_per_socket: usize,
    /// Within this a WebSocket must send `connection_init`.
    pub init_time: Duration,
    /// Between two pings of the server; a peer that answers none of two is gone.
    pub keep_alive: Duration,
    /// Messages that wait for a slow reader, per socket or event stream.
    pub queue: usize,
    /// Bytes of these messages, per socket or event stream; a larger message waits until it is the only one.
    pub queue_bytes: usize,
    /// Longest time that one message may take to leave; then the reader is too slow and is dropped.
    pub write_time: Duration,
    /// Most connections at once; more wait to be accepted.
    pub connections: usize,
    /// Most bytes of a request's first line and headers together.
    pub head_bytes: usize,
    /// Longest time that a head may take to arrive, also after the request before it on the same connection.
    pub head_time: Duration,
    /// Longest time that a peer may take nothing of what it is sent; then its connection ends.
    pub stall_time: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cookie: SessionCookie::Secure,
            origin: None,
            profile: Profile::Audited,
            documents: Documents::built_in(),
            metrics: MetricsFor::Loopback,
            batch: MOST_BATCH,
            body_bytes: 256 * 1024,
            bodies_bytes: 64 * 1024 * 1024,
            body_time: Duration::from_secs(10),
            execution_time: Duration::from_secs(10),
            sockets: 4096,
            sockets_per_account: 100,
            sockets_of_nobody: 256,
            operations_per_socket: 20,
            init_time: Duration::from_secs(3),
            keep_alive: Duration::from_secs(15),
            queue: 32,
            queue_bytes: 256 * 1024,
            write_time: Duration::from_secs(5),
            connections: 8192,
            head_bytes: 64 * 1024,
            head_time: Duration::from_secs(30),
            stall_time: Duration::from_secs(30),
        }
    }
}
