//! Who may send a command: a role, at a place or for an organisation, or the person it is about.

use domain::{AreaCode, OrganisationId, PersonId, Rejection, rejection::common};

use crate::{AccountRole, Viewer, reason};

/// One way to be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// The role, at a place.
    At(AccountRole, AreaCode),
    /// The role, in the name of an organisation.
    For(AccountRole, OrganisationId),
    /// The role, anywhere.
    Anywhere(AccountRole),
    /// The person it is about.
    Oneself(PersonId),
}

/// Any of its grants is enough. An empty permission is for the platform alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permission {
    pub grants: Vec<Grant>,
}

impl Permission {
    /// For policies and sagas only.
    pub fn platform() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn or(mut self, grant: Grant) -> Self {
        self.grants.push(grant);
        self
    }

    /// Officers and the chief of the station whose jurisdiction covers the area.
    #[must_use]
    pub fn or_station(self, area: Option<AreaCode>) -> Self {
        match area {
            Some(area) => self
                .or(Grant::At(AccountRole::StationOfficer, area))
                .or(Grant::At(AccountRole::StationChief, area)),
            None => self,
        }
    }

    /// The chief of the station whose jurisdiction covers the area.
    #[must_use]
    pub fn or_chief(self, area: Option<AreaCode>) -> Self {
        match area {
            Some(area) => self.or(Grant::At(AccountRole::StationChief, area)),
            None => self,
        }
    }

    /// The committee of the area.
    #[must_use]
    pub fn or_committee(self, area: Option<AreaCode>) -> Self {
        match area {
            Some(area) => self.or(Grant::At(AccountRole::CommitteeClerk, area)),
            None => self,
        }
    }

    /// Those who act in the name of an organisation: its clerk, manager or chief.
    #[must_use]
    pub fn or_for(self, organisation: Option<OrganisationId>) -> Self {
        match organisation {
            Some(organisation) => self
                .or(Grant::For(AccountRole::CommitteeClerk, organisation))
                .or(Grant::For(AccountRole::CompanyManager, organisation))
                .or(Grant::For(AccountRole::StationChief, organisation)),
            None => self,
        }
    }

    #[must_use]
    pub fn or_oneself(self, person: PersonId) -> Self {
        self.or(Grant::Oneself(person))
    }

    #[must_use]
    pub fn or_administrator(self) -> Self {
        self.or(Grant::Anywhere(AccountRole::Administrator))
    }

    /// Whether one of the grants holds.
    pub(crate) fn allows(&self, viewer: &Viewer) -> bool {
        viewer.is_platform() || self.grants.iter().any(|grant| holds(*grant, viewer))
    }

    /// The organisations that it names, whoever asks.
    pub(crate) fn organisations(&self) -> impl Iterator<Item = OrganisationId> {
        self.grants.iter().filter_map(|grant| match grant {
            Grant::For(_, organisation) => Some(*organisation),
            Grant::At(..) | Grant::Anywhere(_) | Grant::Oneself(_) => None,
        })
    }

    /// The organisations of the viewer that it allows something in the name of.
    pub(crate) fn organisations_that_allow(&self, viewer: &Viewer) -> impl Iterator<Item = OrganisationId> {
        self.grants.iter().filter_map(|grant| match grant {
            Grant::For(role, organisation) if viewer.is(*role) && viewer.speaks_for(*organisation) => {
                Some(*organisation)
            }
            Grant::For(..) | Grant::At(..) | Grant::Anywhere(_) | Grant::Oneself(_) => None,
        })
    }

    /// # Errors
    /// `forbidden` when it lies within sight but the role is not enough; `not_found` when it lies out of sight, so that
    /// nobody learns what exists elsewhere. (`creates`: there is nothing yet to be found.)
    pub(crate) fn check(&self, viewer: &Viewer, creates: bool, what: &'static str) -> Result<(), Rejection> {
        if self.allows(viewer) {
            return Ok(());
        }
        if viewer.is_acting() && self.grants.iter().any(|grant| would_hold(*grant, viewer)) {
            return Err(Rejection::new(&reason::ACTING_ELSEWHERE));
        }
        let in_sight = creates || self.grants.iter().any(|grant| sees(*grant, viewer));
        if in_sight {
            Err(Rejection::new(&common::FORBIDDEN))
        } else {
            Err(Rejection::new(&common::NOT_FOUND).field(what).about(what))
        }
    }
}

/// Whether a role for the organisation would do, if the request did not speak for another one.
fn would_hold(grant: Grant, viewer: &Viewer) -> bool {
    match grant {
        Grant::For(role, organisation) => {
            viewer.is(role) && viewer.scope.organisations.contains(&organisation)
        }
        Grant::At(..) | Grant::Anywhere(_) | Grant::Oneself(_) => false,
    }
}

fn holds(grant: Grant, viewer: &Viewer) -> bool {
    match grant {
        Grant::At(role, area) => {
            viewer.is(role) && viewer.scope.areas.iter().any(|prefix| prefix.contains(&area))
        }
        Grant::For(role, organisation) => viewer.is(role) && viewer.speaks_for(organisation),
        Grant::Anywhere(role) => viewer.is(role),
        Grant::Oneself(person) => viewer.is(AccountRole::Member) && viewer.scope.person == Some(person),
    }
}

fn sees(grant: Grant, viewer: &Viewer) -> bool {
    match grant {
        Grant::At(_, area) => viewer.scope.covers_area(&area),
        Grant::For(_, organisation) => viewer.scope.covers_organisation(&organisation),
        Grant::Anywhere(_) => viewer.scope.everything,
        Grant::Oneself(person) => viewer.scope.covers_person(&person),
    }
}
