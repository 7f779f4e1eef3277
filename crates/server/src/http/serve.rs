//! Connections: taken in bounded number, guarded against slow heads and readers, ended gently.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;

use super::shutdown::Joined;
use super::{HttpMetrics, Parts, Settings, Shutdown};

/// Time for requests in flight and for sockets to end.
const GRACE: Duration = Duration::from_secs(10);
/// Pause after a failed accept, such as one for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What connections need to know of the server they belong to.
#[derive(Clone, Debug)]
pub struct Line {
    settings: Settings,
    metrics: HttpMetrics,
    shutdown: Shutdown,
}

impl Line {
    pub fn of(parts: &Parts) -> Self {
        Self {
            settings: parts.settings.clone(),
            metrics: parts.metrics.clone(),
            shutdown: parts.shutdown.clone(),
        }
    }
}

/// Ends the connection that a request came by, whatever is still to be sent. Every request carries its own, beside
/// the address of its peer (`ConnectInfo<SocketAddr>`).
#[derive(Clone, Debug, Default)]
pub(super) struct Cut(Arc<Notify>);

impl Cut {
    pub(super) fn cut(&self) {
        self.0.notify_one();
    }
}

/// Serves until `signal`; then takes no more connections, tells the sockets, and returns when all has ended or 10
/// seconds have passed.
///
/// # Errors
/// None after the listener is bound: a failed accept is logged and tried again.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    line: Line,
    signal: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(line.settings.connections));
    let mut signal = pin!(signal);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut signal => break,
            accepted = accept(&listener, &places) => accepted,
        };
        match accepted {
            Ok((stream, place)) => attend(stream, place, router.clone(), line.clone()),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    line.shutdown.begin();
    if tokio::time::timeout(GRACE, line.shutdown.drained()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    // Small answers must not wait for more to send.
    stream.set_nodelay(true)?;
    Ok((stream, place))
}

fn attend(stream: TcpStream, place: OwnedSemaphorePermit, router: Router, line: Line) {
    let joined = line.shutdown.join();
    tokio::spawn(async move {
        let _held: (OwnedSemaphorePermit, Joined) = (place, joined);
        // A peer that hangs up or sends no HTTP is everyday life.
        if let Err(error) = converse(stream, router, &line).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "a connection broke");
            if let Some(reason) = reason(&error) {
                line.metrics.reject(reason);
            }
        }
    });
}

/// Until the peer has no more to ask, the request at hand is answered once the server is stopping, or the connection
/// is cut.
async fn converse(stream: TcpStream, router: Router, line: &Line) -> hyper::Result<()> {
    let peer = stream.peer_addr().ok();
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(line.settings.stall_time));
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(line.settings.head_time)
        .max_header_size(line.settings.head_bytes);
    let cut = Cut::default();
    let (router, given) = (TowerToHyperService::new(router), cut.clone());
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(given.clone());
        if let Some(peer) = peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        router.call(request)
    });
    let connection = builder.serve_connection(TokioIo::new(Box::pin(stream)), service).with_upgrades();
    let mut connection = pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return ended,
        () = cut.0.notified() => return Ok(()),
        () = line.shutdown.begun() => connection.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        ended = connection => ended,
        () = cut.0.notified() => Ok(()),
    }
}

/// The reason under which a broken connection is counted; nothing when the peer has just gone.
fn reason(error: &hyper::Error) -> Option<&'static str> {
    if error.is_parse_too_large() {
        return Some("head_too_large");
    }
    if error.is_timeout() {
        return Some("head_too_slow");
    }
    let mut cause = std::error::Error::source(error);
    while let Some(found) = cause {
        let io = found.downcast_ref::<io::Error>();
        if io.is_some_and(|io| io.kind() == io::ErrorKind::TimedOut) {
            return Some("stalled_reader");
        }
        cause = found.source();
    }
    None
}
