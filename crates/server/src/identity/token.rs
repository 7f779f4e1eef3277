//! API tokens for programs: shown once, scoped, with an end.

use domain::Rejection;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use super::secret::{Digest, Secret};
use super::session::NOTED_EVERY;
use super::store::{from_json, to_json};
use super::{Account, Grant, Identity, Result, account, reasons, store};

/// Seconds that a token lasts when nothing else is said: 90 days.
pub const DEFAULT_LIFE: i64 = 90 * DAY;
const LONGEST_LIFE_DAYS: i64 = 366;
const DAY: i64 = 24 * 60 * 60;
/// Tokens of one account that are neither revoked nor expired.
const MOST: i64 = 50;
/// Bytes that the lists of an account's tokens may have together, beside those of revoked ones: nodes tell each other an
/// account as one record, of at most 1 MiB.
const MOST_BYTES: i64 = 256 * 1024;
/// Tokens of one account that are kept in all.
pub(super) const MOST_KEPT: i64 = 200;

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub id: Uuid,
    pub owner: Uuid,
    /// What it is for, 1 to 80 characters.
    pub name: String,
    /// Nothing beyond what the owner holds.
    pub grant: Grant,
    /// Commands are refused, whatever the roles are.
    pub read_only: bool,
    /// At most 366 days ahead.
    pub expires_at: Timestamp,
}

/// A token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub id: Uuid,
    pub owner: Uuid,
    pub name: String,
    pub grant: Grant,
    pub read_only: bool,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// To the minute.
    pub used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

impl Identity {
    /// Makes a token. The secret (`wl_…`) is in the answer and nowhere else.
    ///
    /// # Errors
    /// The owner is unknown or disabled, the grant is beyond theirs, the name or the end is out of range.
    pub async fn create_token(&self, new: NewToken, now: Timestamp) -> Result<(Secret, Token)> {
        if !(1..=80).contains(&new.name.trim().chars().count()) {
            return Err(Rejection::new(&reasons::TOKEN_NAME_INVALID).field("name").into());
        }
        let latest = now.as_microsecond().saturating_add(LONGEST_LIFE_DAYS * DAY * 1_000_000);
        if new.expires_at <= now || new.expires_at.as_microsecond() > latest {
            return Err(Rejection::new(&reasons::TOKEN_EXPIRY_INVALID)
                .field("expiresAt")
                .with("days", LONGEST_LIFE_DAYS)
                .into());
        }
        let token = Token {
            id: new.id,
            owner: new.owner,
            name: new.name.trim().to_owned(),
            grant: new.grant.checked()?,
            read_only: new.read_only,
            created_at: now,
            expires_at: new.expires_at,
            used_at: None,
            revoked_at: None,
        };
        let secret = Secret::token()?;
        let digest = secret.digest();
        let token = self
            .with_store(move |store| {
                store.write(|tx| {
                    insert(tx, &digest, &token, now)?;
                    Ok(token)
                })
            })
            .await?;
        self.until_told(token.owner).await;
        Ok((secret, token))
    }

    /// The tokens of an account, newest first, those at their end included.
    ///
    /// # Errors
    /// The store fails.
    pub async fn tokens(&self, owner: Uuid) -> Result<Vec<Token>> {
        self.with_store(move |store| {
            store.read(|conn| {
                let mut statement =
                    conn.prepare_cached(&select("WHERE account = ?1 ORDER BY created_at DESC, id"))?;
                let rows = statement.query_map([owner.as_bytes()], Columns::read)?;
                rows.map(|row| row?.token()).collect()
            })
        })
        .await
    }

    /// Ends a token at once. `owner` limits it to that account's tokens; without, any may be revoked.
    ///
    /// # Errors
    /// There is no such token.
    pub async fn revoke_token(&self, id: Uuid, owner: Option<Uuid>, now: Timestamp) -> Result<()> {
        let done = self
            .with_store(move |store| {
                store.write(|tx| {
                    let of: Option<Vec<u8>> = tx
                        .query_row(
                            "UPDATE token SET revoked_at = coalesce(revoked_at, ?3)
                             WHERE id = ?1 AND (?2 IS NULL OR account = ?2) RETURNING account",
                            params![
                                id.as_bytes(),
                                owner.as_ref().map(|owner| owner.as_bytes().as_slice()),
                                now.as_microsecond()
                            ],
                            |row| row.get(0),
                        )
                        .optional()?;
                    of.as_deref().map(store::id).transpose()
                })
            })
            .await;
        self.forget_credentials();
        let Some(of) = done? else { return Err(Rejection::new(&reasons::TOKEN_UNKNOWN).into()) };
        self.until_told(of).await;
        Ok(())
    }
}

fn insert(conn: &Connection, digest: &Digest, token: &Token, now: Timestamp) -> Result<()> {
    let owner = account::by_id(conn, token.owner)?;
    if owner.disabled_at.is_some() {
        return Err(Rejection::new(&reasons::ACCOUNT_DISABLED).into());
    }
    if !token.grant.is_within(&owner.grant) {
        return Err(Rejection::new(&reasons::TOKEN_BEYOND_OWNER).field("grant").into());
    }
    let live: i64 = conn.query_row(
        "SELECT count(*) FROM token WHERE account = ?1 AND revoked_at IS NULL AND expires_at > ?2",
        params![token.owner.as_bytes(), now.as_microsecond()],
        |row| row.get(0),
    )?;
    if live >= MOST {
        return Err(Rejection::new(&reasons::TOO_MANY_TOKENS).with("limit", MOST).into());
    }
    room(conn, token, now)?;
    // Those that ended are kept to be looked at, but not without bound.
    conn.execute(
        "DELETE FROM token WHERE account = ?1 AND (revoked_at IS NOT NULL OR expires_at <= ?2) AND digest IN (
             SELECT digest FROM token WHERE account = ?1 ORDER BY created_at DESC, id LIMIT -1 OFFSET ?3)",
        params![token.owner.as_bytes(), now.as_microsecond(), MOST_KEPT],
    )?;
    conn.execute(
        "INSERT INTO token (digest, id, account, name, roles, areas, organisations, created_at, expires_at, read_only)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            digest,
            token.id.as_bytes(),
            token.owner.as_bytes(),
            token.name,
            to_json(&token.grant.roles)?,
            to_json(&token.grant.areas)?,
            to_json(&token.grant.organisations)?,
            token.created_at.as_microsecond(),
            token.expires_at.as_microsecond(),
            token.read_only,
        ],
    )?;
    Ok(())
}

/// Whether there is room for the lists of one more. Where it is short, one that has expired is as good as revoked.
fn room(conn: &Connection, token: &Token, now: Timestamp) -> Result<()> {
    let account = token.owner.as_bytes();
    let lists = [to_json(&token.grant.areas)?, to_json(&token.grant.organisations)?];
    let own: usize = lists.iter().map(String::len).sum();
    let taken = || -> Result<i64> {
        Ok(conn.query_row(
            "SELECT coalesce(sum(length(areas) + length(organisations)), 0) FROM token
             WHERE account = ?1 AND revoked_at IS NULL",
            [account],
            |row| row.get(0),
        )?)
    };
    let most = MOST_BYTES - i64::try_from(own).unwrap_or(MOST_BYTES);
    if taken()? > most {
        conn.execute(
            "UPDATE token SET revoked_at = expires_at
             WHERE account = ?1 AND revoked_at IS NULL AND expires_at <= ?2",
            params![account, now.as_microsecond()],
        )?;
    }
    if taken()? > most {
        return Err(Rejection::new(&reasons::TOKENS_TOO_LARGE).into());
    }
    Ok(())
}

fn select(rest: &str) -> String {
    format!(
        "SELECT id, account, name, roles, areas, organisations, created_at, expires_at, used_at, revoked_at, read_only
         FROM token {rest}"
    )
}

/// A live token and its owner, as the store has them.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) token: Token,
    pub(super) owner: Account,
    pub(super) note: bool,
}

/// The live token of this digest.
pub(super) fn find(conn: &Connection, digest: &Digest, now: Timestamp) -> Result<Option<Live>> {
    let found =
        conn.prepare_cached(&select("WHERE digest = ?1"))?.query_row([digest], Columns::read).optional()?;
    let Some(token) = found.map(Columns::token).transpose()? else { return Ok(None) };
    let owner = account::by_id(conn, token.owner)?;
    if token.revoked_at.is_some() || token.expires_at <= now || owner.disabled_at.is_some() {
        return Ok(None);
    }
    let note = token.used_at.is_none_or(|used| now.as_second() - used.as_second() >= NOTED_EVERY);
    Ok(Some(Live { token, owner, note }))
}

pub(super) fn note_used(conn: &Connection, digest: &Digest, now: Timestamp) -> Result<()> {
    conn.execute(
        "UPDATE token SET used_at = max(coalesce(used_at, 0), ?2) WHERE digest = ?1",
        params![digest, now.as_microsecond()],
    )?;
    Ok(())
}

/// A row as it is stored.
struct Columns {
    id: Vec<u8>,
    account: Vec<u8>,
    name: String,
    grant: [String; 3],
    created_at: i64,
    expires_at: i64,
    used_at: Option<i64>,
    revoked_at: Option<i64>,
    read_only: bool,
}

impl Columns {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            account: row.get(1)?,
            name: row.get(2)?,
            grant: [row.get(3)?, row.get(4)?, row.get(5)?],
            created_at: row.get(6)?,
            expires_at: row.get(7)?,
            used_at: row.get(8)?,
            revoked_at: row.get(9)?,
            read_only: row.get(10)?,
        })
    }

    fn token(self) -> Result<Token> {
        let [roles, areas, organisations] = &self.grant;
        Ok(Token {
            id: store::id(&self.id)?,
            owner: store::id(&self.account)?,
            name: self.name,
            grant: Grant {
                roles: from_json(roles)?,
                areas: from_json(areas)?,
                organisations: from_json(organisations)?,
            },
            read_only: self.read_only,
            created_at: store::time(self.created_at),
            expires_at: store::time(self.expires_at),
            used_at: self.used_at.map(store::time),
            revoked_at: self.revoked_at.map(store::time),
        })
    }
}
