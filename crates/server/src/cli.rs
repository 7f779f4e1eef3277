//! The command line. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a check found damage or differences, 4 log, data
//! folder and keys do not belong together, 5 the cluster is needed and can not be reached.

mod account;
mod backup;
mod demo;
mod export;
#[cfg(feature = "fuzzing")]
pub mod harness;
mod import;
#[cfg(feature = "kurrent")]
mod migrate;
mod progress;
mod rebuild;
mod schema;
mod serve;
mod settings;
mod token;
mod verify;

use std::{any::Any, fmt::Display, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;

pub use settings::Settings;

use crate::{
    log::{LogText, shows_password},
    node::{NodeError, Place},
    telemetry::{self, Logs},
};

/// Wardlog: an event-sourced public security resource platform.
///
/// Patrol shifts, incident reports and security-contract events are appended once to a log that nobody can quietly
/// change; police stations, community committees and security companies query it over GraphQL.
#[derive(Debug, Parser)]
#[command(name = "wardlog", version, max_term_width = 110)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Options of every subcommand.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// Data folder
    #[arg(long, global = true, env = "WARDLOG_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// `sqlite` (the log lies in the data folder), or the connection string of a cluster: esdb://… or kurrentdb://…
    ///
    /// A connection string with a password belongs into WARDLOG_LOG or into a file: arguments are shown to everybody on
    /// the machine. [default: sqlite]
    #[arg(long, global = true, env = "WARDLOG_LOG", hide_env_values = true, value_name = "ADDRESS")]
    log: Option<LogText>,
    /// File that holds what --log would say
    #[arg(long, global = true, env = "WARDLOG_LOG_FILE", value_name = "FILE")]
    log_file: Option<PathBuf>,
    /// File of the master key (default: beside the data folder, `<DIR>.master-key`; `WARDLOG_MASTER_KEY` may hold the
    /// key itself instead)
    #[arg(long, global = true, env = "WARDLOG_MASTER_KEY_FILE", value_name = "FILE")]
    master_key: Option<PathBuf>,
    /// Settings file (TOML)
    #[arg(long, global = true, env = "WARDLOG_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// IANA time zone of the local calendar [default: Asia/Shanghai]
    #[arg(long, global = true, env = "WARDLOG_TIME_ZONE", value_name = "ZONE")]
    time_zone: Option<String>,
    /// Logs as JSON lines
    #[arg(long, global = true, env = "WARDLOG_LOG_JSON")]
    log_json: bool,
    /// More logs (twice: debug)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the API and the pages
    Serve(serve::ServeArgs),
    /// Loads a district with 90 days of life and serves it, with an account for each kind of user
    Demo(demo::DemoArgs),
    /// Imports areas (CSV) or commands (NDJSON); safe to repeat and to interrupt
    Import(import::ImportArgs),
    /// Writes all events, as CloudEvents (NDJSON) or CSV
    Export(export::ExportArgs),
    /// Builds the views anew from the log, compares them with the present ones and puts them in place
    Rebuild(rebuild::RebuildArgs),
    /// Checks every digest, the order, and the index of the log
    Verify(verify::VerifyArgs),
    /// Copies log, keyring and accounts while the server runs; never the master key
    Backup(backup::BackupArgs),
    /// Moves a log from its file into a cluster, or back
    #[cfg(feature = "kurrent")]
    Migrate(migrate::MigrateArgs),
    /// Keeps accounts
    #[command(subcommand)]
    Account(account::AccountCommand),
    /// Keeps API tokens
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Prints the GraphQL schema
    Schema,
}

/// What a subcommand ends with when it does not succeed.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    pub fn new(message: impl Display) -> Self {
        Self { message: message.to_string(), code: 1 }
    }

    /// A check found something.
    pub fn found(message: impl Display) -> Self {
        Self { message: message.to_string(), code: 3 }
    }

    /// Log, data folder and keys do not belong together.
    pub fn mismatch(message: impl Display) -> Self {
        Self { message: message.to_string(), code: 4 }
    }
}

impl<E: std::error::Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let code = match (&error as &dyn Any).downcast_ref() {
            Some(NodeError::Mismatch(_)) => 4,
            Some(NodeError::Unreachable(_)) => 5,
            Some(_) | None => 1,
        };
        // A chain in one line; causes that are in the sentence already are not said twice.
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            source = cause.source();
        }
        Self { message, code }
    }
}

pub(crate) type Outcome = Result<(), Failure>;

/// Runs the command line to its end.
pub fn main(cli: Cli) -> ExitCode {
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("wardlog: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

fn run(cli: Cli) -> Outcome {
    if std::env::args().any(|argument| shows_password(&argument)) {
        eprintln!(
            "wardlog: the password of the log is shown to everybody who lists processes: use WARDLOG_LOG or --log-file"
        );
    }
    let settings = Settings::read(&cli.common)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let logs = Logs { json: cli.common.log_json, verbose: cli.common.verbose };
    let telemetry = {
        // What exports traces works on the runtime.
        let _inside = runtime.enter();
        telemetry::start(logs, &settings.telemetry)?
    };
    let place = |data: &std::path::Path| settings.place(data);
    let outcome = match cli.command {
        Command::Serve(args) => runtime.block_on(serve::run(&settings, args, &telemetry)),
        Command::Demo(args) => runtime.block_on(demo::run(&settings, args, &telemetry)),
        Command::Import(args) => runtime.block_on(import::start(&settings, args)),
        Command::Export(args) => runtime.block_on(export::run(&settings, &args)),
        Command::Rebuild(args) => runtime.block_on(rebuild::run(&settings, &args)),
        Command::Verify(args) => runtime.block_on(verify::run(&settings, &args)),
        Command::Backup(args) => runtime.block_on(backup::run(&settings, &args)),
        #[cfg(feature = "kurrent")]
        Command::Migrate(args) => runtime.block_on(migrate::run(&settings, &args)),
        Command::Account(command) => runtime.block_on(account::run(&place(&settings.data), command)),
        Command::Token(command) => runtime.block_on(token::run(&place(&settings.data), command)),
        Command::Schema => schema::run(),
    };
    telemetry.close();
    // Work that runs in the background must not hold the process up.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    outcome
}

/// The one place where the real time enters.
pub(crate) fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the binary is where the clock comes from")]
    Timestamp::now()
}

/// The one place where random ids enter.
pub(crate) fn new_id() -> uuid::Uuid {
    #[expect(clippy::disallowed_methods, reason = "the binary is where ids come from")]
    uuid::Uuid::now_v7()
}

impl Common {
    fn place(&self, data: &std::path::Path, time_zone: &str) -> Place {
        Place::new(data, self.master_key.as_deref(), time_zone)
    }
}
