//! In whose name a command is done, when the asker has more than one organisation.
//!
//! The request may say it ([`Viewer::acting_for`]); who has one organisation acts for that one. Otherwise it is the one
//! among theirs that the command concerns. Nothing is guessed: where two come into question, or none, the command is
//! refused and says so. Nothing here widens a right.

use std::collections::BTreeSet;

use domain::{Actor, OrganisationId, Rejection};

use crate::{Permission, Slice, Viewer, reason};

/// The actor of a command that is permitted.
///
/// # Errors
/// `acting_organisation_unclear`.
pub(crate) fn actor<A: Slice>(
    viewer: &Viewer,
    state: &A,
    command: &A::Command,
    facts: &A::Facts,
) -> Result<Actor, Rejection> {
    if !viewer.must_choose() {
        return Ok(viewer.actor);
    }
    let organisation = choose(viewer, &state.permission(command), &state.owners(command, facts))?;
    Ok(Actor { organisation: Some(organisation), ..viewer.actor })
}

/// The actor of what a permission outside of a slice allows.
///
/// # Errors
/// `acting_organisation_unclear`.
pub(crate) fn of(viewer: &Viewer, permission: &Permission) -> Result<Actor, Rejection> {
    if !viewer.must_choose() {
        return Ok(viewer.actor);
    }
    let organisation = choose(viewer, permission, &[])?;
    Ok(Actor { organisation: Some(organisation), ..viewer.actor })
}

fn choose(
    viewer: &Viewer,
    permission: &Permission,
    owners: &[OrganisationId],
) -> Result<OrganisationId, Rejection> {
    // Those that the right itself comes from; then those that it is about.
    let allowing: BTreeSet<OrganisationId> = permission.organisations_that_allow(viewer).collect();
    let concerned = || {
        let all = permission.organisations().chain(owners.iter().copied());
        all.filter(|organisation| viewer.scope.organisations.contains(organisation)).collect::<BTreeSet<_>>()
    };
    let found = if allowing.is_empty() { concerned() } else { allowing };
    match found.first() {
        Some(only) if found.len() == 1 => Ok(*only),
        _ => Err(Rejection::new(&reason::ACTING_UNCLEAR)),
    }
}
