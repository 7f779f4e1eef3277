use std::{fs, path::PathBuf};

use clap::Args;
use event_log::sqlite::{backup, verify};

use super::{Failure, Outcome, Settings, progress};
use crate::{
    log::PIN,
    node::{Place, create_private},
};

/// `wardlog backup`.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// New folder for the copy
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// Copies while the server runs: first the log, then the keyring, so that every event of the copy has its key.
/// The views are left out: they are built anew from the log. The copied log is verified before success is said.
/// A cluster's log is copied by the cluster's own means.
pub(crate) async fn run(settings: &Settings, args: &BackupArgs) -> Outcome {
    let place = &settings.place(&settings.data);
    let shared = settings.log.is_cluster();
    if !shared {
        place.must_exist()?;
    }
    if args.to.exists() {
        return Err(Failure::new(format!("{} exists already: name a new folder", args.to.display())));
    }
    create_private(&args.to)?;
    if shared {
        copy_rest(place, &args.to)?;
        fs::copy(place.data.join(PIN), args.to.join(PIN))?;
        println!(
            "keyring and accounts copied; the log is in the cluster: copy it with the cluster's own means"
        );
        return Ok(());
    }
    let bar = progress::bar(0, "copying the log");
    backup(&place.log(), &args.to.join("log.db"), |done, of| {
        bar.set_length(of);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    copy_rest(place, &args.to)?;
    let verified = verify(&args.to.join("log.db"), |_, _| {})?;
    println!("{} events copied and verified", verified.events);
    println!(
        "The master key is not in the copy. To restore: put this folder in place of the data folder, the key in its own."
    );
    Ok(())
}

fn copy_rest(place: &Place, to: &std::path::Path) -> Outcome {
    place.open_keyring()?.backup(&to.join("keyring.db"))?;
    if place.identity().is_file() {
        copy_identity(place, to)?;
    }
    Ok(())
}

fn copy_identity(place: &Place, to: &std::path::Path) -> Outcome {
    let from =
        rusqlite::Connection::open_with_flags(place.identity(), rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    from.backup("main", to.join("identity.db"), None::<fn(rusqlite::backup::Progress)>)?;
    Ok(())
}
