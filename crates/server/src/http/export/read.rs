//! Reading an export from one snapshot into a spool. Blocking.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::Meta;
use event_log::{LogError, Position, Recorded, Revision, StreamName};
use graphql::{Cell, Export};
use tokio::sync::OwnedSemaphorePermit;
use views::query::Snapshot;
use views::{Scope, ViewsError};

use super::File;
use super::asked::{Asked, Events, Format, Source};
use crate::bulk::cells::{Csv, json_row};
use crate::bulk::events::{COLUMNS, cells, cloud_event};
use crate::bulk::spool::Writer;

/// Records read at once.
const PAGE: usize = 1_024;
/// Streams whose visibility is remembered.
const STREAMS: usize = 20_000;

/// How much, and how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub bytes: u64,
    pub time: Duration,
}

/// Why an export ended before its end.
#[derive(Debug)]
pub(super) enum Stop {
    TooLong,
    TooLarge,
    /// Whoever asked is gone.
    Abandoned,
    Io(io::Error),
    Log(String),
}

impl From<io::Error> for Stop {
    fn from(cause: io::Error) -> Self {
        Self::Io(cause)
    }
}

impl From<LogError> for Stop {
    fn from(cause: LogError) -> Self {
        Self::Log(cause.to_string())
    }
}

pub(super) struct Read {
    pub app: Arc<app::App>,
    pub asked: Asked,
    pub scope: Scope,
    pub limits: Limits,
    /// Held as long as the reading goes on, whoever still waits for it.
    pub _turn: OwnedSemaphorePermit,
    pub runtime: tokio::runtime::Handle,
}

impl Read {
    pub(super) fn write(
        self,
        snapshot: &Snapshot<'_>,
        writer: Writer,
    ) -> Result<Result<File, Stop>, ViewsError> {
        let columns: Vec<&'static str> = match &self.asked.source {
            Source::Table(table) => table.columns(),
            Source::Events(_) => COLUMNS.to_vec(),
        };
        let mut sheet = match Sheet::new(self.asked.format, writer, columns, self.limits) {
            Ok(sheet) => sheet,
            Err(cause) => return Ok(Err(cause.into())),
        };
        let stopped = match &self.asked.source {
            Source::Table(table) => sheet.table(&**table, snapshot, &self.scope)?,
            Source::Events(events) => self.events(events, snapshot, &mut sheet)?,
        };
        Ok(stopped.and_then(|()| Ok(sheet.finish(snapshot.position())?)))
    }

    /// All records up to the position of the snapshot, in the order of the log.
    fn events(
        &self,
        events: &Events,
        snapshot: &Snapshot<'_>,
        sheet: &mut Sheet,
    ) -> Result<Result<(), Stop>, ViewsError> {
        let mut seen = HashMap::new();
        let mut after = None;
        loop {
            let records = match self.page(events, after) {
                Ok(records) => records,
                Err(cause) => return Ok(Err(cause.into())),
            };
            let whole = records.len() == PAGE;
            after = records.last().map(|last| (last.position, last.revision)).or(after);
            for record in records.iter().filter(|record| record.position.0 <= snapshot.position()) {
                let wanted = match events.want(record) {
                    Ok(wanted) => wanted,
                    Err(cause) => return Ok(Err(Stop::Log(cause))),
                };
                if wanted
                    && visible(snapshot, &self.scope, &record.stream, &mut seen)?
                    && let Err(stop) = sheet.event(record, snapshot)
                {
                    return Ok(Err(stop));
                }
            }
            if let Err(stop) = sheet.in_time() {
                return Ok(Err(stop));
            }
            let reached = after.is_some_and(|(position, _)| position.0 >= snapshot.position());
            if !whole || reached {
                return Ok(Ok(()));
            }
        }
    }

    fn page(&self, events: &Events, after: Option<(Position, Revision)>) -> Result<Vec<Recorded>, LogError> {
        let log = self.app.log();
        self.runtime.block_on(async {
            match &events.stream {
                Some(stream) => {
                    let from = after.map_or(0, |(_, revision)| revision.0 + 1);
                    log.read_stream(stream, Revision(from), PAGE).await
                }
                None => log.read_all(after.map(|(position, _)| position), PAGE).await,
            }
        })
    }
}

fn visible(
    snapshot: &Snapshot<'_>,
    scope: &Scope,
    stream: &StreamName,
    seen: &mut HashMap<Box<str>, bool>,
) -> Result<bool, ViewsError> {
    if let Some(known) = seen.get(stream.as_str()) {
        return Ok(*known);
    }
    let visible = graphql::visible_stream(snapshot, scope, stream)?;
    if seen.len() >= STREAMS {
        seen.clear();
    }
    seen.insert(stream.as_str().into(), visible);
    Ok(visible)
}

impl Events {
    fn want(&self, record: &Recorded) -> Result<bool, String> {
        if self.kind.as_ref().is_some_and(|kind| **kind != *record.kind) {
            return Ok(false);
        }
        if self.area.is_none() && self.from.is_none() && self.to.is_none() {
            return Ok(true);
        }
        let meta: Meta = serde_json::from_slice(&record.meta)
            .map_err(|cause| format!("the record at {}: {cause}", record.position.0))?;
        let inside = self.area.is_none_or(|prefix| meta.area.is_some_and(|area| prefix.contains(&area)));
        let late = self.from.is_none_or(|from| meta.recorded_at >= from.at);
        let early = self.to.is_none_or(|to| meta.recorded_at < to.at);
        Ok(inside && late && early)
    }
}

/// A table that is being written.
struct Sheet {
    out: Out,
    columns: Vec<&'static str>,
    rows: u64,
    limits: Limits,
    begun: Instant,
}

enum Out {
    Csv(Csv<Writer>),
    Ndjson(Writer),
}

impl Sheet {
    fn new(format: Format, writer: Writer, columns: Vec<&'static str>, limits: Limits) -> io::Result<Self> {
        let out = match format {
            Format::Csv => Out::Csv(Csv::new(writer, &columns)?),
            Format::Ndjson => Out::Ndjson(writer),
        };
        Ok(Self { out, columns, rows: 0, limits, begun: Instant::now() })
    }

    fn table(
        &mut self,
        table: &dyn Export,
        snapshot: &Snapshot<'_>,
        scope: &Scope,
    ) -> Result<Result<(), Stop>, ViewsError> {
        let mut stopped = Ok(());
        table.read(snapshot, scope, &mut |cells| match self.row(cells) {
            Ok(()) => ControlFlow::Continue(()),
            Err(stop) => {
                stopped = Err(stop);
                ControlFlow::Break(())
            }
        })?;
        Ok(stopped)
    }

    fn row(&mut self, cells: &[Cell]) -> Result<(), Stop> {
        match &mut self.out {
            Out::Csv(csv) => csv.row(cells)?,
            Out::Ndjson(writer) => json_row(writer, &self.columns, cells)?,
        }
        self.count()
    }

    /// A record with its personal fields hidden, told in local time.
    fn event(&mut self, record: &Recorded, snapshot: &Snapshot<'_>) -> Result<(), Stop> {
        let damaged =
            |cause: serde_json::Error| Stop::Log(format!("the record at {}: {cause}", record.position.0));
        let mut event = cloud_event(record).map_err(damaged)?;
        graphql::hide_sealed(&mut event["data"]);
        for name in ["time", "occurredat"] {
            if let Some(when) = event[name].as_str().and_then(|text| text.parse::<domain::When>().ok()) {
                event[name] = snapshot.calendar().local(when.at).to_string().into();
            }
        }
        match &mut self.out {
            Out::Csv(csv) => csv.row(&cells(&event))?,
            Out::Ndjson(writer) => writeln!(writer, "{event}")?,
        }
        self.count()
    }

    fn count(&mut self) -> Result<(), Stop> {
        self.rows += 1;
        if self.out.writer().length() > self.limits.bytes {
            return Err(Stop::TooLarge);
        }
        if self.rows.is_multiple_of(256) { self.in_time() } else { Ok(()) }
    }

    fn in_time(&self) -> Result<(), Stop> {
        if self.out.writer().is_abandoned() {
            return Err(Stop::Abandoned);
        }
        if self.begun.elapsed() > self.limits.time { Err(Stop::TooLong) } else { Ok(()) }
    }

    fn finish(self, position: u64) -> io::Result<File> {
        let rows = self.rows;
        let writer = match self.out {
            Out::Csv(csv) => csv.finish()?,
            Out::Ndjson(mut writer) => {
                let trailer = Format::trailer(rows, writer.digest(), position);
                writeln!(writer, "{trailer}")?;
                writer
            }
        };
        File::of(writer, rows, position)
    }
}

impl Out {
    fn writer(&self) -> &Writer {
        match self {
            Self::Csv(csv) => csv.get_ref(),
            Self::Ndjson(writer) => writer,
        }
    }
}
