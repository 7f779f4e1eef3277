//! The overview of a community, for its committee: nobody's personal data.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use domain::{AreaCode, ContractId, Day, Fen};
use views::{
    query,
    rows::{ContractPhase, StatementPhase},
};

use crate::{
    context::related,
    contract::Contract,
    figure::{Durations, Figure, IncidentsOfKind, IncidentsOfPriority, Period, TeamFigures, shown},
    scalar::{Position, id},
};

/// What a committee sees, as of one position.
#[derive(Clone, Debug)]
pub struct CommunityOverview(pub(crate) query::CommunityOverview);

/// What happened in a community over a period, and its present state, as of one position of the log.
#[Object]
impl CommunityOverview {
    /// Position that everything here is as of.
    async fn as_of(&self) -> Position {
        Position(self.0.as_of)
    }

    /// The days that it covers.
    async fn period(&self) -> Period {
        self.0.period.into()
    }

    /// Code of the community.
    async fn community(&self) -> AreaCode {
        self.0.community
    }

    /// Incidents reported in the period.
    async fn incidents(&self) -> Figure {
        (&self.0.incidents).into()
    }

    /// Incidents reported in the period, by kind.
    async fn incidents_by_kind(&self) -> Vec<IncidentsOfKind> {
        shown(&self.0.incidents_by_kind)
    }

    /// Incidents reported in the period, by priority.
    async fn incidents_by_priority(&self) -> Vec<IncidentsOfPriority> {
        shown(&self.0.incidents_by_priority)
    }

    /// From the report to the first arrival.
    async fn response(&self) -> Durations {
        (&self.0.response).into()
    }

    /// Incidents closed by their due time ÷ incidents with a due time.
    async fn closed_on_time(&self) -> Figure {
        (&self.0.closed_on_time).into()
    }

    /// Patrol teams now, by kind and by who pays for them.
    async fn teams(&self) -> Vec<TeamFigures> {
        shown(&self.0.teams)
    }

    /// How many shifts began in the period.
    async fn shifts(&self) -> i64 {
        self.0.shifts
    }

    /// Minutes of duty that were planned: places times minutes, of the shifts that began in the period.
    async fn required_minutes(&self) -> i64 {
        self.0.required_minutes
    }

    /// Minutes of duty that were certified, of the shifts that began in the period.
    async fn certified_minutes(&self) -> i64 {
        self.0.certified_minutes
    }

    /// Certified minutes of the shifts of volunteer teams.
    async fn volunteer_minutes(&self) -> i64 {
        self.0.volunteer_minutes
    }

    /// How many volunteers have certified minutes in the period, each counted once.
    async fn distinct_volunteers(&self) -> i64 {
        self.0.distinct_volunteers
    }

    /// Checkpoints hit in their window ÷ checkpoints due.
    async fn patrol_coverage(&self) -> Figure {
        (&self.0.patrol_coverage).into()
    }

    /// Registered households of the grids, as last counted.
    async fn households(&self) -> i64 {
        self.0.households
    }

    /// Contracts of the community and whether they are fulfilled, at most 50.
    async fn contracts(&self) -> Vec<CommunityContract> {
        shown(&self.0.contracts)
    }
}

/// A contract of the community, and whether it is fulfilled.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct CommunityContract {
    /// The contract.
    contract_id: ID,
    /// Number of the contract.
    number: String,
    /// The security company that gives the service.
    company_id: ID,
    /// Where the contract stands in its life.
    phase: ContractPhase,
    /// Post coverage 在岗率: certified minutes inside the required ones ÷ required minutes.
    coverage: Figure,
    /// How many breaches of the period are upheld.
    upheld_breaches: i64,
    /// The statement with the latest period; null when there is none yet.
    latest_statement: Option<StatementSummary>,
    #[graphql(skip)]
    contract: ContractId,
}

impl From<&query::CommunityContract> for CommunityContract {
    fn from(known: &query::CommunityContract) -> Self {
        let latest = known.latest_statement;
        Self {
            contract_id: id(known.contract),
            number: known.number.clone(),
            company_id: id(known.company),
            phase: known.phase,
            coverage: (&known.coverage).into(),
            upheld_breaches: known.upheld_breaches,
            latest_statement: latest.map(|(from, to, payable, phase)| StatementSummary {
                from,
                to,
                payable,
                phase,
            }),
            contract: known.contract,
        }
    }
}

#[async_graphql::ComplexObject]
impl CommunityContract {
    /// The contract, when it lies in the asker's scope.
    async fn contract(&self, ctx: &Context<'_>) -> Result<Option<Contract>> {
        related(ctx, self.contract.0)
    }
}

/// A statement 结算单 in short.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct StatementSummary {
    /// First day of its period.
    from: Day,
    /// Last day of its period.
    to: Day,
    /// What is to be paid.
    payable: Fen,
    /// State of the statement.
    phase: StatementPhase,
}
