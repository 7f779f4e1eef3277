//! An account as nodes tell it. Lists and ids are text as the file has it; digests are hexadecimal.
//!
//! Form 1 knew an account as one row with a time of its last change. Its fields are there still, so that nodes of the
//! version before read what is told now; [`super::before`] reads what they tell.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::state::{Disabling, Itself, Mark, Part, Password, Rights, Session, State, Token};

/// The form that is told.
const FORM: u8 = 2;

/// An account with its tokens and sessions. Sealed wherever it leaves the node: it holds a name and a password's hash.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    /// Form 1 does not say it.
    #[serde(default)]
    form: u8,
    pub(super) account: ToldAccount,
    pub(super) tokens: BTreeMap<String, Token>,
    pub(super) sessions: BTreeMap<String, Session>,
    /// When the account itself has changed last, microseconds since 1970; and anything of it.
    pub(super) account_changed_at: i64,
    pub(super) changed_at: i64,
    /// The record of the stream that it follows: an old one that is put at the end again says another.
    pub(super) follows: Option<u64>,
    /// From form 2 on.
    #[serde(default)]
    parts: Option<Parts>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ToldAccount {
    pub(super) name: String,
    pub(super) password: String,
    pub(super) roles: String,
    pub(super) areas: String,
    pub(super) organisations: String,
    pub(super) person: Option<String>,
    pub(super) language: Option<String>,
    pub(super) created_at: i64,
    pub(super) disabled_at: Option<i64>,
}

impl ToldAccount {
    pub(super) fn itself(&self) -> Itself {
        let Self { name, person, language, .. } = self.clone();
        Itself { name, person, language }
    }

    pub(super) fn rights(&self) -> Rights {
        let Self { roles, areas, organisations, .. } = self.clone();
        Rights { roles, areas, organisations }
    }
}

/// On what the parts of an account stand, and what has ended.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Parts {
    itself: Mark,
    grant: Mark,
    set: Mark,
    own: Mark,
    renewals: i64,
    disabling: BTreeMap<String, Disabling>,
    endings: BTreeMap<String, i64>,
    ended: BTreeMap<String, i64>,
    sessions_floor: i64,
    tokens_floor: i64,
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Told")
            .field("form", &self.form)
            .field("follows", &self.follows)
            .finish_non_exhaustive()
    }
}

impl Told {
    /// A record that follows this one of its stream.
    pub(super) fn of(state: State, follows: Option<u64>) -> Self {
        let changed = [&state.itself.mark, &state.grant.mark, &state.password.set, &state.password.own];
        let changed = changed.into_iter().map(|mark| mark.at).chain(state.disabled_at());
        let account_changed_at = changed.max().unwrap_or_default();
        let begun = state.sessions.values().map(|session| session.created_at);
        let made = state.tokens.values().map(|token| token.created_at);
        let changed = begun.chain(made).chain(state.endings.values().copied());
        let changed_at = changed.max().unwrap_or_default().max(account_changed_at);
        let disabled_at = state.disabled_at();
        let State { itself, grant, password, .. } = state;
        Self {
            form: FORM,
            account: ToldAccount {
                name: itself.value.name,
                password: password.hash,
                roles: grant.value.roles,
                areas: grant.value.areas,
                organisations: grant.value.organisations,
                person: itself.value.person,
                language: itself.value.language,
                created_at: state.created_at,
                disabled_at,
            },
            tokens: state.tokens,
            sessions: state.sessions,
            account_changed_at,
            changed_at,
            follows,
            parts: Some(Parts {
                itself: itself.mark,
                grant: grant.mark,
                set: password.set,
                own: password.own,
                renewals: password.renewals,
                disabling: state.disabling,
                endings: state.endings,
                ended: state.ended,
                sessions_floor: state.sessions_floor,
                tokens_floor: state.tokens_floor,
            }),
        }
    }

    /// Whether it may stand at this revision of its stream.
    pub(crate) fn belongs_at(&self, revision: u64) -> bool {
        self.follows.map_or(0, |before| before.saturating_add(1)) == revision
    }

    /// What it says; itself when it is of form 1, which does not say on what it stands.
    pub(super) fn state(self) -> Result<State, Box<Self>> {
        let Some(parts) = self.parts else { return Err(Box::new(self)) };
        Ok(State {
            created_at: self.account.created_at,
            itself: Part { mark: parts.itself, value: self.account.itself() },
            grant: Part { mark: parts.grant, value: self.account.rights() },
            password: Password {
                set: parts.set,
                own: parts.own,
                renewals: parts.renewals,
                hash: self.account.password,
            },
            disabling: parts.disabling,
            endings: parts.endings,
            sessions: self.sessions,
            ended: parts.ended,
            sessions_floor: parts.sessions_floor,
            tokens: self.tokens,
            tokens_floor: parts.tokens_floor,
        }
        .within_bounds())
    }
}
