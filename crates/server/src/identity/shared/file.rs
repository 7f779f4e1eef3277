//! How an account gets into the file and out of it. Digests and ids are hexadecimal outside of it.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use super::heard;
use super::state::{Disabling, Itself, Mark, Part, Password, Rights, Session, State, Token};
use crate::identity::Result;
use crate::identity::store::{self, from_json, to_json};

/// The account as it stands in the file.
pub(super) fn read(conn: &Connection, id: Uuid) -> Result<Option<State>> {
    let Some(mut state) = itself(conn, id)? else { return Ok(None) };
    state.disabling = named(conn, "SELECT tag, at, cleared FROM disabling WHERE account = ?1", id, |row| {
        Ok(Disabling { at: row.get(1)?, cleared: row.get(2)? })
    })?;
    state.endings = named(conn, "SELECT tag, at FROM ending WHERE account = ?1", id, |row| row.get(1))?;
    let ended = "SELECT hex(digest), created_at FROM ended_session WHERE account = ?1";
    state.ended = named(conn, ended, id, |row| row.get(1))?;
    state.tokens = named(
        conn,
        "SELECT hex(digest), hex(id), name, roles, areas, organisations, created_at, expires_at, revoked_at, read_only
         FROM token WHERE account = ?1",
        id,
        |row| {
            Ok(Token {
                id: row.get(1)?,
                name: row.get(2)?,
                roles: row.get(3)?,
                areas: row.get(4)?,
                organisations: row.get(5)?,
                created_at: row.get(6)?,
                expires_at: row.get(7)?,
                revoked_at: row.get(8)?,
                read_only: row.get(9)?,
            })
        },
    )?;
    let sessions = named(
        conn,
        "SELECT hex(digest), hex(id), created_at, seen_at, under, knew FROM session WHERE account = ?1",
        id,
        |row| {
            let session = Session {
                id: row.get(1)?,
                created_at: row.get(2)?,
                seen_at: row.get(3)?,
                under: row.get(4)?,
                knew: BTreeSet::new(),
            };
            Ok((session, row.get::<_, String>(5)?))
        },
    )?;
    for (digest, (session, knew)) in sessions {
        state.sessions.insert(digest, Session { knew: from_json(&knew)?, ..session });
    }
    Ok(Some(state.within_bounds()))
}

fn named<T>(
    conn: &Connection,
    query: &str,
    id: Uuid,
    read: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<BTreeMap<String, T>> {
    let mut statement = conn.prepare_cached(query)?;
    let rows = statement.query_map([id.as_bytes()], |row| Ok((row.get::<_, String>(0)?, read(row)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Without what it may have several of.
fn itself(conn: &Connection, id: Uuid) -> Result<Option<State>> {
    let state = conn
        .prepare_cached(
            "SELECT created_at, name, nullif(hex(person), ''), language, roles, areas, organisations, password,
                 itself_generation, itself_at, itself_tag, grant_generation, grant_at, grant_tag,
                 set_generation, set_at, set_tag, own_generation, own_at, own_tag, renewals, sessions_floor,
                 tokens_floor
             FROM account JOIN standing ON standing.account = account.id WHERE id = ?1",
        )?
        .query_row([id.as_bytes()], |row| {
            let mark = |first: usize| {
                let generation = row.get(first)?;
                Ok::<_, rusqlite::Error>(Mark { generation, at: row.get(first + 1)?, tag: row.get(first + 2)? })
            };
            Ok(State {
                created_at: row.get(0)?,
                itself: Part {
                    mark: mark(8)?,
                    value: Itself { name: row.get(1)?, person: row.get(2)?, language: row.get(3)? },
                },
                grant: Part {
                    mark: mark(11)?,
                    value: Rights { roles: row.get(4)?, areas: row.get(5)?, organisations: row.get(6)? },
                },
                password: Password { set: mark(14)?, own: mark(17)?, renewals: row.get(20)?, hash: row.get(7)? },
                disabling: BTreeMap::new(),
                endings: BTreeMap::new(),
                sessions: BTreeMap::new(),
                ended: BTreeMap::new(),
                sessions_floor: row.get(21)?,
                tokens: BTreeMap::new(),
                tokens_floor: row.get(22)?,
            })
        })
        .optional()?;
    Ok(state)
}

/// Makes the account in the file this one; what it has become, for its name may be taken. Failed tries and times of use
/// stay. The triggers are silent meanwhile.
pub(super) fn write(conn: &Connection, id: Uuid, mut state: State) -> Result<State> {
    conn.execute("INSERT INTO hearing (one) VALUES (1)", [])?;
    free_name(conn, id, &mut state)?;
    write_itself(conn, id, &state)?;
    write_standing(conn, id, &state)?;
    for table in ["disabling", "ending", "ended_session"] {
        conn.execute(&format!("DELETE FROM {table} WHERE account = ?1"), [id.as_bytes()])?;
    }
    for (tag, decision) in &state.disabling {
        conn.prepare_cached("INSERT INTO disabling (account, tag, at, cleared) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![id.as_bytes(), tag, decision.at, decision.cleared])?;
    }
    for (tag, at) in &state.endings {
        conn.prepare_cached("INSERT INTO ending (account, tag, at) VALUES (?1, ?2, ?3)")?
            .execute(params![id.as_bytes(), tag, at])?;
    }
    for (digest, created_at) in &state.ended {
        conn.prepare_cached(
            "INSERT INTO ended_session (account, digest, created_at) VALUES (?1, unhex(?2), ?3)
             ON CONFLICT (digest) DO NOTHING",
        )?
        .execute(params![id.as_bytes(), digest, created_at])?;
    }
    write_tokens(conn, id, &state)?;
    write_sessions(conn, id, &state)?;
    conn.execute("DELETE FROM hearing", [])?;
    Ok(state)
}

fn write_itself(conn: &Connection, id: Uuid, state: &State) -> Result<()> {
    let (itself, rights) = (&state.itself.value, &state.grant.value);
    conn.execute(
        "INSERT INTO account
             (id, name, password, roles, areas, organisations, person, language, created_at, disabled_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, unhex(?7), ?8, ?9, ?10)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, password = excluded.password, roles = excluded.roles,
             areas = excluded.areas, organisations = excluded.organisations, person = excluded.person,
             language = excluded.language, created_at = excluded.created_at, disabled_at = excluded.disabled_at",
        params![
            id.as_bytes(),
            itself.name,
            state.password.hash,
            rights.roles,
            rights.areas,
            rights.organisations,
            itself.person,
            itself.language,
            state.created_at,
            state.disabled_at(),
        ],
    )?;
    Ok(())
}

fn write_standing(conn: &Connection, id: Uuid, state: &State) -> Result<()> {
    let (itself, grant, password) = (&state.itself.mark, &state.grant.mark, &state.password);
    conn.execute(
        "INSERT OR REPLACE INTO standing
             (account, itself_generation, itself_at, itself_tag, grant_generation, grant_at, grant_tag,
              set_generation, set_at, set_tag, own_generation, own_at, own_tag, renewals, sessions_floor, tokens_floor)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        params![
            id.as_bytes(),
            itself.generation,
            itself.at,
            itself.tag,
            grant.generation,
            grant.at,
            grant.tag,
            password.set.generation,
            password.set.at,
            password.set.tag,
            password.own.generation,
            password.own.at,
            password.own.tag,
            password.renewals,
            state.sessions_floor,
            state.tokens_floor,
        ],
    )?;
    Ok(())
}

fn write_tokens(conn: &Connection, id: Uuid, state: &State) -> Result<()> {
    conn.execute(
        "DELETE FROM token WHERE account = ?1 AND hex(digest) NOT IN (SELECT value FROM json_each(?2))",
        params![id.as_bytes(), to_json(&state.tokens.keys().collect::<Vec<_>>())?],
    )?;
    for (digest, token) in &state.tokens {
        conn.prepare_cached(
            "INSERT INTO token (digest, id, account, name, roles, areas, organisations, created_at, expires_at,
                 revoked_at, read_only)
             VALUES (unhex(?1), unhex(?2), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
             ON CONFLICT (digest) DO UPDATE SET revoked_at = excluded.revoked_at",
        )?
        .execute(params![
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
        ])?;
    }
    Ok(())
}

fn write_sessions(conn: &Connection, id: Uuid, state: &State) -> Result<()> {
    conn.execute(
        "DELETE FROM session WHERE account = ?1 AND hex(digest) NOT IN (SELECT value FROM json_each(?2))",
        params![id.as_bytes(), to_json(&state.sessions.keys().collect::<Vec<_>>())?],
    )?;
    for (digest, session) in &state.sessions {
        conn.prepare_cached(
            "INSERT INTO session (digest, id, account, created_at, seen_at, under, knew)
             VALUES (unhex(?1), unhex(?2), ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (digest) DO UPDATE SET seen_at = max(seen_at, excluded.seen_at),
                 under = excluded.under, knew = excluded.knew",
        )?
        .execute(params![
            digest,
            session.id,
            id.as_bytes(),
            session.created_at,
            session.seen_at,
            session.under,
            to_json(&session.knew)?,
        ])?;
    }
    Ok(())
}

/// Two nodes may have made an account of one name at the same time. The one that was made later gets another name, on
/// every node the same one; its owner and the administrator see it in the list.
fn free_name(conn: &Connection, id: Uuid, state: &mut State) -> Result<()> {
    let other: Option<(Vec<u8>, i64)> = conn
        .query_row(
            "SELECT id, created_at FROM account WHERE name = ?1 AND id <> ?2",
            params![state.itself.value.name, id.as_bytes()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let Some((other, created_at)) = other else { return Ok(()) };
    let other = store::id(&other)?;
    tracing::warn!(one = %id, %other, "two nodes have made an account of one name; the later one is renamed");
    if (created_at, other) < (state.created_at, id) {
        rename(&mut state.itself, id);
        return Ok(());
    }
    if let Some(mut state) = itself(conn, other)? {
        rename(&mut state.itself, other);
        conn.execute(
            "UPDATE account SET name = ?2 WHERE id = ?1",
            params![other.as_bytes(), state.itself.value.name],
        )?;
        conn.execute(
            "UPDATE standing SET itself_generation = ?2 WHERE account = ?1",
            params![other.as_bytes(), state.itself.mark.generation],
        )?;
        heard::is_untold(conn, other, true)?;
    }
    Ok(())
}

/// No account can be made with such a name. The same on every node that does it, as a decision that knew of the name.
fn rename(itself: &mut Part<Itself>, id: Uuid) {
    let name: String = itself.value.name.chars().take(50).collect();
    // Ids of one moment begin alike; their end is by chance.
    let [.., a, b, c, d] = *id.as_bytes();
    itself.value.name = format!("{name}~{a:02x}{b:02x}{c:02x}{d:02x}");
    itself.mark.generation = itself.mark.generation.saturating_add(1);
}
