//! Contracts 保安服务合同 and what belongs to them. The parts are reached through a contract that the asker sees.

mod parts;
mod report;

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::{AreaCode, BasisPoints, ContractId, Day, Fen, OrganisationId, contract::ForbiddenTask};
use views::rows::{ContractPhase, ContractRow};

pub use parts::{Attendance, Breach, BreachOrder, Post, Statement, StatementLine, StatementOrder};
pub use report::ContractReport;

use crate::{
    context::{related, root, signed_in},
    node::noun,
    organisation::Organisation,
    page::{Asked, Connection, Filter, Filters, Order as _, list, list_of_parts, orders, parts as all_parts},
    scalar::{event_ids, id},
    station::PeriodInput,
};

noun!(Contract(ContractRow), ContractId::CATEGORY, "Contract");

/// Most posts that one contract shows.
const MOST_POSTS: usize = 500;

impl Contract {
    fn parts(&self) -> Filters {
        Filters::default().id("contract = ?", Some(self.0.id.0))
    }
}

/// A contract for security services 保安服务合同, with its terms.
#[Object]
impl Contract {
    /// Global id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Where it stands in its life.
    async fn phase(&self) -> ContractPhase {
        self.0.phase
    }

    /// Number of the contract.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// The security company that gives the service.
    async fn company_id(&self) -> ID {
        id(self.0.company)
    }

    /// The security company that gives the service, when it lies in the asker's scope.
    async fn company(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        related(ctx, self.0.company.0)
    }

    /// Who receives and pays the service.
    async fn client_id(&self) -> ID {
        id(self.0.client)
    }

    /// Who receives and pays the service, when it lies in the asker's scope.
    async fn client(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        related(ctx, self.0.client.0)
    }

    /// Where the service is given.
    async fn area_code(&self) -> AreaCode {
        self.0.area
    }

    /// Items and content of the service.
    async fn service(&self) -> &str {
        &self.0.service
    }

    /// Rights and duties of both parties.
    async fn rights_and_duties(&self) -> &str {
        &self.0.rights_and_duties
    }

    /// First day of the service.
    async fn starts_on(&self) -> Day {
        self.0.starts_on
    }

    /// Last day of the service, as agreed.
    async fn ends_on(&self) -> Day {
        self.0.ends_on
    }

    /// Last day in force when it was terminated before its time; null otherwise.
    async fn last_day(&self) -> Option<Day> {
        self.0.last_day
    }

    /// Offset of the calendar that days and windows are told in, minutes east of UTC.
    async fn utc_offset_minutes(&self) -> i16 {
        self.0.utc_offset_minutes
    }

    /// Whether guards are sent from another province.
    async fn guards_from_other_province(&self) -> bool {
        self.0.guards_from_other_province
    }

    /// What the company's review of its lawfulness found; null before the review.
    async fn lawful(&self) -> Option<bool> {
        self.0.lawful
    }

    /// Day of the signature; null until it is signed.
    async fn signed_on(&self) -> Option<Day> {
        self.0.signed_on
    }

    /// Day of the filing for guards from another province; null until it is filed.
    async fn filed_on(&self) -> Option<Day> {
        self.0.filed_on
    }

    /// Terms of money, each from a day on.
    async fn money(&self) -> Vec<MoneyTerms> {
        self.0.money.iter().map(MoneyTerms::of).collect()
    }

    /// Criteria of the assessment with their weights, frozen at the signature.
    async fn assessment_weights(&self) -> Vec<AssessmentWeight> {
        let weights = self.0.weights.iter();
        weights
            .map(|weight| AssessmentWeight { criterion: weight.criterion.clone(), weight: weight.weight })
            .collect()
    }

    /// Service levels, each from a day on.
    async fn service_levels(&self) -> Vec<ServiceLevel> {
        let levels = self.0.service_levels.iter();
        levels
            .map(|level| ServiceLevel {
                effective_from: level.effective_from,
                coverage_target: level.coverage_target,
                incident_report_minutes: level.incident_report_minutes,
                rectification_days: level.rectification_days,
            })
            .collect()
    }

    /// Times out of force.
    async fn suspensions(&self) -> Vec<Suspension> {
        let times = self.0.suspensions.iter();
        times.map(|(from, resumed_on)| Suspension { from: *from, resumed_on: *resumed_on }).collect()
    }

    /// Rectifications 整改 that were ordered.
    async fn rectifications(&self) -> Vec<Rectification> {
        let ordered = self.0.rectifications.iter();
        ordered
            .map(|ordered| Rectification {
                id: id(ordered.id),
                breach_id: ordered.breach.map(id),
                due_on: ordered.due_on,
                completed_on: ordered.completed_on,
            })
            .collect()
    }

    /// Scored assessments.
    async fn assessments(&self) -> Vec<Assessment> {
        let scored = self.0.assessments.iter();
        scored.map(|scored| Assessment { from: scored.from, to: scored.to, total: scored.total }).collect()
    }

    /// Requests for forbidden tasks that the company refused and reported.
    async fn refusals(&self) -> Vec<Refusal> {
        let refused = self.0.refusals.iter();
        refused
            .map(|refused| Refusal {
                task: refused.task,
                requested_by_id: id(refused.requested_by),
                event_ids: event_ids(&[refused.event]),
            })
            .collect()
    }

    /// How many post orders were issued.
    async fn order_count(&self) -> u32 {
        self.0.orders
    }

    /// How many times a guard confirmed to have read one.
    async fn order_acknowledgement_count(&self) -> u32 {
        self.0.order_acknowledgements
    }

    /// How it was fulfilled over a period, and what follows for payment; null when it does not lie in the asker's scope
    /// any more.
    async fn report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The days to report on.")] period: PeriodInput,
    ) -> Result<Option<ContractReport>> {
        let (period, contract) = (period.checked(ctx)?, self.0.id);
        let asker = signed_in(ctx)?;
        let report =
            asker.read(ctx, move |snapshot, scope| snapshot.contract_report(scope, contract, period)).await?;
        Ok(report.map(ContractReport))
    }

    /// Its posts 岗位, at most 500.
    async fn posts(&self, ctx: &Context<'_>) -> Result<Vec<Post>> {
        let contract = self.0.id.0.as_bytes().to_vec();
        all_parts(ctx, "contract = ?", vec![contract.into()], MOST_POSTS).await
    }

    /// Its breaches 违约.
    async fn breaches(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100.")] first: i32,
        #[graphql(desc = "Cursor of the row before the first one wanted.")] after: Option<String>,
        #[graphql(desc = "In which order. Left out: the latest day first.")] order_by: Option<BreachOrder>,
    ) -> Result<Connection<Breach>> {
        let order = order_by.unwrap_or_default().column();
        list_of_parts(ctx, Asked { first, after, filters: self.parts(), order }).await
    }

    /// Its statements 结算单.
    async fn statements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100.")] first: i32,
        #[graphql(desc = "Cursor of the row before the first one wanted.")] after: Option<String>,
        #[graphql(desc = "In which order. Left out: the latest period first.")] order_by: Option<
            StatementOrder,
        >,
    ) -> Result<Connection<Statement>> {
        let order = order_by.unwrap_or_default().column();
        list_of_parts(ctx, Asked { first, after, filters: self.parts(), order }).await
    }

    /// Its certified attendances 到岗.
    async fn attendances(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100.")] first: i32,
        #[graphql(desc = "Cursor of the row before the first one wanted.")] after: Option<String>,
    ) -> Result<Connection<Attendance>> {
        list_of_parts(ctx, Asked { first, after, filters: self.parts(), order: ("starts_at", true) }).await
    }
}

/// Terms of money, from a day on.
#[derive(Clone, Debug, SimpleObject)]
pub struct MoneyTerms {
    /// First day of these terms.
    effective_from: Day,
    /// Amounts due beside the hours.
    fixed_items: Vec<FixedItem>,
    /// Most that deductions may take of a period's gross.
    deduction_cap: BasisPoints,
}

impl MoneyTerms {
    fn of(version: &views::rows::MoneyVersion) -> Self {
        let items = version.fixed_items.iter();
        let items =
            items.map(|item| FixedItem { name: item.name.clone(), amount: item.amount, due_on: item.due_on });
        Self {
            effective_from: version.effective_from,
            fixed_items: items.collect(),
            deduction_cap: version.deduction_cap,
        }
    }
}

/// An amount that is due beside the hours.
#[derive(Clone, Debug, SimpleObject)]
pub struct FixedItem {
    /// What it is for.
    name: String,
    /// The amount.
    amount: Fen,
    /// Due once, on this day; null when due every month.
    due_on: Option<Day>,
}

/// Weight of one criterion of the assessment.
#[derive(Clone, Debug, SimpleObject)]
pub struct AssessmentWeight {
    /// Name of the criterion.
    criterion: String,
    /// Its weight; all weights sum to 10,000.
    weight: BasisPoints,
}

/// Service level, from a day on.
#[derive(Clone, Debug, SimpleObject)]
pub struct ServiceLevel {
    /// First day of this service level.
    effective_from: Day,
    /// Least post coverage.
    coverage_target: BasisPoints,
    /// Minutes within which an incident is reported.
    incident_report_minutes: u16,
    /// Days within which a rectification is completed.
    rectification_days: u16,
}

/// A time out of force.
#[derive(Clone, Debug, SimpleObject)]
pub struct Suspension {
    /// First day on which the contract was out of force.
    from: Day,
    /// First day in force again; null while suspended.
    resumed_on: Option<Day>,
}

/// A rectification 整改 that was ordered.
#[derive(Clone, Debug, SimpleObject)]
pub struct Rectification {
    /// Global id.
    id: ID,
    /// The breach it follows from; null when it follows from none.
    breach_id: Option<ID>,
    /// Last day for it.
    due_on: Day,
    /// Day on which it was done; null until then.
    completed_on: Option<Day>,
}

/// A scored assessment of a period.
#[derive(Clone, Debug, SimpleObject)]
pub struct Assessment {
    /// First day of the period.
    from: Day,
    /// Last day of the period.
    to: Day,
    /// Sum of weight times score: 10,000 is full marks.
    total: BasisPoints,
}

/// A request for a forbidden task that was refused and reported.
#[derive(Clone, Debug, SimpleObject)]
pub struct Refusal {
    /// What was asked for.
    task: ForbiddenTask,
    /// Who asked for it.
    requested_by_id: ID,
    /// The recorded events behind it.
    event_ids: Vec<ID>,
}

/// Which contracts a list shows; all conditions must hold.
#[derive(Debug, Default, InputObject)]
pub struct ContractFilter {
    /// Those in this area or inside it.
    area_prefix: Option<AreaCode>,
    /// Those in this phase.
    phase: Option<ContractPhase>,
    /// Those of this security company.
    company: Option<OrganisationId>,
    /// Those of this client.
    client: Option<OrganisationId>,
}

impl Filter for ContractFilter {
    fn conditions(self) -> Filters {
        Filters::default()
            .area(self.area_prefix)
            .maybe("phase = ?", self.phase.map(|phase| phase as i64))
            .id("company = ?", self.company.map(|company| company.0))
            .id("client = ?", self.client.map(|client| client.0))
    }
}

orders! {
    /// Order of a list of contracts.
    ContractOrder else EndsOnDesc {
        /// The earliest last day first.
        EndsOnAsc = "ends_on", false;
        /// The latest last day first.
        EndsOnDesc = "ends_on", true;
        /// By the code of the area.
        AreaAsc = "area", false;
        /// By the code of the area, the highest first.
        AreaDesc = "area", true;
        /// By phase, in the order of a contract's life.
        PhaseAsc = "phase", false;
        /// By phase, in the reverse order of a contract's life.
        PhaseDesc = "phase", true;
    }
}

#[derive(Debug, Default)]
pub struct ContractQuery;

#[Object]
impl ContractQuery {
    /// The contract with an id, when it lies in the asker's scope.
    async fn contract(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the contract.")] id: ContractId,
    ) -> Result<Option<Contract>> {
        root(ctx, id.0.as_bytes()).await
    }

    /// Contracts in the asker's scope.
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
        list(ctx, Asked::new(first, after, filter, order_by)).await
    }
}
