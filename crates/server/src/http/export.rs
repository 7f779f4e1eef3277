//! `GET /export/…`: the rows of a list, or recorded events, as a file.
//!
//! An export is read from one snapshot of the views into a spool, and sent from there: it is consistent, its length,
//! digest and number of rows stand in the head of the answer, and a slow client holds no reader of the views. Absent on
//! purpose: personal fields (no column has them; in events they are hidden), and more than the asker's scope.

mod asked;
mod read;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use serde_json::json;
use uuid::Uuid;
use views::{Scope, ViewsError};

use self::asked::{Asked, Format};
use self::read::{Limits, Read, Stop};
use super::App;
use super::bulk::{self, Bulk, busy};
use super::problem::Problem;
use super::reasons;
use crate::budget::{Payer, Wait};
use crate::bulk::events;
use crate::bulk::hex;
use crate::bulk::spool;

/// What an export costs, whatever its size: how many run at once is bounded as well.
const COST: u64 = 500;
/// The position that an export must show at least, as a mutation answered it.
const AT_LEAST: &str = "wardlog-at-least";
/// Longest wait for that position.
const WAIT: Duration = Duration::from_secs(5);

/// `GET /export`: what there is, with the columns and the filters of each.
pub(super) async fn list(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    bulk::of(&app)?;
    bulk::asker(&app, &headers, false).await?;
    let tables = graphql::exportable();
    let mut exports: Vec<_> = tables
        .into_iter()
        .map(|table| json!({ "name": table.name, "columns": table.columns, "filters": table.filters }))
        .collect();
    exports.push(json!({
        "name": asked::EVENTS,
        "columns": events::COLUMNS,
        "filters": graphql::filter_names::<graphql::EventFilter>(),
    }));
    Ok(bulk::json_answer(&json!({ "exports": exports, "formats": ["csv", "ndjson"] })))
}

/// `GET /export/incidents.csv?open=true`: a file.
pub(super) async fn get(
    State(app): State<App>,
    Path(file): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let bulk = bulk::of(&app)?;
    let known = bulk::asker(&app, &headers, false).await?;
    let Query(filters) = Query::<Vec<(String, String)>>::try_from_uri(&uri)
        .map_err(|_| Problem::bad_request(&reasons::QUERY_STRING_INVALID))?;
    let asked = Asked::of(&file, &filters)?;
    let place = bulk.place(&known)?;
    app.budget.charge(Payer::Account(known.principal.id), COST).map_err(too_costly)?;
    at_least(&bulk, &headers).await?;
    let scope = (bulk.parts.viewer)(&known.principal).scope;
    let day = bulk.parts.app.views().calendar().day(app.now());
    let (name, format) = (asked.name, asked.format);
    let (file, reader) = write(&bulk, asked, scope, known.principal.id).await?;
    drop(place);
    let mut answer = reader.into_body(bulk.parts.settings.stall).into_response();
    let digest = base64::engine::general_purpose::STANDARD.encode(file.digest);
    let headers = answer.headers_mut();
    let mut set = |name: &'static str, value: String| {
        // All of them are made of plain letters and digits.
        headers.insert(name, HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("")));
    };
    set("content-type", format.content_type().to_owned());
    set("content-length", file.length.to_string());
    set(
        "content-disposition",
        format!("attachment; filename=\"wardlog-{name}-{day}-{}.{}\"", file.position, format.ending()),
    );
    // RFC 9530: over the bytes as they are sent, which are the whole representation.
    set("content-digest", format!("sha-256=:{digest}:"));
    set("repr-digest", format!("sha-256=:{digest}:"));
    set("wardlog-rows", file.rows.to_string());
    set("wardlog-position", file.position.to_string());
    Ok(answer)
}

fn too_costly(wait: Wait) -> Problem {
    Problem::new(StatusCode::TOO_MANY_REQUESTS, &reasons::SPENT)
        .header(header::RETRY_AFTER, wait.seconds.to_string())
}

async fn at_least(bulk: &Bulk, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(given) = headers.get(AT_LEAST) else { return Ok(()) };
    let position = given
        .to_str()
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Problem::bad_request(&reasons::AT_LEAST_INVALID))?;
    bulk.parts.app.views().wait_for(position, WAIT).await.map_err(|cause| {
        tracing::warn!(%cause, "an export must wait");
        busy(&reasons::EXPORT_NOT_YET)
    })
}

/// A written export.
struct File {
    rows: u64,
    position: u64,
    length: u64,
    digest: [u8; 32],
}

async fn write(
    bulk: &Arc<Bulk>,
    asked: Asked,
    scope: Scope,
    account: Uuid,
) -> Result<(File, spool::Reader), Problem> {
    let settings = bulk.parts.settings;
    let turn = tokio::time::timeout(settings.reading_time, Arc::clone(&bulk.reading).acquire_owned()).await;
    let Ok(Ok(turn)) = turn else { return Err(busy(&reasons::EXPORTS_TOO_MANY)) };
    let (writer, reader) =
        spool::spool(&bulk.parts.folder, &bulk.quota, account).map_err(|cause| stopped(Stop::Io(cause)))?;
    let limits = Limits { bytes: settings.export_bytes, time: settings.reading_time };
    let reading = Read {
        app: Arc::clone(&bulk.parts.app),
        asked,
        scope,
        limits,
        _turn: turn,
        runtime: tokio::runtime::Handle::current(),
    };
    let written = bulk.parts.app.views().read(move |snapshot| reading.write(snapshot, writer)).await;
    let file = written.map_err(views_fault)?.map_err(stopped)?;
    Ok((file, reader))
}

fn views_fault(cause: ViewsError) -> Problem {
    tracing::error!(%cause, "an export can not be read");
    Problem::internal()
}

fn stopped(stop: Stop) -> Problem {
    match stop {
        Stop::TooLong => Problem::new(StatusCode::GATEWAY_TIMEOUT, &reasons::EXPORT_TOO_LONG),
        Stop::TooLarge => Problem::bad_request(&reasons::EXPORT_TOO_LARGE),
        Stop::Io(cause) if cause.kind() == io::ErrorKind::QuotaExceeded => busy(&reasons::EXPORT_NO_ROOM),
        Stop::Io(cause) => {
            tracing::error!(%cause, "an export can not be spooled");
            Problem::internal()
        }
        // Nobody sees it.
        Stop::Abandoned => busy(&reasons::EXPORT_GIVEN_UP),
        Stop::Log(cause) => {
            tracing::error!(%cause, "the log can not be exported");
            Problem::internal()
        }
    }
}

impl File {
    fn of(writer: spool::Writer, rows: u64, position: u64) -> io::Result<Self> {
        let file = Self { rows, position, length: writer.length(), digest: writer.digest() };
        writer.finish()?;
        Ok(file)
    }
}

impl Format {
    /// The last line of a table of JSON: how many rows came before it, and their digest.
    fn trailer(rows: u64, digest: [u8; 32], position: u64) -> serde_json::Value {
        json!({ "rows": rows, "sha256": hex(&digest), "position": position.to_string() })
    }
}
