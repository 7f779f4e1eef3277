//! `wardlog`: one binary, one subcommand per kind of work. Everything else is in the library.

use std::process::ExitCode;

use clap::Parser as _;
use server::cli::Cli;

fn main() -> ExitCode {
    server::cli::main(Cli::parse())
}
