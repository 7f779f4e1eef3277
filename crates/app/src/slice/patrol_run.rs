use domain::{
    Aggregate as _, Context, OrganisationId, PlanId, Rejection,
    patrol_plan::PatrolPlan,
    patrol_run::{Facts, PatrolRun, RunCommand, reason},
    shift::Shift,
};
use futures_util::future::{BoxFuture, FutureExt as _};

use super::Slice;
use crate::{AccountRole, App, AppError, Grant, Permission, Viewer};

impl Slice for PatrolRun {
    const NAME: &'static str = "run";

    fn creates(command: &RunCommand) -> bool {
        matches!(command, RunCommand::Start(_))
    }

    fn permission(&self, command: &RunCommand) -> Permission {
        // Any leader may start a run; `within_reach` then asks whether the plan is theirs.
        if let RunCommand::Start(body) = command {
            let own = body.members.iter().fold(Permission::default(), |own, member| own.or_oneself(*member));
            return [
                AccountRole::StationOfficer,
                AccountRole::StationChief,
                AccountRole::CommitteeClerk,
                AccountRole::CompanyManager,
            ]
            .into_iter()
            .fold(own, |own, role| own.or(Grant::Anywhere(role)));
        }
        let organisation = self.walk.as_ref().map(|walk| walk.organisation);
        let leaders = Permission::default().or_station(self.area()).or_for(organisation);
        let members = self.walk.iter().flat_map(|walk| walk.members.iter());
        match command {
            RunCommand::AcknowledgeDeviation(_) | RunCommand::MarkMissed(_) => leaders,
            RunCommand::Start(_)
            | RunCommand::Pause(_)
            | RunCommand::Resume(_)
            | RunCommand::Scan(_)
            | RunCommand::Skip(_)
            | RunCommand::ReportDeviation(_)
            | RunCommand::RaiseSos(_)
            | RunCommand::Complete(_)
            | RunCommand::Abandon(_) => members.fold(leaders, |own, member| own.or_oneself(*member)),
        }
    }

    fn owners(&self, _: &RunCommand, facts: &Facts) -> Vec<OrganisationId> {
        let walked = self.walk.iter().map(|walk| walk.organisation);
        walked.chain(facts.plan.iter().map(|plan| plan.organisation)).collect()
    }

    fn facts<'a>(
        &'a self,
        app: &'a App,
        command: &'a RunCommand,
        _: &'a Context,
    ) -> BoxFuture<'a, Result<Facts, AppError>> {
        async move {
            let mut facts = Facts::default();
            match command {
                RunCommand::Start(body) => {
                    facts.plan = app.state_of::<PatrolPlan>(body.plan).await?.published();
                    // Everything a run names must be of the organisation whose plan it walks.
                    if let Some(organisation) = facts.plan.as_ref().map(|plan| plan.organisation) {
                        facts.members_known = app.people_serve(&body.members, organisation).await?;
                        facts.shift_known = match body.shift {
                            Some(shift) => {
                                let shift = app.state_of::<Shift>(shift).await?;
                                shift.plan.is_some_and(|plan| plan.organisation == organisation)
                            }
                            None => true,
                        };
                        facts.team_known = app.team_of(body.team, organisation).await?;
                        facts.contract_known = app.contract_of(body.contract, organisation).await?;
                    }
                }
                RunCommand::Scan(_) | RunCommand::MarkMissed(_) => {
                    if let Some(plan) = self.walk.as_ref().map(|walk| walk.plan) {
                        facts.retired = retired(app, plan).await?;
                    }
                }
                RunCommand::Pause(_)
                | RunCommand::Resume(_)
                | RunCommand::Skip(_)
                | RunCommand::ReportDeviation(_)
                | RunCommand::AcknowledgeDeviation(_)
                | RunCommand::RaiseSos(_)
                | RunCommand::Complete(_)
                | RunCommand::Abandon(_) => {}
            }
            Ok(facts)
        }
        .boxed()
    }

    fn within_reach(&self, command: &RunCommand, facts: &Facts, viewer: &Viewer) -> Result<(), Rejection> {
        let (RunCommand::Start(body), Some(plan)) = (command, &facts.plan) else { return Ok(()) };
        let leaders = Permission::default().or_station(Some(plan.area)).or_for(Some(plan.organisation));
        let own = body.members.iter().fold(leaders, |own, member| own.or_oneself(*member));
        if own.allows(viewer) {
            Ok(())
        } else {
            Err(Rejection::new(&reason::PLAN_NOT_PUBLISHED).field("plan"))
        }
    }
}

async fn retired(
    app: &App,
    plan: PlanId,
) -> Result<std::collections::BTreeMap<domain::CheckpointId, domain::When>, AppError> {
    Ok(app.state_of::<PatrolPlan>(plan).await?.retired())
}
