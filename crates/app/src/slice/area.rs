use domain::{
    Context,
    area::{Area, AreaCommand, Facts},
};
use futures_util::future::{BoxFuture, FutureExt as _};

use super::Slice;
use crate::{App, AppError, Permission};

impl Slice for Area {
    const NAME: &'static str = "area";

    fn creates(command: &AreaCommand) -> bool {
        matches!(command, AreaCommand::Register(_) | AreaCommand::DefineGrid(_))
    }

    fn permission(&self, command: &AreaCommand) -> Permission {
        let administrator = Permission::default().or_administrator();
        match command {
            AreaCommand::Register(_) | AreaCommand::CorrectName(_) | AreaCommand::Dissolve(_) => {
                administrator
            }
            AreaCommand::DefineGrid(body) => {
                administrator.or_chief(Some(body.area)).or_committee(Some(body.area))
            }
            AreaCommand::ReviseBoundary(_)
            | AreaCommand::Split(_)
            | AreaCommand::Merge(_)
            | AreaCommand::AssignStaff(_)
            | AreaCommand::RelieveStaff(_)
            | AreaCommand::CountHouseholds(_)
            | AreaCommand::CorrectHouseholdCount(_) => {
                administrator.or_chief(self.code).or_committee(self.code)
            }
        }
    }

    fn facts<'a>(
        &'a self,
        app: &'a App,
        command: &'a AreaCommand,
        _: &'a Context,
    ) -> BoxFuture<'a, Result<Facts, AppError>> {
        async move {
            let mut facts = Facts::default();
            match command {
                AreaCommand::Register(body) => {
                    facts.parent_known = app.areas_known(body.area.parent()).await?
                }
                AreaCommand::DefineGrid(body) => {
                    facts.parent_known = app.areas_known(body.area.parent()).await?
                }
                AreaCommand::Split(body) => {
                    facts.successors_known = app.areas_known(body.into.iter().copied()).await?
                }
                AreaCommand::Merge(body) => facts.successors_known = app.area_known(body.into).await?,
                AreaCommand::Dissolve(body) => {
                    facts.successors_known = app.areas_known(body.successor).await?
                }
                AreaCommand::AssignStaff(body) => facts.person_known = app.person_known(body.person).await?,
                AreaCommand::ReviseBoundary(_)
                | AreaCommand::RelieveStaff(_)
                | AreaCommand::CountHouseholds(_)
                | AreaCommand::CorrectHouseholdCount(_)
                | AreaCommand::CorrectName(_) => {}
            }
            Ok(facts)
        }
        .boxed()
    }
}
