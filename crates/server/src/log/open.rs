//! Joining a cluster's log: the data folder, the keyring and the log have to belong together, or nothing is opened.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use event_log::{EventLog as _, LogError};
use event_log_kurrent::{KurrentLog, KurrentOptions};
use keyring::{Charter, Keyring, KeyringError};
use uuid::Uuid;

use super::{Cluster, LogAddress, Name, Pin};
use crate::node::{NodeError, Place};

/// What a node has after it has joined.
#[derive(Debug)]
pub(crate) struct Joined {
    pub cluster: Cluster,
    pub keyring: Keyring,
}

/// Joins the log at the address with the data folder. A log that is empty gets a name. A folder that has joined before
/// is opened also while the cluster is away; what is found out about it later stands in [`super::Log::trouble`].
///
/// # Errors
/// [`NodeError::Mismatch`] when they do not belong together, [`NodeError::Unreachable`] when the first join is not
/// possible now.
pub(crate) async fn join(place: &Place, address: &LogAddress) -> Result<Joined, NodeError> {
    let folder = lock(&place.data)?;
    not_mixed(place)?;
    let log = connect(address)?;
    let pin = Pin::of(&place.data);
    let pinned = pin.read().map_err(|cause| NodeError::Folder(place.data.join(super::PIN), cause))?;
    match (named(&log, address).await, pinned) {
        (Ok(Found::Named(name)), Some(pinned)) if name.log == pinned => {
            let keyring = chartered(place, &name.charter)?;
            Ok(Joined { cluster: Cluster::new(log, pinned, true, folder), keyring })
        }
        (Ok(_), Some(_)) => Err(NodeError::Mismatch(format!(
            "the data folder {} belongs to another log than the one of this cluster: name the right cluster with --log, \
             or another folder with --data",
            place.data.display()
        ))),
        (Ok(Found::Named(name)), None) => {
            no_views(place)?;
            let keyring = chartered(place, &name.charter)?;
            pin.write(name.log).map_err(|cause| NodeError::Folder(place.data.clone(), cause))?;
            Ok(Joined { cluster: Cluster::new(log, name.log, true, folder), keyring })
        }
        (Ok(Found::Empty), None) => {
            no_views(place)?;
            let keyring = place.open_keyring()?;
            let name = Name { log: crate::cli::new_id(), charter: keyring.charter()? };
            drop(keyring);
            // Another node may be faster: then this is a place of its keyring, or refused.
            let standing = name.write(&log).await?;
            let keyring = chartered(place, &standing.charter)?;
            pin.write(standing.log).map_err(|cause| NodeError::Folder(place.data.clone(), cause))?;
            Ok(Joined { cluster: Cluster::new(log, standing.log, true, folder), keyring })
        }
        (Ok(Found::Nameless), None) => Err(NodeError::Mismatch(
            "the cluster holds events, but the log has no name: a move into it has not been finished (run `wardlog \
             migrate` again), or they are not Wardlog's"
                .to_owned(),
        )),
        (Err(cause), Some(pinned)) => {
            tracing::warn!(%cause, "the cluster does not answer; serving what the views hold until it does");
            let keyring = place.open_keyring().map_err(|cause| match cause {
                NodeError::Keyring(KeyringError::WrongMasterKey) => NodeError::Mismatch(cause.to_string()),
                other => other,
            })?;
            Ok(Joined { cluster: Cluster::new(log, pinned, false, folder), keyring })
        }
        (Err(cause), None) => Err(NodeError::Unreachable(format!(
            "{cause}; the first start of a data folder needs the cluster, to learn whose log it is"
        ))),
    }
}

/// The log at the address for reading beside a running server; compared with the data folder, if that has joined one.
///
/// # Errors
/// As [`join`].
pub(crate) async fn look(place: &Place, address: &LogAddress) -> Result<KurrentLog, NodeError> {
    not_mixed(place)?;
    let log = connect(address)?;
    let pinned = Pin::of(&place.data).read().map_err(|cause| NodeError::Folder(place.data.clone(), cause))?;
    let name = Name::read(&log).await.map_err(|cause| NodeError::Unreachable(cause.to_string()))?;
    match (pinned, name) {
        (Some(pinned), Some(name)) if pinned == name.log => Ok(log),
        (None, _) => Ok(log),
        (Some(_), _) => Err(NodeError::Mismatch(format!(
            "the data folder {} belongs to another log than the one of this cluster",
            place.data.display()
        ))),
    }
}

/// # Errors
/// The connection string is not understood, or the client can not be made.
pub(crate) fn connect(address: &LogAddress) -> Result<KurrentLog, NodeError> {
    let mut options = options(address)?;
    options.categories = views::CATEGORIES.map(str::to_owned).to_vec();
    // Together with the events, so that a key is here before what was sealed with it.
    options.followed = vec![app::keys::CATEGORY.to_owned()];
    Ok(KurrentLog::new(options)?)
}

/// A log of the keys alone, to read all of them.
///
/// # Errors
/// As [`connect`].
pub(crate) fn connect_to_keys(address: &LogAddress) -> Result<KurrentLog, NodeError> {
    connect_to(address, app::keys::CATEGORY)
}

/// A log of the streams of one category.
///
/// # Errors
/// As [`connect`].
pub(super) fn connect_to(address: &LogAddress, category: &str) -> Result<KurrentLog, NodeError> {
    let mut options = options(address)?;
    options.categories = vec![category.to_owned()];
    Ok(KurrentLog::new(options)?)
}

fn options(address: &LogAddress) -> Result<KurrentOptions, NodeError> {
    let connection = address.connection().unwrap_or_default();
    let mut options =
        KurrentOptions::parse(connection).map_err(|cause| NodeError::Address(cause.to_string()))?;
    // Together below the 10 seconds that a request may take: whoever waits is told, not cut off.
    options.deadline = Duration::from_secs(2);
    options.budget = Duration::from_secs(5);
    Ok(options)
}

enum Found {
    Named(Name),
    /// Events, but no name.
    Nameless,
    Empty,
}

async fn named(log: &KurrentLog, address: &LogAddress) -> Result<Found, NodeError> {
    if let Some(name) = Name::read(log).await? {
        return Ok(Found::Named(name));
    }
    // A move brings the keys first.
    let empty = log.head().await?.is_none() && connect_to_keys(address)?.head().await?.is_none();
    Ok(if empty { Found::Empty } else { Found::Nameless })
}

fn chartered(place: &Place, charter: &Charter) -> Result<Keyring, NodeError> {
    let key = place.master_key()?;
    Keyring::open_chartered(&place.keyring(), key, charter).map_err(|cause| match cause {
        KeyringError::WrongMasterKey => NodeError::Mismatch(
            "the master key is not the one of this log: every node needs the key of the first one".to_owned(),
        ),
        other @ KeyringError::OtherKeyring { .. } => {
            NodeError::Mismatch(format!("{other}, not to this log: choose another data folder"))
        }
        other => other.into(),
    })
}

/// A second process on the folder would fold the same views.
fn lock(data: &Path) -> Result<File, NodeError> {
    let path = data.join("node.lock");
    let fault = |cause| NodeError::Folder(path.clone(), cause);
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(fault)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(LogError::Unavailable(format!("{} is in use by another process", data.display())).into())
        }
        Err(TryLockError::Error(cause)) => Err(fault(cause)),
    }
}

/// Takes the folder for work beside which no server may run.
pub(crate) fn take_folder(place: &Place) -> Result<File, NodeError> {
    lock(&place.data)
}

fn not_mixed(place: &Place) -> Result<(), NodeError> {
    if place.log().exists() {
        return Err(NodeError::Mismatch(format!(
            "the data folder {} holds a log of its own (log.db), but --log names a cluster: move that log there with \
             `wardlog migrate` and name a new folder with --data, or leave --log out",
            place.data.display()
        )));
    }
    Ok(())
}

/// Views in a folder that has joined no log are of a log that nobody knows.
fn no_views(place: &Place) -> Result<(), NodeError> {
    let fault = |cause| NodeError::Folder(place.data.clone(), cause);
    for entry in std::fs::read_dir(&place.data).map_err(fault)? {
        let name = entry.map_err(fault)?.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("views-") && name.ends_with(".db") {
            return Err(NodeError::Mismatch(format!(
                "{name} in {} was built from another log: remove it (it is built anew), or choose another folder",
                place.data.display()
            )));
        }
    }
    Ok(())
}

/// Names a log into which another one was moved.
///
/// # Errors
/// It can not be written, or has another name already.
pub(crate) async fn name_moved(log: &KurrentLog, charter: Charter) -> Result<Uuid, NodeError> {
    let name = Name { log: crate::cli::new_id(), charter };
    let standing = name.write(log).await?;
    Ok(standing.log)
}
