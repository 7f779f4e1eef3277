//! The names of a views file: `views-N.db`, the live one at every start; `next-views-N.db`, one that was built while the
//! other was live; `building-views-N.db`, one that is not whole yet.
//!
//! A running server follows whichever was built last. When it ends in good order the file gets the first name; when it
//! is killed, the next start finds both and takes the one that is further on.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{Calendar, ViewsError, store::Store};

const NEXT: &str = "next-";
const BUILDING: &str = "building-";

fn named(live: &Path, prefix: &str) -> PathBuf {
    let name = live.file_name().and_then(|name| name.to_str()).unwrap_or("views.db");
    let name = name.strip_prefix(NEXT).unwrap_or(name);
    live.with_file_name(format!("{prefix}{name}"))
}

/// The name that the live file does not have: a second rebuild does not meet the first one's file.
pub(crate) fn beside(live: &Path) -> PathBuf {
    let next = named(live, NEXT);
    if live == next { named(live, "") } else { next }
}

/// Where a file is built.
pub(crate) fn building(live: &Path) -> PathBuf {
    named(live, BUILDING)
}

/// Removes a views file with its write-ahead files.
///
/// # Errors
/// When a file is there and can not be removed.
pub fn remove(path: &Path) -> Result<(), ViewsError> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match fs::remove_file(Path::new(&name)) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause.into()),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// Moves everything from the write-ahead file into the main one.
///
/// # Errors
/// When somebody still reads from the write-ahead file.
pub(crate) fn fold_back(store: &Store) -> Result<(), ViewsError> {
    let busy: bool = store.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy { Err(io::Error::other("a reader holds the write-ahead file").into()) } else { Ok(()) }
}

/// Closes a store and gives its file another name.
///
/// # Errors
/// When the write-ahead file could not be emptied: without it the main file is not whole, so it keeps its name.
pub(crate) fn rename(store: Store, from: &Path, to: &Path) -> Result<(), ViewsError> {
    fold_back(&store)?;
    drop(store);
    remove(to)?;
    fs::rename(from, to)?;
    remove(from)
}

/// Before the live file is opened: takes over the one that a killed process had built, when that is further on, and
/// removes what is left over.
///
/// # Errors
/// When files can not be moved or removed.
pub(crate) fn settle(live: &Path, calendar: &Calendar) -> Result<(), ViewsError> {
    let next = beside(live);
    remove(&building(live))?;
    if !next.is_file() {
        return Ok(());
    }
    // One that can not be opened, or is of another calendar, is not worth a look at why.
    let position = |path: &Path| Store::open(path, calendar.clone(), true).map(|store| store.position());
    let ahead = match position(&next) {
        Ok(reached) => !live.is_file() || position(live).map_or(true, |known| known < reached),
        Err(_) => false,
    };
    if ahead { rename(Store::open(&next, calendar.clone(), true)?, &next, live) } else { remove(&next) }
}
