use domain::{CredentialId, PersonId, Personal, person::PersonEvent};

use super::found;
use crate::{
    Envelope, ViewsError,
    rows::{CredentialRow, CredentialStatus, MembershipRow, PersonRow},
    store::Store,
};

pub fn apply(store: &mut Store, envelope: &Envelope, event: &PersonEvent) -> Result<(), ViewsError> {
    let id = PersonId(envelope.uuid()?);
    let key = *id.0.as_bytes();
    let mut change =
        |change: &dyn Fn(&mut PersonRow)| found(envelope, store.persons().change(&key, |row| change(row))?);
    match event {
        PersonEvent::PersonEnrolled { .. } => enrol(store, id, event),
        PersonEvent::PersonCorrected { .. } => change(&|row| correct(row, event)),
        PersonEvent::RoleGranted { role, organisation } => {
            change(&|row| row.roles.push((*role, *organisation)))?;
            store.memberships().put(MembershipRow { person: id, organisation: *organisation, role: *role })
        }
        PersonEvent::RoleRevoked { role, organisation, .. } => {
            change(&|row| row.roles.retain(|held| *held != (*role, *organisation)))?;
            store.memberships().remove(&MembershipRow::key_of(id, *organisation, *role))
        }
        PersonEvent::CredentialIssued { credential, kind, number, valid_from, valid_until } => {
            change(&|row| {
                row.credentials.push(CredentialRow {
                    id: *credential,
                    kind: *kind,
                    number: number.clone(),
                    valid_from: *valid_from,
                    valid_until: *valid_until,
                    status: CredentialStatus::Valid,
                });
            })
        }
        PersonEvent::CredentialRenewed { credential, valid_until } => change(&|row| {
            if let Some(found) = row.credentials.iter_mut().find(|held| held.id == *credential) {
                found.valid_until = Some(*valid_until);
                found.status = CredentialStatus::Valid;
            }
        }),
        PersonEvent::CredentialSuspended { credential, .. } => {
            change(&|row| status(row, *credential, CredentialStatus::Suspended))
        }
        PersonEvent::CredentialReinstated { credential } => {
            change(&|row| status(row, *credential, CredentialStatus::Valid))
        }
        PersonEvent::CredentialRevoked { credential, .. } => {
            change(&|row| status(row, *credential, CredentialStatus::Revoked))
        }
        PersonEvent::CredentialExpired { credential, .. } => {
            change(&|row| status(row, *credential, CredentialStatus::Expired))
        }
        PersonEvent::TrainingCompleted { hours, .. } => {
            change(&|row| row.training_hours += u32::from(*hours))
        }
        PersonEvent::ErasureRequested { at } => change(&|row| {
            row.erasing_since = Some(*at);
            row.erasure_blocked_until = None;
        }),
        PersonEvent::ErasureBlocked { until, .. } => change(&|row| {
            row.erasing_since = None;
            row.erasure_blocked_until = Some(*until);
        }),
        PersonEvent::PersonErased { at } => change(&|row| {
            row.erasing_since = None;
            row.erased_at = Some(*at);
        }),
    }
}

fn enrol(store: &mut Store, id: PersonId, event: &PersonEvent) -> Result<(), ViewsError> {
    let PersonEvent::PersonEnrolled { name, id_number, phone, birth_date, address, area, schooling } = event
    else {
        return Ok(());
    };
    store.persons().put(PersonRow {
        id,
        name: name.clone(),
        id_number: id_number.clone(),
        phone: phone.clone(),
        birth_date: birth_date.clone(),
        address: address.clone(),
        area: *area,
        schooling: *schooling,
        roles: vec![],
        credentials: vec![],
        training_hours: 0,
        erasing_since: None,
        erasure_blocked_until: None,
        erased_at: None,
    })
}

fn correct(row: &mut PersonRow, event: &PersonEvent) {
    let PersonEvent::PersonCorrected { name, id_number, phone, birth_date, address, area, schooling } = event
    else {
        return;
    };
    if let Some(name) = name {
        row.name = name.clone();
    }
    replace(&mut row.id_number, id_number.as_ref());
    replace(&mut row.phone, phone.as_ref());
    replace(&mut row.birth_date, birth_date.as_ref());
    replace(&mut row.address, address.as_ref());
    row.area = area.unwrap_or(row.area);
    row.schooling = schooling.unwrap_or(row.schooling);
}

fn replace(field: &mut Option<Personal>, by: Option<&Personal>) {
    if let Some(by) = by {
        *field = Some(by.clone());
    }
}

fn status(row: &mut PersonRow, credential: CredentialId, status: CredentialStatus) {
    if let Some(found) = row.credentials.iter_mut().find(|held| held.id == credential) {
        found.status = status;
    }
}
