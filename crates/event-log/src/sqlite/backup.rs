//! A copy of the log at one instant, made while appends go on.

use std::fs::File;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::error::io;
use super::reader::SqliteReader;
use super::schema;
use crate::LogError;

/// Pages copied between two reports of progress: 8 MiB.
const STEP_PAGES: i32 = 1_024;

/// Copies the log at `from` to the new file `to`; `progress` gets pages copied and pages in all. The copy holds
/// exactly the events that were durable when it began, and gets its name only once it is whole and synced.
///
/// While it runs the write-ahead log can not start over, so it grows by what is appended meanwhile.
/// Errors: [`LogError::Unavailable`] when `to` exists or `from` is no log, [`LogError::Full`].
pub fn backup(from: &Path, to: &Path, mut progress: impl FnMut(u64, u64)) -> Result<(), LogError> {
    if to.exists() {
        return Err(LogError::Unavailable(format!("{} exists already: choose another name", to.display())));
    }
    let partial = schema::beside(to, ".partial");
    match std::fs::remove_file(&partial) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(io("removing what an earlier backup left", &error));
        }
        _ => {}
    }
    copy(from, &partial, &mut progress)?;
    File::open(&partial)
        .and_then(|file| file.sync_all())
        .map_err(|error| io("syncing the backup", &error))?;
    std::fs::rename(&partial, to).map_err(|error| io("naming the backup", &error))?;
    schema::sync_folder(to)
}

fn copy(from: &Path, to: &Path, progress: &mut impl FnMut(u64, u64)) -> Result<(), LogError> {
    let source = SqliteReader::open(from)?;
    // The open transaction holds the instant; without it every append would start the copy again.
    let source = source.connection();
    source.execute_batch("BEGIN; SELECT count(*) FROM index_state;")?;
    let mut target = Connection::open(to)?;
    let copy = Backup::new(source, &mut target)?;
    loop {
        let step = copy.step(STEP_PAGES)?;
        let now = copy.progress();
        let all = u64::try_from(now.pagecount).unwrap_or(0);
        progress(all.saturating_sub(u64::try_from(now.remaining).unwrap_or(0)), all);
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            _ => {
                return Err(LogError::Unavailable("the log or its copy is locked by another process".into()));
            }
        }
    }
}
