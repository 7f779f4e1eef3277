use std::time::Duration;

use crate::identity::SessionCookie;

/// What may be configured about answering.
#[derive(Clone, Debug)]
pub struct Settings {
    /// [`SessionCookie::Secure`] wherever people reach the server by https, also through a proxy.
    pub cookie: SessionCookie,
    /// `https://wardlog.example`, when a proxy changes the `Host` header; otherwise `Host` tells the own origin.
    pub origin: Option<String>,
    /// Most bytes of a request's body, or of a WebSocket message.
    pub body_bytes: usize,
    /// Longest time that the body may take to arrive.
    pub body_time: Duration,
    /// Longest time that a query or a mutation may take.
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
    /// Messages that wait for a slow reader, per socket.
    pub queue: usize,
    /// Longest time that one message may take to leave; then the reader is too slow and is dropped.
    pub write_time: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cookie: SessionCookie::Secure,
            origin: None,
            body_bytes: 256 * 1024,
            body_time: Duration::from_secs(10),
            execution_time: Duration::from_secs(10),
            sockets: 4096,
            sockets_per_account: 100,
            sockets_of_nobody: 256,
            operations_per_socket: 20,
            init_time: Duration::from_secs(3),
            keep_alive: Duration::from_secs(15),
            queue: 32,
            write_time: Duration::from_secs(5),
        }
    }
}
