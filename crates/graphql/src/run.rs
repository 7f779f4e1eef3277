//! Patrol runs 巡逻任务.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::{AreaCode, ContractId, OrganisationId, Payer, RunId, ShiftId, When, patrol_run::DeviationKind};
use views::rows::{RunPhase, RunRow, StopOutcome};

use crate::{
    context::{related, root},
    node::noun,
    organisation::{Organisation, Team},
    page::{Asked, Connection, Filter, Filters, list, orders, second},
    plan::PatrolPlan,
    scalar::{id, ids},
    shift::Shift,
};

noun!(PatrolRun(RunRow), RunId::CATEGORY, "PatrolRun");

/// A patrol run 巡逻任务: one walk along a route of a published plan.
#[Object]
impl PatrolRun {
    /// Global id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// State of the run.
    async fn phase(&self) -> RunPhase {
        self.0.phase
    }

    /// The plan that is walked.
    async fn plan_id(&self) -> ID {
        id(self.0.plan)
    }

    /// The plan that is walked, when it lies in the asker's scope.
    async fn plan(&self, ctx: &Context<'_>) -> Result<Option<PatrolPlan>> {
        related(ctx, self.0.plan.0)
    }

    /// The version of the plan that is walked.
    async fn plan_version(&self) -> u16 {
        self.0.version
    }

    /// The route that is walked.
    async fn route_id(&self) -> ID {
        id(self.0.route)
    }

    /// The shift that the walk is part of, when it lies in the asker's scope.
    async fn shift(&self, ctx: &Context<'_>) -> Result<Option<Shift>> {
        self.0.shift.map_or(Ok(None), |shift| related(ctx, shift.0))
    }

    /// The team that walks, when it lies in the asker's scope.
    async fn team(&self, ctx: &Context<'_>) -> Result<Option<Team>> {
        self.0.team.map_or(Ok(None), |team| related(ctx, team.0))
    }

    /// Who walks.
    async fn member_ids(&self) -> Vec<ID> {
        ids(&self.0.members)
    }

    /// The area that is patrolled.
    async fn area_code(&self) -> AreaCode {
        self.0.area
    }

    /// Whose patrol it is.
    async fn organisation_id(&self) -> ID {
        id(self.0.organisation)
    }

    /// Whose patrol it is, when the organisation lies in the asker's scope.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        related(ctx, self.0.organisation.0)
    }

    /// The contract that the walk is done for; null when it is done for none.
    async fn contract_id(&self) -> Option<ID> {
        self.0.contract.map(id)
    }

    /// Who pays for it.
    async fn payer(&self) -> Payer {
        self.0.payer
    }

    /// When it began.
    async fn started_at(&self) -> When {
        self.0.started_at
    }

    /// When it ended; null while it runs.
    async fn ended_at(&self) -> Option<When> {
        self.0.ended_at
    }

    /// Its checkpoints in the order of the walk, and what became of each.
    async fn stops(&self) -> Vec<RunStop> {
        let stops = self.0.stops.iter();
        stops
            .map(|stop| RunStop {
                checkpoint_id: id(stop.checkpoint),
                due_at: stop.due_at,
                grace_minutes: stop.grace_minutes,
                outcome: stop.outcome,
                scanned_at: stop.scanned_at,
                late_report: stop.late_report,
            })
            .collect()
    }

    /// Oddities found on the run.
    async fn deviations(&self) -> Vec<Deviation> {
        let found = self.0.deviations.iter();
        found
            .map(|deviation| Deviation {
                id: id(deviation.id),
                kind: deviation.kind,
                at: deviation.at,
                acknowledged: deviation.acknowledged,
            })
            .collect()
    }

    /// How many scans carry a flag: a drifting clock, a far-off location, against the order.
    async fn flagged_scans(&self) -> u32 {
        self.0.flagged_scans
    }

    /// When somebody on the run called for help.
    async fn sos_at(&self) -> &[When] {
        &self.0.sos
    }
}

/// A checkpoint of a run, and what became of it.
#[derive(Clone, Debug, SimpleObject)]
pub struct RunStop {
    /// The checkpoint.
    checkpoint_id: ID,
    /// When it is due.
    due_at: When,
    /// How many minutes before and after the due time still count.
    grace_minutes: u16,
    /// What became of it.
    outcome: StopOutcome,
    /// Device time of the scan that counts; null without one.
    scanned_at: Option<When>,
    /// Whether the scan reached the server late.
    late_report: bool,
}

/// An oddity found on a patrol run.
#[derive(Clone, Debug, SimpleObject)]
pub struct Deviation {
    /// Global id.
    id: ID,
    /// How the run departs from its route.
    kind: DeviationKind,
    /// When it was found.
    at: When,
    /// Whether somebody has confirmed to have seen it.
    acknowledged: bool,
}

/// Which patrol runs a list shows; all conditions must hold.
#[derive(Debug, Default, InputObject)]
pub struct PatrolRunFilter {
    /// Those in this area or inside it.
    area_prefix: Option<AreaCode>,
    /// Those of this organisation.
    organisation: Option<OrganisationId>,
    /// Those done for this contract.
    contract: Option<ContractId>,
    /// Those that are part of this shift.
    shift: Option<ShiftId>,
    /// Those that began at this time or later.
    from: Option<When>,
    /// Those that began before this time.
    to: Option<When>,
}

impl Filter for PatrolRunFilter {
    fn conditions(self) -> Filters {
        Filters::default()
            .area(self.area_prefix)
            .id("organisation = ?", self.organisation.map(|organisation| organisation.0))
            .id("contract = ?", self.contract.map(|contract| contract.0))
            .id("shift = ?", self.shift.map(|shift| shift.0))
            .maybe("started_at >= ?", self.from.map(second))
            .maybe("started_at < ?", self.to.map(second))
    }
}

orders! {
    /// Order of a list of patrol runs.
    PatrolRunOrder else StartedAtDesc {
        /// The earliest begin first.
        StartedAtAsc = "started_at", false;
        /// The latest begin first.
        StartedAtDesc = "started_at", true;
        /// By the code of the area.
        AreaAsc = "area", false;
        /// By the code of the area, the highest first.
        AreaDesc = "area", true;
    }
}

#[derive(Debug, Default)]
pub struct RunQuery;

#[Object]
impl RunQuery {
    /// The patrol run with an id, when it lies in the asker's scope.
    async fn patrol_run(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the run.")] id: RunId,
    ) -> Result<Option<PatrolRun>> {
        root(ctx, id.0.as_bytes()).await
    }

    /// Patrol runs in the asker's scope.
    async fn patrol_runs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100.")] first: i32,
        #[graphql(desc = "Cursor of the row before the first one wanted.")] after: Option<String>,
        #[graphql(desc = "Which runs.")] filter: Option<PatrolRunFilter>,
        #[graphql(desc = "In which order. Left out: the latest begin first.")] order_by: Option<
            PatrolRunOrder,
        >,
    ) -> Result<Connection<PatrolRun>> {
        list(ctx, Asked::new(first, after, filter, order_by)).await
    }
}
