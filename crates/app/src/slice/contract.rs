use domain::{
    Context, OrganisationId, OrganisationKind, PersonId, ShiftId, When,
    contract::{Contract, ContractCommand, Facts, WorkedShift},
    organisation::LicenceStanding,
    shift::Shift,
};
use futures_util::future::{BoxFuture, FutureExt as _};
use views::Calendar;

use super::Slice;
use crate::{App, AppError, Permission};

impl Slice for Contract {
    const NAME: &'static str = "contract";

    fn creates(command: &ContractCommand) -> bool {
        matches!(command, ContractCommand::Draft(_))
    }

    fn permission(&self, command: &ContractCommand) -> Permission {
        if let ContractCommand::Draft(body) = command {
            return Permission::default().or_for(Some(body.company)).or_for(Some(body.client));
        }
        let none = Permission::default();
        let Some(parties) = &self.parties else { return none };
        let company = none.clone().or_for(Some(parties.company));
        let client = none.clone().or_for(Some(parties.client));
        let both = company.clone().or_for(Some(parties.client));
        let area = Some(parties.area);
        match command {
            ContractCommand::Draft(_)
            | ContractCommand::Terminate(_)
            | ContractCommand::IssuePostOrder(_) => both,
            // Whoever may be asked for money agrees to the terms: the client signs, and activates what was agreed. Until
            // then both write the terms; afterwards the company can not change its own price or penalties.
            ContractCommand::Sign(_) | ContractCommand::Renew(_) => client,
            ContractCommand::Amend(_)
            | ContractCommand::DefinePost(_)
            | ContractCommand::SetServiceLevel(_) => {
                if self.activated {
                    client
                } else {
                    both
                }
            }
            // Art. 21 lays the check of legality on the company, art. 23 the filing.
            ContractCommand::ReviewLegality(_)
            | ContractCommand::FileCrossProvince(_)
            | ContractCommand::ContestBreach(_)
            | ContractCommand::CompleteRectification(_)
            | ContractCommand::IssueStatement(_)
            | ContractCommand::RefuseUnlawfulRequest(_) => company,
            ContractCommand::AcknowledgePostOrder(body) => company.or_oneself(body.person),
            ContractCommand::Activate(_) | ContractCommand::Suspend(_) | ContractCommand::Resume(_) => {
                client.or_chief(area)
            }
            // The company never certifies, alleges, upholds or approves what concerns its own pay.
            ContractCommand::CertifyAttendance(_)
            | ContractCommand::CorrectAttendance(_)
            | ContractCommand::AllegeBreach(_)
            | ContractCommand::UpholdBreach(_)
            | ContractCommand::WaiveBreach(_)
            | ContractCommand::OrderRectification(_)
            | ContractCommand::ScoreAssessment(_) => client.or_station(area).or_committee(area),
            ContractCommand::DisputeStatement(_)
            | ContractCommand::ApproveStatement(_)
            | ContractCommand::RecordPayment(_) => client,
        }
    }

    fn owners(&self, _: &ContractCommand, _: &Facts) -> Vec<OrganisationId> {
        self.parties.iter().flat_map(|parties| [parties.company, parties.client]).collect()
    }

    /// The licence is the company's, which only the contract itself names.
    fn looks_beyond(command: &ContractCommand) -> bool {
        matches!(
            command,
            ContractCommand::Activate(_) | ContractCommand::Resume(_) | ContractCommand::Renew(_)
        )
    }

    fn facts<'a>(
        &'a self,
        app: &'a App,
        command: &'a ContractCommand,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<Facts, AppError>> {
        async move {
            let mut facts = Facts::default();
            match command {
                ContractCommand::Draft(body) => {
                    facts.area_known = app.area_known(body.area).await?;
                    facts.company_known =
                        app.kind_of(body.company).await? == Some(OrganisationKind::SecurityCompany);
                    facts.client_known = app.organisation_known(body.client).await?;
                }
                ContractCommand::DefinePost(body) => facts.area_known = app.area_known(body.area).await?,
                ContractCommand::Activate(_) | ContractCommand::Resume(_) | ContractCommand::Renew(_) => {
                    facts.licence_valid = self.licence_valid(app, context).await?;
                }
                ContractCommand::AcknowledgePostOrder(body) => {
                    facts.person = app.standing(body.person, context.occurred_at.at).await?;
                }
                ContractCommand::CertifyAttendance(body) => {
                    (facts.person, facts.shift) = attendance(app, body.shift, body.person, body.from).await?;
                }
                ContractCommand::CorrectAttendance(body) => {
                    (facts.person, facts.shift) = attendance(app, body.shift, body.person, body.from).await?;
                }
                ContractCommand::RefuseUnlawfulRequest(body) => {
                    facts.client_known = app.organisation_known(body.requested_by).await?;
                    facts.police_known =
                        app.kind_of(body.reported_to).await? == Some(OrganisationKind::PoliceStation);
                }
                ContractCommand::ReviewLegality(_)
                | ContractCommand::Sign(_)
                | ContractCommand::FileCrossProvince(_)
                | ContractCommand::Amend(_)
                | ContractCommand::SetServiceLevel(_)
                | ContractCommand::IssuePostOrder(_)
                | ContractCommand::AllegeBreach(_)
                | ContractCommand::ContestBreach(_)
                | ContractCommand::UpholdBreach(_)
                | ContractCommand::WaiveBreach(_)
                | ContractCommand::OrderRectification(_)
                | ContractCommand::CompleteRectification(_)
                | ContractCommand::ScoreAssessment(_)
                | ContractCommand::IssueStatement(_)
                | ContractCommand::DisputeStatement(_)
                | ContractCommand::ApproveStatement(_)
                | ContractCommand::RecordPayment(_)
                | ContractCommand::Suspend(_)
                | ContractCommand::Terminate(_) => {}
            }
            Ok(facts)
        }
        .boxed()
    }
}

trait Licensed {
    fn licence_valid<'a>(
        &'a self,
        app: &'a App,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<bool, AppError>>;
}

impl Licensed for Contract {
    fn licence_valid<'a>(
        &'a self,
        app: &'a App,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<bool, AppError>> {
        async move {
            let Some(parties) = &self.parties else { return Ok(false) };
            let company = app.state_of::<domain::organisation::Organisation>(parties.company).await?;
            let today = Calendar::day(app.views.calendar(), context.recorded_at);
            Ok(company.licence_at(today) == LicenceStanding::Valid)
        }
        .boxed()
    }
}

/// The guard as of the begin of the presence, and what the guard did in the shift.
async fn attendance(
    app: &App,
    shift: ShiftId,
    person: PersonId,
    from: When,
) -> Result<(Option<domain::Standing>, Option<WorkedShift>), AppError> {
    let standing = app.standing(person, from.at).await?;
    let worked = WorkedShift::of(&*app.state_of::<Shift>(shift).await?, person);
    Ok((standing, worked))
}
