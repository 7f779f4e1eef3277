//! What the decisions of a person need to remember: nothing that identifies anybody.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, ToSpan, civil::Date};

use crate::{
    AreaCode, CertificateStanding, CredentialId, Day, OrganisationId, PersonId, PersonRole, Personal,
    Standing,
    person::{CredentialKind, PersonEvent, RetentionReason, Schooling},
};

/// Regulation on security services, art. 17: nobody is a guard so soon after a revocation, in years.
const BARRED_YEARS: i16 = 3;

/// Where a person's record stands in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    #[default]
    Absent,
    Enrolled,
    /// Nothing blocks the erasure: the key is to be destroyed.
    ErasureRequested,
    Erased,
}

crate::word::named!(Phase {
    Absent = "not enrolled", "未登记";
    Enrolled = "enrolled", "已登记";
    ErasureRequested = "about to be erased", "待删除";
    Erased = "erased", "已删除";
});

/// What authorities have done with a credential, apart from its days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialPhase {
    InForce,
    Suspended,
    Revoked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credential {
    pub kind: CredentialKind,
    pub valid_from: Day,
    /// The last day on which it is valid; none: valid without end.
    pub valid_until: Option<Day>,
    pub phase: CredentialPhase,
    /// Whether its expiry has been recorded.
    pub expired: bool,
}

/// Retention duties that held against the last request of erasure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasureBlock {
    pub until: Day,
    pub reasons: Vec<RetentionReason>,
}

/// State of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    pub phase: Phase,
    pub area: Option<AreaCode>,
    pub schooling: Option<Schooling>,
    /// Sealed; who may open it hands the date in as a fact.
    pub birth_date: Option<Personal>,
    pub roles: BTreeSet<(PersonRole, OrganisationId)>,
    pub credentials: BTreeMap<CredentialId, Credential>,
    /// When guard certificates were revoked.
    pub revocations: Vec<Timestamp>,
    pub trainings: BTreeSet<(Day, Box<str>)>,
    pub erasure_block: Option<ErasureBlock>,
}

impl Credential {
    /// What authorities did comes before its days: a revoked one is never called expired.
    pub fn standing_at(&self, day: Day) -> CertificateStanding {
        match self.phase {
            CredentialPhase::Revoked => CertificateStanding::Revoked,
            CredentialPhase::InForce | CredentialPhase::Suspended
                if self.valid_until.is_some_and(|last| day > last) =>
            {
                CertificateStanding::Expired
            }
            CredentialPhase::Suspended => CertificateStanding::Suspended,
            CredentialPhase::InForce if day < self.valid_from => CertificateStanding::None,
            CredentialPhase::InForce => CertificateStanding::Valid,
        }
    }

    /// The first instant at which `ExpireCredential` is due; `None` when there is nothing to expire.
    pub fn expires_at(&self) -> Option<Timestamp> {
        let open = !self.expired && self.phase != CredentialPhase::Revoked;
        self.valid_until.filter(|_| open).map(Day::end)
    }
}

impl Person {
    /// The person as other aggregates see them at `now`. The birth date is sealed in the log: who may open it hands
    /// it in. An erased person serves nobody.
    pub fn standing_at(&self, id: PersonId, now: Timestamp, birth_date: Option<Date>) -> Standing {
        Standing {
            person: id,
            roles: self.roles.clone(),
            guard_certificate: self.certificate_at(CredentialKind::GuardCertificate, Day::at(now)),
            age: birth_date.and_then(|born| age_on(born, Day::at(now))),
            barred: self.barred_at(now),
        }
    }

    /// The best that the credentials of one kind give at a day.
    pub fn certificate_at(&self, kind: CredentialKind, day: Day) -> CertificateStanding {
        let standings = self.credentials.values().filter(|held| held.kind == kind);
        standings.map(|held| held.standing_at(day)).max_by_key(rank).unwrap_or_default()
    }

    /// Barred from guard work (Regulation on security services, art. 17): a guard certificate was revoked less than
    /// 3 years ago, or two were revoked ever.
    pub fn barred_at(&self, now: Timestamp) -> bool {
        let ends =
            |revoked: &Timestamp| Day::at(*revoked).0.checked_add(BARRED_YEARS.years()).unwrap_or(Date::MAX);
        self.revocations.len() >= 2 || self.revocations.iter().any(|revoked| Day::at(now).0 < ends(revoked))
    }

    /// Whether anything personal may still be recorded.
    pub fn is_enrolled(&self) -> bool {
        self.phase == Phase::Enrolled
    }

    pub(super) fn apply(&mut self, event: &PersonEvent) {
        match event {
            PersonEvent::PersonEnrolled { area, schooling, birth_date, .. } => {
                self.birth_date.clone_from(birth_date);
                self.phase = Phase::Enrolled;
                self.area = Some(*area);
                self.schooling = Some(*schooling);
            }
            PersonEvent::PersonCorrected { area, schooling, birth_date, .. } => {
                if birth_date.is_some() {
                    self.birth_date.clone_from(birth_date);
                }
                self.area = area.or(self.area);
                self.schooling = schooling.or(self.schooling);
            }
            PersonEvent::RoleGranted { role, organisation } => {
                self.roles.insert((*role, *organisation));
            }
            PersonEvent::RoleRevoked { role, organisation, .. } => {
                self.roles.remove(&(*role, *organisation));
            }
            PersonEvent::TrainingCompleted { course, on, .. } => {
                self.trainings.insert((*on, course.as_str().into()));
            }
            PersonEvent::ErasureRequested { .. } => {
                self.phase = Phase::ErasureRequested;
                self.erasure_block = None;
            }
            PersonEvent::ErasureBlocked { until, reasons } => {
                self.phase = Phase::Enrolled;
                self.erasure_block = Some(ErasureBlock { until: *until, reasons: reasons.clone() });
            }
            PersonEvent::PersonErased { .. } => self.phase = Phase::Erased,
            PersonEvent::CredentialIssued { .. }
            | PersonEvent::CredentialRenewed { .. }
            | PersonEvent::CredentialSuspended { .. }
            | PersonEvent::CredentialReinstated { .. }
            | PersonEvent::CredentialRevoked { .. }
            | PersonEvent::CredentialExpired { .. } => self.apply_to_credential(event),
        }
    }

    fn apply_to_credential(&mut self, event: &PersonEvent) {
        match event {
            PersonEvent::CredentialIssued { credential, kind, valid_from, valid_until, .. } => {
                let issued = Credential {
                    kind: *kind,
                    valid_from: *valid_from,
                    valid_until: *valid_until,
                    phase: CredentialPhase::InForce,
                    expired: false,
                };
                self.credentials.insert(*credential, issued);
            }
            PersonEvent::CredentialRenewed { credential, valid_until } => {
                self.credential(*credential, |held| {
                    held.valid_until = Some(*valid_until);
                    held.expired = false;
                });
            }
            PersonEvent::CredentialSuspended { credential, .. } => {
                self.credential(*credential, |held| held.phase = CredentialPhase::Suspended);
            }
            PersonEvent::CredentialReinstated { credential } => {
                self.credential(*credential, |held| held.phase = CredentialPhase::InForce);
            }
            PersonEvent::CredentialRevoked { credential, at, .. } => {
                let guard = |held: &Credential| held.kind == CredentialKind::GuardCertificate;
                if self.credentials.get(credential).is_some_and(guard) {
                    self.revocations.push(at.at);
                }
                self.credential(*credential, |held| held.phase = CredentialPhase::Revoked);
            }
            PersonEvent::CredentialExpired { credential, .. } => {
                self.credential(*credential, |held| held.expired = true);
            }
            _ => {}
        }
    }

    fn credential(&mut self, credential: CredentialId, change: impl FnOnce(&mut Credential)) {
        if let Some(held) = self.credentials.get_mut(&credential) {
            change(held);
        }
    }
}

/// Whole years of age at a day; a year is complete on the birthday. `None` before the birth or past 255 years.
pub(super) fn age_on(born: Date, day: Day) -> Option<u8> {
    let years = i32::from(day.0.year()) - i32::from(born.year());
    let before_birthday = (day.0.month(), day.0.day()) < (born.month(), born.day());
    u8::try_from(years - i32::from(before_birthday)).ok()
}

fn rank(standing: &CertificateStanding) -> u8 {
    match standing {
        CertificateStanding::None => 0,
        CertificateStanding::Revoked => 1,
        CertificateStanding::Expired => 2,
        CertificateStanding::Suspended => 3,
        CertificateStanding::Valid => 4,
    }
}
