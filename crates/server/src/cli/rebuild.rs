use std::fs;

use clap::Args;
use event_log::{SqliteLog, SqliteOptions};
use views::{compare, rebuild_file, remove_file};

use super::{Failure, Outcome, Settings, progress};
use crate::{log::pages::Pages, node::Place};

/// `wardlog rebuild`.
#[derive(Debug, Args)]
pub(crate) struct RebuildArgs {
    /// Put the new views in place even when they differ from the present ones (after a change of a fold)
    #[arg(long)]
    accept_differences: bool,
}

/// What keeps others from the views until the work is done.
enum Held {
    /// Nobody appends, and no server follows the old file.
    Log(#[expect(dead_code, reason = "held for its lock")] SqliteLog),
    #[cfg(feature = "kurrent")]
    Folder(#[expect(dead_code, reason = "held for its lock")] fs::File),
}

fn hold(settings: &Settings, place: &Place) -> Result<Held, Failure> {
    #[cfg(feature = "kurrent")]
    if settings.log.is_cluster() {
        return crate::log::take_folder(place).map(Held::Folder).map_err(busy);
    }
    let _ = settings;
    place.must_exist()?;
    SqliteLog::open(&place.log(), SqliteOptions::default()).map(Held::Log).map_err(busy)
}

fn busy(cause: impl std::fmt::Display) -> Failure {
    Failure::new(format!("{cause}; a running server rebuilds its views when it is sent SIGHUP"))
}

/// Builds beside the present file and swaps. A running server holds the log: it rebuilds by itself on SIGHUP.
pub(crate) async fn run(settings: &Settings, args: &RebuildArgs) -> Outcome {
    let place = &settings.place(&settings.data);
    let _held = hold(settings, place)?;
    let reader = Pages::open(place, &settings.log).await?;
    let head = reader.head()?.map_or(0, |position| position.0);
    let options = place.views()?;
    let (live, built) = (options.file(), options.directory.join("views-rebuilding.db"));
    let bar = progress::bar(head, "rebuilding");
    let done = rebuild_file(
        &built,
        &options.calendar,
        move |after, limit| reader.read_all(after, limit),
        |position| {
            bar.set_position(position);
        },
    )?;
    bar.finish_and_clear();
    let rate = f64::from(u32::try_from(done.events).unwrap_or(u32::MAX)) / done.took.as_secs_f64();
    println!("{} events in {:.1} s ({rate:.0} events/s)", done.events, done.took.as_secs_f64());
    if live.is_file() {
        match same_position(&live, &built).and_then(|()| Ok(compare::differences(&live, &built)?)) {
            Ok(differing) if differing.is_empty() => println!("equal to the present views, row by row"),
            Ok(differing) if !args.accept_differences => {
                remove_file(&built)?;
                return Err(Failure::found(format!(
                    "the new views differ from the present ones in: {}; the present ones stay (--accept-differences puts the new ones in place)",
                    differing.join(", ")
                )));
            }
            Ok(differing) => println!("differs from the present views in: {}", differing.join(", ")),
            Err(failure) => println!("the present views can not be compared: {}", failure.message),
        }
        remove_file(&live)?;
    }
    fs::rename(&built, &live)?;
    remove_file(&built)?;
    Ok(())
}

/// Views that are behind the log differ from rebuilt ones by what they have not folded yet: that is no difference.
fn same_position(live: &std::path::Path, built: &std::path::Path) -> Outcome {
    let (live, built) = (compare::position(live)?, compare::position(built)?);
    if live == built {
        Ok(())
    } else {
        Err(Failure::new(format!("they are at position {live}, the log is at {built}")))
    }
}
