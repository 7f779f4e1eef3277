use domain::{
    Aggregate as _, Context, Day, OrganisationId,
    contract::Contract,
    person::{Facts, Person, PersonCommand, RetentionBlock, RetentionReason},
};
use futures_util::future::{BoxFuture, FutureExt as _};

use super::Slice;
use crate::{App, AppError, Permission};

impl Slice for Person {
    const NAME: &'static str = "person";

    fn creates(command: &PersonCommand) -> bool {
        matches!(command, PersonCommand::Enrol(_))
    }

    fn permission(&self, command: &PersonCommand) -> Permission {
        let employers = |permission: Permission| {
            self.roles
                .iter()
                .fold(permission, |permission, (_, organisation)| permission.or_for(Some(*organisation)))
        };
        match command {
            // Companies and committees enrol their own people; a role in an organisation is granted by that organisation.
            PersonCommand::Enrol(body) => Permission::default()
                .or_station(Some(body.area))
                .or_committee(Some(body.area))
                .or(crate::Grant::Anywhere(crate::AccountRole::CompanyManager)),
            PersonCommand::Correct(body) => {
                employers(Permission::default().or_station(self.area())).or_oneself(body.person)
            }
            PersonCommand::GrantRole(body) => self.role_permission(body.organisation),
            PersonCommand::RevokeRole(body) => self.role_permission(body.organisation),
            // Certificates are issued and taken away by the public security organ (Regulation, art. 16).
            PersonCommand::IssueCredential(_)
            | PersonCommand::RenewCredential(_)
            | PersonCommand::SuspendCredential(_)
            | PersonCommand::ReinstateCredential(_)
            | PersonCommand::RevokeCredential(_)
            | PersonCommand::ExpireCredential(_) => Permission::default().or_chief(self.area()),
            PersonCommand::CompleteTraining(_) => employers(Permission::default().or_station(self.area())),
            PersonCommand::RequestErasure(body) => {
                Permission::default().or_chief(self.area()).or_oneself(body.person)
            }
            PersonCommand::RecordErasure(_) => Permission::platform(),
        }
    }

    fn owners(&self, _: &PersonCommand, _: &Facts) -> Vec<OrganisationId> {
        self.roles.iter().map(|(_, organisation)| *organisation).collect()
    }

    fn facts<'a>(
        &'a self,
        app: &'a App,
        command: &'a PersonCommand,
        _: &'a Context,
    ) -> BoxFuture<'a, Result<Facts, AppError>> {
        async move {
            let mut facts = Facts::default();
            match command {
                PersonCommand::Enrol(body) => facts.area_known = app.area_known(body.area).await?,
                PersonCommand::Correct(body) => facts.area_known = app.areas_known(body.area).await?,
                PersonCommand::GrantRole(body) => {
                    facts.organisation_known = app.organisation_known(body.organisation).await?;
                    facts.birth_date = app.birth_date(self)?;
                }
                PersonCommand::IssueCredential(_) | PersonCommand::RenewCredential(_) => {
                    facts.birth_date = app.birth_date(self)?;
                }
                PersonCommand::RequestErasure(body) => {
                    // The views must show every attendance there is: an erasure can not be taken back.
                    let head = app.log.head().await?.map_or(0, |position| position.0);
                    app.views.wait_for(head, crate::execute::WAIT_FOR_VIEWS).await?;
                    for contract in app.views.read_now(|views| views.contracts_worked_for(body.person))? {
                        let until = app.state_of::<Contract>(contract).await?.retained_until();
                        // A contract without an end yet is kept at least until it has one.
                        let until = until.unwrap_or(Day(jiff::civil::Date::MAX));
                        facts
                            .retention
                            .push(RetentionBlock { until, reason: RetentionReason::ContractRecord });
                    }
                }
                PersonCommand::RevokeRole(_)
                | PersonCommand::SuspendCredential(_)
                | PersonCommand::ReinstateCredential(_)
                | PersonCommand::RevokeCredential(_)
                | PersonCommand::ExpireCredential(_)
                | PersonCommand::CompleteTraining(_)
                | PersonCommand::RecordErasure(_) => {}
            }
            Ok(facts)
        }
        .boxed()
    }
}

trait Roles {
    fn role_permission(&self, organisation: OrganisationId) -> Permission;
}

impl Roles for Person {
    fn role_permission(&self, organisation: OrganisationId) -> Permission {
        // Who serves elsewhere already is not taken into another service by that service alone: a role opens the
        // person's data to its organisation.
        let free = self.roles.is_empty() || self.roles.iter().any(|(_, serves)| *serves == organisation);
        Permission::default().or_chief(self.area()).or_for(free.then_some(organisation))
    }
}
