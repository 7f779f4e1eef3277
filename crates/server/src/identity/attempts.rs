//! Lockout with back-off. Names that do not exist are counted and locked like those that do, so that neither the
//! answer nor the lock tells which names exist.

use domain::time::plus_seconds;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};

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

/// Counts a try as failed before its password is looked at, so that many at once gain nothing; [`succeeded`] takes
/// it back.
pub(super) fn begin(conn: &Connection, name: &str, now: Timestamp) -> Result<Try> {
    let known = conn
        .prepare_cached(
            "SELECT id, password, disabled_at, failures, failed_at, locked_until FROM account WHERE name = ?1",
        )?
        .query_row([name], |row| {
            let counted = Counted { failures: row.get(3)?, failed_at: row.get(4)?, locked_until: row.get(5)? };
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<i64>>(2)?, counted))
        })
        .optional()?;
    let Some((id, phc, disabled_at, counted)) = known else {
        begin_unknown(conn, name, now)?;
        return Ok(Try { account: None });
    };
    let next = counted.after_failure(now)?;
    conn.execute(
        "UPDATE account SET failures = ?2, failed_at = ?3, locked_until = ?4 WHERE id = ?1",
        params![id, next.failures, next.failed_at, next.locked_until],
    )?;
    Ok(Try { account: disabled_at.is_none().then_some((id, phc)) })
}

/// The password was right: nothing counts against the account any more.
pub(super) fn succeeded(conn: &Connection, account: &[u8]) -> Result<()> {
    conn.execute("UPDATE account SET failures = 0, locked_until = 0 WHERE id = ?1", [account])?;
    Ok(())
}

fn begin_unknown(conn: &Connection, name: &str, now: Timestamp) -> Result<()> {
    let digest: [u8; 32] = Sha256::digest(name.to_lowercase().as_bytes()).into();
    let counted = conn
        .prepare_cached("SELECT failures, failed_at, locked_until FROM unknown_name WHERE digest = ?1")?
        .query_row([&digest], |row| {
            Ok(Counted { failures: row.get(0)?, failed_at: row.get(1)?, locked_until: row.get(2)? })
        })
        .optional()?
        .unwrap_or_default();
    let next = counted.after_failure(now)?;
    conn.execute(
        "INSERT OR REPLACE INTO unknown_name (digest, failures, failed_at, locked_until) VALUES (?1, ?2, ?3, ?4)",
        params![digest, next.failures, next.failed_at, next.locked_until],
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
    fn after_failure(self, now: Timestamp) -> Result<Self> {
        if self.locked_until > now.as_microsecond() {
            return Err(IdentityError::Locked { until: store::time(self.locked_until) });
        }
        let forgotten = plus_seconds(store::time(self.failed_at), FORGOTTEN) <= now;
        let failures = if forgotten { 1 } else { self.failures.saturating_add(1) };
        let delay = match failures - FREE {
            ..0 => 0,
            doublings @ 0..=7 => FIRST_DELAY << doublings,
            _ => LONGEST_DELAY,
        };
        let locked_until = now.as_microsecond().saturating_add(delay.min(LONGEST_DELAY) * 1_000_000);
        Ok(Self { failures, failed_at: now.as_microsecond(), locked_until })
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
            counted = counted.after_failure(now).unwrap();
            let until = store::time(counted.locked_until);
            waits.push(until.as_second() - now.as_second());
            now = until;
        }
        assert_eq!(waits, [0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
    }

    #[test]
    fn a_locked_try_is_not_counted() {
        let mut counted = Counted::default();
        for _ in 0..5 {
            counted = counted.after_failure(at(0)).unwrap();
        }
        let refused = counted.after_failure(at(4));
        assert!(matches!(refused, Err(IdentityError::Locked { until }) if until == at(5)));
        assert!(counted.after_failure(at(5)).is_ok());
    }

    #[test]
    fn failures_are_forgotten_after_a_day() {
        let mut counted = Counted::default();
        for _ in 0..5 {
            counted = counted.after_failure(at(0)).unwrap();
        }
        assert_eq!(counted.after_failure(at(FORGOTTEN)).unwrap().failures, 1);
    }
}
