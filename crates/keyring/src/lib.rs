//! One data key per subject (a person, an incident …): seal, open, erase. Destroying a subject's key makes every
//! field sealed with it unreadable for ever, in the log and in the views, without touching a byte of them.
//!
//! - [`MasterKey`] comes from a file or from the environment. It is never written to `keyring.db` nor to a backup.
//! - [`Keyring`] keeps the data keys, each wrapped by the master key, in one SQLite file. All calls block; share it
//!   through an `Arc`. Several handles, also of several processes, may have the same file open: an erasure made by
//!   one is seen by the next call on every other.
//! - The time is an argument. Keys and nonces are random here, because nothing in the domain depends on them.
//!
//! # Backups and erasures
//!
//! A backup of `keyring.db` taken before an erasure still holds the erased key, wrapped. Two duties follow:
//! old backups have to expire within the time the operator promises, and a restore has to apply the erasures made
//! since the backup: [`Keyring::apply_tombstones`] takes them from a keyring that still has them,
//! [`Keyring::apply_tombstone_list`] from any other record of them, such as the events of the log.
//!
//! What this crate can not do: wipe blocks that the file system or the disk has already given up (copy-on-write
//! snapshots, worn flash cells). What could be left there is wrapped by the master key.

mod cache;
mod error;
mod keyring;
mod master;
mod sealed;
mod store;
mod wrap;

pub use error::{KeyringError, Result};
pub use keyring::erase::{Erasure, Retention, Tombstone};
pub use keyring::lookup::Lookup;
pub use keyring::shared::{Charter, WrappedKey};
pub use keyring::{Keyring, Opened, Stats, Usage};
pub use master::MasterKey;
