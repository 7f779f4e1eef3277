use domain::{
    Aggregate as _, Context, OrganisationId,
    contract::Contract,
    shift::{Facts, ScheduleShift, Shift, ShiftCommand},
};
use futures_util::future::{BoxFuture, FutureExt as _};

use super::Slice;
use crate::{App, AppError, Permission};

impl Slice for Shift {
    const NAME: &'static str = "shift";

    fn creates(command: &ShiftCommand) -> bool {
        matches!(command, ShiftCommand::Schedule(_))
    }

    fn permission(&self, command: &ShiftCommand) -> Permission {
        if let ShiftCommand::Schedule(body) = command {
            return Permission::default().or_station(Some(body.area)).or_for(Some(body.organisation));
        }
        let organisation = self.plan.as_ref().map(|plan| plan.organisation);
        let planners = Permission::default().or_station(self.area()).or_for(organisation);
        match command {
            ShiftCommand::Schedule(_)
            | ShiftCommand::Publish(_)
            | ShiftCommand::Assign(_)
            | ShiftCommand::Withdraw(_)
            | ShiftCommand::MarkUncovered(_)
            | ShiftCommand::Close(_)
            | ShiftCommand::Cancel(_) => planners,
            ShiftCommand::Acknowledge(body) => planners.or_oneself(body.person),
            ShiftCommand::ClockIn(body) => planners.or_oneself(body.person),
            ShiftCommand::ClockOut(body) => planners.or_oneself(body.person),
            ShiftCommand::HandOver(body) => planners.or_oneself(body.from),
            ShiftCommand::ProposeTrade(body) => planners.or_oneself(body.from),
            ShiftCommand::AcceptTrade(body) => self.for_taker(planners, body.trade),
            ShiftCommand::DeclineTrade(body) => self.for_taker(planners, body.trade),
            // Time is certified by police or community, never by the company that bills it.
            ShiftCommand::Certify(_) | ShiftCommand::CorrectCertification(_) => {
                Permission::default().or_station(self.area()).or_committee(self.area())
            }
        }
    }

    fn owners(&self, _: &ShiftCommand, _: &Facts) -> Vec<OrganisationId> {
        self.plan.iter().map(|plan| plan.organisation).collect()
    }

    fn facts<'a>(
        &'a self,
        app: &'a App,
        command: &'a ShiftCommand,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<Facts, AppError>> {
        async move {
            let assignee = match command {
                ShiftCommand::Schedule(body) => {
                    return Ok(Facts {
                        area_known: app.area_known(body.area).await?,
                        organisation_known: app.organisation_known(body.organisation).await?,
                        team_known: app.team_of(body.team, body.organisation).await?,
                        contract_known: contract_known(app, body).await?,
                        assignee: None,
                    });
                }
                ShiftCommand::Assign(body) => Some(body.person),
                ShiftCommand::AcceptTrade(body) => self.trades.get(&body.trade).map(|trade| trade.to),
                ShiftCommand::Publish(_)
                | ShiftCommand::Withdraw(_)
                | ShiftCommand::Acknowledge(_)
                | ShiftCommand::ProposeTrade(_)
                | ShiftCommand::DeclineTrade(_)
                | ShiftCommand::ClockIn(_)
                | ShiftCommand::ClockOut(_)
                | ShiftCommand::HandOver(_)
                | ShiftCommand::MarkUncovered(_)
                | ShiftCommand::Close(_)
                | ShiftCommand::Certify(_)
                | ShiftCommand::CorrectCertification(_)
                | ShiftCommand::Cancel(_) => None,
            };
            let mut facts = Facts::default();
            if let Some(person) = assignee {
                // Fit for the duty means: on its day, not on the day of the planning.
                let at = self.plan.as_ref().map_or(context.recorded_at, |plan| plan.starts_at.at);
                facts.assignee = app.standing(person, at).await?;
            }
            Ok(facts)
        }
        .boxed()
    }
}

trait Taker {
    fn for_taker(&self, permission: Permission, trade: domain::TradeId) -> Permission;
}

impl Taker for Shift {
    fn for_taker(&self, permission: Permission, trade: domain::TradeId) -> Permission {
        match self.trades.get(&trade) {
            Some(trade) => permission.or_oneself(trade.to),
            None => permission,
        }
    }
}

/// A shift is worked under the organisation's own contract, on one of its posts.
async fn contract_known(app: &App, body: &ScheduleShift) -> Result<bool, AppError> {
    let Some(contract) = body.contract else { return Ok(true) };
    let contract = app.state_of::<Contract>(contract).await?;
    let own = contract.parties.as_ref().is_some_and(|parties| parties.company == body.organisation);
    Ok(own && body.post.is_none_or(|post| contract.posts.contains_key(&post)))
}
