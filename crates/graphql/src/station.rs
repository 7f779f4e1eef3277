//! What the three users come for: the station, the community and the company.

use async_graphql::{Context, ID, InputObject, Object, Result};
use domain::{AreaCode, AreaLevel, Day, OrganisationId, OrganisationKind};
use views::{Period, query::Targets};

use crate::{
    area::Area,
    board::{DutyBoard, board},
    context::{asker, language, signed_in},
    contract::{Contract, ContractFilter, ContractOrder},
    dashboard::StationDashboard,
    error::{reason, refused},
    organisation::Organisation,
    overview::CommunityOverview,
    page::{Asked, Connection, list},
    scalar::id,
};

/// Most days of a period.
const MOST_DAYS: i32 = 366;

/// Whole local days, both ends included: at most 366.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct PeriodInput {
    /// First day.
    pub from: Day,
    /// Last day, not before the first one.
    pub to: Day,
}

impl PeriodInput {
    /// # Errors
    /// `bad_period` when it ends before it begins, or has more than 366 days.
    pub(crate) fn checked(self, ctx: &Context<'_>) -> Result<Period> {
        let period = Period { from: self.from, to: self.to };
        if (1..=MOST_DAYS).contains(&period.days()) {
            Ok(period)
        } else {
            Err(refused(language(ctx), &reason::BAD_PERIOD))
        }
    }
}

/// A police station 派出所.
#[derive(Clone, Debug)]
pub struct Station(Organisation);

/// A police station 派出所, with what it asks of the platform.
#[Object]
impl Station {
    /// Global id of the station as an organisation.
    async fn organisation_id(&self) -> ID {
        id(self.0.0.id)
    }

    /// Official name.
    async fn name(&self) -> &str {
        &self.0.0.name
    }

    /// The station as an organisation.
    async fn organisation(&self) -> &Organisation {
        &self.0
    }

    /// The areas it answers for.
    async fn jurisdiction(&self) -> &[AreaCode] {
        &self.0.0.jurisdiction
    }

    /// Its figures over a period, and its present state; null when it does not lie in the asker's scope any more.
    async fn dashboard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The days to show.")] period: PeriodInput,
    ) -> Result<Option<StationDashboard>> {
        let (period, station) = (period.checked(ctx)?, self.0.0.id);
        let asker = signed_in(ctx)?;
        let [emergency_minutes, ..] = asker.app.config().response_target_minutes;
        let (now, targets) = (asker.app.now(), Targets { emergency_minutes });
        let made = asker.read(ctx, move |snapshot, scope| {
            snapshot.station_dashboard(scope, station, period, now, targets)
        });
        Ok(made.await?.map(StationDashboard))
    }

    /// Who is on duty now, where the gaps are, what is open.
    async fn duty_board(&self, ctx: &Context<'_>) -> Result<DutyBoard> {
        let asker = signed_in(ctx)?;
        let (areas, now) = (self.0.0.jurisdiction.clone(), asker.app.now());
        asker.read(ctx, move |snapshot, scope| board(snapshot, scope, &areas, now)).await
    }
}

/// A community or village 社区/村.
#[derive(Clone, Debug)]
pub struct Community(Area);

/// A community or village 社区/村, with what its committee asks of the platform.
#[Object]
impl Community {
    /// Code of the village or community.
    async fn code(&self) -> AreaCode {
        self.0.0.code
    }

    /// Official name.
    async fn name(&self) -> &str {
        &self.0.0.name
    }

    /// The community as an area.
    async fn area(&self) -> &Area {
        &self.0
    }

    /// What happened in it over a period, and its present state; null when it does not lie in the asker's scope any
    /// more.
    async fn overview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The days to show.")] period: PeriodInput,
    ) -> Result<Option<CommunityOverview>> {
        let (period, community) = (period.checked(ctx)?, self.0.0.code);
        let asker = signed_in(ctx)?;
        let made =
            asker.read(ctx, move |snapshot, scope| snapshot.community_overview(scope, community, period));
        Ok(made.await?.map(CommunityOverview))
    }
}

/// A security company 保安公司.
#[derive(Clone, Debug)]
pub struct Company(Organisation);

/// A security company 保安公司, with what it asks of the platform.
#[Object]
impl Company {
    /// Global id of the company as an organisation.
    async fn organisation_id(&self) -> ID {
        id(self.0.0.id)
    }

    /// Official name.
    async fn name(&self) -> &str {
        &self.0.0.name
    }

    /// The company as an organisation.
    async fn organisation(&self) -> &Organisation {
        &self.0
    }

    /// Its contracts in the asker's scope.
    async fn contracts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100.")] first: i32,
        #[graphql(desc = "Cursor of the row before the first one wanted.")] after: Option<String>,
        #[graphql(desc = "Which contracts.")] filter: Option<ContractFilter>,
        #[graphql(desc = "In which order. Left out: the latest last day first.")] order_by: Option<
            ContractOrder,
        >,
    ) -> Result<Connection<Contract>> {
        let mut asked = Asked::new(first, after, filter, order_by);
        asked.filters = asked.filters.id("company = ?", Some(self.0.0.id.0));
        list(ctx, asked).await
    }
}

#[derive(Debug, Default)]
pub struct StationQuery;

async fn of_kind(
    ctx: &Context<'_>,
    id: OrganisationId,
    kind: OrganisationKind,
) -> Result<Option<Organisation>> {
    let found: Option<Organisation> = asker(ctx).await?.find(ctx, id.0.as_bytes())?;
    Ok(found.filter(|organisation| organisation.0.kind == kind))
}

#[Object]
impl StationQuery {
    /// The police station with an id, when it lies in the asker's scope.
    async fn station(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the police station.")] id: OrganisationId,
    ) -> Result<Option<Station>> {
        Ok(of_kind(ctx, id, OrganisationKind::PoliceStation).await?.map(Station))
    }

    /// The security company with an id, when it lies in the asker's scope.
    async fn company(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the security company.")] id: OrganisationId,
    ) -> Result<Option<Company>> {
        Ok(of_kind(ctx, id, OrganisationKind::SecurityCompany).await?.map(Company))
    }

    /// The community or village with a code, when it lies in the asker's scope.
    async fn community(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Code of the village or community: 12 digits.")] code: AreaCode,
    ) -> Result<Option<Community>> {
        let found: Option<Area> = asker(ctx).await?.find(ctx, code.as_str().as_bytes())?;
        Ok(found.filter(|area| area.0.level == AreaLevel::Village).map(Community))
    }
}
