//! All events, in the order of the log.

mod reveal;

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use clap::{Args, ValueEnum};
use event_log::Position;
use keyring::Keyring;
use serde_json::Value;

use super::{Failure, Outcome, Settings, progress};
use crate::{
    bulk::{
        cells::Csv,
        events::{COLUMNS, cells, cloud_event},
    },
    log::pages::Pages,
};

/// Records read at once.
const PAGE: usize = 4_096;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One CloudEvent 1.0 a line
    Ndjson,
    /// UTF-8 with a byte-order mark, as spreadsheets expect it
    Csv,
}

/// `wardlog export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[arg(long, value_enum, default_value = "ndjson")]
    format: Format,
    /// File to write (default: standard output)
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only events after this position
    #[arg(long, value_name = "POSITION")]
    after: Option<u64>,
    #[command(flatten)]
    reveal: reveal::RevealArgs,
}

/// Works beside a running server, unless it opens personal fields from a file; the export ends at the head the log had at its start.
pub(crate) async fn run(settings: &Settings, args: &ExportArgs) -> Outcome {
    let place = &settings.place(&settings.data);
    let reader = Pages::open(place, &settings.log).await?;
    let head = reader.head()?.map_or(0, |position| position.0);
    // Held until the end: nobody else writes while opened values leave.
    let recorded = match args.reveal.wanted() {
        true => Some(reveal::record(settings, &args.reveal, &reader, args.after, head).await?),
        false => None,
    };
    let keyring = recorded.as_ref().map(|node| &**node.app.keyring());
    let written = match &args.output {
        Some(path) => write(&reader, head, args, keyring, &mut BufWriter::new(private(path)?)),
        None => write(&reader, head, args, keyring, &mut BufWriter::new(io::stdout().lock())),
    };
    match written {
        Ok(count) => {
            eprintln!("{count} events exported, up to position {head}");
            Ok(())
        }
        // Who reads the pipe has seen enough.
        Err(Failed::Io(cause)) if cause.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(Failed::Io(cause)) => Err(cause.into()),
        Err(Failed::Other(failure)) => Err(failure),
    }
}

/// A new file for its owner alone: it may hold personal data.
fn private(path: &std::path::Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

enum Failed {
    Io(io::Error),
    Other(Failure),
}

impl From<io::Error> for Failed {
    fn from(cause: io::Error) -> Self {
        Self::Io(cause)
    }
}

fn write(
    reader: &Pages,
    head: u64,
    args: &ExportArgs,
    keyring: Option<&Keyring>,
    out: &mut dyn Write,
) -> Result<u64, Failed> {
    let bar = progress::bar(head, "exporting");
    let mut after = args.after.filter(|after| *after > 0).map(Position);
    let mut count = 0;
    let mut table = match args.format {
        Format::Csv => Table::Csv(Csv::new(out, &COLUMNS)?),
        Format::Ndjson => Table::Ndjson(out),
    };
    loop {
        let records = reader.read_all(after, PAGE).map_err(|cause| Failed::Other(Failure::from(cause)))?;
        let Some(last) = records.last() else { break };
        after = Some(last.position);
        for record in records.iter().filter(|record| record.position.0 <= head) {
            let mut event = cloud_event(record).map_err(|cause| Failed::Other(Failure::from(cause)))?;
            if let Some(keyring) = keyring {
                reveal::open(&mut event["data"], keyring).map_err(Failed::Other)?;
            }
            table.write(&event)?;
            count += 1;
        }
        bar.set_position(last.position.0.min(head));
        if last.position.0 >= head {
            break;
        }
    }
    table.finish()?;
    bar.finish_and_clear();
    Ok(count)
}

enum Table<'a> {
    Csv(Csv<&'a mut dyn Write>),
    Ndjson(&'a mut dyn Write),
}

impl Table<'_> {
    fn write(&mut self, event: &Value) -> io::Result<()> {
        match self {
            Self::Csv(csv) => csv.row(&cells(event)),
            Self::Ndjson(out) => {
                serde_json::to_writer(&mut *out, event).map_err(io::Error::from)?;
                out.write_all(b"\n")
            }
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Csv(csv) => csv.finish()?.flush(),
            Self::Ndjson(out) => out.flush(),
        }
    }
}
