//! Building a views file from the log, beside the live one.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use event_log::{LogError, Position, Recorded};

use crate::{Calendar, ViewsError, runner, store::Store};

/// What a rebuild did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    pub events: u64,
    pub position: u64,
    pub took: Duration,
}

/// Folds the whole log into a new file at `path`; a half-built file of an earlier try is removed first.
///
/// # Errors
/// What the log, the fold or the disk answer; the file is then incomplete and not to be used.
pub fn rebuild_file(
    path: &Path,
    calendar: &Calendar,
    read: impl FnMut(Option<Position>, usize) -> Result<Vec<Recorded>, LogError> + Send,
    progress: impl FnMut(u64),
) -> Result<Rebuilt, ViewsError> {
    let begun = Instant::now();
    remove(path)?;
    let mut store = Store::open(path, calendar.clone(), false)?;
    runner::catch_up(&mut store, read, progress)?;
    let position = store.position();
    store.connection.pragma_update(None, "journal_mode", "WAL")?;
    store.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    drop(store);
    fs::File::open(path)?.sync_all()?;
    Ok(Rebuilt { events: position, position, took: begun.elapsed() })
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
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => return Err(cause.into()),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}
