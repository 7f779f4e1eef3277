//! What uploads and exports of one server share: who may begin one, and where their answers are spooled.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use app::Viewer;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use domain::Reason;
use serde_json::json;
use tokio::sync::Semaphore;

use super::problem::Problem;
use super::reasons;
use super::seats::{Full, Seat, Seats};
use super::{App, who};
use crate::bulk::{inflate, intake, spool::Quota};
use crate::identity::{Authenticated, Principal};

/// What the binary hands in for bulk work.
#[derive(Clone)]
pub struct BulkParts {
    pub app: Arc<app::App>,
    /// Who asks, as the application knows them.
    pub viewer: fn(&Principal) -> Viewer,
    /// Answers are spooled here, in files without a name.
    pub folder: PathBuf,
    pub settings: BulkSettings,
}

impl fmt::Debug for BulkParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkParts").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What may be configured about bulk work.
#[derive(Clone, Copy, Debug)]
pub struct BulkSettings {
    /// Most commands of one upload.
    pub commands: u64,
    /// Most bytes of one command.
    pub command_bytes: usize,
    /// Most bytes of an upload that is compressed, as it is sent.
    pub coded_bytes: u64,
    /// Most bytes of an upload, as it is read.
    pub decoded_bytes: u64,
    /// Longest time between two pieces of an upload that the server waits for.
    pub idle: Duration,
    /// Longest time that an upload may arrive.
    pub upload_time: Duration,
    /// Most uploads and exports at once.
    pub at_once: usize,
    /// Most of them for one account.
    pub at_once_of_account: usize,
    /// Exports that are read from the views at the same time; each has one of their readers.
    pub reading: usize,
    /// Longest time that an export may be read.
    pub reading_time: Duration,
    /// Most bytes of one export.
    pub export_bytes: u64,
    /// Most bytes of all answers that are spooled; those of one account are a quarter of it.
    pub spool_bytes: u64,
    /// Within this a reader must take a piece of an answer that is ready.
    pub stall: Duration,
}

impl Default for BulkSettings {
    fn default() -> Self {
        Self {
            commands: 10_000,
            command_bytes: 64 << 10,
            coded_bytes: 32 << 20,
            decoded_bytes: 64 << 20,
            idle: Duration::from_secs(30),
            upload_time: Duration::from_secs(600),
            at_once: 16,
            at_once_of_account: 4,
            reading: 2,
            reading_time: Duration::from_secs(60),
            export_bytes: 1 << 30,
            spool_bytes: 4 << 30,
            stall: Duration::from_secs(60),
        }
    }
}

impl BulkSettings {
    pub(super) const fn intake(&self) -> intake::Bounds {
        intake::Bounds { longest: self.command_bytes, most: self.commands }
    }

    pub(super) const fn body(&self, coding: inflate::Coding) -> inflate::Bounds {
        let coded = match coding {
            inflate::Coding::Identity => self.decoded_bytes,
            inflate::Coding::Gzip | inflate::Coding::Zstd => self.coded_bytes,
        };
        inflate::Bounds { coded, decoded: self.decoded_bytes }
    }
}

/// Bulk work of one server.
pub(super) struct Bulk {
    pub(super) parts: BulkParts,
    pub(super) quota: Arc<Quota>,
    pub(super) reading: Arc<Semaphore>,
    places: Arc<Seats>,
}

impl Bulk {
    pub(super) fn new(parts: BulkParts) -> Self {
        let settings = &parts.settings;
        Self {
            quota: Quota::new(settings.spool_bytes),
            reading: Arc::new(Semaphore::new(settings.reading)),
            places: Seats::of(settings.at_once, settings.at_once_of_account, 0),
            parts,
        }
    }

    /// A place for one upload or export, held until it is dropped.
    pub(super) fn place(&self, known: &Authenticated) -> Result<Seat, Problem> {
        self.places.take(Some(known.principal.id)).map_err(|full| match full {
            Full::All => busy(&reasons::UPLOADS_TOO_MANY),
            Full::Own => Problem::new(StatusCode::TOO_MANY_REQUESTS, &reasons::UPLOADS_OF_ACCOUNT)
                .header(header::RETRY_AFTER, "10"),
        })
    }
}

pub(super) fn busy(reason: &'static Reason) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, reason).header(header::RETRY_AFTER, "10")
}

/// Who asks, and that nobody asks in their name. A page of another origin may not make a browser with a cookie send
/// anything that changes something; an address typed in may be read.
pub(super) async fn asker(
    app: &App,
    headers: &HeaderMap,
    changes: bool,
) -> Result<Arc<Authenticated>, Problem> {
    let known = who::authenticate(app, headers).await?.ok_or_else(who::nobody)?;
    if known.by_cookie() {
        who::own_page(app, headers, changes)?;
    }
    Ok(known)
}

/// Where there is no application behind the server, there is no bulk work either.
pub(super) fn of(app: &App) -> Result<Arc<Bulk>, Problem> {
    app.0.bulk.clone().ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, &reasons::ADDRESS_UNKNOWN))
}

/// An answer of JSON.
pub(super) fn json_answer(value: &serde_json::Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], json!(value).to_string()).into_response()
}
