use domain::{
    Aggregate as _, Context, OrganisationKind, TeamId,
    organisation::{Facts, Organisation, OrganisationCommand},
};
use futures_util::future::{BoxFuture, FutureExt as _};

use super::Slice;
use crate::{AccountRole, App, AppError, Grant, Permission};

impl Slice for Organisation {
    const NAME: &'static str = "organisation";

    fn creates(command: &OrganisationCommand) -> bool {
        matches!(command, OrganisationCommand::Register(_))
    }

    fn permission(&self, command: &OrganisationCommand) -> Permission {
        let administrator = Permission::default().or_administrator();
        match command {
            // A chief registers the companies and clients of the district, never stations or committees.
            OrganisationCommand::Register(body) => match body.kind {
                OrganisationKind::PoliceStation | OrganisationKind::Committee | OrganisationKind::Agency => {
                    administrator
                }
                OrganisationKind::SecurityCompany
                | OrganisationKind::VolunteerTeam
                | OrganisationKind::SocialWork
                | OrganisationKind::Client => administrator.or_chief(Some(body.area)),
            },
            OrganisationCommand::AssignJurisdiction(_) | OrganisationCommand::Dissolve(_) => administrator,
            // Security companies stand under the supervision of the police.
            OrganisationCommand::GrantLicence(_)
            | OrganisationCommand::RenewLicence(_)
            | OrganisationCommand::SuspendLicence(_)
            | OrganisationCommand::ReinstateLicence(_)
            | OrganisationCommand::RevokeLicence(_)
            | OrganisationCommand::ExpireLicence(_) => administrator.or_chief(self.area()),
            OrganisationCommand::FormTeam(body) => administrator
                .or_for(Some(body.organisation))
                .or(Grant::At(AccountRole::StationChief, body.area)),
            OrganisationCommand::JoinTeam(body) => {
                self.team_permission(body.team).or_for(Some(body.organisation))
            }
            OrganisationCommand::LeaveTeam(body) => {
                self.team_permission(body.team).or_for(Some(body.organisation)).or_oneself(body.person)
            }
            OrganisationCommand::DisbandTeam(body) => {
                self.team_permission(body.team).or_for(Some(body.organisation))
            }
        }
    }

    fn facts<'a>(
        &'a self,
        app: &'a App,
        command: &'a OrganisationCommand,
        _: &'a Context,
    ) -> BoxFuture<'a, Result<Facts, AppError>> {
        async move {
            let mut facts = Facts::default();
            match command {
                OrganisationCommand::Register(body) => facts.areas_known = app.area_known(body.area).await?,
                OrganisationCommand::AssignJurisdiction(body) => {
                    facts.areas_known = app.areas_known(body.areas.iter().copied()).await?;
                }
                OrganisationCommand::FormTeam(body) => {
                    facts.areas_known = app.area_known(body.area).await?;
                    facts.people_known = app.people_known(&body.members).await?;
                }
                OrganisationCommand::JoinTeam(body) => {
                    facts.people_known = app.person_known(body.person).await?
                }
                OrganisationCommand::GrantLicence(_)
                | OrganisationCommand::RenewLicence(_)
                | OrganisationCommand::SuspendLicence(_)
                | OrganisationCommand::ReinstateLicence(_)
                | OrganisationCommand::RevokeLicence(_)
                | OrganisationCommand::ExpireLicence(_)
                | OrganisationCommand::LeaveTeam(_)
                | OrganisationCommand::DisbandTeam(_)
                | OrganisationCommand::Dissolve(_) => {}
            }
            Ok(facts)
        }
        .boxed()
    }
}

trait Teams {
    fn team_permission(&self, team: TeamId) -> Permission;
}

impl Teams for Organisation {
    /// Administrators, and the chief of the place where the team serves.
    fn team_permission(&self, team: TeamId) -> Permission {
        let area = self.open_team(team).map(|team| team.area);
        Permission::default().or_administrator().or_chief(area)
    }
}
