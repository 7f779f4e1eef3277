//! The name of a cluster's log, as the data folder keeps it.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::PIN;

/// The file of a data folder that says whose it is.
#[derive(Debug)]
pub(crate) struct Pin {
    path: PathBuf,
}

impl Pin {
    pub(crate) fn of(data: &Path) -> Self {
        Self { path: data.join(PIN) }
    }

    /// `None` when the folder belongs to no cluster yet.
    pub(crate) fn read(&self) -> io::Result<Option<Uuid>> {
        match fs::read_to_string(&self.path) {
            Ok(text) => Uuid::try_parse(text.trim()).map(Some).map_err(|_| {
                io::Error::new(
                    ErrorKind::InvalidData,
                    "it does not hold the id of a log: restore it from a backup",
                )
            }),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(cause),
        }
    }

    /// Durable on return, whole or not at all.
    pub(crate) fn write(&self, log: Uuid) -> io::Result<()> {
        let made = self.path.with_extension("new");
        let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&made)?;
        writeln!(file, "{log}")?;
        file.sync_all()?;
        fs::rename(&made, &self.path)?;
        let folder = self.path.parent().unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    }
}
