//! One socket: what comes in, what runs, when it ends.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use domain::{Language, Rejection};
use futures_util::StreamExt as _;
use futures_util::stream::SplitStream;
use serde_json::{Map, Value};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use super::operation::{Operation, Operations, Taken};
use super::outbox::{Gone, Outbox};
use super::protocol::{self, Close, Said};
use super::writer;
use crate::http::engine::Asker;
use crate::http::seats::Seat;
use crate::http::{App, params, reasons, rights, who};
use crate::identity::{Authenticated, Credential};

pub(super) struct Connection {
    app: App,
    asker: Asker,
    authenticated: Option<Arc<Authenticated>>,
    seat: Seat,
    acknowledged: bool,
    serial: u64,
    open: Operations,
    /// Dropping it ends every operation.
    tasks: JoinSet<()>,
    /// When the peer last sent anything, a pong included.
    heard: Instant,
}

/// Why a socket ends.
enum End {
    /// We say so.
    Close(u16, String),
    /// The peer closed it, broke it, or is too slow.
    Gone,
}

impl From<Close> for End {
    fn from((code, reason): Close) -> Self {
        Self::Close(code, reason.to_owned())
    }
}

type Step = Result<(), End>;

impl Connection {
    pub(super) fn new(app: App, asker: Asker, authenticated: Option<Arc<Authenticated>>, seat: Seat) -> Self {
        Self {
            app,
            asker,
            authenticated,
            seat,
            acknowledged: false,
            serial: 0,
            open: Operations::default(),
            tasks: JoinSet::new(),
            heard: Instant::now(),
        }
    }

    pub(super) async fn run(mut self, socket: WebSocket) {
        let (sink, mut stream) = socket.split();
        let (outbox, queued) = Outbox::new(&self.app.settings, &self.app.metrics);
        let (close, closing) = oneshot::channel();
        let time = self.app.settings.write_time;
        let metrics = self.app.metrics.clone();
        let mut writer = tokio::spawn(writer::write(sink, queued, closing, time, metrics.clone()));
        let end = tokio::select! {
            end = self.listen(&mut stream, &outbox) => end,
            _ = &mut writer => End::Gone,
        };
        self.tasks.abort_all();
        if let End::Close(code, reason) = end {
            metrics.reject(reason_label(code));
            let _ = close.send(CloseFrame { code, reason: reason.into() });
            // Not before: a queue that nobody fills any more ends the writer, and the peer would not be told why.
            drop(outbox);
            // A writer that is stuck in a message needs its time to find out; then the peer gets time to answer.
            let _ = tokio::time::timeout(time + writer::CLOSE_TIME, &mut writer).await;
        }
        let rest = async { while stream.next().await.is_some_and(|message| message.is_ok()) {} };
        let _ = tokio::time::timeout(writer::CLOSE_TIME, rest).await;
        writer.abort();
    }

    async fn listen(&mut self, stream: &mut SplitStream<WebSocket>, outbox: &Outbox) -> End {
        let app = self.app.clone();
        let stopping = app.shutdown.begun();
        tokio::pin!(stopping);
        let init = tokio::time::sleep(app.settings.init_time);
        tokio::pin!(init);
        let mut changes = app.identity.changes();
        let mut ticks = keep_alive(app.settings.keep_alive);
        loop {
            let step = tokio::select! {
                // What ends the socket comes before what it says.
                biased;
                () = &mut stopping => Err(protocol::GOING_AWAY.into()),
                () = &mut init, if !self.acknowledged => Err(protocol::INIT_TIMEOUT.into()),
                () = changed(&mut changes) => self.look_again().await,
                () = rights::ended(self.authenticated.as_deref(), &app) => self.look_again().await,
                _ = ticks.tick() => self.tick(outbox).await,
                message = stream.next() => self.hear(message, outbox).await,
                // Keeps the set from growing; how an operation ended, it has told the client itself.
                Some(_) = self.tasks.join_next() => Ok(()),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn hear(&mut self, message: Option<Result<Message, axum::Error>>, outbox: &Outbox) -> Step {
        self.heard = Instant::now();
        match message {
            Some(Ok(Message::Text(text))) => match Said::parse(&text) {
                Ok(said) => self.obey(said, outbox).await,
                Err(why) => Err(invalid(why)),
            },
            Some(Ok(Message::Binary(_))) => Err(invalid("Messages are text")),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Err(error)) => Err(breach(&error).map_or(End::Gone, End::from)),
            Some(Ok(Message::Close(_))) | None => Err(End::Gone),
        }
    }

    async fn obey(&mut self, said: Said, outbox: &Outbox) -> Step {
        match said {
            Said::Init(_) if self.acknowledged => Err(protocol::TOO_MANY_INITS.into()),
            Said::Init(payload) => {
                self.init(&payload).await?;
                reply(&self.app, outbox, protocol::ack()).await
            }
            Said::Ping(payload) => reply(&self.app, outbox, protocol::pong(payload)).await,
            Said::Pong => Ok(()),
            Said::Subscribe { .. } if !self.acknowledged => Err(protocol::UNAUTHORIZED.into()),
            Said::Subscribe { id, payload } => self.subscribe(id, payload, outbox).await,
            Said::Complete { id } => {
                self.open.end(&id);
                Ok(())
            }
        }
    }

    /// A browser cannot send an `Authorization` header with a socket, so the payload may carry it.
    async fn init(&mut self, payload: &Map<String, Value>) -> Step {
        let given = payload.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        if let Some((_, value)) = given {
            let credential = value.as_str().and_then(Credential::bearer).ok_or(protocol::FORBIDDEN)?;
            let known = self.verify(credential).await?.ok_or(protocol::FORBIDDEN)?;
            if let Err(full) = self.seat.belongs_to(Some(known.principal.id)) {
                self.app.metrics.reject(full.reason().code);
                return Err(protocol::TOO_MANY_SOCKETS.into());
            }
            self.asker.principal = Some(Arc::clone(&known.principal));
            self.authenticated = Some(known);
        }
        if let Some(principal) = &self.asker.principal {
            let speaking = who::speaking_as_told(principal, payload).ok_or(protocol::FORBIDDEN)?;
            self.asker.principal = Some(speaking);
        }
        self.acknowledged = true;
        Ok(())
    }

    async fn verify(&self, credential: Credential) -> Result<Option<Arc<Authenticated>>, End> {
        self.app.identity.verify(credential, self.app.now()).await.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "the accounts failed");
            protocol::INTERNAL.into()
        })
    }

    async fn subscribe(&mut self, id: String, payload: Map<String, Value>, outbox: &Outbox) -> Step {
        let request = match params::from_object(payload, &self.app.settings.documents) {
            Ok(request) => request,
            // The message is one; what it names is not to be had.
            Err(problem)
                if [reasons::DOCUMENT_UNKNOWN.code, reasons::DOCUMENTS_ONLY.code]
                    .contains(&problem.code()) =>
            {
                self.app.metrics.reject(problem.code());
                return reply(&self.app, outbox, protocol::error(&id, problem.told(), self.asker.language))
                    .await;
            }
            Err(problem) => return Err(invalid(&problem.told().message(Language::En))),
        };
        self.serial += 1;
        let serial = self.serial;
        let most = self.app.settings.operations_per_socket;
        let hushed = match self.open.take(&id, serial, most) {
            Ok(hushed) => hushed,
            Err(Taken::SameId) => return Err(duplicate(&id)),
            Err(Taken::TooMany) => {
                self.app.metrics.reject("too_many_operations");
                let told = Rejection::new(&reasons::OPERATIONS_TOO_MANY).with("limit", most).into();
                return reply(&self.app, outbox, protocol::error(&id, &told, self.asker.language)).await;
            }
        };
        let operation = Operation {
            app: self.app.clone(),
            id: id.clone(),
            serial,
            // What happens from here on is told, whenever the operation gets its turn.
            asker: Asker { since: self.app.engine.position(), ..self.asker.clone() },
            open: self.open.clone(),
            outbox: outbox.clone(),
            hushed,
        };
        let handle = self.tasks.spawn(operation.run(request));
        self.open.started(&id, serial, handle);
        Ok(())
    }

    async fn tick(&mut self, outbox: &Outbox) -> Step {
        if self.heard.elapsed() > self.app.settings.keep_alive * 2 {
            return Err(protocol::SILENT.into());
        }
        self.look_again().await?;
        outbox.ping();
        Ok(())
    }

    /// Operations run with the rights they began with, so the socket ends when those have changed.
    async fn look_again(&mut self) -> Step {
        let Some(known) = self.authenticated.clone() else { return Ok(()) };
        match self.verify(known.credential.clone()).await? {
            Some(now) if now.principal.has_rights_of(&known.principal) => {
                // A session that is used ends later than it would have.
                self.authenticated = Some(now);
                Ok(())
            }
            _ => Err(protocol::FORBIDDEN.into()),
        }
    }
}

/// Waits for room; ended by the writer's end, which closes it.
/// A reader that leaves no room for an answer is too slow: while it is waited for nothing else is looked at.
async fn reply(app: &App, outbox: &Outbox, text: String) -> Step {
    match tokio::time::timeout(app.settings.write_time, outbox.put(text, None)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(Gone)) => Err(End::Gone),
        Err(_) => Err(protocol::TOO_SLOW.into()),
    }
}

fn keep_alive(every: Duration) -> tokio::time::Interval {
    let mut ticks = tokio::time::interval_at(Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Never, once the accounts are gone: then the server is ending.
async fn changed(changes: &mut watch::Receiver<u64>) {
    if changes.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn duplicate(id: &str) -> End {
    // The whole reason has at most 123 bytes.
    let shown: String = id.chars().take(20).collect();
    End::Close(protocol::DUPLICATE, format!("Subscriber for {shown} already exists"))
}

fn invalid(why: &str) -> End {
    // The whole reason has at most 123 bytes.
    let bytes = why.char_indices().map(|(at, char)| at + char.len_utf8()).take_while(|end| *end <= 123);
    End::Close(protocol::INVALID, why.get(..bytes.last().unwrap_or(0)).unwrap_or_default().to_owned())
}

/// What the peer has done against the WebSocket protocol, if the line is not simply broken.
fn breach(error: &axum::Error) -> Option<Close> {
    // The type behind it belongs to the WebSocket library, whose version is axum's business.
    let text = error.to_string();
    let says = |word: &str| text.contains(word);
    match () {
        () if says("without closing handshake") || says("after sending close") => None,
        () if says("too long") || says("too big") => Some(protocol::TOO_BIG),
        () if says("UTF-8") || says("utf-8") => Some(protocol::NOT_TEXT),
        () if says("protocol error") => Some(protocol::BROKEN),
        () => None,
    }
}

fn reason_label(code: u16) -> &'static str {
    match code {
        1001 => "socket_going_away",
        1002 => "websocket_broken",
        1007 => "message_not_text",
        1009 => "message_too_big",
        4400 => "message_invalid",
        4401 => "subscribe_before_init",
        4403 => "socket_forbidden",
        4408 => "init_timeout",
        4409 => "duplicate_operation",
        4429 => "too_many_inits",
        4503 => "socket_without_seat",
        _ => "socket_internal",
    }
}
