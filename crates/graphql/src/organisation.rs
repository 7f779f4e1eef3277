//! Organisations 单位 and their patrol teams 巡防队.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::{AreaCode, Day, OrganisationId, OrganisationKind, Payer, TeamId, TeamKind};
use views::rows::{LicenceStatus, OrganisationRow, TeamRow};

use crate::{
    area::Area,
    context::{related, root, signed_in},
    node::noun,
    page::{Asked, Connection, Filter, Filters, Order as _, list, orders},
    scalar::{id, ids},
};

noun!(Organisation(OrganisationRow), OrganisationId::CATEGORY, "Organisation");
noun!(Team(TeamRow), TeamId::CATEGORY, "Team");

/// An organisation 单位: a police station, committee, security company, volunteer team, agency or client.
#[Object]
impl Organisation {
    /// Global id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// What kind of organisation it is.
    async fn kind(&self) -> OrganisationKind {
        self.0.kind
    }

    /// Official name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Code of the area of its seat.
    async fn area_code(&self) -> AreaCode {
        self.0.area
    }

    /// The area of its seat, when it lies in the asker's scope.
    async fn area(&self, ctx: &Context<'_>) -> Result<Option<Area>> {
        signed_in(ctx)?.find(ctx, self.0.area.as_str().as_bytes())
    }

    /// Unified social credit code (GB 32100-2015), 18 characters; null when it is not known.
    async fn unified_code(&self) -> Option<&str> {
        self.0.unified_code.as_deref()
    }

    /// Licence of a security company, as last granted or renewed; null when none was granted.
    async fn licence(&self) -> Option<Licence> {
        self.0.licence.as_ref().map(|licence| Licence {
            number: licence.number.clone(),
            valid_from: licence.valid_from,
            valid_until: licence.valid_until,
            status: licence.status,
        })
    }

    /// Areas that a police station or committee answers for.
    async fn jurisdiction(&self) -> &[AreaCode] {
        &self.0.jurisdiction
    }

    /// Whether it has ended.
    async fn dissolved(&self) -> bool {
        self.0.dissolved
    }

    /// Its patrol teams.
    async fn teams(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100.")] first: i32,
        #[graphql(desc = "Cursor of the row before the first one wanted.")] after: Option<String>,
    ) -> Result<Connection<Team>> {
        let filters = Filters::default().id("organisation = ?", Some(self.0.id.0));
        list(ctx, Asked { first, after, filters, order: TeamOrder::default().column() }).await
    }
}

/// A licence 保安服务许可证 of a security company.
#[derive(Clone, Debug, SimpleObject)]
pub struct Licence {
    /// Number of the licence.
    number: String,
    /// The first day on which it is valid.
    valid_from: Day,
    /// The last day on which it is valid.
    valid_until: Day,
    /// State of the licence.
    status: LicenceStatus,
}

/// A patrol team 巡防队.
#[Object]
impl Team {
    /// Global id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Name of the team.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Kind of the team.
    async fn kind(&self) -> TeamKind {
        self.0.kind
    }

    /// Who pays for the team.
    async fn payer(&self) -> Payer {
        self.0.payer
    }

    /// Where the team patrols.
    async fn area_code(&self) -> AreaCode {
        self.0.area
    }

    /// Whose team it is.
    async fn organisation_id(&self) -> ID {
        id(self.0.organisation)
    }

    /// Whose team it is, when the organisation lies in the asker's scope.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        related(ctx, self.0.organisation.0)
    }

    /// Its members.
    async fn member_ids(&self) -> Vec<ID> {
        ids(&self.0.members)
    }

    /// How many members it has.
    async fn member_count(&self) -> usize {
        self.0.members.len()
    }

    /// Whether it has been disbanded.
    async fn disbanded(&self) -> bool {
        self.0.disbanded
    }
}

/// Which organisations a list shows; all conditions must hold.
#[derive(Debug, Default, InputObject)]
pub struct OrganisationFilter {
    /// Those with their seat in this area or inside it.
    area_prefix: Option<AreaCode>,
    /// Those of this kind.
    kind: Option<OrganisationKind>,
}

impl Filter for OrganisationFilter {
    fn conditions(self) -> Filters {
        Filters::default().area(self.area_prefix).maybe("kind = ?", self.kind.map(|kind| kind as i64))
    }
}

/// Which teams a list shows; all conditions must hold.
#[derive(Debug, Default, InputObject)]
pub struct TeamFilter {
    /// Those that patrol in this area or inside it.
    area_prefix: Option<AreaCode>,
    /// Those of this organisation.
    organisation: Option<OrganisationId>,
    /// Those of this kind.
    kind: Option<TeamKind>,
}

impl Filter for TeamFilter {
    fn conditions(self) -> Filters {
        Filters::default()
            .area(self.area_prefix)
            .id("organisation = ?", self.organisation.map(|organisation| organisation.0))
            .maybe("kind = ?", self.kind.map(|kind| kind as i64))
    }
}

orders! {
    /// Order of a list of organisations.
    OrganisationOrder else AreaAsc {
        /// By the code of the area.
        AreaAsc = "area", false;
        /// By the code of the area, the highest first.
        AreaDesc = "area", true;
        /// By kind, in the order of the vocabulary.
        KindAsc = "kind", false;
        /// By kind, in the reverse order of the vocabulary.
        KindDesc = "kind", true;
    }
}

orders! {
    /// Order of a list of teams.
    TeamOrder else AreaAsc {
        /// By the code of the area.
        AreaAsc = "area", false;
        /// By the code of the area, the highest first.
        AreaDesc = "area", true;
        /// By kind, in the order of the vocabulary.
        KindAsc = "kind", false;
        /// By kind, in the reverse order of the vocabulary.
        KindDesc = "kind", true;
    }
}

#[derive(Debug, Default)]
pub struct OrganisationQuery;

#[Object]
impl OrganisationQuery {
    /// The organisation with an id, when it lies in the asker's scope.
    async fn organisation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the organisation.")] id: OrganisationId,
    ) -> Result<Option<Organisation>> {
        root(ctx, id.0.as_bytes()).await
    }

    /// Organisations in the asker's scope.
    async fn organisations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100.")] first: i32,
        #[graphql(desc = "Cursor of the row before the first one wanted.")] after: Option<String>,
        #[graphql(desc = "Which organisations.")] filter: Option<OrganisationFilter>,
        #[graphql(desc = "In which order. Left out: by area.")] order_by: Option<OrganisationOrder>,
    ) -> Result<Connection<Organisation>> {
        list(ctx, Asked::new(first, after, filter, order_by)).await
    }

    /// Patrol teams in the asker's scope.
    async fn teams(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100.")] first: i32,
        #[graphql(desc = "Cursor of the row before the first one wanted.")] after: Option<String>,
        #[graphql(desc = "Which teams.")] filter: Option<TeamFilter>,
        #[graphql(desc = "In which order. Left out: by area.")] order_by: Option<TeamOrder>,
    ) -> Result<Connection<Team>> {
        list(ctx, Asked::new(first, after, filter, order_by)).await
    }
}
