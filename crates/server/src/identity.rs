//! Who asks: accounts, sessions and API tokens, in a SQLite file of their own (`identity.db`).
//!
//! Nothing here decides what somebody may do: that is the commands' and the views' work, on the [`Principal`]
//! that this module yields. No secret is stored: passwords are argon2id hashes, sessions and tokens SHA-256 digests.

mod account;
mod attempts;
mod authenticate;
mod cache;
mod common;
mod credential;
mod error;
pub mod oidc;
mod password;
mod principal;
pub mod reasons;
mod secret;
mod session;
#[cfg_attr(not(feature = "kurrent"), expect(dead_code, reason = "one node tells nobody"))]
pub(crate) mod shared;
mod sign_in;
mod store;
mod token;
mod turns;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::sync::{Notify, watch};

use cache::Cache;
use oidc::{IssuerSettings, Oidc};
use password::Hasher;
use store::Store;
use turns::Turns;

pub use account::{Account, NewAccount};
pub use app::AccountRole;
pub use authenticate::{Authenticated, Authentication, Means};
pub use credential::{Credential, SessionCookie, SignedToken};
pub use error::{IdentityError, Result};
pub use principal::{Grant, Principal};
pub use session::{ABSOLUTE as SESSION_ABSOLUTE, IDLE as SESSION_IDLE, Session};
pub use sign_in::SignedIn;
pub use token::{DEFAULT_LIFE as TOKEN_DEFAULT_LIFE, NewToken, Token};

/// The accounts of one installation. Cheap to clone; every clone is the same.
#[derive(Clone, Debug)]
pub struct Identity {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    hasher: Hasher,
    turns: Turns,
    cache: Cache,
    oidc: Oidc,
    /// Counts what may end a session or a token, so that open sockets look again.
    changes: watch::Sender<u64>,
    /// Other nodes are told what changes ([`shared`]).
    shares: AtomicBool,
    /// Something may have changed that they do not know.
    wake: Notify,
    /// Counts what they have been told.
    told: watch::Sender<u64>,
}

impl Identity {
    /// Opens the file, which is made (mode 0600) when there is none.
    ///
    /// # Errors
    /// The file cannot be opened, or is not one of ours.
    pub async fn open(path: &Path) -> Result<Self> {
        Self::open_trusting(path, Vec::new()).await
    }

    /// The same, with the issuers whose bearer tokens are taken.
    ///
    /// # Errors
    /// As [`Self::open`]; or the system's certificates cannot be read.
    pub async fn open_trusting(path: &Path, issuers: Vec<IssuerSettings>) -> Result<Self> {
        let path = path.to_owned();
        let store = blocking(move || Store::open(&path)).await?;
        let hasher = Hasher::new()?;
        let (changes, _) = watch::channel(0);
        let oidc = Oidc::new(issuers, changes.clone())?;
        Ok(Self {
            inner: Arc::new(Inner {
                store,
                hasher,
                turns: Turns::default(),
                cache: Cache::default(),
                oidc,
                changes,
                shares: AtomicBool::new(false),
                wake: Notify::new(),
                told: watch::Sender::new(0),
            }),
        })
    }

    /// Changes whenever a session, a token or an account may have lost rights: whoever holds a connection open
    /// authenticates again then.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// Runs `work` on the store, off the async threads.
    async fn with_store<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Store) -> Result<T> + Send + 'static,
    {
        let inner = Arc::clone(&self.inner);
        blocking(move || work(&inner.store)).await
    }

    /// Forgets what was remembered about credentials: the next request asks the store.
    fn forget_credentials(&self) {
        self.inner.cache.clear();
        self.inner.changes.send_modify(|count| *count += 1);
        self.inner.wake.notify_one();
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| IdentityError::Stopped)?
}
