//! What the decisions of an organisation need to remember.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::{
    AreaCode, Day, OrganisationKind, Payer, PersonId, TeamId, TeamKind,
    organisation::{LicenceKind, OrganisationEvent},
};

/// Where an organisation stands in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    #[default]
    Absent,
    Registered,
    Dissolved,
}

crate::word::named!(Phase {
    Absent = "not registered", "未登记";
    Registered = "registered", "已登记";
    Dissolved = "dissolved", "已撤销";
});

/// Set once by the first event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub kind: OrganisationKind,
    pub name: Box<str>,
    pub area: AreaCode,
    pub unified_code: Option<Box<str>>,
}

/// What authorities have done with a licence, apart from its days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LicencePhase {
    InForce,
    Suspended,
    Revoked,
}

/// The last licence that was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licence {
    pub kind: LicenceKind,
    pub number: Box<str>,
    pub valid_from: Day,
    /// The last day on which it is valid.
    pub valid_until: Day,
    pub phase: LicencePhase,
    /// Whether its expiry has been recorded.
    pub expired: bool,
}

/// State of a security company's licence at one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LicenceStanding {
    /// Never granted, or not yet valid, or the organisation is dissolved.
    #[default]
    None,
    Valid,
    Expired,
    Suspended,
    Revoked,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    pub name: Box<str>,
    pub kind: TeamKind,
    pub payer: Payer,
    pub area: AreaCode,
    pub members: BTreeSet<PersonId>,
    pub disbanded: bool,
}

/// State of an organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Organisation {
    pub phase: Phase,
    pub profile: Option<Profile>,
    pub licence: Option<Licence>,
    pub jurisdiction: BTreeSet<AreaCode>,
    pub teams: BTreeMap<TeamId, Team>,
}

impl Organisation {
    /// Whether it is registered and not dissolved.
    pub fn is_active(&self) -> bool {
        self.phase == Phase::Registered
    }

    pub fn kind(&self) -> Option<OrganisationKind> {
        self.profile.as_ref().map(|profile| profile.kind)
    }

    /// A team that is formed and not disbanded.
    pub fn open_team(&self, team: TeamId) -> Option<&Team> {
        self.teams.get(&team).filter(|team| !team.disbanded)
    }

    /// The licence as it is known now, judged for a day.
    pub fn licence_at(&self, day: Day) -> LicenceStanding {
        match &self.licence {
            Some(licence) if self.is_active() => licence.standing_at(day),
            Some(_) | None => LicenceStanding::None,
        }
    }

    /// The first instant at which `ExpireLicence` is due; `None` when there is nothing to expire.
    pub fn licence_expires_at(&self) -> Option<Timestamp> {
        let licence = self.licence.as_ref()?;
        let open = self.is_active() && !licence.expired && licence.phase != LicencePhase::Revoked;
        open.then(|| licence.valid_until.end())
    }

    pub(super) fn apply(&mut self, event: &OrganisationEvent) {
        match event {
            OrganisationEvent::OrganisationRegistered { kind, name, area, unified_code } => {
                self.phase = Phase::Registered;
                self.profile = Some(Profile {
                    kind: *kind,
                    name: name.as_str().into(),
                    area: *area,
                    unified_code: unified_code.as_deref().map(Into::into),
                });
            }
            OrganisationEvent::LicenceGranted { licence, number, valid_from, valid_until } => {
                self.licence = Some(Licence {
                    kind: *licence,
                    number: number.as_str().into(),
                    valid_from: *valid_from,
                    valid_until: *valid_until,
                    phase: LicencePhase::InForce,
                    expired: false,
                });
            }
            OrganisationEvent::LicenceRenewed { valid_until } => self.licence(|licence| {
                licence.valid_until = *valid_until;
                licence.expired = false;
            }),
            OrganisationEvent::LicenceSuspended { .. } => {
                self.licence(|licence| licence.phase = LicencePhase::Suspended);
            }
            OrganisationEvent::LicenceReinstated {} => {
                self.licence(|licence| licence.phase = LicencePhase::InForce);
            }
            OrganisationEvent::LicenceRevoked { .. } => {
                self.licence(|licence| licence.phase = LicencePhase::Revoked);
            }
            OrganisationEvent::LicenceExpired { .. } => self.licence(|licence| licence.expired = true),
            OrganisationEvent::JurisdictionAssigned { areas } => {
                self.jurisdiction = areas.iter().copied().collect();
            }
            OrganisationEvent::OrganisationDissolved { .. } => self.phase = Phase::Dissolved,
            OrganisationEvent::TeamFormed { .. }
            | OrganisationEvent::TeamMemberJoined { .. }
            | OrganisationEvent::TeamMemberLeft { .. }
            | OrganisationEvent::TeamDisbanded { .. } => self.apply_to_team(event),
        }
    }

    fn apply_to_team(&mut self, event: &OrganisationEvent) {
        match event {
            OrganisationEvent::TeamFormed { team, name, kind, payer, area, members } => {
                let formed = Team {
                    name: name.as_str().into(),
                    kind: *kind,
                    payer: *payer,
                    area: *area,
                    members: members.iter().copied().collect(),
                    disbanded: false,
                };
                self.teams.insert(*team, formed);
            }
            OrganisationEvent::TeamMemberJoined { team, person } => {
                self.team(*team, |team| {
                    team.members.insert(*person);
                });
            }
            OrganisationEvent::TeamMemberLeft { team, person } => {
                self.team(*team, |team| {
                    team.members.remove(person);
                });
            }
            OrganisationEvent::TeamDisbanded { team, .. } => self.team(*team, |team| {
                team.disbanded = true;
                team.members.clear();
            }),
            _ => {}
        }
    }

    fn licence(&mut self, change: impl FnOnce(&mut Licence)) {
        if let Some(licence) = &mut self.licence {
            change(licence);
        }
    }

    fn team(&mut self, team: TeamId, change: impl FnOnce(&mut Team)) {
        if let Some(team) = self.teams.get_mut(&team) {
            change(team);
        }
    }
}

impl Licence {
    /// What authorities did comes before its days: a revoked one is never called expired.
    pub fn standing_at(&self, day: Day) -> LicenceStanding {
        match self.phase {
            LicencePhase::Revoked => LicenceStanding::Revoked,
            LicencePhase::InForce | LicencePhase::Suspended if day > self.valid_until => {
                LicenceStanding::Expired
            }
            LicencePhase::Suspended => LicenceStanding::Suspended,
            LicencePhase::InForce if day < self.valid_from => LicenceStanding::None,
            LicencePhase::InForce => LicenceStanding::Valid,
        }
    }
}
