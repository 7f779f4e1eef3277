//! Reading all events page by page on a thread of its own kind: from the file beside its writer, or from a cluster.

#[cfg(feature = "kurrent")]
use event_log::EventLog as _;
use event_log::{LogError, Position, Recorded, SqliteReader};
#[cfg(feature = "kurrent")]
use tokio::runtime::Handle;

use super::LogAddress;
use crate::node::{NodeError, Place};

/// A blocking reader of a whole log.
#[derive(Debug)]
pub(crate) enum Pages {
    File(SqliteReader),
    #[cfg(feature = "kurrent")]
    Cluster(event_log_kurrent::KurrentLog, Handle),
}

impl Pages {
    /// The log that the settings name.
    ///
    /// # Errors
    /// There is none, it can not be reached, or it is not that of the data folder.
    pub(crate) async fn open(place: &Place, address: &LogAddress) -> Result<Self, NodeError> {
        #[cfg(feature = "kurrent")]
        if address.is_cluster() {
            return Ok(Self::Cluster(super::look(place, address).await?, Handle::current()));
        }
        let _ = address;
        place.must_exist()?;
        Ok(Self::File(SqliteReader::open(&place.log())?))
    }

    /// As [`event_log::EventLog::read_all`].
    pub(crate) fn read_all(&self, after: Option<Position>, limit: usize) -> Result<Vec<Recorded>, LogError> {
        match self {
            Self::File(reader) => reader.read_all(after, limit),
            #[cfg(feature = "kurrent")]
            Self::Cluster(log, runtime) => wait(runtime, log.read_all(after, limit)),
        }
    }

    pub(crate) fn head(&self) -> Result<Option<Position>, LogError> {
        match self {
            Self::File(reader) => reader.head(),
            #[cfg(feature = "kurrent")]
            Self::Cluster(log, runtime) => wait(runtime, log.head()),
        }
    }
}

/// Waits on whatever thread this is: one of the runtime hands its tasks on meanwhile.
#[cfg(feature = "kurrent")]
fn wait<T>(runtime: &Handle, work: impl Future<Output = T>) -> T {
    if Handle::try_current().is_ok() {
        tokio::task::block_in_place(|| runtime.block_on(work))
    } else {
        runtime.block_on(work)
    }
}
