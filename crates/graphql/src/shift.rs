//! Shifts 班次.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::{AreaCode, ContractId, DutyKind, OrganisationId, Payer, PersonId, ShiftId, TeamId, When};
use views::rows::{ShiftPhase, ShiftRow};

use crate::{
    context::{related, root},
    contract::Contract,
    node::noun,
    organisation::{Organisation, Team},
    page::{Asked, Connection, Filter, Filters, list, orders, second},
    person::Person,
    scalar::id,
};

noun!(Shift(ShiftRow), ShiftId::CATEGORY, "Shift");

/// A shift 班次: a stretch of duty of a team at a place.
#[Object]
impl Shift {
    /// Global id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Where it stands in its life.
    async fn phase(&self) -> ShiftPhase {
        self.0.phase
    }

    /// Where the duty is done.
    async fn area_code(&self) -> AreaCode {
        self.0.area
    }

    /// Whose duty it is.
    async fn organisation_id(&self) -> ID {
        id(self.0.organisation)
    }

    /// Whose duty it is, when the organisation lies in the asker's scope.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        related(ctx, self.0.organisation.0)
    }

    /// The team that fills the places; null when no team was named.
    async fn team_id(&self) -> Option<ID> {
        self.0.team.map(id)
    }

    /// The team that fills the places, when it lies in the asker's scope.
    async fn team(&self, ctx: &Context<'_>) -> Result<Option<Team>> {
        self.0.team.map_or(Ok(None), |team| related(ctx, team.0))
    }

    /// The contract that the duty is worked for; null when it is worked for none.
    async fn contract_id(&self) -> Option<ID> {
        self.0.contract.map(id)
    }

    /// The contract that the duty is worked for, when it lies in the asker's scope.
    async fn contract(&self, ctx: &Context<'_>) -> Result<Option<Contract>> {
        self.0.contract.map_or(Ok(None), |contract| related(ctx, contract.0))
    }

    /// The post of the contract; null when the duty is of no post.
    async fn post_id(&self) -> Option<ID> {
        self.0.post.map(id)
    }

    /// Kind of duty.
    async fn duty(&self) -> DutyKind {
        self.0.duty
    }

    /// Who pays for it.
    async fn payer(&self) -> Payer {
        self.0.payer
    }

    /// Begin of the duty.
    async fn starts_at(&self) -> When {
        self.0.starts_at
    }

    /// End of the duty.
    async fn ends_at(&self) -> When {
        self.0.ends_at
    }

    /// How many people it takes.
    async fn places(&self) -> u16 {
        self.0.places
    }

    /// Who has a place.
    async fn people(&self) -> Vec<ShiftPlace> {
        let people = self.0.people.iter();
        people
            .map(|place| ShiftPlace {
                person_id: id(place.person),
                acknowledged: place.acknowledged,
                clocked_in_at: place.clocked_in,
                late_report: place.late_report,
                clocked_out_at: place.clocked_out,
                certified_minutes: place.certified_minutes,
                person: place.person,
            })
            .collect()
    }

    /// How many people are on duty now.
    async fn on_duty_count(&self) -> usize {
        self.0.on_duty()
    }

    /// Places that were empty when the duty began; null while that was not noted.
    async fn uncovered_places(&self) -> Option<u16> {
        self.0.uncovered
    }

    /// Certified minutes of all people together.
    async fn certified_minutes(&self) -> i64 {
        self.0.certified_minutes()
    }

    /// How many places changed hands by trade.
    async fn trades(&self) -> u32 {
        self.0.trades
    }

    /// How many times certified minutes were corrected.
    async fn corrections(&self) -> u32 {
        self.0.corrections
    }
}

/// A person's place in a shift.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct ShiftPlace {
    /// Who has the place.
    person_id: ID,
    /// Whether the person has confirmed to have seen the assignment.
    acknowledged: bool,
    /// When the person began the duty; null until then.
    clocked_in_at: Option<When>,
    /// Whether the report of the begin reached the server late.
    late_report: bool,
    /// When the person ended the duty; null until then.
    clocked_out_at: Option<When>,
    /// Certified minutes inside the shift; null until certified.
    certified_minutes: Option<u32>,
    #[graphql(skip)]
    person: PersonId,
}

#[async_graphql::ComplexObject]
impl ShiftPlace {
    /// Who has the place, when the person lies in the asker's scope.
    async fn person(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        related(ctx, self.person.0)
    }
}

/// Which shifts a list shows; all conditions must hold.
#[derive(Debug, Default, InputObject)]
pub struct ShiftFilter {
    /// Those in this area or inside it.
    area_prefix: Option<AreaCode>,
    /// Those in this phase.
    phase: Option<ShiftPhase>,
    /// Those of this organisation.
    organisation: Option<OrganisationId>,
    /// Those of this team.
    team: Option<TeamId>,
    /// Those worked for this contract.
    contract: Option<ContractId>,
    /// Those of this kind of duty.
    duty_kind: Option<DutyKind>,
    /// Those in which this person has a place.
    person: Option<PersonId>,
    /// Those that begin at this time or later.
    from: Option<When>,
    /// Those that begin before this time.
    to: Option<When>,
}

impl Filter for ShiftFilter {
    fn conditions(self) -> Filters {
        Filters::default()
            .area(self.area_prefix)
            .maybe("phase = ?", self.phase.map(|phase| phase as i64))
            .id("organisation = ?", self.organisation.map(|organisation| organisation.0))
            .id("contract = ?", self.contract.map(|contract| contract.0))
            .id("id IN (SELECT shift FROM place WHERE person = ?)", self.person.map(|person| person.0))
            .maybe("json_extract(doc, '$.team') = ?", self.team.map(|team| team.0.to_string()))
            .maybe("duty = ?", self.duty_kind.map(|duty| duty as i64))
            .maybe("starts_at >= ?", self.from.map(second))
            .maybe("starts_at < ?", self.to.map(second))
    }
}

orders! {
    /// Order of a list of shifts.
    ShiftOrder else StartsAtDesc {
        /// The earliest begin first.
        StartsAtAsc = "starts_at", false;
        /// The latest begin first.
        StartsAtDesc = "starts_at", true;
        /// By phase, in the order of a shift's life.
        PhaseAsc = "phase", false;
        /// By phase, in the reverse order of a shift's life.
        PhaseDesc = "phase", true;
        /// By the code of the area.
        AreaAsc = "area", false;
        /// By the code of the area, the highest first.
        AreaDesc = "area", true;
    }
}

#[derive(Debug, Default)]
pub struct ShiftQuery;

#[Object]
impl ShiftQuery {
    /// The shift with an id, when it lies in the asker's scope.
    async fn shift(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the shift.")] id: ShiftId,
    ) -> Result<Option<Shift>> {
        root(ctx, id.0.as_bytes()).await
    }

    /// Shifts in the asker's scope.
    async fn shifts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100.")] first: i32,
        #[graphql(desc = "Cursor of the row before the first one wanted.")] after: Option<String>,
        #[graphql(desc = "Which shifts.")] filter: Option<ShiftFilter>,
        #[graphql(desc = "In which order. Left out: the latest begin first.")] order_by: Option<ShiftOrder>,
    ) -> Result<Connection<Shift>> {
        list(ctx, Asked::new(first, after, filter, order_by)).await
    }
}
