//! Files of forms before the present one.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::sharing::{self, NOW};
use crate::identity::Result;
use crate::identity::shared::tag_of;

/// What brings a file of form 1 to form 2. Its sessions end: they have no name by which their owner could tell them.
const FROM_1: &str = "
    DROP TABLE session;
    CREATE TABLE session (
        digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
        account BLOB NOT NULL REFERENCES account (id),
        created_at INTEGER NOT NULL,
        seen_at INTEGER NOT NULL,
        id BLOB NOT NULL CHECK (length(id) = 16)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX session_of_account ON session (account, created_at);
    ALTER TABLE token ADD COLUMN read_only INTEGER NOT NULL DEFAULT 0;
";

/// What form 3 has noted is put aside.
const ASIDE: &str = "
    DROP TRIGGER account_made;
    DROP TRIGGER account_changed;
    DROP TRIGGER token_made;
    DROP TRIGGER token_changed;
    DROP TRIGGER token_gone;
    DROP TRIGGER session_begun;
    DROP TRIGGER session_ended;
    DROP INDEX ended_session_of_account;
    DROP TABLE heard_up_to;
    ALTER TABLE untold RENAME TO untold_before;
    ALTER TABLE heard RENAME TO heard_before;
    ALTER TABLE ended_session RENAME TO ended_before;
";

/// And taken up again. Nothing of `heard_up_to`: the accounts of the other nodes are followed from the begin once. When an
/// ended session began is not known, but that it was before it ended.
const AGAIN: &str = "
    INSERT INTO untold (account, mark, since) SELECT account, mark, changed_at FROM untold_before;
    INSERT INTO heard (account, revision) SELECT account, revision FROM heard_before;
    INSERT INTO ended_session (digest, account, created_at) SELECT digest, account, ended_at FROM ended_before;
    DROP TABLE untold_before;
    DROP TABLE heard_before;
    DROP TABLE ended_before;
";

const COLUMNS: &str = "
    ALTER TABLE account ADD COLUMN password_by TEXT NOT NULL DEFAULT 'administrator'
        CHECK (password_by IN ('administrator', 'owner', 'renewal'));
    ALTER TABLE session ADD COLUMN under TEXT NOT NULL DEFAULT '';
    ALTER TABLE session ADD COLUMN knew TEXT NOT NULL DEFAULT '[]';
";

/// Brings a file of this form to the present one.
pub(super) fn take_over(conn: &Connection, found: i64) -> Result<()> {
    if found < 2 {
        conn.execute_batch(FROM_1)?;
    }
    conn.execute_batch(COLUMNS)?;
    if found < 3 {
        sharing::make(conn)?;
        let all = format!("INSERT INTO untold (account, mark, since) SELECT id, 1, {NOW} FROM account");
        conn.execute(&all, [])?;
        return stand(conn, false);
    }
    conn.execute_batch(ASIDE)?;
    sharing::make(conn)?;
    conn.execute_batch(AGAIN)?;
    stand(conn, true)?;
    Ok(conn.execute_batch("DROP TABLE account_change")?)
}

/// On what the parts of each account stand. Names of decisions are such that other nodes, which do the same, find the
/// same ones.
fn stand(conn: &Connection, noted: bool) -> Result<()> {
    let mut statement = conn.prepare("SELECT id, password, disabled_at FROM account")?;
    let accounts = statement.query_map([], |row| {
        Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<i64>>(2)?))
    })?;
    for account in accounts {
        let (id, password, disabled_at) = account?;
        let mut at: Option<i64> = None;
        if noted {
            at = conn
                .prepare_cached("SELECT changed_at FROM account_change WHERE account = ?1")?
                .query_row([&id], |row| row.get(0))
                .optional()?;
        }
        let tag = tag_of(&password);
        conn.execute(
            "INSERT INTO standing (account, itself_at, grant_at, set_at, set_tag) VALUES (?1, ?2, ?2, ?2, ?3)",
            params![id, at.unwrap_or_default(), tag],
        )?;
        conn.execute("UPDATE session SET under = ?2 WHERE account = ?1", params![id, tag])?;
        if let Some(at) = disabled_at {
            conn.execute(
                "INSERT INTO disabling (account, tag, at) VALUES (?1, ?2, ?3)",
                params![id, format!("{at:016x}"), at],
            )?;
        }
    }
    Ok(())
}
