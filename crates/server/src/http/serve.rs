//! Connections: taken in bounded number, guarded against idle heads, ended gently.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Shutdown;
use super::shutdown::Joined;

/// Time for requests in flight and for sockets to end.
const GRACE: Duration = Duration::from_secs(10);
/// Longest time that the head of a request may take, also after the one before it on the same connection.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// Most connections at once; more wait in the listener's queue.
const CONNECTIONS: usize = 8192;
/// Pause after a failed accept, such as one for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `signal`; then takes no more connections, tells the sockets, and returns when all has ended or 10
/// seconds have passed.
///
/// # Errors
/// None after the listener is bound: a failed accept is logged and tried again.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: Shutdown,
    signal: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut signal = pin!(signal);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut signal => break,
            accepted = accept(&listener, &places) => accepted,
        };
        match accepted {
            Ok((stream, place)) => attend(stream, place, router.clone(), shutdown.clone()),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    shutdown.begin();
    if tokio::time::timeout(GRACE, shutdown.drained()).await.is_err() {
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

fn attend(stream: TcpStream, place: OwnedSemaphorePermit, router: Router, shutdown: Shutdown) {
    let joined = shutdown.join();
    tokio::spawn(async move {
        let _held: (OwnedSemaphorePermit, Joined) = (place, joined);
        // A peer that hangs up or sends no HTTP is everyday life.
        if let Err(error) = converse(stream, router, shutdown).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "a connection broke");
        }
    });
}

/// Until the peer has no more to ask, or the request at hand is answered once the server is stopping.
async fn converse(stream: TcpStream, router: Router, shutdown: Shutdown) -> hyper::Result<()> {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME);
    let service = TowerToHyperService::new(router);
    let connection = builder.serve_connection(TokioIo::new(stream), service).with_upgrades();
    let mut connection = pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return ended,
        () = shutdown.begun() => connection.as_mut().graceful_shutdown(),
    }
    connection.await
}
