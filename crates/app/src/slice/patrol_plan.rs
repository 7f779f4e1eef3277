use domain::{
    Aggregate as _, Context, OrganisationId,
    patrol_plan::{Facts, PatrolPlan, PlanCommand},
};
use futures_util::future::{BoxFuture, FutureExt as _};

use super::Slice;
use crate::{App, AppError, Permission};

impl Slice for PatrolPlan {
    const NAME: &'static str = "plan";

    fn creates(command: &PlanCommand) -> bool {
        matches!(command, PlanCommand::Draft(_))
    }

    fn permission(&self, command: &PlanCommand) -> Permission {
        match command {
            PlanCommand::Draft(body) => {
                Permission::default().or_station(Some(body.area)).or_for(Some(body.organisation))
            }
            PlanCommand::Revise(_)
            | PlanCommand::DefineRoute(_)
            | PlanCommand::Install(_)
            | PlanCommand::Retire(_) => Permission::default()
                .or_station(self.area())
                .or_for(self.scope.as_ref().map(|scope| scope.organisation)),
            // The police set the standard: a plan is approved and published by the station's chief or the community.
            PlanCommand::Approve(_) | PlanCommand::Publish(_) => {
                Permission::default().or_chief(self.area()).or_committee(self.area())
            }
        }
    }

    fn owners(&self, _: &PlanCommand, _: &Facts) -> Vec<OrganisationId> {
        self.scope.iter().map(|scope| scope.organisation).collect()
    }

    fn facts<'a>(
        &'a self,
        app: &'a App,
        command: &'a PlanCommand,
        _: &'a Context,
    ) -> BoxFuture<'a, Result<Facts, AppError>> {
        async move {
            let mut facts = Facts::default();
            match command {
                PlanCommand::Draft(body) => {
                    facts.area_known = app.area_known(body.area).await?;
                    facts.organisation_known = app.organisation_known(body.organisation).await?;
                }
                PlanCommand::Install(body) => facts.area_known = app.area_known(body.area).await?,
                PlanCommand::Revise(_)
                | PlanCommand::DefineRoute(_)
                | PlanCommand::Approve(_)
                | PlanCommand::Publish(_)
                | PlanCommand::Retire(_) => {}
            }
            Ok(facts)
        }
        .boxed()
    }
}
