//! One event of every kind, for the golden files.

use super::{LicenceKind, OrganisationEvent};
use crate::{
    AreaCode, Day, OrganisationKind, Payer, PersonId, TeamId, TeamKind,
    testing::{check_golden, uuid},
};

const TEAM: TeamId = TeamId(uuid(31));
const WANG: PersonId = PersonId(uuid(11));
const LI: PersonId = PersonId(uuid(12));

pub(crate) fn samples() -> Vec<OrganisationEvent> {
    let area: AreaCode = "421002001".parse().unwrap();
    let day = |text: &str| Day(text.parse().unwrap());
    vec![
        OrganisationEvent::OrganisationRegistered {
            kind: OrganisationKind::SecurityCompany,
            name: "荆州平安保安服务有限公司".into(),
            area,
            unified_code: Some("91421002MA48XXXX0Q".into()),
        },
        OrganisationEvent::LicenceGranted {
            licence: LicenceKind::SecurityService,
            number: "鄂公保服20260001号".into(),
            valid_from: day("2026-01-01"),
            valid_until: day("2028-12-31"),
        },
        OrganisationEvent::LicenceRenewed { valid_until: day("2031-12-31") },
        OrganisationEvent::LicenceSuspended { reason: "under inspection".into() },
        OrganisationEvent::LicenceReinstated {},
        OrganisationEvent::LicenceRevoked { reason: "guards without certificates".into() },
        OrganisationEvent::LicenceExpired { valid_until: day("2031-12-31") },
        OrganisationEvent::JurisdictionAssigned { areas: vec![area] },
        OrganisationEvent::TeamFormed {
            team: TEAM,
            name: "中山社区义务巡防一队".into(),
            kind: TeamKind::Volunteer,
            payer: Payer::Community,
            area,
            members: vec![WANG],
        },
        OrganisationEvent::TeamMemberJoined { team: TEAM, person: LI },
        OrganisationEvent::TeamMemberLeft { team: TEAM, person: WANG },
        OrganisationEvent::TeamDisbanded { team: TEAM, reason: "season over".into() },
        OrganisationEvent::OrganisationDissolved { reason: "merged".into() },
    ]
}

#[test]
fn golden_files_match() {
    check_golden(samples());
}
