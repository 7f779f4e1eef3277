//! Who asks.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use domain::AreaCode;

use crate::{
    context::{asker, related},
    person::Person,
    scalar::{id, ids},
};

/// A role of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "app::AccountRole")]
pub enum AccountRole {
    /// Chief of a police station 派出所所长.
    StationChief,
    /// Officer of a police station 民警.
    StationOfficer,
    /// Clerk of a community or village committee 居委会 / 村委会.
    CommitteeClerk,
    /// Manager of a security company 保安公司.
    CompanyManager,
    /// Guard, volunteer, grid officer or auxiliary: oneself only.
    Member,
    /// Reads everything but personal data, changes nothing.
    Auditor,
    /// Registers areas and organisations and keeps accounts; opens no personal data.
    Administrator,
}

/// Who asks, and what that account may see.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Viewer {
    /// Global id of the account, as it stands in the log as actor.
    id: ID,
    /// Roles of the account.
    roles: Vec<AccountRole>,
    /// Whether it sees everything but personal data.
    sees_everything: bool,
    /// Areas in its scope.
    area_codes: Vec<AreaCode>,
    /// Organisations in its scope.
    organisation_ids: Vec<ID>,
    /// The person behind the account; null when the account stands for no person.
    person_id: Option<ID>,
    #[graphql(skip)]
    person: Option<domain::PersonId>,
}

#[async_graphql::ComplexObject]
impl Viewer {
    /// The person behind the account, when there is one and the person lies in the asker's scope.
    async fn person(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        self.person.map_or(Ok(None), |person| related(ctx, person.0))
    }
}

#[derive(Debug, Default)]
pub struct ViewerQuery;

#[Object]
impl ViewerQuery {
    /// Who asks.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Viewer> {
        let viewer = asker(ctx).await?.viewer;
        Ok(Viewer {
            id: id(viewer.actor.id),
            roles: viewer.roles.iter().copied().map(AccountRole::from).collect(),
            sees_everything: viewer.scope.everything,
            area_codes: viewer.scope.areas.clone(),
            organisation_ids: ids(&viewer.scope.organisations),
            person_id: viewer.scope.person.map(id),
            person: viewer.scope.person,
        })
    }
}
