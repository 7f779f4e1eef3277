//! Posts 岗位, attendances 到岗, breaches 违约 and statements 结算单 of a contract.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use domain::{
    AreaCode, BreachId, ContractId, Day, Fen, PersonId, PostId, ShiftId, StatementId, When,
    contract::BreachKind,
};
use views::{
    Scope,
    rows::{AttendanceRow, BreachPhase, BreachRow, ContractRow, PostRow, StatementPhase, StatementRow},
};

use super::Contract;
use crate::{
    context::{related, signed_in},
    error::views_fault,
    figure::shown,
    node::{Noun, noun},
    page::orders,
    scalar::{event_ids, id, ids},
};

noun!(Post(PostRow), PostId::CATEGORY, "Post");
noun!(Breach(BreachRow), BreachId::CATEGORY, "Breach");
noun!(Statement(StatementRow), StatementId::CATEGORY, "Statement");
noun!(
    Attendance(AttendanceRow),
    "attendance",
    "Attendance",
    /// `<shift>-<person>`, both as hyphenated UUIDs.
    fn key(id: &str) -> Option<Vec<u8>> {
        let (shift, person) = id.split_at_checked(uuid::fmt::Hyphenated::LENGTH)?;
        let shift = uuid::Uuid::try_parse(shift).ok()?;
        let person = uuid::Uuid::try_parse(person.strip_prefix('-')?).ok()?;
        Some(AttendanceRow::key_of(ShiftId(shift), PersonId(person)))
    }
);

/// A part of a contract by its own key, when its contract lies in the asker's scope.
fn reached<N: Noun>(ctx: &Context<'_>, key: &[u8], contract: fn(&N::Row) -> ContractId) -> Result<Option<N>> {
    let asker = signed_in(ctx)?;
    let found = asker.app.views().read_now(|snapshot| {
        let Some(row) = snapshot.one::<N::Row>(&Scope::everything(), key)? else { return Ok(None) };
        let seen = snapshot.one::<ContractRow>(&asker.viewer.scope, contract(&row).0.as_bytes())?;
        Ok(seen.map(|_| N::from(row)))
    });
    found.map_err(|cause| views_fault(ctx, cause))
}

impl Post {
    pub(crate) fn reached(ctx: &Context<'_>, key: &[u8]) -> Result<Option<Self>> {
        reached(ctx, key, |row: &PostRow| row.contract)
    }
}

impl Breach {
    pub(crate) fn reached(ctx: &Context<'_>, key: &[u8]) -> Result<Option<Self>> {
        reached(ctx, key, |row: &BreachRow| row.contract)
    }
}

impl Attendance {
    pub(crate) fn reached(ctx: &Context<'_>, key: &[u8]) -> Result<Option<Self>> {
        reached(ctx, key, |row: &AttendanceRow| row.contract)
    }
}

impl Statement {
    pub(crate) fn reached(ctx: &Context<'_>, key: &[u8]) -> Result<Option<Self>> {
        reached(ctx, key, |row: &StatementRow| row.contract)
    }
}

/// A post 岗位 with all its definitions.
#[Object]
impl Post {
    /// Global id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The contract it belongs to.
    async fn contract_id(&self) -> ID {
        id(self.0.contract)
    }

    /// The contract it belongs to, when it lies in the asker's scope.
    async fn contract(&self, ctx: &Context<'_>) -> Result<Option<Contract>> {
        related(ctx, self.0.contract.0)
    }

    /// Its definitions; a later one takes over from its day on.
    async fn definitions(&self) -> Vec<PostDefinition> {
        let definitions = self.0.definitions.iter();
        definitions
            .map(|terms| PostDefinition {
                effective_from: terms.effective_from,
                effective_until: terms.effective_until,
                name: terms.name.clone(),
                area_code: terms.area,
                heads: terms.heads,
                weekdays: terms.weekdays.iter().copied().map(i32::from).collect(),
                from_minute: terms.from_minute,
                to_minute: terms.to_minute,
                rate_per_hour: terms.rate_per_hour,
                event_ids: event_ids(&[terms.event]),
            })
            .collect()
    }
}

/// One definition of a post.
#[derive(Clone, Debug, SimpleObject)]
pub struct PostDefinition {
    /// First day of these terms.
    effective_from: Day,
    /// Last day of these terms; null until a later definition or the contract's end.
    effective_until: Option<Day>,
    /// Name of the post.
    name: String,
    /// Where the post is.
    area_code: AreaCode,
    /// How many guards stand there at once.
    heads: u16,
    /// Days of the week on which the window begins: 1 is Monday, 7 is Sunday.
    weekdays: Vec<i32>,
    /// Begin of the window in minutes of the local day.
    from_minute: u16,
    /// End of the window in minutes of the local day; less than the begin when it runs over midnight.
    to_minute: u16,
    /// Rate for one guard and one hour.
    rate_per_hour: Fen,
    /// The recorded events behind it.
    event_ids: Vec<ID>,
}

/// A certified attendance 到岗 of one guard in one shift.
#[Object]
impl Attendance {
    /// Global id: `attendance-<shift>-<person>`, with the UUIDs of both.
    pub async fn id(&self) -> ID {
        ID(format!("attendance-{}-{}", self.0.shift.0.as_hyphenated(), self.0.person.0.as_hyphenated()))
    }

    /// The post.
    async fn post_id(&self) -> ID {
        id(self.0.post)
    }

    /// The shift.
    async fn shift_id(&self) -> ID {
        id(self.0.shift)
    }

    /// The guard.
    async fn person_id(&self) -> ID {
        id(self.0.person)
    }

    /// Begin of the presence.
    async fn from(&self) -> When {
        self.0.from
    }

    /// End of the presence.
    async fn to(&self) -> When {
        self.0.to
    }

    /// Whole minutes of presence.
    async fn minutes(&self) -> u32 {
        self.0.minutes
    }

    /// The recorded events behind it: the certification, then its corrections.
    async fn event_ids(&self) -> Vec<ID> {
        event_ids(&self.0.events)
    }
}

/// A breach 违约 of a contract.
#[Object]
impl Breach {
    /// Global id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The contract that was breached.
    async fn contract_id(&self) -> ID {
        id(self.0.contract)
    }

    /// What was breached.
    async fn kind(&self) -> BreachKind {
        self.0.kind
    }

    /// The post it happened at; null when it is of no post.
    async fn post_id(&self) -> Option<ID> {
        self.0.post.map(id)
    }

    /// Day of the breach.
    async fn on(&self) -> Day {
        self.0.on
    }

    /// How many minutes or cases, by kind.
    async fn units(&self) -> u32 {
        self.0.units
    }

    /// State of the breach.
    async fn phase(&self) -> BreachPhase {
        self.0.phase
    }

    /// What it costs; null unless it is upheld.
    async fn deduction(&self) -> Option<Fen> {
        self.0.deduction
    }

    /// The recorded events behind it.
    async fn event_ids(&self) -> Vec<ID> {
        event_ids(&self.0.events)
    }
}

/// A statement 结算单 of a period of a contract.
#[Object]
impl Statement {
    /// Global id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The contract that is settled.
    async fn contract_id(&self) -> ID {
        id(self.0.contract)
    }

    /// First day of the period.
    async fn from(&self) -> Day {
        self.0.from
    }

    /// Last day of the period.
    async fn to(&self) -> Day {
        self.0.to
    }

    /// State of the statement.
    async fn phase(&self) -> StatementPhase {
        self.0.phase
    }

    /// What is due for hours, by post and rate.
    async fn lines(&self) -> Vec<StatementLine> {
        shown(&self.0.lines)
    }

    /// Sum of the fixed items.
    async fn fixed(&self) -> Fen {
        self.0.fixed
    }

    /// Lines and fixed items together.
    async fn gross(&self) -> Fen {
        self.0.gross
    }

    /// Sum of the deductions of the upheld breaches.
    async fn deductions(&self) -> Fen {
        self.0.deductions
    }

    /// Most that may be deducted: a share of the gross, as the contract has it.
    async fn cap(&self) -> Fen {
        self.0.cap
    }

    /// What is deducted: the deductions, at most the cap.
    async fn deducted(&self) -> Fen {
        self.0.deducted
    }

    /// What is to be paid: gross without what is deducted.
    async fn payable(&self) -> Fen {
        self.0.payable
    }

    /// What has been paid.
    async fn paid(&self) -> Fen {
        self.0.paid
    }

    /// The upheld breaches that are deducted.
    async fn breach_ids(&self) -> Vec<ID> {
        ids(&self.0.breaches)
    }

    /// The disputed statement in whose place it stands; null when it stands in place of none.
    async fn replaces_id(&self) -> Option<ID> {
        self.0.replaces.map(id)
    }

    /// The recorded events behind it.
    async fn event_ids(&self) -> Vec<ID> {
        event_ids(&self.0.events)
    }
}

/// What is due for the hours of one post at one rate.
#[derive(Clone, Debug, SimpleObject)]
pub struct StatementLine {
    /// The post.
    post_id: ID,
    /// Certified minutes inside the required windows.
    minutes: u64,
    /// Rate for one guard and one hour.
    rate_per_hour: Fen,
    /// Minutes times rate ÷ 60, rounded down to whole fen.
    amount: Fen,
}

impl From<&domain::contract::StatementLine> for StatementLine {
    fn from(line: &domain::contract::StatementLine) -> Self {
        Self {
            post_id: id(line.post),
            minutes: line.minutes,
            rate_per_hour: line.rate_per_hour,
            amount: line.amount,
        }
    }
}

orders! {
    /// Order of a list of breaches.
    BreachOrder else OnDesc {
        /// The earliest day first.
        OnAsc = "happened_on", false;
        /// The latest day first.
        OnDesc = "happened_on", true;
    }
}

orders! {
    /// Order of a list of statements.
    StatementOrder else FromDesc {
        /// The earliest period first.
        FromAsc = "from_day", false;
        /// The latest period first.
        FromDesc = "from_day", true;
    }
}
