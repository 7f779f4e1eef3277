//! What fills one event stream: the answers of its operation, until one of the two sides has enough.

use std::sync::Arc;

use async_graphql::{Request, Response, ServerError};
use axum::body::Bytes;
use domain::Language;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::event;
use crate::http::engine::Asker;
use crate::http::execution::run;
use crate::http::fanout::{self, Fault, Told};
use crate::http::graphql::Wire;
use crate::http::metrics::Open;
use crate::http::problem::{self, Problem};
use crate::http::seats::Seat;
use crate::http::serve::Cut;
use crate::http::settings::Settings;
use crate::http::shutdown::Joined;
use crate::http::{App, keep_alive, reasons, rights};
use crate::identity::Authenticated;

pub(super) struct Feed {
    pub(super) app: App,
    pub(super) request: Request,
    pub(super) is_subscription: bool,
    pub(super) asker: Asker,
    pub(super) known: Option<Arc<Authenticated>>,
    /// Missing where something else than our own server holds the connection.
    pub(super) cut: Option<Cut>,
    pub(super) held: (Seat, Joined, Open),
}

/// Events on their way to a reader, bounded in number and in bytes.
#[derive(Clone)]
pub(super) struct Queue {
    events: Sender<(Bytes, OwnedSemaphorePermit)>,
    room: Arc<Semaphore>,
    /// Of one event: a larger one has all the room there is.
    most: u32,
}

impl Queue {
    pub(super) fn new(settings: &Settings) -> (Self, Receiver<(Bytes, OwnedSemaphorePermit)>) {
        let (events, queued) = mpsc::channel(settings.queue);
        let most = u32::try_from(settings.queue_bytes).unwrap_or(u32::MAX).max(1);
        let room = Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(usize::MAX)));
        (Self { events, room, most }, queued)
    }

    /// Once there is room; false when nobody reads any more.
    async fn put(&self, event: Bytes) -> bool {
        let bytes = u32::try_from(event.len()).unwrap_or(u32::MAX).clamp(1, self.most);
        let Ok(room) = Arc::clone(&self.room).acquire_many_owned(bytes).await else { return false };
        self.events.send((event, room)).await.is_ok()
    }

    /// Only if there is room now.
    fn try_put(&self, event: Bytes) {
        if let Ok(room) = Arc::clone(&self.room).try_acquire_owned() {
            let _ = self.events.try_send((event, room));
        }
    }
}

/// Why a stream ends.
enum End {
    /// Everything was said.
    Complete,
    /// The session has ended, the token was revoked, or the rights are others now.
    RightsLost,
    /// The server stops: the client comes again, to another server or to this one later.
    Stopping,
    /// The reader has hung up.
    Gone,
    /// The reader takes nothing.
    TooSlow,
}

impl Feed {
    pub(super) async fn run(self, queue: Queue) {
        let Self { app, request, is_subscription, asker, known, cut, held } = self;
        let counted = Open::new(&app.metrics.subscriptions);
        let language = asker.language;
        let answers = answers(&app, request, is_subscription, asker);
        let end = tokio::select! {
            biased;
            () = app.shutdown.begun() => End::Stopping,
            () = queue.events.closed() => End::Gone,
            () = rights::lost(&app, known) => End::RightsLost,
            end = pour(&app, answers, &queue, language) => end,
        };
        drop(counted);
        let end = match end {
            End::Complete => say(&app, &queue, event::COMPLETE).await,
            End::RightsLost => {
                app.metrics.reject("stream_forbidden");
                farewell(&app, &queue, language).await
            }
            End::Stopping | End::Gone | End::TooSlow => Err(end),
        };
        if let Err(End::TooSlow) = end {
            app.metrics.reject("slow_reader");
            // What the connection holds for the reader will not be taken either.
            if let Some(cut) = cut {
                cut.cut();
            }
        }
        drop(held);
    }
}

/// The answers of an operation: one of a query or a mutation.
fn answers(
    app: &App,
    request: Request,
    is_subscription: bool,
    asker: Asker,
) -> BoxStream<'static, Result<Told, Problem>> {
    if is_subscription {
        return fanout::follow(app, request, asker).map_err(|Fault| Problem::internal()).boxed();
    }
    let (app, standing) = (app.clone(), asker.standing.clone());
    stream::once(async move {
        let executed = run(&app, request, asker).await?;
        Told::once(&executed, &standing).map_err(|Fault| Problem::internal())
    })
    .boxed()
}

/// Takes answers as fast as they are read, and no faster.
async fn pour(
    app: &App,
    mut answers: BoxStream<'static, Result<Told, Problem>>,
    queue: &Queue,
    language: Language,
) -> End {
    let mut ticks = keep_alive(app.settings.keep_alive);
    loop {
        let answer = tokio::select! {
            answer = answers.next() => answer,
            _ = ticks.tick() => {
                // A full queue: the line is not idle.
                queue.try_put(event::COMMENT);
                continue;
            }
        };
        let Some(answer) = answer else { return End::Complete };
        let event = match &answer {
            Ok(told) => Some(event::next(&told.json, told.position)),
            Err(problem) => {
                app.metrics.reject(problem.code());
                refusal(problem.told(), language)
            }
        };
        // What cannot be written would be missing without a word.
        let Some(event) = event else { return End::Complete };
        if let Err(end) = say(app, queue, event).await {
            return end;
        }
        ticks.reset();
    }
}

async fn farewell(app: &App, queue: &Queue, language: Language) -> Result<(), End> {
    if let Some(event) = refusal(&(&reasons::RIGHTS_CHANGED).into(), language) {
        say(app, queue, event).await?;
    }
    say(app, queue, event::COMPLETE).await
}

/// An error as a `next` event.
fn refusal(told: &problem::Told, language: Language) -> Option<Bytes> {
    let mut error = ServerError::new(told.message(language), None);
    error.extensions.get_or_insert_default().set("code", told.code());
    let response = Response::from_errors(vec![error]);
    let json = serde_json::to_string(&Wire { response: &response, data: None, executed: false }).ok()?;
    Some(event::next(&json, 0))
}

/// Puts an event into the queue once there is room.
async fn say(app: &App, queue: &Queue, event: Bytes) -> Result<(), End> {
    match tokio::time::timeout(app.settings.write_time, queue.put(event)).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(End::Gone),
        Err(_) => Err(End::TooSlow),
    }
}
