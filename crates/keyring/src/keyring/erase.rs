//! Erasure, the retention duties that hold against it, and the tombstones it leaves.
//!
//! Personal Information Protection Law: art. 47 gives the right to deletion; a retention period laid down by law
//! holds against it until it lapses. A lapsed duty is kept until the subject is erased, and then goes with it.

use jiff::Timestamp;
use std::sync::atomic::Ordering;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use uuid::Uuid;

use super::Keyring;
use crate::store;
use crate::wrap::WRAPPED_BYTES;
use crate::{KeyringError, Result};

/// A duty to keep what is sealed for a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Why, in a sentence or a code of the caller; one duty per reason.
    pub reason: String,
    /// Blocks an erasure before this instant, in microseconds.
    pub until: Timestamp,
}

/// That and when a subject's key was destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tombstone {
    /// The erased subject.
    pub subject: Uuid,
    /// When, in microseconds.
    pub at: Timestamp,
}

/// The answer to [`Keyring::erase`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Erasure {
    /// The key is destroyed now.
    Erased {
        /// The time given.
        at: Timestamp,
    },
    /// The key was destroyed before.
    AlreadyErased {
        /// The time of the first erasure.
        at: Timestamp,
    },
    /// Retention duties hold; nothing was changed.
    Blocked {
        /// When the last of them lapses.
        until: Timestamp,
        /// All that hold, the longest first.
        reasons: Vec<Retention>,
    },
    /// There is no key for the subject, so nothing is sealed for it here.
    Unknown,
}

impl Keyring {
    /// Records a duty to keep the subject's data until the given instant. Of two with the same reason the later
    /// instant counts, so a repeated call changes nothing. The subject need not have a key yet.
    ///
    /// # Errors
    /// [`KeyringError::Erased`] when the subject has been erased, or a fault.
    pub fn retain(&self, subject: Uuid, until: Timestamp, reason: &str) -> Result<()> {
        let mut writer = self.writer();
        let tx = store::write(&mut writer)?;
        if erased_at(&tx, subject)?.is_some() {
            return Err(KeyringError::Erased { subject });
        }
        tx.execute(
            "INSERT INTO retention (subject, reason, until_us) VALUES (?1, ?2, ?3)
             ON CONFLICT (subject, reason) DO UPDATE SET until_us = max(until_us, excluded.until_us)",
            params![subject.as_bytes(), reason, until.as_microsecond()],
        )?;
        tx.commit()?;
        Ok(())
    }

    /// The retention duties on record for a subject, the longest first, lapsed ones included.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn retentions(&self, subject: Uuid) -> Result<Vec<Retention>> {
        retentions_after(self.reader().connection(), subject, Timestamp::MIN)
    }

    /// Destroys the key of a subject, unless a retention duty holds at `now`. On return the wrapped key is in none of
    /// the keyring's files and in no cache of this handle; every other handle notices before its next use.
    ///
    /// # Errors
    /// [`KeyringError::ScrubPending`] when the erasure is committed (and every handle reads `Erased`) but old bytes
    /// could not leave the write-ahead file yet: repeating the call finishes that. Otherwise a fault.
    pub fn erase(&self, subject: Uuid, now: Timestamp) -> Result<Erasure> {
        let mut writer = self.writer();
        let erasure = destroy(&mut writer, subject, now)?;
        if matches!(erasure, Erasure::Erased { .. }) {
            self.asked.erasures.fetch_add(1, Ordering::Relaxed);
        }
        if matches!(erasure, Erasure::Erased { .. } | Erasure::AlreadyErased { .. }) {
            self.reader().sync()?;
            store::scrub(&writer)?;
        }
        Ok(erasure)
    }

    /// All erasures, in the order in which this keyring learned of them.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn tombstones(&self) -> Result<Vec<Tombstone>> {
        let reader = self.reader();
        let mut query =
            reader.connection().prepare("SELECT subject, erased_at_us FROM tombstone ORDER BY seq")?;
        let rows = query.query_map([], |row| {
            Ok(Tombstone { subject: Uuid::from_bytes(row.get(0)?), at: instant(row, 1)? })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Repeats here the erasures that `from` knows: the last step of restoring an older backup. Returns how many were
    /// new here. See the crate's notes on backups.
    ///
    /// # Errors
    /// As [`Keyring::erase`].
    pub fn apply_tombstones(&self, from: &Keyring) -> Result<usize> {
        self.apply_tombstone_list(&from.tombstones()?)
    }

    /// Repeats the given erasures in one transaction, also for subjects without a key here, which then can not get
    /// one any more. Retention duties are not asked: the erasures were lawful when they were made.
    ///
    /// # Errors
    /// As [`Keyring::erase`].
    pub fn apply_tombstone_list(&self, tombstones: &[Tombstone]) -> Result<usize> {
        let mut writer = self.writer();
        let tx = store::write(&mut writer)?;
        let mut applied = 0;
        for tombstone in tombstones {
            if erased_at(&tx, tombstone.subject)?.is_none() {
                bury(&tx, tombstone)?;
                applied += 1;
            }
        }
        tx.commit()?;
        self.reader().sync()?;
        store::scrub(&writer)?;
        Ok(applied)
    }
}

fn destroy(writer: &mut Connection, subject: Uuid, now: Timestamp) -> Result<Erasure> {
    let tx = store::write(writer)?;
    if let Some(at) = erased_at(&tx, subject)? {
        return Ok(Erasure::AlreadyErased { at });
    }
    let known =
        tx.prepare_cached("SELECT 1 FROM subject_key WHERE subject = ?1")?.exists([subject.as_bytes()])?;
    if !known {
        return Ok(Erasure::Unknown);
    }
    let reasons = retentions_after(&tx, subject, now)?;
    if let Some(longest) = reasons.first() {
        return Ok(Erasure::Blocked { until: longest.until, reasons });
    }
    bury(&tx, &Tombstone { subject, at: now })?;
    // As stored, so that a later answer names the same instant.
    let at = erased_at(&tx, subject)?.unwrap_or(now);
    tx.commit()?;
    Ok(Erasure::Erased { at })
}

/// Overwrites the wrapped key in place and leaves the tombstone.
fn bury(tx: &Transaction<'_>, tombstone: &Tombstone) -> Result<()> {
    let subject = tombstone.subject.as_bytes();
    tx.prepare_cached("UPDATE subject_key SET wrapped = ?2 WHERE subject = ?1")?
        .execute(params![subject, [0_u8; WRAPPED_BYTES].as_slice()])?;
    tx.prepare_cached("INSERT INTO tombstone (subject, erased_at_us) VALUES (?1, ?2)")?
        .execute(params![subject, tombstone.at.as_microsecond()])?;
    tx.prepare_cached("DELETE FROM retention WHERE subject = ?1")?.execute([subject])?;
    tx.prepare_cached("DELETE FROM lookup WHERE subject = ?1")?.execute([subject])?;
    Ok(())
}

fn erased_at(conn: &Connection, subject: Uuid) -> Result<Option<Timestamp>> {
    let mut query = conn.prepare_cached("SELECT erased_at_us FROM tombstone WHERE subject = ?1")?;
    Ok(query.query_row([subject.as_bytes()], |row| instant(row, 0)).optional()?)
}

fn retentions_after(conn: &Connection, subject: Uuid, after: Timestamp) -> Result<Vec<Retention>> {
    let mut query = conn.prepare_cached(
        "SELECT reason, until_us FROM retention WHERE subject = ?1 AND until_us > ?2
         ORDER BY until_us DESC, reason",
    )?;
    let rows = query.query_map(params![subject.as_bytes(), after.as_microsecond()], |row| {
        Ok(Retention { reason: row.get(0)?, until: instant(row, 1)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn instant(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    Timestamp::from_microsecond(row.get(column)?).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Integer, Box::new(error))
    })
}
