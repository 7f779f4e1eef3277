//! Which log a node is on: the file in its data folder, or a cluster that several nodes share.
//!
//! A data folder belongs to one log for ever: its views hold the positions of that log, and its keyring the keys. A file
//! lies in the folder itself; of a cluster the folder keeps the name (`pin`), which is the first thing in that log.

#[cfg(feature = "kurrent")]
mod accounts;
mod address;
#[cfg(feature = "kurrent")]
mod cluster;
#[cfg(feature = "kurrent")]
pub(crate) mod figures;
#[cfg(feature = "kurrent")]
mod name;
#[cfg(feature = "kurrent")]
mod open;
pub(crate) mod pages;
#[cfg(feature = "kurrent")]
mod pin;

use std::fmt;

use event_log::sqlite::Stats;
use event_log::{
    Append, Appended, EventLog, LogError, Pending, Position, Recorded, Revision, SqliteLog, StreamName,
    Subscription,
};
use futures_util::future::BoxFuture;

#[cfg(feature = "kurrent")]
pub(crate) use accounts::SharedAccounts;
pub(crate) use address::shows_password;
pub use address::{LogAddress, LogText};
#[cfg(feature = "kurrent")]
pub use cluster::Cluster;
#[cfg(feature = "kurrent")]
pub(crate) use cluster::Shredder;
#[cfg(feature = "kurrent")]
pub(crate) use name::Name;
#[cfg(feature = "kurrent")]
pub(crate) use open::{connect, connect_to_keys, join, look, name_moved, take_folder};
#[cfg(feature = "kurrent")]
pub(crate) use pin::Pin;

/// The name of the file by which a data folder says that it belongs to a cluster's log.
pub(crate) const PIN: &str = "log-id";

/// The log of a node.
pub enum Log {
    /// One file, one process.
    File(SqliteLog),
    #[cfg(feature = "kurrent")]
    Cluster(Cluster),
}

/// Why a log can not be used now, as machines read it: a code, a colon, a sentence.
pub(crate) type Trouble = &'static str;

impl Log {
    /// The figures of the log. Of a cluster those that a file alone has are 0, and the head is the last that was seen.
    pub fn stats(&self) -> Stats {
        match self {
            Self::File(log) => log.stats(),
            #[cfg(feature = "kurrent")]
            Self::Cluster(cluster) => cluster.stats(),
        }
    }

    /// Whether several nodes may be on it.
    pub const fn is_shared(&self) -> bool {
        match self {
            Self::File(_) => false,
            #[cfg(feature = "kurrent")]
            Self::Cluster(_) => true,
        }
    }

    /// How many accounts wait to be told to the other nodes.
    #[cfg(feature = "kurrent")]
    pub(crate) fn note_untold(&self, count: u64) {
        match self {
            Self::File(_) => {}
            Self::Cluster(cluster) => cluster.note_untold(count),
        }
    }

    /// Why it can not be used now, without asking it; a file can always.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::File(_) => None,
            #[cfg(feature = "kurrent")]
            Self::Cluster(cluster) => cluster.trouble(),
        }
    }

    /// Waits until it is known that the cluster holds another log than that of the data folder; for ever when it is right.
    pub(crate) async fn foreign(&self) {
        match self {
            Self::File(_) => std::future::pending().await,
            #[cfg(feature = "kurrent")]
            Self::Cluster(cluster) => cluster.foreign().await,
        }
    }

    fn port(&self) -> &dyn EventLog {
        match self {
            Self::File(log) => log,
            #[cfg(feature = "kurrent")]
            Self::Cluster(cluster) => cluster,
        }
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(_) => f.write_str("Log(file)"),
            #[cfg(feature = "kurrent")]
            Self::Cluster(_) => f.write_str("Log(cluster)"),
        }
    }
}

impl EventLog for Log {
    fn append(&self, append: Append) -> BoxFuture<'_, Result<Appended, LogError>> {
        self.port().append(append)
    }

    fn append_next(&self, append: Append) -> BoxFuture<'_, Result<Pending<'_>, LogError>> {
        self.port().append_next(append)
    }

    fn read_stream<'a>(
        &'a self,
        stream: &'a StreamName,
        from: Revision,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Recorded>, LogError>> {
        self.port().read_stream(stream, from, limit)
    }

    fn read_all(
        &self,
        after: Option<Position>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Recorded>, LogError>> {
        self.port().read_all(after, limit)
    }

    fn subscribe(&self, after: Option<Position>) -> Box<dyn Subscription> {
        self.port().subscribe(after)
    }

    fn head(&self) -> BoxFuture<'_, Result<Option<Position>, LogError>> {
        self.port().head()
    }
}
