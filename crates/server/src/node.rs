//! What one node holds open: the log, the keyring, the accounts, the views and the application over them.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use app::{App, Clock, Config};
use event_log::{EventLog, LogError, SqliteLog, SqliteOptions};
use keyring::{Keyring, MasterKey};
use views::{Calendar, Views, ViewsError, ViewsOptions};

use crate::log::{Log, LogAddress, PIN};

/// Where a node keeps what it keeps.
#[derive(Clone, Debug)]
pub struct Place {
    /// The data folder.
    pub data: PathBuf,
    /// The master key's file; beside the data folder unless told otherwise, so that a copy of the folder has no key.
    pub master_key: PathBuf,
    /// IANA name of the local calendar.
    pub time_zone: String,
}

/// Why a node can not be opened. Each sentence says what to do.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    #[error("{0}: {1}")]
    Folder(PathBuf, io::Error),
    #[error(
        "there is no log in {0}: name the folder with --data, or start with `wardlog serve` or `wardlog demo`"
    )]
    NoLog(PathBuf),
    #[error("{0}")]
    Log(#[from] LogError),
    #[error("{0}")]
    Keyring(#[from] keyring::KeyringError),
    #[error("{0}")]
    Views(#[from] ViewsError),
    #[error("{0}")]
    Identity(#[from] crate::identity::IdentityError),
    #[error("{0}")]
    TimeZone(String),
    #[error(
        "the master key {0} is missing, but the keyring in {1} exists: put the key back, or name it with --master-key; without it the personal fields can not be opened"
    )]
    MasterKeyGone(PathBuf, PathBuf),
    /// Log, data folder and keys do not belong together: going on would mix two logs.
    #[error("{0}")]
    Mismatch(String),
    /// The cluster is needed now and does not answer.
    #[error("the log can not be reached: {0}")]
    Unreachable(String),
    #[error("--log: {0}")]
    Address(String),
    #[error("the keys of the cluster can not be taken over: {0}")]
    Keys(String),
}

impl Place {
    /// The place whose data folder is `data`.
    pub fn new(data: &Path, master_key: Option<&Path>, time_zone: &str) -> Self {
        let beside = || {
            let mut name = data.file_name().unwrap_or_else(|| "wardlog".as_ref()).to_owned();
            name.push(".master-key");
            data.with_file_name(name)
        };
        Self {
            data: data.to_owned(),
            master_key: master_key.map_or_else(beside, Path::to_owned),
            time_zone: time_zone.to_owned(),
        }
    }

    pub fn log(&self) -> PathBuf {
        self.data.join("log.db")
    }

    pub fn keyring(&self) -> PathBuf {
        self.data.join("keyring.db")
    }

    pub fn identity(&self) -> PathBuf {
        self.data.join("identity.db")
    }

    /// # Errors
    /// When the time zone is unknown.
    pub fn views(&self) -> Result<ViewsOptions, NodeError> {
        let calendar = Calendar::new(&self.time_zone).map_err(NodeError::TimeZone)?;
        Ok(ViewsOptions { directory: self.data.clone(), calendar })
    }

    /// A folder that has joined a cluster's log must not begin one of its own.
    ///
    /// # Errors
    /// It has joined one.
    pub fn must_have_own_log(&self) -> Result<(), NodeError> {
        if !self.data.join(PIN).exists() {
            return Ok(());
        }
        Err(NodeError::Mismatch(format!(
            "the data folder {} belongs to the log of a cluster: name that with --log, or another folder with --data",
            self.data.display()
        )))
    }

    /// The log must be there already: for work that must not begin an empty one by mistake.
    ///
    /// # Errors
    /// When it is not.
    pub fn must_exist(&self) -> Result<(), NodeError> {
        self.must_have_own_log()?;
        if self.log().is_file() { Ok(()) } else { Err(NodeError::NoLog(self.data.clone())) }
    }

    /// # Errors
    /// When the folder can not be made.
    pub fn create(&self) -> Result<(), NodeError> {
        create_private(&self.data).map_err(|cause| NodeError::Folder(self.data.clone(), cause))
    }

    /// The keyring, opened with [`Self::master_key`].
    ///
    /// # Errors
    /// When the key is missing, wrong, or readable by others.
    pub fn open_keyring(&self) -> Result<Keyring, NodeError> {
        Ok(Keyring::open(&self.keyring(), self.master_key()?)?)
    }

    /// The key from `WARDLOG_MASTER_KEY` or from the file; the file is made on first use.
    ///
    /// # Errors
    /// When the key is missing, or readable by others.
    pub fn master_key(&self) -> Result<MasterKey, NodeError> {
        match std::env::var("WARDLOG_MASTER_KEY") {
            Ok(text) => Ok(MasterKey::from_text(&text)?),
            Err(_) if !self.master_key.exists() && self.keyring().exists() => {
                Err(NodeError::MasterKeyGone(self.master_key.clone(), self.data.clone()))
            }
            Err(_) => {
                let (key, created) = MasterKey::load_or_create(&self.master_key)?;
                if created {
                    eprintln!(
                        "A new master key was written to {} (mode 0600). Keep a copy apart from the data folder: \
                         without it no personal field can be opened.",
                        self.master_key.display()
                    );
                }
                Ok(key)
            }
        }
    }
}

/// An open node.
#[derive(Debug)]
pub struct Node {
    pub place: Place,
    pub log: Arc<Log>,
    pub app: Arc<App>,
    pub views: Arc<Views>,
}

impl Node {
    /// Opens everything; makes what is not there. The log is locked against a second process.
    ///
    /// # Errors
    /// What can not be opened, and what to do.
    pub fn open(place: Place, clock: Clock, config: Config) -> Result<Self, NodeError> {
        Self::open_with(place, clock, config, |log| log)
    }

    /// The same, with the views following `followed(log)` instead of the log itself.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with(
        place: Place,
        clock: Clock,
        config: Config,
        followed: impl FnOnce(Arc<dyn EventLog>) -> Arc<dyn EventLog>,
    ) -> Result<Self, NodeError> {
        place.create()?;
        place.must_have_own_log()?;
        let log = Arc::new(Log::File(SqliteLog::open(&place.log(), SqliteOptions::default())?));
        let keyring = Arc::new(place.open_keyring()?);
        let port: Arc<dyn EventLog> = Arc::clone(&log) as Arc<dyn EventLog>;
        let views = Arc::new(open_views(&place, followed(Arc::clone(&port)))?);
        let app = Arc::new(App::new(port, keyring, Arc::clone(&views), clock, config));
        Ok(Self { place, log, app, views })
    }

    /// Opens a node on the log at the address: its own file, or a cluster.
    ///
    /// # Errors
    /// As [`Self::open`]; [`NodeError::Mismatch`] and [`NodeError::Unreachable`] for a cluster.
    pub async fn open_at(
        place: Place,
        address: &LogAddress,
        clock: Clock,
        config: Config,
    ) -> Result<Self, NodeError> {
        #[cfg(feature = "kurrent")]
        if address.is_cluster() {
            place.create()?;
            return Self::open_on_cluster(place, address, clock, config).await;
        }
        let _ = address;
        Self::open(place, clock, config)
    }

    #[cfg(feature = "kurrent")]
    async fn open_on_cluster(
        place: Place,
        address: &LogAddress,
        clock: Clock,
        config: Config,
    ) -> Result<Self, NodeError> {
        use app::keys::{KeyedLog, SharedKeys};
        let joined = crate::log::join(&place, address).await?;
        let (keyring, shred) = (Arc::new(joined.keyring), joined.cluster.shredder());
        let log = Arc::new(Log::Cluster(joined.cluster));
        let port: Arc<dyn EventLog> = Arc::clone(&log) as Arc<dyn EventLog>;
        let keys = Arc::new(SharedKeys::new(Arc::clone(&port), Arc::clone(&keyring), shred));
        let known = keyring.stats()?;
        if known.keys + known.erased == 0 {
            // A new place of the keyring, perhaps beside views that are past the keys.
            match keys.adopt_all(&crate::log::connect_to_keys(address)?).await {
                Err(app::AppError::Log(cause @ LogError::Unavailable(_))) => {
                    return Err(NodeError::Unreachable(format!(
                        "{cause}; the keyring of this data folder is empty and has to be filled from it"
                    )));
                }
                outcome => outcome.map_err(|cause| NodeError::Keys(cause.to_string()))?,
            }
        }
        let followed = Arc::new(KeyedLog::new(Arc::clone(&port), Arc::clone(&keys)));
        let views = Arc::new(open_views(&place, followed)?);
        let app = App::new(port, keyring, Arc::clone(&views), clock, config).sharing(keys);
        Ok(Self { place, log, app: Arc::new(app), views })
    }

    /// Waits until the views hold everything that is in the log now; `progress` is told position and head.
    ///
    /// # Errors
    /// When the views have stopped.
    pub async fn catch_up(&self, mut progress: impl FnMut(u64, u64)) -> Result<(), NodeError> {
        let head = self.log.head().await?.map_or(0, |position| position.0);
        loop {
            progress(self.views.position(), head);
            match self.views.wait_for(head, Duration::from_millis(200)).await {
                Ok(()) => return Ok(()),
                Err(ViewsError::Behind { .. }) => {}
                Err(cause) => return Err(cause.into()),
            }
        }
    }
}

/// Makes a folder that only its owner may enter; one that is there already stays as it is.
///
/// # Errors
/// When it can not be made.
pub fn create_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Views of another version or calendar are set aside and built anew: nothing in them is not in the log.
fn open_views(place: &Place, log: Arc<dyn EventLog>) -> Result<Views, NodeError> {
    let options = place.views()?;
    match Views::open(options.clone(), Arc::clone(&log)) {
        Err(ViewsError::Foreign(cause)) => {
            tracing::warn!(%cause, "building the views anew from the log");
            views::remove_file(&options.file())?;
            Ok(Views::open(options, log)?)
        }
        outcome => Ok(outcome?),
    }
}
