use domain::{
    Aggregate as _, AreaLevel, Context, Rejection,
    contract::Contract,
    incident::{EscalationCause, Facts, Incident, IncidentCommand},
    rejection::common,
};
use futures_util::future::{BoxFuture, FutureExt as _};

use super::Slice;
use crate::{App, AppError, Permission, Viewer};

impl Slice for Incident {
    const NAME: &'static str = "incident";

    fn creates(command: &IncidentCommand) -> bool {
        matches!(command, IncidentCommand::Report(_))
    }

    fn permission(&self, command: &IncidentCommand) -> Permission {
        let station = Permission::default().or_station(self.area());
        match command {
            IncidentCommand::Report(body) => {
                let at = Permission::default().or_station(Some(body.area)).or_committee(Some(body.area));
                at.or_for(body.company)
            }
            IncidentCommand::Triage(_)
            | IncidentCommand::Prioritise(_)
            | IncidentCommand::Dispatch(_)
            | IncidentCommand::Merge(_)
            | IncidentCommand::Unmerge(_)
            | IncidentCommand::Transfer(_)
            | IncidentCommand::Dispose(_)
            | IncidentCommand::Close(_)
            | IncidentCommand::Reopen(_)
            | IncidentCommand::Correct(_) => station,
            // Response times are the station's figures: a company does not write them.
            IncidentCommand::Accept(_)
            | IncidentCommand::EnRoute(_)
            | IncidentCommand::Arrive(_)
            | IncidentCommand::Clear(_)
            | IncidentCommand::Feedback(_) => station.or_committee(self.area()),
            IncidentCommand::Escalate(body) => match body.cause {
                EscalationCause::Unanswered => Permission::platform(),
                EscalationCause::Risk
                | EscalationCause::MassIncidentSign
                | EscalationCause::Capacity
                | EscalationCause::Superior => station.or_committee(self.area()),
            },
        }
    }

    fn facts<'a>(
        &'a self,
        app: &'a App,
        command: &'a IncidentCommand,
        _: &'a Context,
    ) -> BoxFuture<'a, Result<Facts, AppError>> {
        async move {
            let mut facts = Facts::default();
            match command {
                IncidentCommand::Report(body) => {
                    facts.area_known = app.area_known(body.area).await?;
                    facts.organisation_known = match body.company {
                        Some(company) => app.organisation_known(company).await?,
                        None => true,
                    };
                    facts.contract_known = match body.contract {
                        Some(contract) => {
                            let contract = app.state_of::<Contract>(contract).await?;
                            let county = body.area.at_level(AreaLevel::County);
                            contract.parties.as_ref().is_some_and(|parties| {
                                Some(parties.company) == body.company
                                    && parties.area.at_level(AreaLevel::County) == county
                            })
                        }
                        None => true,
                    };
                }
                IncidentCommand::Correct(body) => facts.area_known = app.areas_known(body.area).await?,
                IncidentCommand::Dispatch(body) => facts.unit_known = app.team_known(Some(body.unit))?,
                IncidentCommand::EnRoute(body) => facts.unit_known = app.team_known(Some(body.unit))?,
                IncidentCommand::Arrive(body) => facts.unit_known = app.team_known(Some(body.unit))?,
                IncidentCommand::Merge(body) => {
                    facts.survivor = app.state_of::<Incident>(body.survivor).await?.as_survivor();
                }
                IncidentCommand::Transfer(body) => {
                    facts.organisation_known = match body.organisation {
                        Some(organisation) => app.organisation_known(organisation).await?,
                        None => true,
                    };
                }
                IncidentCommand::Triage(_)
                | IncidentCommand::Prioritise(_)
                | IncidentCommand::Accept(_)
                | IncidentCommand::Clear(_)
                | IncidentCommand::Unmerge(_)
                | IncidentCommand::Escalate(_)
                | IncidentCommand::Dispose(_)
                | IncidentCommand::Close(_)
                | IncidentCommand::Reopen(_)
                | IncidentCommand::Feedback(_) => {}
            }
            Ok(facts)
        }
        .boxed()
    }

    /// A company reports what its guards find in the service of a contract, in the county of that contract.
    fn within_reach(&self, command: &IncidentCommand, _: &Facts, viewer: &Viewer) -> Result<(), Rejection> {
        let IncidentCommand::Report(body) = command else { return Ok(()) };
        let at = Permission::default().or_station(Some(body.area)).or_committee(Some(body.area));
        if body.contract.is_some() || at.allows(viewer) {
            Ok(())
        } else {
            Err(Rejection::new(&common::FORBIDDEN).field("contract"))
        }
    }
}
