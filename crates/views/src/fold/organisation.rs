use domain::{OrganisationId, TeamId, organisation::OrganisationEvent};

use super::found;
use crate::{
    Envelope, ViewsError,
    rows::{LicenceRow, LicenceStatus, OrganisationRow, TeamRow},
    store::Store,
};

pub fn apply(store: &mut Store, envelope: &Envelope, event: &OrganisationEvent) -> Result<(), ViewsError> {
    let id = OrganisationId(envelope.uuid()?);
    let mut change = |change: &dyn Fn(&mut OrganisationRow)| {
        found(envelope, store.organisations().change(id.0.as_bytes(), |row| change(row))?)
    };
    match event {
        OrganisationEvent::OrganisationRegistered { kind, name, area, unified_code } => {
            store.organisations().put(OrganisationRow {
                id,
                kind: *kind,
                name: name.clone(),
                area: *area,
                unified_code: unified_code.clone(),
                licence: None,
                jurisdiction: vec![],
                dissolved: false,
            })
        }
        OrganisationEvent::LicenceGranted { licence: _, number, valid_from, valid_until } => change(&|row| {
            row.licence = Some(LicenceRow {
                number: number.clone(),
                valid_from: *valid_from,
                valid_until: *valid_until,
                status: LicenceStatus::Valid,
            });
        }),
        OrganisationEvent::LicenceRenewed { valid_until } => change(&|row| {
            if let Some(licence) = &mut row.licence {
                licence.valid_until = *valid_until;
                licence.status = LicenceStatus::Valid;
            }
        }),
        OrganisationEvent::LicenceSuspended { .. } => change(&|row| status(row, LicenceStatus::Suspended)),
        OrganisationEvent::LicenceReinstated {} => change(&|row| status(row, LicenceStatus::Valid)),
        OrganisationEvent::LicenceRevoked { .. } => change(&|row| status(row, LicenceStatus::Revoked)),
        OrganisationEvent::LicenceExpired { .. } => change(&|row| status(row, LicenceStatus::Expired)),
        OrganisationEvent::JurisdictionAssigned { areas } => {
            change(&|row| row.jurisdiction.clone_from(areas))
        }
        OrganisationEvent::TeamFormed { team, name, kind, payer, area, members } => {
            store.teams().put(TeamRow {
                id: *team,
                organisation: id,
                name: name.clone(),
                kind: *kind,
                payer: *payer,
                area: *area,
                members: members.clone(),
                disbanded: false,
            })
        }
        OrganisationEvent::TeamMemberJoined { team, person } => {
            change_team(store, envelope, *team, |row| row.members.push(*person))
        }
        OrganisationEvent::TeamMemberLeft { team, person } => {
            change_team(store, envelope, *team, |row| row.members.retain(|member| member != person))
        }
        OrganisationEvent::TeamDisbanded { team, .. } => {
            change_team(store, envelope, *team, |row| row.disbanded = true)
        }
        OrganisationEvent::OrganisationDissolved { .. } => change(&|row| row.dissolved = true),
    }
}

fn status(row: &mut OrganisationRow, status: LicenceStatus) {
    if let Some(licence) = &mut row.licence {
        licence.status = status;
    }
}

fn change_team(
    store: &mut Store,
    envelope: &Envelope,
    team: TeamId,
    change: impl FnOnce(&mut TeamRow),
) -> Result<(), ViewsError> {
    found(envelope, store.teams().change(team.0.as_bytes(), change)?)
}
