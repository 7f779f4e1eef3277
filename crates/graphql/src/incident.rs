//! Incidents 警情/事件. Fields that tell about people go through `personal.rs`.

use app::personal::Subject;
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::{
    AreaCode, ContractId, IncidentId, OrganisationId, Personal, Priority, When,
    access::{PersonalFieldName, PersonalSubject},
    incident::{DispositionCode, EscalationCause, IncidentChannel, IncidentKind, IncidentTransferTarget},
};
use views::rows::{IncidentPhase, IncidentRow};

use crate::{
    access::{PersonalDataAccess, accesses_to},
    context::{related, root},
    contract::Contract,
    node::personal_noun,
    organisation::{Organisation, Team},
    page::{Asked, Connection, Filter, Filters, list, orders, second},
    personal::{self, Held, PersonalField},
    scalar::id,
    shift::Shift,
};

personal_noun!(Incident(IncidentRow), IncidentId::CATEGORY, "Incident");

impl Incident {
    fn field(
        &self,
        ctx: &Context<'_>,
        name: PersonalFieldName,
        field: Option<&Personal>,
    ) -> Result<Option<PersonalField>> {
        let Some(field) = field else { return Ok(None) };
        let subject = Subject::Incident { area: self.0.area };
        let opening = self.1.as_deref();
        personal::show(ctx, Held { subject, name, field, erased: false, opening }).map(Some)
    }
}

/// An incident 警情/事件, from its report to its disposition.
#[Object]
impl Incident {
    /// Global id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Where it stands in its life.
    async fn phase(&self) -> IncidentPhase {
        self.0.phase
    }

    /// Where it happened.
    async fn area_code(&self) -> AreaCode {
        self.0.area
    }

    /// What it is.
    async fn kind(&self) -> IncidentKind {
        self.0.kind
    }

    /// The way on which it was reported.
    async fn channel(&self) -> IncidentChannel {
        self.0.channel
    }

    /// How urgent it is.
    async fn priority(&self) -> Priority {
        self.0.priority
    }

    /// Whether a patrol found it by itself.
    async fn self_initiated(&self) -> bool {
        self.0.self_initiated
    }

    /// Whether it is part of a drill.
    async fn drill(&self) -> bool {
        self.0.drill
    }

    /// When it was reported.
    async fn reported_at(&self) -> When {
        self.0.reported_at
    }

    /// Name of the reporter; null when it was not told.
    async fn reporter_name(&self, ctx: &Context<'_>) -> Result<Option<PersonalField>> {
        self.field(ctx, PersonalFieldName::ReporterName, self.0.reporter_name.as_ref())
    }

    /// Telephone number of the reporter; null when it was not told.
    async fn reporter_phone(&self, ctx: &Context<'_>) -> Result<Option<PersonalField>> {
        self.field(ctx, PersonalFieldName::ReporterPhone, self.0.reporter_phone.as_ref())
    }

    /// Where exactly; null when it was not told.
    async fn address(&self, ctx: &Context<'_>) -> Result<Option<PersonalField>> {
        self.field(ctx, PersonalFieldName::Address, self.0.address.as_ref())
    }

    /// What was told; null when it was not recorded.
    async fn narrative(&self, ctx: &Context<'_>) -> Result<Option<PersonalField>> {
        self.field(ctx, PersonalFieldName::Narrative, self.0.narrative.as_ref())
    }

    /// The shift in which it was found, when it lies in the asker's scope.
    async fn shift(&self, ctx: &Context<'_>) -> Result<Option<Shift>> {
        self.0.shift.map_or(Ok(None), |shift| related(ctx, shift.0))
    }

    /// The patrol run on which it was found; null when it was found on none.
    async fn run_id(&self) -> Option<ID> {
        self.0.run.map(id)
    }

    /// The security company in whose work it was found, when it lies in the asker's scope.
    async fn company(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        self.0.company.map_or(Ok(None), |company| related(ctx, company.0))
    }

    /// The contract in whose work it was found, when it lies in the asker's scope.
    async fn contract(&self, ctx: &Context<'_>) -> Result<Option<Contract>> {
        self.0.contract.map_or(Ok(None), |contract| related(ctx, contract.0))
    }

    /// When it shall be closed; null when no time was set.
    async fn due_at(&self) -> Option<When> {
        self.0.due_at
    }

    /// The units that were sent or came, each with its times.
    async fn units(&self) -> Vec<Unit> {
        let units = self.0.units.iter();
        units
            .map(|unit| Unit {
                team_id: id(unit.unit),
                dispatched_at: unit.dispatched_at,
                accepted_at: unit.accepted_at,
                en_route_at: unit.en_route_at,
                arrived_at: unit.arrived_at,
                cleared_at: unit.cleared_at,
                team: unit.unit,
            })
            .collect()
    }

    /// When the first unit was sent; null while none was.
    async fn first_dispatch_at(&self) -> Option<When> {
        self.0.first_dispatch_at()
    }

    /// When the first unit arrived; null while none has.
    async fn first_arrival_at(&self) -> Option<When> {
        self.0.first_arrival_at()
    }

    /// The incident that this one is a duplicate of; null when it stands by itself.
    async fn merged_into_id(&self) -> Option<ID> {
        self.0.merged_into.map(id)
    }

    /// Why it was raised to the level above.
    async fn escalations(&self) -> &[EscalationCause] {
        &self.0.escalations
    }

    /// To whom it was handed on.
    async fn transfers(&self) -> Vec<Transfer> {
        let transfers = self.0.transfers.iter();
        transfers
            .map(|transfer| Transfer {
                to: transfer.to,
                organisation_id: transfer.organisation.map(id),
                reference: transfer.reference.clone(),
                at: transfer.at,
            })
            .collect()
    }

    /// How it ended 处置结果; null until that is recorded, and again when it is taken up anew.
    async fn disposition(&self) -> Option<Disposition> {
        let ended = self.0.disposition.as_ref()?;
        Some(Disposition { code: ended.code, at: ended.at, of: self.clone() })
    }

    /// When it was closed; null while it is not, and again once it is opened anew.
    async fn closed_at(&self) -> Option<When> {
        self.0.closed_at
    }

    /// When it was last opened again; null when it never was.
    async fn reopened_at(&self) -> Option<When> {
        self.0.reopened_at
    }

    /// How many times it was opened again.
    async fn reopened_count(&self) -> u32 {
        self.0.reopened
    }

    /// How satisfied the reporter is, from 1 (not) to 5 (fully); null when that was not asked.
    async fn feedback_score(&self) -> Option<u8> {
        self.0.feedback_score
    }

    /// Who has seen the personal data of this incident, the latest first, exports among them: for the chief of the station
    /// and for auditors. Null for everybody else.
    async fn accesses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100.")] first: i32,
        #[graphql(desc = "Cursor of the row before the first one wanted.")] after: Option<String>,
    ) -> Result<Option<Connection<PersonalDataAccess>>> {
        accesses_to(ctx, PersonalSubject::Incident(self.0.id), first, after).await
    }
}

/// The times of one dispatch of one unit.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Unit {
    /// The team.
    team_id: ID,
    /// When it was sent; null when it came by itself.
    dispatched_at: Option<When>,
    /// When it confirmed to have been sent; null when it has not.
    accepted_at: Option<When>,
    /// When it set out; null when that was not told.
    en_route_at: Option<When>,
    /// When it arrived; null until then.
    arrived_at: Option<When>,
    /// When it was free again; null until then.
    cleared_at: Option<When>,
    #[graphql(skip)]
    team: domain::TeamId,
}

#[async_graphql::ComplexObject]
impl Unit {
    /// The team, when it lies in the asker's scope.
    async fn team(&self, ctx: &Context<'_>) -> Result<Option<Team>> {
        related(ctx, self.team.0)
    }
}

/// A hand-over of an incident to whom carries it on.
#[derive(Clone, Debug, SimpleObject)]
pub struct Transfer {
    /// What carries it on.
    to: IncidentTransferTarget,
    /// Who carries it on; null when that was not named.
    organisation_id: Option<ID>,
    /// Number of the case or mediation at the receiver; null when there is none.
    reference: Option<String>,
    /// When it was handed on.
    at: When,
}

/// How an incident ended 处置结果.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Disposition {
    /// How it ended.
    code: DispositionCode,
    /// When that was recorded.
    at: When,
    #[graphql(skip)]
    of: Incident,
}

#[async_graphql::ComplexObject]
impl Disposition {
    /// What was done; null when nothing was noted.
    async fn note(&self, ctx: &Context<'_>) -> Result<Option<PersonalField>> {
        let note = self.of.0.disposition.as_ref().and_then(|ended| ended.note.as_ref());
        self.of.field(ctx, PersonalFieldName::DispositionNote, note)
    }
}

/// Which incidents a list shows; all conditions must hold.
#[derive(Debug, Default, InputObject)]
pub struct IncidentFilter {
    /// Those in this area or inside it.
    area_prefix: Option<AreaCode>,
    /// Those in this phase.
    phase: Option<IncidentPhase>,
    /// Those of this priority.
    priority: Option<Priority>,
    /// Those of this kind.
    kind: Option<IncidentKind>,
    /// True: those not closed and not merged; false: the others.
    open: Option<bool>,
    /// Those found in the work of this security company.
    company: Option<OrganisationId>,
    /// Those found in the work of this contract.
    contract: Option<ContractId>,
    /// Those reported at this time or later.
    from: Option<When>,
    /// Those reported before this time.
    to: Option<When>,
}

impl Filter for IncidentFilter {
    fn conditions(self) -> Filters {
        let filters = Filters::default()
            .area(self.area_prefix)
            .maybe("phase = ?", self.phase.map(|phase| phase as i64))
            .maybe("priority = ?", self.priority.map(|priority| priority as i64))
            .maybe("kind = ?", self.kind.map(|kind| kind as i64))
            .id("company = ?", self.company.map(|company| company.0))
            .id("contract = ?", self.contract.map(|contract| contract.0))
            .maybe("reported_at >= ?", self.from.map(second))
            .maybe("reported_at < ?", self.to.map(second));
        match self.open {
            Some(true) => filters.when("open_since IS NOT NULL", Vec::new()),
            Some(false) => filters.when("open_since IS NULL", Vec::new()),
            None => filters,
        }
    }
}

orders! {
    /// Order of a list of incidents.
    IncidentOrder else ReportedAtDesc {
        /// The earliest report first.
        ReportedAtAsc = "reported_at", false;
        /// The latest report first.
        ReportedAtDesc = "reported_at", true;
        /// The most urgent first.
        PriorityAsc = "priority", false;
        /// The least urgent first.
        PriorityDesc = "priority", true;
        /// By phase, in the order of an incident's life.
        PhaseAsc = "phase", false;
        /// By phase, in the reverse order of an incident's life.
        PhaseDesc = "phase", true;
    }
}

#[derive(Debug, Default)]
pub struct IncidentQuery;

#[Object]
impl IncidentQuery {
    /// The incident with an id, when it lies in the asker's scope.
    async fn incident(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the incident.")] id: IncidentId,
    ) -> Result<Option<Incident>> {
        root(ctx, id.0.as_bytes()).await
    }

    /// Incidents in the asker's scope.
    async fn incidents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100.")] first: i32,
        #[graphql(desc = "Cursor of the row before the first one wanted.")] after: Option<String>,
        #[graphql(desc = "Which incidents.")] filter: Option<IncidentFilter>,
        #[graphql(desc = "In which order. Left out: the latest report first.")] order_by: Option<
            IncidentOrder,
        >,
    ) -> Result<Connection<Incident>> {
        list(ctx, Asked::new(first, after, filter, order_by)).await
    }
}
