//! An account as all nodes together know it: what two of them know becomes one by [`State::joined`], which comes out the
//! same in whatever order, and however often, records arrive.
//!
//! Each part has a count of the decisions that it stands on, so that one made in knowledge of another holds against it by
//! whatever clock. Of those that did not know of each other the greater holds: by count, time, name. What has ended is kept
//! as ended, by name as long as there is room, then by its age (the floors).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::identity::session::{ABSOLUTE, MOST_ENDINGS};
use crate::identity::token::MOST_KEPT;

/// Decisions to disable that have been taken back, and ended sessions, that are known by name.
pub(crate) const MOST_CLEARED: i64 = 100;
pub(crate) const MOST_ENDED: i64 = 200;

/// Which decision something stands on. In this order the greater one holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Mark {
    /// Decisions that were known when it was made.
    pub(super) generation: i64,
    /// When it was made, microseconds since 1970.
    pub(super) at: i64,
    /// By chance.
    pub(super) tag: String,
}

/// A part of an account that is decided as a whole.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part<T> {
    pub(super) mark: Mark,
    pub(super) value: T,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Itself {
    pub(super) name: String,
    pub(super) person: Option<String>,
    pub(super) language: Option<String>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rights {
    pub(super) roles: String,
    pub(super) areas: String,
    pub(super) organisations: String,
}

/// What an administrator has set comes first: whatever owners chose who did not know of it, and be it many times, falls
/// behind it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Password {
    pub(super) set: Mark,
    /// What its owner has chosen since then.
    pub(super) own: Mark,
    /// How often the same password was hashed anew.
    pub(super) renewals: i64,
    pub(super) hash: String,
}

impl Password {
    /// The name of the password, however it is hashed.
    pub(super) fn tag(&self) -> &str {
        if self.own.generation > 0 { &self.own.tag } else { &self.set.tag }
    }
}

/// One decision to disable.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Disabling {
    pub(super) at: i64,
    pub(super) cleared: bool,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Token {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) roles: String,
    pub(super) areas: String,
    pub(super) organisations: String,
    pub(super) created_at: i64,
    pub(super) expires_at: i64,
    pub(super) revoked_at: Option<i64>,
    pub(super) read_only: bool,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) created_at: i64,
    pub(super) seen_at: i64,
    /// The name of the password that it began with.
    #[serde(default)]
    pub(super) under: String,
    /// The signings-out everywhere that were known when it began.
    #[serde(default)]
    pub(super) knew: BTreeSet<String>,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct State {
    pub(super) created_at: i64,
    pub(super) itself: Part<Itself>,
    pub(super) grant: Part<Rights>,
    pub(super) password: Password,
    pub(super) disabling: BTreeMap<String, Disabling>,
    pub(super) endings: BTreeMap<String, i64>,
    pub(super) sessions: BTreeMap<String, Session>,
    /// Sessions that have ended, with when they began. One that began no later than the floor, and is not known, has too.
    pub(super) ended: BTreeMap<String, i64>,
    pub(super) sessions_floor: i64,
    pub(super) tokens: BTreeMap<String, Token>,
    /// A token that was made no later, and is not known, has ended.
    pub(super) tokens_floor: i64,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("created_at", &self.created_at).finish_non_exhaustive()
    }
}

impl State {
    /// What both know.
    pub(super) fn joined(self, other: Self) -> Self {
        let mut sessions = self.sessions.clone();
        sessions.retain(|digest, session| other.may_have(digest, session));
        for (digest, session) in
            other.sessions.iter().filter(|(digest, session)| self.may_have(digest, session))
        {
            let known = sessions.entry(digest.clone()).or_insert_with(|| session.clone());
            let seen_at = known.seen_at.max(session.seen_at);
            *known = Session { seen_at, ..known.clone() }.max(Session { seen_at, ..session.clone() });
        }
        let (tokens, mut disabling) = (self.tokens_with(&other), self.disabling);
        for (tag, decision) in other.disabling {
            let known = disabling.entry(tag).or_insert_with(|| decision.clone());
            known.cleared |= decision.cleared;
            known.at = known.at.min(decision.at);
        }
        Self {
            created_at: self.created_at.min(other.created_at),
            itself: self.itself.max(other.itself),
            grant: self.grant.max(other.grant),
            password: self.password.max(other.password),
            disabling,
            endings: earliest(self.endings, other.endings),
            sessions,
            ended: earliest(self.ended, other.ended),
            sessions_floor: self.sessions_floor.max(other.sessions_floor),
            tokens,
            tokens_floor: self.tokens_floor.max(other.tokens_floor),
        }
        .within_bounds()
    }

    /// Whether a session of elsewhere may be one that is not known here, or is.
    fn may_have(&self, digest: &str, session: &Session) -> bool {
        self.sessions.contains_key(digest) || session.created_at > self.sessions_floor
    }

    fn tokens_with(&self, other: &Self) -> BTreeMap<String, Token> {
        let may_have = |state: &Self, digest: &str, token: &Token| {
            state.tokens.contains_key(digest) || token.created_at > state.tokens_floor
        };
        let mut tokens = self.tokens.clone();
        tokens.retain(|digest, token| may_have(other, digest, token));
        for (digest, token) in other.tokens.iter().filter(|(digest, token)| may_have(self, digest, token)) {
            let known = tokens.entry(digest.clone()).or_insert_with(|| token.clone());
            let revoked_at = match (known.revoked_at, token.revoked_at) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
            *known = Token { revoked_at, ..known.clone() }.max(Token { revoked_at, ..token.clone() });
        }
        tokens
    }

    /// The same without what follows from the rest, and with no more than there is room for.
    pub(super) fn within_bounds(mut self) -> Self {
        let cleared = self.disabling.iter().filter(|(_, decision)| decision.cleared);
        let cleared = cleared.map(|(tag, decision)| (decision.at, tag.clone())).collect();
        for (_, tag) in oldest_beyond(MOST_CLEARED, cleared) {
            // Where one comes back that was taken back, the account is disabled: the safe side.
            self.disabling.remove(&tag);
        }
        let endings = self.endings.iter().map(|(tag, at)| (*at, tag.clone())).collect();
        for (_, tag) in oldest_beyond(MOST_ENDINGS, endings) {
            self.endings.remove(&tag);
        }
        let ended = self.ended.iter().map(|(digest, at)| (*at, digest.clone())).collect();
        if let Some((at, _)) = oldest_beyond(MOST_ENDED, ended).first() {
            self.sessions_floor = self.sessions_floor.max(*at);
        }
        let (floor, ended) = (self.sessions_floor, &mut self.ended);
        ended.retain(|_, created_at| *created_at > floor);
        let (password, endings) = (self.password.tag(), &self.endings);
        self.sessions.retain(|digest, session| {
            let outlives = |(tag, at): (&String, &i64)| {
                session.knew.contains(tag) || session.created_at > at.saturating_add(ABSOLUTE * 1_000_000)
            };
            session.under == password && endings.iter().all(outlives) && !ended.contains_key(digest)
        });
        self.forget_tokens();
        for token in self.tokens.values_mut().filter(|token| token.revoked_at.is_some()) {
            // What it was good for takes room in every record, and is nothing any more.
            for list in [&mut token.roles, &mut token.areas, &mut token.organisations] {
                "[]".clone_into(list);
            }
        }
        self
    }

    /// Tokens that have ended are kept to be looked at, but not without bound.
    fn forget_tokens(&mut self) {
        let newest = self.tokens.values().map(|token| token.created_at).max().unwrap_or_default();
        let all = self.tokens.iter().map(|(digest, token)| (token.created_at, digest.clone())).collect();
        for (created_at, digest) in oldest_beyond(MOST_KEPT, all) {
            let over = |token: &Token| token.revoked_at.is_some() || token.expires_at <= newest;
            if self.tokens.get(&digest).is_some_and(over) {
                self.tokens.remove(&digest);
                self.tokens_floor = self.tokens_floor.max(created_at);
            }
        }
    }

    /// Since when it is disabled, if it is.
    pub(super) fn disabled_at(&self) -> Option<i64> {
        self.disabling.values().filter(|decision| !decision.cleared).map(|decision| decision.at).min()
    }

    /// Whether `told` lacks nothing of this. When something was seen, and how far names are forgotten, is nothing to tell.
    pub(super) fn is_all_in(&self, told: &Self) -> bool {
        let bare = |state: &Self| {
            let mut state = state.clone();
            state.sessions_floor = state.sessions_floor.max(self.sessions_floor);
            state.tokens_floor = state.tokens_floor.max(self.tokens_floor);
            let mut state = state.within_bounds();
            state.sessions.values_mut().for_each(|session| session.seen_at = 0);
            state
        };
        bare(self) == bare(told)
    }
}

fn earliest(mut one: BTreeMap<String, i64>, other: BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    for (name, at) in other {
        one.entry(name).and_modify(|known| *known = at.min(*known)).or_insert(at);
    }
    one
}

/// What is older than so many, its newest first.
fn oldest_beyond(most: i64, mut all: Vec<(i64, String)>) -> Vec<(i64, String)> {
    let most = usize::try_from(most).unwrap_or_default();
    all.sort_unstable_by_key(|one| Reverse(one.clone()));
    all.split_off(most.min(all.len()))
}
