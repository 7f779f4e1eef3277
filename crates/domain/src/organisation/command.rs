//! What can be asked of an organisation.

#[cfg(feature = "graphql")]
use async_graphql::InputObject;
use serde::{Deserialize, Serialize};

use crate::{
    AreaCode, Day, OrganisationId, OrganisationKind, Payer, PersonId, TeamId, TeamKind, aggregate::commands,
    vocabulary::vocabulary,
};

commands! {
    /// Commands to an organisation.
    OrganisationCommand for organisation: OrganisationId;
    create { Register(RegisterOrganisation), }
    then {
        GrantLicence(GrantLicence),
        RenewLicence(RenewLicence),
        SuspendLicence(SuspendLicence),
        ReinstateLicence(ReinstateLicence),
        RevokeLicence(RevokeLicence),
        ExpireLicence(ExpireLicence),
        AssignJurisdiction(AssignJurisdiction),
        FormTeam(FormTeam),
        JoinTeam(JoinTeam),
        LeaveTeam(LeaveTeam),
        DisbandTeam(DisbandTeam),
        Dissolve(DissolveOrganisation),
    }
}

vocabulary! {
    /// What a security company's licence (保安服务许可证) permits.
    LicenceKind {
        /// 保安服务: guarding, patrol, watch, technical prevention (Regulation on security services, art. 9).
        SecurityService,
        /// 武装守护押运: armed guarding and escort (Regulation on security services, art. 10).
        ArmedEscort,
    }
}

/// Registers an organisation: a station, committee, company, volunteer team, agency or client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct RegisterOrganisation {
    /// Left out: derived from the command id.
    pub organisation: Option<OrganisationId>,
    /// What kind of organisation it is.
    pub kind: OrganisationKind,
    /// Official name, at most 200 characters.
    pub name: String,
    /// Where it has its seat.
    pub area: AreaCode,
    /// Unified social credit code (GB 32100-2015): 18 characters. Left out: not known.
    pub unified_code: Option<String>,
}

/// Records the licence that the public security organ has granted to a security company.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct GrantLicence {
    /// The security company.
    pub organisation: OrganisationId,
    /// What the licence permits.
    pub licence: LicenceKind,
    /// Number of the licence, at most 64 characters.
    pub number: String,
    /// The first day on which it is valid.
    pub valid_from: Day,
    /// The last day on which it is valid.
    pub valid_until: Day,
}

/// Prolongs a licence that is not revoked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct RenewLicence {
    /// The security company.
    pub organisation: OrganisationId,
    /// The new last day on which it is valid.
    pub valid_until: Day,
}

/// Takes a licence out of force for a time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct SuspendLicence {
    /// The security company.
    pub organisation: OrganisationId,
    /// Why, without naming people.
    pub reason: String,
}

/// Puts a suspended licence back in force.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ReinstateLicence {
    /// The security company.
    pub organisation: OrganisationId,
}

/// Takes a licence away for good; only a new one can follow.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct RevokeLicence {
    /// The security company.
    pub organisation: OrganisationId,
    /// Why, without naming people.
    pub reason: String,
}

/// States that the last day of a licence has passed. The platform does this by itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ExpireLicence {
    /// The security company.
    pub organisation: OrganisationId,
}

/// Names all areas that a police station or a committee answers for; replaces those of before.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct AssignJurisdiction {
    /// The police station or committee.
    pub organisation: OrganisationId,
    /// The areas, 1 to 200, each once.
    pub areas: Vec<AreaCode>,
}

/// Forms a patrol team of an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct FormTeam {
    /// Whose team it is.
    pub organisation: OrganisationId,
    /// Left out: derived from the command id.
    pub team: Option<TeamId>,
    /// Name of the team, at most 100 characters.
    pub name: String,
    /// Kind of the team: a volunteer team is never paid by the market.
    pub kind: TeamKind,
    /// Who pays for the team.
    pub payer: Payer,
    /// Where the team patrols.
    pub area: AreaCode,
    /// Its first members, at most 500, each once.
    pub members: Vec<PersonId>,
}

/// Takes a person into a team.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct JoinTeam {
    /// Whose team it is.
    pub organisation: OrganisationId,
    /// The team.
    pub team: TeamId,
    /// Who joins.
    pub person: PersonId,
}

/// Takes a person out of a team.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct LeaveTeam {
    /// Whose team it is.
    pub organisation: OrganisationId,
    /// The team.
    pub team: TeamId,
    /// Who leaves.
    pub person: PersonId,
}

/// Ends a team.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct DisbandTeam {
    /// Whose team it is.
    pub organisation: OrganisationId,
    /// The team.
    pub team: TeamId,
    /// Why, without naming people.
    pub reason: String,
}

/// Ends an organisation; its teams are disbanded with it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct DissolveOrganisation {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Why, without naming people.
    pub reason: String,
}
