//! What can go wrong, in words that say what to do.

use std::path::PathBuf;

use uuid::Uuid;

/// The result of every fallible call of this crate.
pub type Result<T, E = KeyringError> = std::result::Result<T, E>;

/// Faults and refusals of the keyring. No variant carries key material or plain text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// A file could not be read, written or made durable.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory concerned.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// The database refused.
    #[error("keyring database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system: {0}")]
    Random(getrandom::Error),
    /// Others than the owner may use the master key file.
    #[error("{} has mode {mode:04o}: group or others may use the master key; run chmod 0600 on it", path.display())]
    LooseMode {
        /// The master key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The text is not a master key.
    #[error("the master key must be one line with 32 bytes as 64 hexadecimal digits or as base64")]
    MasterKeyText,
    /// The file is a database of something else.
    #[error("{} is not a keyring", path.display())]
    NotAKeyring {
        /// The file that was opened.
        path: PathBuf,
    },
    /// The file was written by a later version of this crate.
    #[error("keyring format {found} is newer than this program knows ({known}); use the newer program")]
    TooNew {
        /// The format of the file.
        found: i64,
        /// The newest format known here.
        known: i64,
    },
    /// The master key is not the one that wrapped the keys of this keyring.
    #[error("this is not the master key of this keyring; give back the key it was made with")]
    WrongMasterKey,
    /// The file holds the keys of something else.
    #[error("{} belongs to another keyring", path.display())]
    OtherKeyring {
        /// The file that was opened.
        path: PathBuf,
    },
    /// Another handle has rotated the master key since this one was opened.
    #[error("the master key was rotated by another process; restart with the new master key")]
    MasterRotated,
    /// The key of the subject has been destroyed; nothing can be sealed for it any more.
    #[error("subject {subject} has been erased")]
    Erased {
        /// The erased subject.
        subject: Uuid,
    },
    /// The keyring has never had a key for the subject.
    #[error("no key for subject {subject}; the keyring may be older than the log")]
    UnknownSubject {
        /// The subject asked for.
        subject: Uuid,
    },
    /// The text does not have the form that [`crate::Keyring::seal`] gives.
    #[error("not a sealed text")]
    Malformed,
    /// The text was sealed with another key: moved from another subject, or the keyring is not the one that sealed.
    #[error("the text was not sealed with the key of subject {subject}")]
    OtherKey {
        /// The subject whose key was tried.
        subject: Uuid,
    },
    /// The sealed text was changed, or moved to another subject.
    #[error("the sealed text of subject {subject} fails its check")]
    Tampered {
        /// The subject whose key was tried.
        subject: Uuid,
    },
    /// A wrapped key in the database fails its check.
    #[error("the stored key of subject {subject} is damaged; restore keyring.db from a backup")]
    DamagedKey {
        /// The subject of the key.
        subject: Uuid,
    },
    /// The change is committed, but another connection kept the old bytes in the write-ahead file.
    #[error("committed, but a busy connection keeps old key bytes in the write-ahead file; repeat to finish")]
    ScrubPending,
}
