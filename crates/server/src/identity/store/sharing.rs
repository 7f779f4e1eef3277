//! What several nodes on one log need to tell each other their accounts ([`crate::identity::shared`]).
//!
//! Triggers note what has changed and what that follows on, so that no writer can forget to, and another process can not
//! either. They are silent while something is taken over from another node.

use rusqlite::Connection;

use crate::identity::Result;
use crate::identity::shared::{MOST_CLEARED, MOST_ENDED};

const TABLES: &str = "
    -- What the other nodes do not know yet; the mark tells whether it has changed again meanwhile, so none comes twice, also
    -- when the row was gone in between. 0 is nothing of this node's own: it is only to be told in the present form.
    CREATE TABLE untold (
        account BLOB PRIMARY KEY CHECK (length(account) = 16),
        mark INTEGER NOT NULL,
        since INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    -- Which record of the account's stream is known here. Those that a form before has noted have no event.
    CREATE TABLE heard (
        account BLOB PRIMARY KEY CHECK (length(account) = 16),
        revision INTEGER NOT NULL,
        event BLOB CHECK (length(event) = 16),
        position INTEGER
    ) STRICT, WITHOUT ROWID;
    -- Up to which position all records are known.
    CREATE TABLE followed (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        position INTEGER NOT NULL
    ) STRICT;
    -- Is there while a record is taken over.
    CREATE TABLE hearing (one INTEGER PRIMARY KEY CHECK (one = 1)) STRICT;
    -- On which decision each part of an account stands: how many went before it, when it was made, and a name of its own.
    CREATE TABLE standing (
        account BLOB PRIMARY KEY CHECK (length(account) = 16),
        itself_generation INTEGER NOT NULL DEFAULT 0,
        itself_at INTEGER NOT NULL,
        itself_tag TEXT NOT NULL DEFAULT '',
        grant_generation INTEGER NOT NULL DEFAULT 0,
        grant_at INTEGER NOT NULL,
        grant_tag TEXT NOT NULL DEFAULT '',
        set_generation INTEGER NOT NULL DEFAULT 0,
        set_at INTEGER NOT NULL,
        set_tag TEXT NOT NULL,
        own_generation INTEGER NOT NULL DEFAULT 0,
        own_at INTEGER NOT NULL DEFAULT 0,
        own_tag TEXT NOT NULL DEFAULT '',
        renewals INTEGER NOT NULL DEFAULT 0,
        sessions_floor INTEGER NOT NULL DEFAULT 0,
        tokens_floor INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
    -- Each decision to disable, until one that knew of it has enabled again.
    CREATE TABLE disabling (
        account BLOB NOT NULL CHECK (length(account) = 16),
        tag TEXT NOT NULL,
        at INTEGER NOT NULL,
        cleared INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (account, tag)
    ) STRICT, WITHOUT ROWID;
    -- Each end of all sessions at once, those that this node has not heard of too.
    CREATE TABLE ending (
        account BLOB NOT NULL CHECK (length(account) = 16),
        tag TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (account, tag)
    ) STRICT, WITHOUT ROWID;
    -- A session that has ended does not come back from elsewhere.
    CREATE TABLE ended_session (
        digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
        account BLOB NOT NULL CHECK (length(account) = 16),
        created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX ended_session_of_account ON ended_session (account, created_at);
";

/// Microseconds since 1970, in SQL: the system's own, because other processes write here too.
pub(super) const NOW: &str = "CAST(unixepoch('subsec') * 1000000 AS INTEGER)";

/// A name that no other decision has.
const TAG: &str = "lower(hex(randomblob(8)))";

/// Makes the tables and triggers.
pub(super) fn make(conn: &Connection) -> Result<()> {
    conn.execute_batch(TABLES)?;
    Ok(conn.execute_batch(&triggers())?)
}

fn triggers() -> String {
    let on = |name: &str, event: &str, row: &str, more: &str| {
        // No `OR REPLACE`: within a trigger the outer statement says what happens instead.
        format!(
            "CREATE TRIGGER {name} AFTER {event} WHEN NOT EXISTS (SELECT 1 FROM hearing) BEGIN
                INSERT INTO untold (account, mark, since) VALUES ({row}, {NOW}, {NOW})
                ON CONFLICT (account) DO UPDATE SET mark = max(mark + 1, excluded.mark);
                {more}
             END;"
        )
    };
    let part = |part: &str| {
        format!(
            "UPDATE standing SET {part}_generation = {part}_generation + 1, {part}_at = {NOW}, {part}_tag = {TAG}
             WHERE account = new.id;"
        )
    };
    let made = format!(
        "INSERT INTO standing (account, itself_at, grant_at, set_at, set_tag)
         VALUES (new.id, {NOW}, {NOW}, {NOW}, {TAG}) ON CONFLICT (account) DO NOTHING;"
    );
    let disabled = format!(
        "UPDATE disabling SET cleared = 1 WHERE account = new.id;
         INSERT INTO disabling (account, tag, at) SELECT new.id, {TAG}, new.disabled_at
         WHERE new.disabled_at IS NOT NULL;
         DELETE FROM disabling WHERE account = new.id AND cleared = 1 AND tag NOT IN (
             SELECT tag FROM disabling WHERE account = new.id AND cleared = 1
             ORDER BY at DESC, tag DESC LIMIT {MOST_CLEARED});"
    );
    let ended = format!(
        "INSERT INTO ended_session (digest, account, created_at)
         VALUES (old.digest, old.account, old.created_at) ON CONFLICT (digest) DO NOTHING;
         DELETE FROM ended_session WHERE digest IN (
             SELECT digest FROM ended_session WHERE account = old.account
             ORDER BY created_at DESC, digest DESC LIMIT -1 OFFSET {MOST_ENDED});"
    );
    let token_gone = "UPDATE standing SET tokens_floor = max(tokens_floor, old.created_at)
         WHERE account = old.account;";
    [
        on("account_made", "INSERT ON account", "new.id", &made),
        on("account_itself", "UPDATE OF name, person, language ON account", "new.id", &part("itself")),
        on("account_grant", "UPDATE OF roles, areas, organisations ON account", "new.id", &part("grant")),
        on("account_password", "UPDATE OF password ON account", "new.id", &password()),
        on("account_disabled", "UPDATE OF disabled_at ON account", "new.id", &disabled),
        on("token_made", "INSERT ON token", "new.account", ""),
        on("token_changed", "UPDATE OF revoked_at ON token", "new.account", ""),
        on("token_gone", "DELETE ON token", "old.account", token_gone),
        on("session_begun", "INSERT ON session", "new.account", ""),
        on("session_ended", "DELETE ON session", "old.account", &ended),
        on("all_ended", "INSERT ON ending", "new.account", ""),
        // What is not remembered by name any more is remembered by its age.
        "CREATE TRIGGER ended_forgotten AFTER DELETE ON ended_session
         WHEN NOT EXISTS (SELECT 1 FROM hearing) BEGIN
            UPDATE standing SET sessions_floor = max(sessions_floor, old.created_at) WHERE account = old.account;
         END;"
            .to_owned(),
    ]
    .concat()
}

/// A password that an administrator sets begins a new count of those that its owner chooses. A hash that is made anew is
/// the same password.
fn password() -> String {
    [
        (
            "administrator",
            "set_generation = set_generation + 1, set_at = $now, set_tag = $tag, own_generation = 0,
            own_at = 0, own_tag = '', renewals = 0",
        ),
        ("owner", "own_generation = own_generation + 1, own_at = $now, own_tag = $tag, renewals = 0"),
        ("renewal", "renewals = renewals + 1"),
    ]
    .map(|(by, what)| {
        let what = what.replace("$now", NOW).replace("$tag", TAG);
        format!("UPDATE standing SET {what} WHERE account = new.id AND new.password_by = '{by}';")
    })
    .concat()
}
