//! Patrol plans 巡逻方案.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::{AreaCode, OrganisationId, PlanId, When};
use views::rows::{PlanPhase, PlanRow};

use crate::{
    context::{related, root},
    node::noun,
    organisation::Organisation,
    page::{Asked, Connection, Filter, Filters, list, orders},
    scalar::id,
};

noun!(PatrolPlan(PlanRow), PlanId::CATEGORY, "PatrolPlan");

/// A patrol plan 巡逻方案 with all its versions. A published version never changes.
#[Object]
impl PatrolPlan {
    /// Global id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The area that is patrolled.
    async fn area_code(&self) -> AreaCode {
        self.0.area
    }

    /// Whose plan it is.
    async fn organisation_id(&self) -> ID {
        id(self.0.organisation)
    }

    /// Whose plan it is, when the organisation lies in the asker's scope.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        related(ctx, self.0.organisation.0)
    }

    /// All versions, the first one first.
    async fn versions(&self) -> Vec<PlanVersion> {
        let versions = self.0.versions.iter();
        versions
            .map(|version| PlanVersion {
                version: version.version,
                name: version.name.clone(),
                phase: version.phase,
                routes: version.routes.iter().map(route).collect(),
            })
            .collect()
    }

    /// The checkpoints 巡更点 of the plan, retired ones included.
    async fn checkpoints(&self) -> Vec<Checkpoint> {
        let checkpoints = self.0.checkpoints.iter();
        checkpoints
            .map(|checkpoint| Checkpoint {
                id: id(checkpoint.id),
                name: checkpoint.name.clone(),
                area_code: checkpoint.area,
                retired_at: checkpoint.retired_at,
            })
            .collect()
    }
}

fn route(row: &views::rows::Route) -> Route {
    let stops = row.stops.iter();
    let stops = stops.map(|stop| RouteStop {
        checkpoint_id: id(stop.checkpoint),
        due_after_minutes: stop.due_after_minutes,
        grace_minutes: stop.grace_minutes,
    });
    Route { id: id(row.id), name: row.name.clone(), stops: stops.collect() }
}

/// One version of a patrol plan.
#[derive(Clone, Debug, SimpleObject)]
pub struct PlanVersion {
    /// Number of the version, from 1.
    version: u16,
    /// Name of the plan in this version.
    name: String,
    /// State of the version.
    phase: PlanPhase,
    /// Its routes 线路.
    routes: Vec<Route>,
}

/// A route 线路 of one version of a patrol plan.
#[derive(Clone, Debug, SimpleObject)]
pub struct Route {
    /// Global id.
    id: ID,
    /// Name of the route.
    name: String,
    /// Its stops in the order of the walk.
    stops: Vec<RouteStop>,
}

/// A stop of a route.
#[derive(Clone, Debug, SimpleObject)]
pub struct RouteStop {
    /// The checkpoint.
    checkpoint_id: ID,
    /// When it is due: minutes from the start of the run.
    due_after_minutes: u16,
    /// How many minutes before and after the due time still count.
    grace_minutes: u16,
}

/// A checkpoint 巡更点.
#[derive(Clone, Debug, SimpleObject)]
pub struct Checkpoint {
    /// Global id.
    id: ID,
    /// Name of the checkpoint.
    name: String,
    /// Where it stands.
    area_code: AreaCode,
    /// Since when it is out of use; null while in use.
    retired_at: Option<When>,
}

/// Which patrol plans a list shows; all conditions must hold.
#[derive(Debug, Default, InputObject)]
pub struct PatrolPlanFilter {
    /// Those of this area or inside it.
    area_prefix: Option<AreaCode>,
    /// Those of this organisation.
    organisation: Option<OrganisationId>,
}

impl Filter for PatrolPlanFilter {
    fn conditions(self) -> Filters {
        Filters::default()
            .area(self.area_prefix)
            .id("organisation = ?", self.organisation.map(|organisation| organisation.0))
    }
}

orders! {
    /// Order of a list of patrol plans.
    PatrolPlanOrder else AreaAsc {
        /// By the code of the area.
        AreaAsc = "area", false;
        /// By the code of the area, the highest first.
        AreaDesc = "area", true;
    }
}

#[derive(Debug, Default)]
pub struct PlanQuery;

#[Object]
impl PlanQuery {
    /// The patrol plan with an id, when it lies in the asker's scope.
    async fn plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the plan.")] id: PlanId,
    ) -> Result<Option<PatrolPlan>> {
        root(ctx, id.0.as_bytes()).await
    }

    /// Patrol plans in the asker's scope.
    async fn plans(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100.")] first: i32,
        #[graphql(desc = "Cursor of the row before the first one wanted.")] after: Option<String>,
        #[graphql(desc = "Which plans.")] filter: Option<PatrolPlanFilter>,
        #[graphql(desc = "In which order. Left out: by area.")] order_by: Option<PatrolPlanOrder>,
    ) -> Result<Connection<PatrolPlan>> {
        list(ctx, Asked::new(first, after, filter, order_by)).await
    }
}
