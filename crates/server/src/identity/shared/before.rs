//! Records of form 1, which nodes of the version before tell while the others are exchanged.
//!
//! Such a node keeps an account as one row and does not say which part of it has changed, nor what it knew of but the record
//! that it followed on. Where that is what stands here, each difference is a decision made in knowledge of it. Otherwise
//! it counts as the oldest of all: it takes away what it has ended, and gives nothing back.

use sha2::{Digest as _, Sha256};

use super::record::Told;
use super::state::{Disabling, Mark, Part, Password, Session, State};

/// The name of a password that was set before passwords had names; on every node the same.
pub(crate) fn tag_of(hash: &str) -> String {
    Sha256::digest(hash.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// What such a record says to who has `here`; `knew` when it follows on just that.
pub(super) fn state(told: Told, here: Option<&State>, knew: bool) -> State {
    let at = told.account_changed_at;
    let first = |tag: String| Mark { generation: 0, at, tag };
    let mark = |known: Option<(&Mark, bool)>| match known {
        Some((mark, true)) => mark.clone(),
        Some((mark, false)) if knew => {
            Mark { generation: mark.generation.saturating_add(1), ..first(String::new()) }
        }
        _ => first(String::new()),
    };
    let (itself, rights) = (told.account.itself(), told.account.rights());
    let password = password(&told, here, knew);
    let disabled_at = told.account.disabled_at;
    let mut state = State {
        created_at: told.account.created_at,
        itself: Part {
            mark: mark(here.map(|here| (&here.itself.mark, here.itself.value == itself))),
            value: itself,
        },
        grant: Part {
            mark: mark(here.map(|here| (&here.grant.mark, here.grant.value == rights))),
            value: rights,
        },
        password,
        disabling: here.map(|here| here.disabling.clone()).unwrap_or_default(),
        endings: here.map(|here| here.endings.clone()).unwrap_or_default(),
        sessions: told.sessions,
        ended: here.map(|here| here.ended.clone()).unwrap_or_default(),
        sessions_floor: 0,
        tokens: told.tokens,
        tokens_floor: 0,
    };
    match disabled_at {
        Some(at) if here.is_none_or(|here| here.disabled_at().is_none()) => {
            let tag = format!("{at:016x}");
            // Where it is known it has been taken back since.
            if !state.disabling.contains_key(&tag) {
                state.endings.insert(tag.clone(), at);
                state.disabling.insert(tag, Disabling { at, cleared: false });
            }
        }
        None if knew => state.disabling.values_mut().for_each(|decision| decision.cleared = true),
        _ => {}
    }
    let under = state.password.tag().to_owned();
    for (digest, session) in &mut state.sessions {
        if let Some(known) = here.and_then(|here| here.sessions.get(digest)) {
            *session = Session { seen_at: session.seen_at, ..known.clone() };
            continue;
        }
        session.under.clone_from(&under);
        if knew && let Some(here) = here {
            session.knew = here.endings.keys().cloned().collect();
        }
    }
    // What it does not have any more has ended there, unless it began here since.
    for (digest, session) in here.iter().flat_map(|here| &here.sessions) {
        let over = knew || session.created_at <= told.changed_at;
        if over && !state.sessions.contains_key(digest) {
            state.ended.insert(digest.clone(), session.created_at);
        }
    }
    state.within_bounds()
}

/// Whether an administrator has set it is not said. So it does not hold against one that is known to be set.
fn password(told: &Told, here: Option<&State>, knew: bool) -> Password {
    let (hash, at) = (told.account.password.clone(), told.account_changed_at);
    match here.map(|here| &here.password) {
        Some(known) if known.hash == hash => known.clone(),
        Some(known) if knew => {
            let own = Mark { generation: known.own.generation.saturating_add(1), at, tag: tag_of(&hash) };
            Password { set: known.set.clone(), own, renewals: 0, hash }
        }
        _ => {
            let set = Mark { generation: 0, at, tag: tag_of(&hash) };
            Password { set, own: Mark::default(), renewals: 0, hash }
        }
    }
}
