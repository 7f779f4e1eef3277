#![expect(clippy::unwrap_used, clippy::panic, reason = "shared by tests, though not inside a test function")]

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use keyring::{Keyring, MasterKey, Opened};
use tempfile::TempDir;
use uuid::Uuid;

pub const MASTER: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
pub const OTHER_MASTER: &str = "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// A folder with one keyring, which may be opened several times.
pub struct Fixture {
    pub dir: TempDir,
}

impl Fixture {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().join("keyring.db")
    }

    pub fn open(&self) -> Keyring {
        open(&self.path(), MASTER)
    }

    /// All bytes of the keyring's files, the write-ahead files included.
    pub fn raw(&self) -> Vec<u8> {
        ["keyring.db", "keyring.db-wal", "keyring.db-shm"]
            .iter()
            .filter_map(|name| std::fs::read(self.dir.path().join(name)).ok())
            .flatten()
            .collect()
    }

    /// The wrapped key as it stands in the database now.
    pub fn wrapped(&self, subject: Uuid) -> Vec<u8> {
        let conn = rusqlite::Connection::open(self.path()).unwrap();
        conn.query_row("SELECT wrapped FROM subject_key WHERE subject = ?1", [subject.as_bytes()], |row| {
            row.get(0)
        })
        .unwrap()
    }
}

pub fn open(path: &Path, master: &str) -> Keyring {
    Keyring::open(path, MasterKey::from_text(master).unwrap()).unwrap()
}

pub fn subject(n: u128) -> Uuid {
    // Spread like random ids, so that indexes are filled out of order.
    Uuid::from_u128(n.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835))
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn plain(opened: Opened) -> String {
    match opened {
        Opened::Plain(text) => text.to_string(),
        Opened::Erased => panic!("erased"),
    }
}

pub fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}
