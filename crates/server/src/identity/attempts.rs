//! Lockout with back-off. Tries at one name come one after the other ([`Turns`](super::turns::Turns)), so nothing is
//! counted before it is known. Names that do not exist are counted and locked like those that do, so that neither the
//! answer nor the lock tells which names exist.

use domain::time::plus_seconds;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};

use super::secret::Digest;
use super::{IdentityError, Result, store};

/// Failed tries that cost nothing.
const FREE: i64 = 5;
/// Seconds locked after the last free try; doubled with every further one.
const FIRST_DELAY: i64 = 5;
const LONGEST_DELAY: i64 = 15 * 60;
/// Seconds after which failures are forgotten.
const FORGOTTEN: i64 = 24 * 60 * 60;
/// Most unknown names remembered; the oldest go first.
const MOST_UNKNOWN: i64 = 10_000;

/// What the account of a name says about a try to sign in.
#[derive(Debug)]
pub(super) struct Try {
    /// Id and password hash, when there is such an account and it is not disabled.
    pub(super) account: Option<(Vec<u8>, String)>,
}

/// The digest of a name, alike for all ways to write it.
pub(super) fn digest(name: &str) -> Digest {
    Sha256::digest(name.to_lowercase().as_bytes()).into()
}

/// Whether a password may be looked at now, and which one.
pub(super) fn look(conn: &Connection, name: &str, now: Timestamp) -> Result<Try> {
    let known = conn
        .prepare_cached("SELECT id, password, disabled_at, locked_until FROM account WHERE name = ?1")?
        .query_row([name], |row| {
            let account = (row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?);
            Ok((account, row.get::<_, Option<i64>>(2)?, row.get::<_, i64>(3)?))
        })
        .optional()?;
    let Some((account, disabled_at, locked_until)) = known else {
        let locked_until = unknown(conn, name)?.locked_until;
        open(locked_until, now)?;
        return Ok(Try { account: None });
    };
    open(locked_until, now)?;
    Ok(Try { account: disabled_at.is_none().then_some(account) })
}

/// The password was wrong, or there is no such account.
pub(super) fn failed(conn: &Connection, name: &str, now: Timestamp) -> Result<()> {
    let known = conn
        .prepare_cached("SELECT id, failures, failed_at FROM account WHERE name = ?1")?
        .query_row([name], |row| {
            Ok((
                row.get::<_, Vec<u8>>(0)?,
                Counted { failures: row.get(1)?, failed_at: row.get(2)?, locked_until: 0 },
            ))
        })
        .optional()?;
    let Some((id, counted)) = known else { return failed_unknown(conn, name, now) };
    let next = counted.after_failure(now);
    conn.execute(
        "UPDATE account SET failures = ?2, failed_at = ?3, locked_until = ?4 WHERE id = ?1",
        params![id, next.failures, next.failed_at, next.locked_until],
    )?;
    Ok(())
}

/// The password was right: nothing counts against the account any more.
pub(super) fn succeeded(conn: &Connection, account: &[u8]) -> Result<()> {
    conn.execute("UPDATE account SET failures = 0, locked_until = 0 WHERE id = ?1", [account])?;
    Ok(())
}

fn open(locked_until: i64, now: Timestamp) -> Result<()> {
    if locked_until > now.as_microsecond() {
        return Err(IdentityError::Locked { until: store::time(locked_until) });
    }
    Ok(())
}

fn unknown(conn: &Connection, name: &str) -> Result<Counted> {
    let counted = conn
        .prepare_cached("SELECT failures, failed_at, locked_until FROM unknown_name WHERE digest = ?1")?
        .query_row([&digest(name)], |row| {
            Ok(Counted { failures: row.get(0)?, failed_at: row.get(1)?, locked_until: row.get(2)? })
        })
        .optional()?;
    Ok(counted.unwrap_or_default())
}

fn failed_unknown(conn: &Connection, name: &str, now: Timestamp) -> Result<()> {
    let next = unknown(conn, name)?.after_failure(now);
    conn.execute(
        "INSERT OR REPLACE INTO unknown_name (digest, failures, failed_at, locked_until) VALUES (?1, ?2, ?3, ?4)",
        params![digest(name), next.failures, next.failed_at, next.locked_until],
    )?;
    conn.execute(
        "DELETE FROM unknown_name WHERE digest IN (
             SELECT digest FROM unknown_name ORDER BY failed_at DESC LIMIT -1 OFFSET ?1)",
        [MOST_UNKNOWN],
    )?;
    Ok(())
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counted {
    failures: i64,
    failed_at: i64,
    locked_until: i64,
}

impl Counted {
    fn after_failure(self, now: Timestamp) -> Self {
        let forgotten = plus_seconds(store::time(self.failed_at), FORGOTTEN) <= now;
        let failures = if forgotten { 1 } else { self.failures.saturating_add(1) };
        let delay = match failures - FREE {
            ..0 => 0,
            doublings @ 0..=7 => FIRST_DELAY << doublings,
            _ => LONGEST_DELAY,
        };
        let locked_until = now.as_microsecond().saturating_add(delay.min(LONGEST_DELAY) * 1_000_000);
        Self { failures, failed_at: now.as_microsecond(), locked_until }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn five_tries_are_free_then_each_waits_twice_as_long() {
        let mut counted = Counted::default();
        let mut now = at(0);
        let mut waits = Vec::new();
        for _ in 0..14 {
            counted = counted.after_failure(now);
            let until = store::time(counted.locked_until);
            waits.push(until.as_second() - now.as_second());
            now = until;
        }
        assert_eq!(waits, [0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
    }

    #[test]
    fn a_lock_is_open_again_at_its_end() {
        let mut counted = Counted::default();
        for _ in 0..5 {
            counted = counted.after_failure(at(0));
        }
        let refused = open(counted.locked_until, at(4));
        assert!(matches!(refused, Err(IdentityError::Locked { until }) if until == at(5)));
        assert!(open(counted.locked_until, at(5)).is_ok());
    }

    #[test]
    fn failures_are_forgotten_after_a_day() {
        let mut counted = Counted::default();
        for _ in 0..5 {
            counted = counted.after_failure(at(0));
        }
        assert_eq!(counted.after_failure(at(FORGOTTEN)).failures, 1);
    }
}
