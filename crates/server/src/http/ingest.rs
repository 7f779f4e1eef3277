//! `POST /ingest`: many commands in one request, each with its own outcome.
//!
//! The answer begins with the first outcome and goes on while commands still arrive, so a sender sees how far it is. It
//! waits in a spool for whoever reads later: a client that reads nothing before it has sent everything is served too.
//! What was acknowledged is kept, whatever becomes of the connection; the same request again is safe, because every
//! command has an id. Absent on purpose: what a line means (`bulk`), and any rule of the domain.

mod form;
mod teller;

use std::sync::Arc;

use axum::body::{Body, BodyDataStream};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use domain::Reason;
use futures_util::StreamExt as _;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use self::form::Asked;
use self::teller::Teller;
use super::App;
use super::bulk::{self, Bulk};
use super::problem::Problem;
use super::reasons;
use super::seats::Seat;
use crate::budget::Payer;
use crate::bulk::inflate::{self, Broken};
use crate::bulk::intake::{Chunk, Chunks, Intake};
use crate::bulk::run::{AT_ONCE, Work, run};
use crate::bulk::spool::{self, Writer};
use crate::identity::Authenticated;

/// Pieces of the body that wait to be decoded.
const AHEAD: usize = 2;

/// Whether the answer begins, or the request is refused as a whole.
type Verdict = Result<(), Problem>;

pub(super) async fn post(State(app): State<App>, request: Request<Body>) -> Response {
    match ingest(app, request).await {
        Ok(answer) => answer,
        Err(problem) => problem.into_response(),
    }
}

async fn ingest(app: App, request: Request<Body>) -> Result<Response, Problem> {
    let bulk = bulk::of(&app)?;
    let (parts, body) = request.into_parts();
    // What a browser may send across origins without asking is refused by its type, before anybody is looked up.
    let asked = Asked::of(&parts.headers, &parts.uri)?;
    let known = bulk::asker(&app, &parts.headers, true).await?;
    fits(&parts.headers, bulk.parts.settings.body(asked.coding).coded)?;
    let place = bulk.place(&known)?;
    let (writer, reader) =
        spool::spool(&bulk.parts.folder, &bulk.quota, known.principal.id).map_err(|cause| {
            tracing::error!(%cause, "an answer can not be spooled");
            Problem::internal()
        })?;
    let stall = bulk.parts.settings.stall;
    let (begun, verdict) = oneshot::channel();
    let upload = Upload { app, bulk, known, asked, place };
    tokio::spawn(upload.run(body, writer, begun));
    verdict.await.map_err(|_| Problem::internal())??;
    let mut answer = reader.into_body(stall).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    // Proxies pass on what has been written so far.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(answer)
}

/// What is announced as too long is refused before it is sent.
fn fits(headers: &HeaderMap, most: u64) -> Result<(), Problem> {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if declared.is_some_and(|declared: u64| declared > most) {
        Err(refusal(Broken::TooLarge))
    } else {
        Ok(())
    }
}

/// One request on its way.
struct Upload {
    app: App,
    bulk: Arc<Bulk>,
    known: Arc<Authenticated>,
    asked: Asked,
    place: Seat,
}

impl Upload {
    async fn run(self, body: Body, writer: Writer, begun: oneshot::Sender<Verdict>) {
        let Self { app, bulk, known, asked, place } = self;
        let settings = bulk.parts.settings;
        let work = Work {
            app: Arc::clone(&bulk.parts.app),
            viewer: Arc::new((bulk.parts.viewer)(&known.principal)),
            rehearsal: asked.dry_run,
            at_once: AT_ONCE,
        };
        let (intake, arriving) =
            Intake::new(Arc::clone(&work.app), Arc::clone(&work.viewer), settings.intake());
        let payer = (Arc::clone(&app.budget), Payer::Account(known.principal.id));
        let (to, chunks) = Chunks::new(AHEAD);
        tokio::spawn(pump(app, body.into_data_stream(), to, settings));
        let reading = tokio::task::spawn_blocking(move || {
            intake.read(asked.form, inflate::reader(asked.coding, chunks, settings.body(asked.coding)))
        });
        let mut teller = Teller::new(writer, asked.dry_run, begun, payer);
        let tally = run(&work, arriving, &mut teller).await;
        let ended = match reading.await {
            Ok(ended) => ended,
            Err(cause) => {
                tracing::error!(%cause, "reading an upload broke off");
                Err(Broken::Coding)
            }
        };
        teller.end(tally, ended);
        drop(place);
    }
}

/// Hands the body on as it comes, as fast as it is read.
async fn pump(app: App, mut body: BodyDataStream, to: mpsc::Sender<Chunk>, settings: super::BulkSettings) {
    let ends = Instant::now() + settings.upload_time;
    loop {
        let by = ends.min(Instant::now() + settings.idle);
        let chunk = tokio::select! {
            () = to.closed() => return,
            () = app.shutdown.begun() => Err(Broken::Stopping),
            chunk = tokio::time::timeout_at(by, body.next()) => match chunk {
                Ok(Some(Ok(chunk))) => Ok(Some(chunk)),
                Ok(Some(Err(_))) => Err(Broken::Cut),
                Ok(None) => Ok(None),
                Err(_) => Err(Broken::TooSlow),
            },
        };
        let last = !matches!(chunk, Ok(Some(_)));
        if to.send(chunk).await.is_err() || last {
            return;
        }
    }
}

/// Why a body ended before its end.
const fn reason(broken: Broken) -> &'static Reason {
    match broken {
        Broken::TooLarge => &reasons::UPLOAD_TOO_LARGE,
        Broken::Bomb => &reasons::UPLOAD_GROWS,
        Broken::Coding => &reasons::UPLOAD_CODING,
        Broken::Cut => &reasons::BODY_BROKEN,
        Broken::TooSlow => &reasons::BODY_TOO_SLOW,
        Broken::NoArray => &reasons::UPLOAD_NO_ARRAY,
        Broken::TooManyLines => &reasons::UPLOAD_TOO_LONG,
        Broken::Stopping => &reasons::UPLOAD_STOPPING,
    }
}

/// The refusal of a request of which nothing was done.
fn refusal(broken: Broken) -> Problem {
    let status = match broken {
        Broken::TooLarge | Broken::Bomb => StatusCode::PAYLOAD_TOO_LARGE,
        Broken::TooSlow => StatusCode::REQUEST_TIMEOUT,
        Broken::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        Broken::Coding | Broken::Cut | Broken::NoArray | Broken::TooManyLines => StatusCode::BAD_REQUEST,
    };
    // What is left of the body is not read.
    Problem::new(status, reason(broken)).header(header::CONNECTION, "close")
}
