//! Building a views file from the log, beside the live one.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use event_log::{LogError, Position, Recorded};

use crate::{Calendar, ViewsError, file, runner, store::Store};

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
    file::remove(path)?;
    let mut store = Store::open(path, calendar.clone(), false)?;
    runner::catch_up(&mut store, read, progress)?;
    let position = store.position();
    store.connection.pragma_update(None, "journal_mode", "WAL")?;
    file::fold_back(&store)?;
    drop(store);
    fs::File::open(path)?.sync_all()?;
    Ok(Rebuilt { events: position, position, took: begun.elapsed() })
}
