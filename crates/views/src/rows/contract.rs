use domain::{
    AreaCode, BasisPoints, BreachId, ContractId, Day, Fen, OrganisationId, PersonId, PostId, RectificationId,
    ShiftId, StatementId, When,
    contract::{AssessmentWeight, BreachKind, FixedItem, ForbiddenTask, StatementLine},
};
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{blob, pair, phases, second, text};
use crate::{Row, calendar::day_number, scope::ScopeColumns};

phases! {
    /// Where a contract 保安服务合同 stands in its life.
    ContractPhase {
        /// Written down, not reviewed yet.
        Drafted,
        /// The company has reviewed whether what is asked for is lawful.
        Reviewed,
        /// Both parties have signed.
        Signed,
        /// In force.
        Active,
        /// Out of force for a time.
        Suspended,
        /// Ended before its time.
        Terminated,
    }

    /// State of a breach 违约.
    BreachPhase {
        /// Said to have happened.
        Alleged,
        /// The company says otherwise.
        Contested,
        /// Found to have happened; it may be deducted.
        Upheld,
        /// Dropped.
        Waived,
    }

    /// State of a statement 结算单.
    StatementPhase {
        /// Sent to both parties.
        Issued,
        /// A party says that it is wrong.
        Disputed,
        /// The client has approved it for payment.
        Approved,
        /// Paid in full.
        Paid,
    }
}

/// Terms of money, from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyVersion {
    pub effective_from: Day,
    pub fixed_items: Vec<FixedItem>,
    pub deduction_cap: BasisPoints,
}

/// Service level, from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceLevelVersion {
    pub effective_from: Day,
    pub coverage_target: BasisPoints,
    pub incident_report_minutes: u16,
    pub rectification_days: u16,
}

/// A rectification 整改.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rectification {
    pub id: RectificationId,
    pub breach: Option<BreachId>,
    pub due_on: Day,
    pub completed_on: Option<Day>,
    /// The order, then the completion.
    pub events: Vec<Uuid>,
}

/// A scored assessment; `total` is Σ weight × score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    pub from: Day,
    pub to: Day,
    pub total: BasisPoints,
    pub event: Uuid,
}

/// A refused request for a forbidden task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub task: ForbiddenTask,
    pub requested_by: OrganisationId,
    pub event: Uuid,
}

/// A contract with its terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractRow {
    pub id: ContractId,
    pub company: OrganisationId,
    pub client: OrganisationId,
    pub area: AreaCode,
    pub number: String,
    pub service: String,
    pub rights_and_duties: String,
    pub starts_on: Day,
    pub ends_on: Day,
    pub utc_offset_minutes: i16,
    pub guards_from_other_province: bool,
    pub phase: ContractPhase,
    pub activated: bool,
    pub lawful: Option<bool>,
    pub signed_on: Option<Day>,
    pub filed_on: Option<Day>,
    pub money: Vec<MoneyVersion>,
    pub weights: Vec<AssessmentWeight>,
    pub service_levels: Vec<ServiceLevelVersion>,
    pub suspensions: Vec<(Day, Option<Day>)>,
    pub last_day: Option<Day>,
    pub rectifications: Vec<Rectification>,
    pub assessments: Vec<Assessment>,
    pub refusals: Vec<Refusal>,
    pub orders: u32,
    pub order_acknowledgements: u32,
}

impl ContractRow {
    /// Whether the terms hold on this day: activated, inside the contract and not suspended.
    pub fn in_force_on(&self, day: Day) -> bool {
        let last = self.last_day.map_or(self.ends_on, |last| last.min(self.ends_on));
        let suspended = self
            .suspensions
            .iter()
            .any(|(from, until)| *from <= day && until.is_none_or(|until| day < until));
        self.activated && self.starts_on <= day && day <= last && !suspended
    }
}

impl Row for ContractRow {
    const TABLE: &'static str = "contract";
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("area", "TEXT NOT NULL"),
        ("company", "BLOB NOT NULL"),
        ("client", "BLOB NOT NULL"),
        ("phase", "INTEGER NOT NULL"),
        ("ends_on", "INTEGER NOT NULL"),
    ];
    const INDEXES: &'static [&'static str] = &["area", "company", "client"];
    const SCOPE: ScopeColumns =
        ScopeColumns { area: Some("area"), organisations: &["company", "client"], person: None };
    const FOLLOWED: bool = true;

    fn key(&self) -> Vec<u8> {
        self.id.0.as_bytes().to_vec()
    }

    fn columns(&self) -> Vec<Value> {
        vec![
            text(&self.area),
            blob(self.company.0),
            blob(self.client.0),
            Value::Integer(self.phase as i64),
            Value::Integer(i64::from(day_number(self.ends_on))),
        ]
    }
}

/// One definition of a post; a later one takes over from its day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostDefinition {
    pub effective_from: Day,
    pub effective_until: Option<Day>,
    pub name: String,
    pub area: AreaCode,
    pub heads: u16,
    pub weekdays: Vec<u8>,
    pub from_minute: u16,
    pub to_minute: u16,
    pub rate_per_hour: Fen,
    pub event: Uuid,
}

/// A post 岗位 with all its definitions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostRow {
    pub id: PostId,
    pub contract: ContractId,
    pub definitions: Vec<PostDefinition>,
}

/// Rows that belong to a contract are reached through it.
const OF_CONTRACT: ScopeColumns = ScopeColumns { area: None, organisations: &[], person: None };

impl Row for PostRow {
    const TABLE: &'static str = "post";
    const COLUMNS: &'static [(&'static str, &'static str)] = &[("contract", "BLOB NOT NULL")];
    const INDEXES: &'static [&'static str] = &["contract"];
    const SCOPE: ScopeColumns = OF_CONTRACT;

    fn key(&self) -> Vec<u8> {
        self.id.0.as_bytes().to_vec()
    }

    fn columns(&self) -> Vec<Value> {
        vec![blob(self.contract.0)]
    }
}

/// A certified attendance 到岗 of one guard in one shift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttendanceRow {
    pub contract: ContractId,
    pub post: PostId,
    pub shift: ShiftId,
    pub person: PersonId,
    pub from: When,
    pub to: When,
    pub minutes: u32,
    /// The certification, then its corrections.
    pub events: Vec<Uuid>,
}

impl AttendanceRow {
    /// The key of the attendance of one guard in one shift.
    pub fn key_of(shift: ShiftId, person: PersonId) -> Vec<u8> {
        pair(shift.0, person.0)
    }
}

impl Row for AttendanceRow {
    const TABLE: &'static str = "attendance";
    const COLUMNS: &'static [(&'static str, &'static str)] =
        &[("contract", "BLOB NOT NULL"), ("starts_at", "INTEGER NOT NULL")];
    const INDEXES: &'static [&'static str] = &["contract, starts_at"];
    const SCOPE: ScopeColumns = OF_CONTRACT;

    fn key(&self) -> Vec<u8> {
        Self::key_of(self.shift, self.person)
    }

    fn columns(&self) -> Vec<Value> {
        vec![blob(self.contract.0), second(self.from)]
    }
}

/// A breach 违约.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreachRow {
    pub id: BreachId,
    pub contract: ContractId,
    pub kind: BreachKind,
    pub post: Option<PostId>,
    pub on: Day,
    pub units: u32,
    pub phase: BreachPhase,
    /// What an upheld breach costs.
    pub deduction: Option<Fen>,
    pub events: Vec<Uuid>,
}

impl Row for BreachRow {
    const TABLE: &'static str = "breach";
    const COLUMNS: &'static [(&'static str, &'static str)] =
        &[("contract", "BLOB NOT NULL"), ("happened_on", "INTEGER NOT NULL")];
    const INDEXES: &'static [&'static str] = &["contract, happened_on"];
    const SCOPE: ScopeColumns = OF_CONTRACT;

    fn key(&self) -> Vec<u8> {
        self.id.0.as_bytes().to_vec()
    }

    fn columns(&self) -> Vec<Value> {
        vec![blob(self.contract.0), Value::Integer(i64::from(day_number(self.on)))]
    }
}

/// A statement 结算单.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementRow {
    pub id: StatementId,
    pub contract: ContractId,
    pub from: Day,
    pub to: Day,
    pub lines: Vec<StatementLine>,
    pub fixed: Fen,
    pub gross: Fen,
    pub deductions: Fen,
    pub cap: Fen,
    pub deducted: Fen,
    pub payable: Fen,
    pub breaches: Vec<BreachId>,
    pub replaces: Option<StatementId>,
    pub phase: StatementPhase,
    pub paid: Fen,
    pub events: Vec<Uuid>,
}

impl Row for StatementRow {
    const TABLE: &'static str = "statement";
    const COLUMNS: &'static [(&'static str, &'static str)] =
        &[("contract", "BLOB NOT NULL"), ("from_day", "INTEGER NOT NULL")];
    const INDEXES: &'static [&'static str] = &["contract, from_day"];
    const SCOPE: ScopeColumns = OF_CONTRACT;

    fn key(&self) -> Vec<u8> {
        self.id.0.as_bytes().to_vec()
    }

    fn columns(&self) -> Vec<Value> {
        vec![blob(self.contract.0), Value::Integer(i64::from(day_number(self.from)))]
    }
}
