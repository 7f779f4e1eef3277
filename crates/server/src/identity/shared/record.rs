//! An account as nodes tell it, and how it gets into the file and out of it. Lists and ids are text as the file has it;
//! digests are hexadecimal.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::identity::Result;

/// An account with its tokens and sessions. Sealed wherever it leaves the node: it holds a name and a password's hash.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    account: ToldAccount,
    tokens: BTreeMap<String, ToldToken>,
    sessions: BTreeMap<String, ToldSession>,
    /// When the account itself has changed last, microseconds since 1970; and anything of it.
    account_changed_at: i64,
    changed_at: i64,
    /// The record of the stream that it follows: an old one that is put at the end again says another.
    follows: Option<u64>,
    /// Sessions that have ended where it was told; not told themselves.
    #[serde(skip)]
    ended: BTreeSet<String>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ToldAccount {
    name: String,
    password: String,
    roles: String,
    areas: String,
    organisations: String,
    person: Option<String>,
    language: Option<String>,
    created_at: i64,
    disabled_at: Option<i64>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ToldToken {
    id: String,
    name: String,
    roles: String,
    areas: String,
    organisations: String,
    created_at: i64,
    expires_at: i64,
    revoked_at: Option<i64>,
    read_only: bool,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ToldSession {
    id: String,
    created_at: i64,
    seen_at: i64,
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Told").field("changed_at", &self.changed_at).finish_non_exhaustive()
    }
}

impl Told {
    /// Whether it may stand at this revision of its stream.
    pub(crate) fn belongs_at(&self, revision: u64) -> bool {
        self.follows.map_or(0, |before| before.saturating_add(1)) == revision
    }

    /// This, which another node has told, and what has changed here and was not told yet. Whatever ended on one side has
    /// ended.
    pub(super) fn merged(mut self, here: &Self) -> Self {
        let of_here = here.account_changed_at > self.account_changed_at;
        let sessions = match (self.account.password == here.account.password, of_here) {
            // One that is older than what was told has ended there.
            (true, _) => {
                let begun = |session: &ToldSession| session.created_at > self.changed_at;
                let begun = here.sessions.iter().filter(|(_, session)| begun(session));
                let begun = begun.map(|(digest, session)| (digest.clone(), session.clone()));
                self.sessions.into_iter().chain(begun).collect()
            }
            // With another password every session ends that began with the one before.
            (false, true) => here.sessions.clone(),
            (false, false) => self.sessions,
        };
        self.sessions = sessions;
        self.sessions.retain(|digest, _| !here.ended.contains(digest));
        let disabled_at = match (self.account.disabled_at, here.account.disabled_at) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        if of_here {
            self.account = here.account.clone();
            self.account_changed_at = here.account_changed_at;
        }
        self.account.disabled_at = disabled_at;
        for (digest, token) in &here.tokens {
            let known = self.tokens.entry(digest.clone()).or_insert_with(|| token.clone());
            known.revoked_at = match (known.revoked_at, token.revoked_at) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        self.changed_at = self.changed_at.max(here.changed_at);
        self
    }

    /// Whether it says the same of the account, whenever that has changed.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let seen = |told: &Self| {
            told.sessions
                .iter()
                .map(|(digest, session)| (digest.clone(), session.id.clone()))
                .collect::<Vec<_>>()
        };
        self.account == other.account && self.tokens == other.tokens && seen(self) == seen(other)
    }
}

/// The account as it stands in the file.
pub(super) fn read(
    conn: &Connection,
    id: Uuid,
    changed_at: i64,
    follows: Option<u64>,
) -> Result<Option<Told>> {
    let account = conn
        .prepare_cached(
            "SELECT name, password, roles, areas, organisations, hex(person), language, created_at, disabled_at
             FROM account WHERE id = ?1",
        )?
        .query_row([id.as_bytes()], |row| {
            let person: String = row.get(5)?;
            Ok(ToldAccount {
                name: row.get(0)?,
                password: row.get(1)?,
                roles: row.get(2)?,
                areas: row.get(3)?,
                organisations: row.get(4)?,
                person: Some(person).filter(|person| !person.is_empty()),
                language: row.get(6)?,
                created_at: row.get(7)?,
                disabled_at: row.get(8)?,
            })
        })
        .optional()?;
    let Some(account) = account else { return Ok(None) };
    let mut statement = conn.prepare_cached(
        "SELECT hex(digest), hex(id), name, roles, areas, organisations, created_at, expires_at, revoked_at, read_only
         FROM token WHERE account = ?1",
    )?;
    let tokens = statement.query_map([id.as_bytes()], |row| {
        let token = ToldToken {
            id: row.get(1)?,
            name: row.get(2)?,
            roles: row.get(3)?,
            areas: row.get(4)?,
            organisations: row.get(5)?,
            created_at: row.get(6)?,
            expires_at: row.get(7)?,
            revoked_at: row.get(8)?,
            read_only: row.get(9)?,
        };
        Ok((row.get(0)?, token))
    })?;
    let tokens = tokens.collect::<rusqlite::Result<_>>()?;
    let mut statement = conn
        .prepare_cached("SELECT hex(digest), hex(id), created_at, seen_at FROM session WHERE account = ?1")?;
    let sessions = statement.query_map([id.as_bytes()], |row| {
        let session = ToldSession { id: row.get(1)?, created_at: row.get(2)?, seen_at: row.get(3)? };
        Ok((row.get(0)?, session))
    })?;
    let sessions = sessions.collect::<rusqlite::Result<_>>()?;
    let mut statement = conn.prepare_cached("SELECT hex(digest) FROM ended_session WHERE account = ?1")?;
    let ended = statement.query_map([id.as_bytes()], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let account_changed_at = conn
        .prepare_cached("SELECT changed_at FROM account_change WHERE account = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?
        .unwrap_or_default();
    Ok(Some(Told { account, tokens, sessions, account_changed_at, changed_at, follows, ended }))
}

/// Makes the account in the file what was told. Failed tries and times of use stay.
pub(super) fn write(conn: &Connection, id: Uuid, told: &Told) -> Result<()> {
    let account = &told.account;
    let name = free_name(conn, id, account)?;
    conn.execute(
        "INSERT INTO account
             (id, name, password, roles, areas, organisations, person, language, created_at, disabled_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, unhex(?7), ?8, ?9, ?10)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, password = excluded.password, roles = excluded.roles,
             areas = excluded.areas, organisations = excluded.organisations, person = excluded.person,
             language = excluded.language, disabled_at = excluded.disabled_at",
        params![
            id.as_bytes(),
            name,
            account.password,
            account.roles,
            account.areas,
            account.organisations,
            account.person,
            account.language,
            account.created_at,
            account.disabled_at,
        ],
    )?;
    conn.execute(
        "INSERT OR REPLACE INTO account_change (account, changed_at) VALUES (?1, ?2)",
        params![id.as_bytes(), told.account_changed_at],
    )?;
    let kept = |digests: Vec<&String>| crate::identity::store::to_json(&digests);
    conn.execute(
        "DELETE FROM token WHERE account = ?1 AND hex(digest) NOT IN (SELECT value FROM json_each(?2))",
        params![id.as_bytes(), kept(told.tokens.keys().collect())?],
    )?;
    for (digest, token) in &told.tokens {
        conn.execute(
            "INSERT INTO token (digest, id, account, name, roles, areas, organisations, created_at, expires_at,
                 revoked_at, read_only)
             VALUES (unhex(?1), unhex(?2), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
             ON CONFLICT (digest) DO UPDATE SET revoked_at = excluded.revoked_at",
            params![
                digest,
                token.id,
                id.as_bytes(),
                token.name,
                token.roles,
                token.areas,
                token.organisations,
                token.created_at,
                token.expires_at,
                token.revoked_at,
                token.read_only,
            ],
        )?;
    }
    conn.execute(
        "DELETE FROM session WHERE account = ?1 AND hex(digest) NOT IN (SELECT value FROM json_each(?2))",
        params![id.as_bytes(), kept(told.sessions.keys().collect())?],
    )?;
    for (digest, session) in &told.sessions {
        conn.execute(
            "INSERT INTO session (digest, id, account, created_at, seen_at)
             SELECT unhex(?1), unhex(?2), ?3, ?4, ?5
             WHERE unhex(?1) NOT IN (SELECT digest FROM ended_session)
             ON CONFLICT (digest) DO UPDATE SET seen_at = max(seen_at, excluded.seen_at)",
            params![digest, session.id, id.as_bytes(), session.created_at, session.seen_at],
        )?;
    }
    Ok(())
}

/// Two nodes may have made an account of one name at the same time. The one that was made later gets another name, on
/// every node the same one; its owner and the administrator see it in the list.
fn free_name(conn: &Connection, id: Uuid, account: &ToldAccount) -> Result<String> {
    let other: Option<(Vec<u8>, String, i64)> = conn
        .query_row(
            "SELECT id, name, created_at FROM account WHERE name = ?1 AND id <> ?2",
            params![account.name, id.as_bytes()],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    let Some((other, name, created_at)) = other else { return Ok(account.name.clone()) };
    let other = crate::identity::store::id(&other)?;
    tracing::warn!(one = %id, %other, "two nodes have made an account of one name; the later one is renamed");
    if (created_at, other) < (account.created_at, id) {
        return Ok(renamed(&account.name, id));
    }
    conn.execute(
        "UPDATE account SET name = ?2 WHERE id = ?1",
        params![other.as_bytes(), renamed(&name, other)],
    )?;
    Ok(account.name.clone())
}

/// No account can be made with such a name.
fn renamed(name: &str, id: Uuid) -> String {
    let name: String = name.chars().take(50).collect();
    // Ids of one moment begin alike; their end is by chance.
    let [.., a, b, c, d] = *id.as_bytes();
    format!("{name}~{a:02x}{b:02x}{c:02x}{d:02x}")
}
