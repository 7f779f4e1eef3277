//! Areas from CSV, commands from NDJSON. Every line has its own outcome; a line that fails fails alone.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use app::Viewer;
use clap::Args;
use serde_json::{Value, json};
use tracing::{Instrument as _, field::Empty};

use super::{Failure, Outcome, Settings, account, now, progress, serve::viewer};
use crate::{identity::Identity, node::Node};

/// A longer line is refused, not read into memory.
const LONGEST_LINE: u64 = 1 << 20;

/// `wardlog import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// `*.csv`: areas (code,level,name,parent_code); `*.ndjson`: commands, one a line:
    /// {"command":"publishShift","input":{"commandId":"…","shift":"…"}}
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Act as this account, with its rights (default: as the platform, with all)
    #[arg(long = "as", value_name = "ACCOUNT")]
    account: Option<String>,
    /// Print the outcome of every line, not only of those that failed
    #[arg(long)]
    outcomes: bool,
}

/// Lines by their outcome.
#[derive(Debug, Default)]
struct Tally {
    appended: u64,
    repeated: u64,
    failed: u64,
}

impl Tally {
    const fn lines(&self) -> u64 {
        self.appended + self.repeated + self.failed
    }
}

pub(crate) async fn run(settings: &Settings, args: ImportArgs) -> Outcome {
    let node = Node::open(settings.place(&settings.data), std::sync::Arc::new(now), settings.app.clone())?;
    node.catch_up(|_, _| {}).await?;
    let viewer = match &args.account {
        Some(name) => {
            let identity = Identity::open(&node.place.identity()).await?;
            let account = account::named(&identity, name).await?;
            viewer(&account.principal())
        }
        None => Viewer::platform(),
    };
    let stop = std::sync::Arc::new(AtomicBool::new(false));
    let stopping = std::sync::Arc::clone(&stop);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stopping.store(true, Ordering::Relaxed);
        }
    });
    let mut tally = Tally::default();
    for path in &args.files {
        let span = tracing::info_span!("import", lines = Empty, failed = Empty);
        let before = tally.lines();
        let by_ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match by_ending {
            "csv" => areas(&node, &viewer, path, &mut tally).instrument(span.clone()).await?,
            "ndjson" | "jsonl" => {
                commands(&node, &viewer, path, &args, &stop, &mut tally).instrument(span.clone()).await?;
            }
            _ => {
                return Err(Failure::new(format!(
                    "{}: the name must end in .csv or .ndjson",
                    path.display()
                )));
            }
        }
        span.record("lines", tally.lines() - before).record("failed", tally.failed);
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    eprintln!(
        "{} lines appended events, {} changed nothing, {} failed",
        tally.appended, tally.repeated, tally.failed
    );
    if stop.load(Ordering::Relaxed) {
        return Err(Failure::new(
            "interrupted: what is acknowledged is kept; run the same import again to go on",
        ));
    }
    if tally.failed > 0 {
        return Err(Failure::found("some lines failed; mend them and run the same import again"));
    }
    Ok(())
}

async fn areas(node: &Node, viewer: &Viewer, path: &Path, tally: &mut Tally) -> Outcome {
    let report = city::import_areas(&node.app, viewer, open(path)?, &|_, _| {}).await?;
    for problem in &report.bad {
        eprintln!("{}:{}: {}", path.display(), problem.line, problem.message);
    }
    tally.appended += report.registered;
    tally.repeated += report.unchanged;
    tally.failed += u64::try_from(report.bad.len()).unwrap_or(u64::MAX);
    Ok(())
}

async fn commands(
    node: &Node,
    viewer: &Viewer,
    path: &Path,
    args: &ImportArgs,
    stop: &AtomicBool,
    tally: &mut Tally,
) -> Outcome {
    let mut reader = BufReader::new(open(path)?);
    let bar = progress::bar(std::fs::metadata(path)?.len(), "importing");
    let mut number = 0_u64;
    let mut line = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        line.clear();
        let read = (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        number += 1;
        bar.inc(u64::try_from(read).unwrap_or(u64::MAX));
        let too_long = read as u64 == LONGEST_LINE && line.last() != Some(&b'\n');
        if too_long {
            skip_line(&mut reader)?;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let outcome = if too_long {
            failed("line_too_long", None, "the line is longer than 1 MiB")
        } else {
            one(node, viewer, &line).await
        };
        match outcome["outcome"].as_str() {
            Some("appended") => tally.appended += 1,
            Some("unchanged") => tally.repeated += 1,
            _ => tally.failed += 1,
        }
        tell(args, path, number, outcome)?;
    }
    bar.finish_and_clear();
    Ok(())
}

async fn one(node: &Node, viewer: &Viewer, line: &[u8]) -> Value {
    let parsed: Result<Value, _> = serde_json::from_slice(line);
    let (command, input) = match parsed {
        Ok(Value::Object(mut fields)) => match (fields.remove("command"), fields.remove("input")) {
            (Some(Value::String(command)), Some(input)) if fields.is_empty() => (command, input),
            _ => {
                return failed(
                    "malformed_line",
                    None,
                    "a line is an object of `command` (a name) and `input`",
                );
            }
        },
        Ok(_) => return failed("malformed_line", None, "a line is a JSON object"),
        // The parser's own words may quote the line, which may hold personal data.
        Err(cause) => {
            return failed("malformed_json", None, &format!("not JSON at column {}", cause.column()));
        }
    };
    match graphql::run_command(&node.app, viewer, &command, input).await {
        Ok(done) => json!({
            "outcome": if done.appended > 0 { "appended" } else { "unchanged" },
            "id": done.stream.as_str(),
            "position": done.position.to_string(),
            "revision": done.revision,
        }),
        Err(refused) => {
            let mut outcome = failed(refused.code, refused.field.as_deref(), &refused.message);
            outcome["messageZh"] = refused.message_zh.into();
            outcome
        }
    }
}

fn failed(code: &str, field: Option<&str>, message: &str) -> Value {
    json!({ "outcome": "failed", "code": code, "field": field, "message": message })
}

fn tell(args: &ImportArgs, path: &Path, number: u64, mut outcome: Value) -> Outcome {
    if args.outcomes {
        outcome["line"] = number.into();
        let mut out = io::stdout().lock();
        serde_json::to_writer(&mut out, &outcome)?;
        out.write_all(b"\n")?;
        out.flush()?;
    } else if outcome["outcome"] == "failed" {
        let text = |name: &str| outcome[name].as_str().unwrap_or_default().to_owned();
        let field = outcome["field"].as_str().map(|field| format!(" at `{field}`")).unwrap_or_default();
        eprintln!("{}:{number}: {}{field}: {}", path.display(), text("code"), text("message"));
    }
    Ok(())
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|cause| Failure::new(format!("{}: {cause}", path.display())))
}

/// Reads on to the end of a line that is too long, without keeping it.
fn skip_line(reader: &mut impl io::BufRead) -> io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |end| end + 1);
        reader.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}
