//! Moving a log from a file into a cluster, or back: the same streams, revisions, ids and bytes in the same order. What
//! was moved stays when it breaks off, and the same call goes on from there.

use std::{path::PathBuf, sync::Arc};

use app::{AppError, keys::SharedKeys};
use clap::Args;
use event_log::{EventLog, MoveError, Moved, SqliteLog, SqliteOptions, migrate};
use event_log_kurrent::KurrentLog;
use keyring::Keyring;

use super::{Failure, Outcome, Settings, progress};
use crate::{
    log::{LogAddress, LogText, Name, Shredder, connect, connect_to_keys, name_moved},
    node::{NodeError, Place},
};

/// `wardlog migrate`.
#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {
    /// Where the log is: sqlite:DIR (a data folder), or `cluster`: the one that --log, WARDLOG_LOG or the settings name.
    /// A connection string without a password may stand here as well
    #[arg(long, value_name = "LOG")]
    from: LogText,
    /// Where it goes; the same forms. What is there already must be the beginning of the same log
    #[arg(long, value_name = "LOG")]
    to: LogText,
}

/// One end of a move.
enum End {
    File(PathBuf),
    Cluster(LogAddress),
}

pub(crate) async fn run(settings: &Settings, args: &MigrateArgs) -> Outcome {
    match (end(&args.from, settings)?, end(&args.to, settings)?) {
        (End::File(from), End::Cluster(to)) => into_cluster(&settings.place(&from), &to).await,
        (End::Cluster(from), End::File(to)) => out_of_cluster(&from, &settings.place(&to)).await,
        _ => Err(Failure::new("one end of a move is a data folder (sqlite:DIR), the other one a cluster")),
    }
}

fn end(text: &LogText, settings: &Settings) -> Result<End, Failure> {
    if let Some(folder) = text.folder() {
        return Ok(End::File(folder.into()));
    }
    let address = if text.is_the_set_cluster() {
        settings.log.clone()
    } else {
        LogAddress::parse(text).map_err(Failure::new)?
    };
    if address.is_cluster() {
        Ok(End::Cluster(address))
    } else {
        Err(Failure::new("name a data folder as sqlite:DIR, or a cluster by --log or its connection string"))
    }
}

async fn into_cluster(place: &Place, address: &LogAddress) -> Outcome {
    place.must_exist()?;
    // Held until the end: nobody appends to a log that is moved away.
    let from = SqliteLog::open(&place.log(), SqliteOptions::default())?;
    let keyring = Arc::new(place.open_keyring()?);
    let to = Arc::new(connect(address)?);
    let charter = keyring.charter()?;
    if let Some(name) = Name::read(&*to).await.map_err(|cause| NodeError::Unreachable(cause.to_string()))?
        && name.charter.key_check != charter.key_check
    {
        return Err(Failure::mismatch("the cluster holds a log with another master key"));
    }
    // The keys first, so that no event is ever there without its key; the name last, by which nodes see that all is there.
    let bar = progress::bar(0, "moving keys");
    let keys =
        SharedKeys::new(Arc::clone(&to) as Arc<dyn EventLog>, keyring, Arc::new(Shredder((*to).clone())));
    keys.publish_all(|keys| bar.set_position(keys)).await.map_err(again)?;
    bar.finish_and_clear();
    let moved = copy(&from, &*to).await?;
    let name = name_moved(&to, charter).await?;
    said(&moved);
    println!(
        "The log {name} is in the cluster. Serve it from a new data folder: --data DIR --log …, with the same master key; \
         copy identity.db there to keep the accounts. The old folder stays as it is."
    );
    Ok(())
}

async fn out_of_cluster(address: &LogAddress, place: &Place) -> Outcome {
    place.create()?;
    place.must_have_own_log()?;
    let from = Arc::new(connect(address)?);
    if from.head().await.map_err(|cause| NodeError::Unreachable(cause.to_string()))?.is_none() {
        return Err(Failure::new("the cluster holds no log"));
    }
    let to = SqliteLog::open(&place.log(), SqliteOptions::default())?;
    keys(&from, address, place).await?;
    let moved = copy(&*from, &to).await?;
    said(&moved);
    println!(
        "The log is in {}. Stop the nodes of the cluster before this one is served: what they append from now on is not \
         in it. Copy identity.db of a node there to keep the accounts.",
        place.data.display()
    );
    Ok(())
}

/// The keyring of the folder, made when there is none, with all keys of the log.
async fn keys(from: &Arc<KurrentLog>, address: &LogAddress, place: &Place) -> Outcome {
    let Some(name) = Name::read(&**from).await? else {
        return Err(Failure::mismatch(
            "the log in the cluster has no name: the move into it was not finished",
        ));
    };
    let keyring = Keyring::open_chartered(&place.keyring(), place.master_key()?, &name.charter)
        .map_err(|cause| Failure::mismatch(format!("{cause}: the key of the cluster's nodes is needed")))?;
    let shred = Arc::new(Shredder((**from).clone()));
    let keys = SharedKeys::new(Arc::clone(from) as Arc<dyn EventLog>, Arc::new(keyring), shred);
    keys.adopt_all(&connect_to_keys(address)?).await.map_err(again)
}

fn again(cause: AppError) -> Failure {
    Failure::new(format!("{cause}; run the same again to go on"))
}

async fn copy(from: &dyn EventLog, to: &dyn EventLog) -> Result<Moved, Failure> {
    let bar = progress::bar(0, "moving events");
    let moved = migrate(from, to, |events| bar.set_position(events)).await;
    bar.finish_and_clear();
    moved.map_err(|cause| match cause {
        MoveError::Differs { .. } => Failure::mismatch(format!("{cause}; nothing of it was changed")),
        MoveError::Damaged { .. } => Failure::found(cause),
        other => Failure::new(format!("{other}; run the same again to go on")),
    })
}

fn said(moved: &Moved) {
    println!(
        "{} events, {} of them moved now; compared from start to end and equal",
        moved.events, moved.appended
    );
}
