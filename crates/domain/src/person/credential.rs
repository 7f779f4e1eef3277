//! What happens to a credential after it was issued.

use super::{
    Credential, CredentialKind, CredentialPhase, ExpireCredential, Person, PersonEvent, ReinstateCredential,
    RenewCredential, RevokeCredential, SuspendCredential, decide::REASON_LIMIT, reason,
};
use crate::{
    CertificateStanding, Context, CredentialId, Day, Rejection,
    aggregate::{not_in_the_future, rule, text},
    rejection::common,
    shift::reason::TOO_EARLY,
};

pub(super) fn renew(person: &Person, body: &RenewCredential) -> Result<Vec<PersonEvent>, Rejection> {
    let held = not_revoked(person, body.credential)?;
    person.enrolled()?;
    let Some(valid_until) = held.valid_until else {
        return Err(Rejection::new(&reason::CREDENTIAL_WITHOUT_END).field("credential"));
    };
    if body.valid_until == valid_until && !held.expired {
        return Ok(vec![]);
    }
    rule(body.valid_until != valid_until, || backwards("validUntil", body.valid_until, valid_until))?;
    in_order("validUntil", valid_until, body.valid_until)?;
    Ok(vec![PersonEvent::CredentialRenewed { credential: body.credential, valid_until: body.valid_until }])
}

pub(super) fn suspend(person: &Person, body: &SuspendCredential) -> Result<Vec<PersonEvent>, Rejection> {
    match not_revoked(person, body.credential)?.phase {
        CredentialPhase::InForce => {
            let reason = text("reason", &body.reason, REASON_LIMIT)?;
            Ok(vec![PersonEvent::CredentialSuspended { credential: body.credential, reason }])
        }
        CredentialPhase::Suspended | CredentialPhase::Revoked => Ok(vec![]),
    }
}

pub(super) fn reinstate(person: &Person, body: &ReinstateCredential) -> Result<Vec<PersonEvent>, Rejection> {
    match not_revoked(person, body.credential)?.phase {
        CredentialPhase::Suspended => {
            Ok(vec![PersonEvent::CredentialReinstated { credential: body.credential }])
        }
        CredentialPhase::InForce | CredentialPhase::Revoked => Ok(vec![]),
    }
}

/// Also after an erasure: it tells nothing about the person, and the bars of art. 17 rest on it.
pub(super) fn revoke(
    person: &Person,
    body: &RevokeCredential,
    context: &Context,
) -> Result<Vec<PersonEvent>, Rejection> {
    match known(person, body.credential)?.phase {
        CredentialPhase::InForce | CredentialPhase::Suspended => {
            not_in_the_future(context)?;
            let reason = text("reason", &body.reason, REASON_LIMIT)?;
            let at = context.occurred_at;
            Ok(vec![PersonEvent::CredentialRevoked { credential: body.credential, reason, at }])
        }
        CredentialPhase::Revoked => Ok(vec![]),
    }
}

/// Once per cause: nothing new when it is recorded, revoked, or valid without end.
pub(super) fn expire(
    person: &Person,
    body: &ExpireCredential,
    context: &Context,
) -> Result<Vec<PersonEvent>, Rejection> {
    let held = known(person, body.credential)?;
    let (Some(due), Some(valid_until)) = (held.expires_at(), held.valid_until) else { return Ok(vec![]) };
    not_in_the_future(context)?;
    rule(context.occurred_at.at >= due, || {
        Rejection::new(&TOO_EARLY).field("occurredAt").with("earliest", valid_until)
    })?;
    Ok(vec![PersonEvent::CredentialExpired { credential: body.credential, valid_until }])
}

/// One certificate of a kind at a time; a new one can follow an expired or revoked one.
pub(super) fn none_in_force(person: &Person, kind: CredentialKind, today: Day) -> Result<(), Rejection> {
    let live = |held: &Credential| match held.standing_at(today) {
        CertificateStanding::None | CertificateStanding::Valid | CertificateStanding::Suspended => true,
        CertificateStanding::Expired | CertificateStanding::Revoked => false,
    };
    let held = person.credentials.values().any(|held| held.kind == kind && live(held));
    rule(!held, || Rejection::new(&reason::CREDENTIAL_HELD).field("kind"))
}

pub(super) fn in_order(field: &'static str, earlier: Day, given: Day) -> Result<(), Rejection> {
    rule(given >= earlier, || backwards(field, given, earlier))
}

fn backwards(field: &'static str, given: Day, earlier: Day) -> Rejection {
    Rejection::new(&common::TIMES_RUN_BACKWARDS).field(field).with("given", given).with("earlier", earlier)
}

fn known(person: &Person, credential: CredentialId) -> Result<&Credential, Rejection> {
    person
        .credentials
        .get(&credential)
        .ok_or_else(|| Rejection::new(&reason::CREDENTIAL_UNKNOWN).field("credential"))
}

fn not_revoked(person: &Person, credential: CredentialId) -> Result<&Credential, Rejection> {
    let held = known(person, credential)?;
    rule(held.phase != CredentialPhase::Revoked, || {
        Rejection::new(&reason::CREDENTIAL_REVOKED).field("credential")
    })?;
    Ok(held)
}
