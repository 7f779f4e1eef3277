//! What other aggregates need to know of a person, at one instant.

use std::collections::BTreeSet;

use crate::{OrganisationId, PersonId, PersonRole};

/// State of a guard's certificate (保安员证) at one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CertificateStanding {
    #[default]
    None,
    Valid,
    Expired,
    Suspended,
    Revoked,
}

crate::word::named!(CertificateStanding {
    None = "missing", "无证";
    Valid = "valid", "有效";
    Expired = "expired", "已过期";
    Suspended = "suspended", "已暂停";
    Revoked = "revoked", "已吊销";
});

/// A person as seen by a decision of another aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub person: PersonId,
    pub roles: BTreeSet<(PersonRole, OrganisationId)>,
    pub guard_certificate: CertificateStanding,
    /// Whole years of age; `None` when unknown or erased.
    pub age: Option<u8>,
    /// Barred from guard work (Regulation on security services, art. 17): revoked less than 3 years ago, or twice.
    pub barred: bool,
}

impl Standing {
    /// Whether the person holds any role in the organisation.
    pub fn serves(&self, organisation: OrganisationId) -> bool {
        self.roles.iter().any(|(_, serves)| *serves == organisation)
    }

    /// Whether the person is a guard of the organisation; what they are elsewhere does not count.
    pub fn guards_for(&self, organisation: OrganisationId) -> bool {
        self.roles.contains(&(PersonRole::Guard, organisation))
    }
}
