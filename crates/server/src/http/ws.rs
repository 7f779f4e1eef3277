//! GraphQL over WebSocket, by the protocol `graphql-transport-ws`.

mod connection;
mod operation;
mod outbox;
mod protocol;
mod writer;

use axum::extract::FromRequestParts as _;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use futures_util::SinkExt as _;

use super::front::RequestId;
use super::metrics::Open;
use super::origin::{self, Source};
use super::problem::Problem;
use super::reasons;
use super::{App, graphql, who};

use connection::Connection;

/// The one sub-protocol spoken.
const PROTOCOL: &str = "graphql-transport-ws";

/// Bytes of the buffers of one socket in each direction; what is larger takes more for as long as it passes.
const BUFFER: usize = 8 * 1024;

pub(super) fn is_upgrade(headers: &HeaderMap) -> bool {
    headers
        .get(header::UPGRADE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(',').any(|word| word.trim().eq_ignore_ascii_case("websocket")))
}

/// Checks who asks and from where, then takes the socket.
pub(super) async fn upgrade(app: App, id: RequestId, parts: &mut Parts) -> Result<Response, Problem> {
    let upgrade = WebSocketUpgrade::from_request_parts(parts, &())
        .await
        .map_err(|_| Problem::bad_request(&reasons::UPGRADE_INVALID))?;
    let authenticated = who::authenticate(&app, &parts.headers).await?;
    // A browser opens a WebSocket to any origin without asking first, and sends the cookie along.
    if authenticated.as_ref().is_some_and(|known| known.by_cookie())
        && origin::source(&parts.headers, &app.settings) != Source::Own
    {
        return Err(origin::refusal());
    }
    if app.shutdown.has_begun() {
        return Err(Problem::unavailable(&reasons::STOPPING));
    }
    let account = authenticated.as_ref().map(|known| known.principal.id);
    let seat = app.0.seats.take(account).map_err(|full| Problem::unavailable(full.reason()))?;
    let asker = graphql::asker(parts, authenticated.as_deref(), &id);
    let limit = app.settings.body_bytes;
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .max_message_size(limit)
        .max_frame_size(limit)
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER);
    let speaks = upgrade.selected_protocol().is_some();
    let (joined, open) = (app.shutdown.join(), Open::new(&app.metrics.sockets));
    Ok(upgrade.on_upgrade(async move |socket| {
        let _held = (joined, open);
        if speaks {
            Connection::new(app, asker, authenticated, seat).run(socket).await;
        } else {
            app.metrics.reject("subprotocol_not_acceptable");
            refuse(socket).await;
        }
    }))
}

/// The protocol wants this said with a close code, so only after the handshake.
async fn refuse(mut socket: WebSocket) {
    let (code, reason) = protocol::SUBPROTOCOL_NOT_ACCEPTABLE;
    let frame = CloseFrame { code, reason: reason.into() };
    if socket.send(Message::Close(Some(frame))).await.is_ok() {
        let end = async { while socket.recv().await.is_some_and(|message| message.is_ok()) {} };
        let _ = tokio::time::timeout(writer::CLOSE_TIME, end).await;
    }
    let _ = tokio::time::timeout(writer::CLOSE_TIME, socket.close()).await;
}
