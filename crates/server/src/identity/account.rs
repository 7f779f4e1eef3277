//! Accounts: made, listed, changed, disabled.

use domain::{Language, Rejection};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::principal::{language_of, language_tag};
use super::store::{self, from_json, to_json};
use super::{Grant, Identity, Principal, Result, password, reasons, session};

/// An account to be made. The id is the caller's, who may derive it (accounts of the demo keep theirs).
#[derive(Debug)]
pub struct NewAccount {
    pub id: Uuid,
    /// 2 to 64 letters, digits or any of `. _ - @`; case does not distinguish.
    pub name: String,
    pub password: Zeroizing<String>,
    pub grant: Grant,
    pub person: Option<Uuid>,
    pub language: Option<Language>,
}

/// An account, without its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: Uuid,
    pub name: String,
    pub grant: Grant,
    pub person: Option<Uuid>,
    pub language: Option<Language>,
    pub created_at: Timestamp,
    pub disabled_at: Option<Timestamp>,
}

impl Account {
    pub(crate) fn principal(self) -> Principal {
        let Grant { roles, areas, organisations } = self.grant;
        Principal {
            id: self.id,
            name: self.name,
            roles,
            areas,
            organisations,
            person: self.person,
            language: self.language,
            acting: None,
            read_only: false,
        }
    }
}

impl Identity {
    /// Makes an account.
    ///
    /// # Errors
    /// The name is taken or malformed, the password too short or too long, the scope malformed.
    pub async fn create_account(&self, new: NewAccount, now: Timestamp) -> Result<Account> {
        check_name(&new.name)?;
        password::check(&new.name, &new.password)?;
        let account = Account {
            id: new.id,
            name: new.name,
            grant: new.grant.checked()?,
            person: new.person,
            language: new.language,
            created_at: now,
            disabled_at: None,
        };
        let phc = self.inner.hasher.hash(new.password).await?;
        let account = self
            .with_store(move |store| {
                store.write(|tx| {
                    insert(tx, &account, &phc)?;
                    Ok(account)
                })
            })
            .await?;
        self.until_told(account.id).await;
        Ok(account)
    }

    /// Every account, by name.
    ///
    /// # Errors
    /// The store fails.
    pub async fn accounts(&self) -> Result<Vec<Account>> {
        self.with_store(|store| {
            store.read(|conn| {
                let mut statement = conn.prepare_cached(&select("ORDER BY name"))?;
                let rows = statement.query_map([], Columns::read)?;
                rows.map(|row| row?.account()).collect()
            })
        })
        .await
    }

    /// The account of this name (case does not distinguish).
    ///
    /// # Errors
    /// The store fails.
    pub async fn account_named(&self, name: &str) -> Result<Option<Account>> {
        let name = name.to_owned();
        self.with_store(move |store| {
            store.read(|conn| {
                conn.prepare_cached(&select("WHERE name = ?1"))?
                    .query_row([name], Columns::read)
                    .optional()?
                    .map(Columns::account)
                    .transpose()
            })
        })
        .await
    }

    /// The account of this id.
    ///
    /// # Errors
    /// There is no such account.
    pub async fn account(&self, id: Uuid) -> Result<Account> {
        self.with_store(move |store| store.read(|conn| by_id(conn, id))).await
    }

    /// Ends every session and makes the tokens useless; doing it again changes nothing.
    ///
    /// # Errors
    /// There is no such account.
    pub async fn disable_account(&self, id: Uuid, now: Timestamp) -> Result<()> {
        self.change(id, move |conn| {
            session::end_all(conn, id.as_bytes(), now)?;
            Ok(conn.execute(
                "UPDATE account SET disabled_at = coalesce(disabled_at, ?2) WHERE id = ?1",
                params![id.as_bytes(), now.as_microsecond()],
            )?)
        })
        .await
    }

    /// Lets a disabled account in again.
    ///
    /// # Errors
    /// There is no such account.
    pub async fn enable_account(&self, id: Uuid) -> Result<()> {
        self.change(id, move |conn| {
            Ok(conn.execute("UPDATE account SET disabled_at = NULL WHERE id = ?1", [id.as_bytes()])?)
        })
        .await
    }

    /// Gives other roles and another scope; sessions and tokens have them from their next request on.
    ///
    /// # Errors
    /// There is no such account, or the scope is malformed.
    pub async fn set_grant(&self, id: Uuid, grant: Grant) -> Result<()> {
        let grant = grant.checked()?;
        self.change(id, move |conn| {
            Ok(conn.execute(
                "UPDATE account SET roles = ?2, areas = ?3, organisations = ?4 WHERE id = ?1",
                params![
                    id.as_bytes(),
                    to_json(&grant.roles)?,
                    to_json(&grant.areas)?,
                    to_json(&grant.organisations)?
                ],
            )?)
        })
        .await
    }

    /// Sets another password, ends every session, and lifts a lock. Tokens stay.
    ///
    /// # Errors
    /// There is no such account, or the password is too short or too long.
    pub async fn set_password(&self, id: Uuid, password: Zeroizing<String>) -> Result<()> {
        let account = self.account(id).await?;
        password::check(&account.name, &password)?;
        let phc = self.inner.hasher.hash(password).await?;
        self.change(id, move |conn| {
            session::delete_all(conn, id.as_bytes())?;
            Ok(conn.execute(
                "UPDATE account SET password = ?2, password_by = 'administrator', failures = 0, locked_until = 0
                 WHERE id = ?1",
                params![id.as_bytes(), phc],
            )?)
        })
        .await
    }

    async fn change(
        &self,
        id: Uuid,
        work: impl FnOnce(&Connection) -> Result<usize> + Send + 'static,
    ) -> Result<()> {
        let done = self
            .with_store(move |store| {
                store.write(|tx| {
                    by_id(tx, id)?;
                    work(tx)
                })
            })
            .await;
        // Also after a failure: what is remembered is only a copy, and whether it was committed may be unknown.
        self.forget_credentials();
        done?;
        self.until_told(id).await;
        Ok(())
    }
}

/// Characters of the longest name.
pub(super) const MOST_OF_A_NAME: usize = 64;

fn check_name(name: &str) -> Result<()> {
    let fits = (2..=MOST_OF_A_NAME).contains(&name.chars().count())
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@'));
    if fits { Ok(()) } else { Err(Rejection::new(&reasons::ACCOUNT_NAME_INVALID).field("name").into()) }
}

fn insert(conn: &Connection, account: &Account, phc: &str) -> Result<()> {
    let taken: bool = conn.query_row(
        "SELECT exists (SELECT 1 FROM account WHERE name = ?1 OR id = ?2)",
        params![account.name, account.id.as_bytes()],
        |row| row.get(0),
    )?;
    if taken {
        return Err(Rejection::new(&reasons::ACCOUNT_NAME_TAKEN).field("name").into());
    }
    conn.execute(
        "INSERT INTO account (id, name, password, roles, areas, organisations, person, language, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            account.id.as_bytes(),
            account.name,
            phc,
            to_json(&account.grant.roles)?,
            to_json(&account.grant.areas)?,
            to_json(&account.grant.organisations)?,
            account.person.as_ref().map(|person| person.as_bytes().as_slice()),
            account.language.map(language_tag),
            account.created_at.as_microsecond(),
        ],
    )?;
    Ok(())
}

fn select(rest: &str) -> String {
    format!(
        "SELECT id, name, roles, areas, organisations, person, language, created_at, disabled_at FROM account {rest}"
    )
}

/// The account of this id.
pub(super) fn by_id(conn: &Connection, id: Uuid) -> Result<Account> {
    conn.prepare_cached(&select("WHERE id = ?1"))?
        .query_row([id.as_bytes()], Columns::read)
        .optional()?
        .ok_or_else(|| Rejection::new(&reasons::ACCOUNT_UNKNOWN))?
        .account()
}

/// A row as it is stored.
struct Columns {
    id: Vec<u8>,
    name: String,
    roles: String,
    areas: String,
    organisations: String,
    person: Option<Vec<u8>>,
    language: Option<String>,
    created_at: i64,
    disabled_at: Option<i64>,
}

impl Columns {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            roles: row.get(2)?,
            areas: row.get(3)?,
            organisations: row.get(4)?,
            person: row.get(5)?,
            language: row.get(6)?,
            created_at: row.get(7)?,
            disabled_at: row.get(8)?,
        })
    }

    fn account(self) -> Result<Account> {
        Ok(Account {
            id: store::id(&self.id)?,
            name: self.name,
            grant: Grant {
                roles: from_json(&self.roles)?,
                areas: from_json(&self.areas)?,
                organisations: from_json(&self.organisations)?,
            },
            person: self.person.as_deref().map(store::id).transpose()?,
            language: self.language.as_deref().and_then(language_of),
            created_at: store::time(self.created_at),
            disabled_at: self.disabled_at.map(store::time),
        })
    }
}
