//! Areas from CSV, commands from NDJSON. Every line has its own outcome; a line that fails fails alone.

use std::{
    fs::File,
    io::{self, BufReader, Write as _},
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use app::Viewer;
use clap::Args;
use tracing::{Instrument as _, field::Empty};

use super::{Failure, Outcome, Settings, account, now, progress, serve::viewer};
use crate::{
    bulk::{
        intake::{Bounds, Form, Intake},
        outcome::{Became, Outcome as LineOutcome, Tally},
        run::{AT_ONCE, Told, Work, run},
    },
    identity::Identity,
    node::Node,
};

/// A longer line is refused, not read into memory.
const LONGEST_LINE: usize = 1 << 20;

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
    /// Only say what would become of each line of commands now; nothing is recorded
    #[arg(long)]
    dry_run: bool,
    /// Lines of commands that run at the same time; those about the same thing keep their order
    #[arg(long, value_name = "LINES", default_value_t = AT_ONCE, value_parser = clap::value_parser!(u16).range(1..=256))]
    at_once: u16,
}

pub(crate) async fn start(settings: &Settings, args: ImportArgs) -> Outcome {
    let place = settings.place(&settings.data);
    let node = Node::open_at(place, &settings.log, Arc::new(now), settings.app.clone()).await?;
    node.catch_up(|_, _| {}).await?;
    let viewer = match &args.account {
        Some(name) => {
            let identity = Identity::open(&node.place.identity()).await?;
            let account = account::named(&identity, name).await?;
            viewer(&account.principal())
        }
        None => Viewer::platform(),
    };
    let stop = Arc::new(AtomicBool::new(false));
    let stopping = Arc::clone(&stop);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stopping.store(true, Ordering::Relaxed);
        }
    });
    let mut tally = Tally::default();
    for path in &args.files {
        let span = tracing::info_span!("import", lines = Empty, failed = Empty);
        let before = tally;
        let by_ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match by_ending {
            "csv" => areas(&node, &viewer, path, &args, &mut tally).instrument(span.clone()).await?,
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
        span.record("lines", tally.lines - before.lines).record("failed", tally.failed - before.failed);
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    let checked = if args.dry_run { format!(", {} would be done", tally.checked) } else { String::new() };
    eprintln!(
        "{} lines appended events, {} changed nothing, {} failed{checked}",
        tally.appended, tally.unchanged, tally.failed
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

async fn areas(node: &Node, viewer: &Viewer, path: &Path, args: &ImportArgs, tally: &mut Tally) -> Outcome {
    if args.dry_run {
        return Err(Failure::new(format!("{}: areas have no dry run", path.display())));
    }
    let report = city::import_areas(&node.app, viewer, open(path)?, &|_, _| {}).await?;
    for problem in &report.bad {
        eprintln!("{}:{}: {}", path.display(), problem.line, problem.message);
    }
    let bad = u64::try_from(report.bad.len()).unwrap_or(u64::MAX);
    tally.lines += report.registered + report.unchanged + bad;
    tally.appended += report.registered;
    tally.unchanged += report.unchanged;
    tally.failed += bad;
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
    let file = open(path)?;
    let bar = progress::bar(file.metadata()?.len(), "importing");
    let work = Work {
        app: Arc::clone(&node.app),
        viewer: Arc::new(viewer.clone()),
        rehearsal: args.dry_run,
        at_once: args.at_once,
    };
    let bounds = Bounds { longest: LONGEST_LINE, most: u64::MAX };
    let (intake, arriving) = Intake::new(Arc::clone(&work.app), Arc::clone(&work.viewer), bounds);
    let source = BufReader::new(bar.wrap_read(file));
    let reading = tokio::task::spawn_blocking(move || intake.read(Form::Lines, source));
    let mut teller = Teller { args, path, stop, failure: None };
    let done = run(&work, arriving, &mut teller).await;
    bar.finish_and_clear();
    tally.add(done);
    if let Some(failure) = teller.failure {
        return Err(failure);
    }
    reading.await?.map_err(|broken| Failure::new(format!("{}: can not be read on: {broken}", path.display())))
}

/// Prints what became of the lines.
struct Teller<'a> {
    args: &'a ImportArgs,
    path: &'a Path,
    stop: &'a AtomicBool,
    failure: Option<Failure>,
}

impl Told for Teller<'_> {
    fn tell(&mut self, outcome: &LineOutcome) -> ControlFlow<()> {
        if let Err(failure) = self.print(outcome) {
            self.failure = Some(failure);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn pause(&mut self) -> ControlFlow<()> {
        if self.stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Teller<'_> {
    fn print(&self, outcome: &LineOutcome) -> Outcome {
        if self.args.outcomes {
            let mut out = io::stdout().lock();
            serde_json::to_writer(&mut out, outcome)?;
            out.write_all(b"\n")?;
            out.flush()?;
        } else if outcome.became == Became::Failed {
            let field = outcome.field.as_deref().map(|field| format!(" at `{field}`")).unwrap_or_default();
            eprintln!(
                "{}:{}: {}{field}: {}",
                self.path.display(),
                outcome.line,
                outcome.code.unwrap_or_default(),
                outcome.message.as_deref().unwrap_or_default(),
            );
        }
        Ok(())
    }
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|cause| Failure::new(format!("{}: {cause}", path.display())))
}
