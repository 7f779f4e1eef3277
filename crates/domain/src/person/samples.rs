//! One event of every kind, for the golden files.

use super::{CredentialKind, PersonEvent, RetentionReason, Schooling};
use crate::{
    AreaCode, CredentialId, Day, OrganisationId, PersonId, PersonRole, Personal,
    testing::{at, check_golden, uuid},
};

const WANG: PersonId = PersonId(uuid(11));
const CARD: CredentialId = CredentialId(uuid(41));

fn sealed() -> Personal {
    Personal::sealed(WANG, "sealed")
}

pub(crate) fn samples() -> Vec<PersonEvent> {
    let area: AreaCode = "421002001001".parse().unwrap();
    let organisation = OrganisationId(uuid(21));
    let day = |text: &str| Day(text.parse().unwrap());
    vec![
        PersonEvent::PersonEnrolled {
            name: sealed(),
            id_number: Some(sealed()),
            phone: Some(sealed()),
            birth_date: Some(sealed()),
            address: Some(sealed()),
            area,
            schooling: Schooling::JuniorMiddle,
        },
        PersonEvent::PersonCorrected {
            name: Some(sealed()),
            id_number: Some(sealed()),
            phone: Some(sealed()),
            birth_date: Some(sealed()),
            address: Some(sealed()),
            area: Some(area),
            schooling: Some(Schooling::SeniorMiddle),
        },
        PersonEvent::RoleGranted { role: PersonRole::Guard, organisation },
        PersonEvent::RoleRevoked { role: PersonRole::Guard, organisation, reason: "left".into() },
        PersonEvent::CredentialIssued {
            credential: CARD,
            kind: CredentialKind::GuardCertificate,
            number: sealed(),
            valid_from: day("2026-01-01"),
            valid_until: Some(day("2030-12-31")),
        },
        PersonEvent::CredentialRenewed { credential: CARD, valid_until: day("2034-12-31") },
        PersonEvent::CredentialSuspended { credential: CARD, reason: "under inspection".into() },
        PersonEvent::CredentialReinstated { credential: CARD },
        PersonEvent::CredentialRevoked {
            credential: CARD,
            reason: "art. 45".into(),
            at: at("2026-08-01T08:00:00+08:00"),
        },
        PersonEvent::CredentialExpired { credential: CARD, valid_until: day("2034-12-31") },
        PersonEvent::TrainingCompleted { course: "first aid".into(), hours: 16, on: day("2026-07-01") },
        PersonEvent::ErasureRequested { at: at("2026-08-01T08:00:00+08:00") },
        PersonEvent::ErasureBlocked {
            until: day("2028-08-01"),
            reasons: vec![RetentionReason::ContractRecord, RetentionReason::OpenPayment],
        },
        PersonEvent::PersonErased { at: at("2028-08-02T08:00:00+08:00") },
    ]
}

#[test]
fn golden_files_match() {
    check_golden(samples());
}
