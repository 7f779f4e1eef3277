//! What the decisions of a contract need to remember.

mod account;
mod apply;
mod apply_oversight;

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::Offset;

use super::{
    AssessmentWeight, BreachKind, CriterionScore, MoneyTerms, PostTerms, ServiceLevel, StatementLine,
    settlement::Presence,
};
use crate::{
    ActorId, AreaCode, BreachId, Day, Fen, OrganisationId, PersonId, PostId, PostOrderId, RectificationId,
    ShiftId, StatementId,
};

/// Where a contract stands in its life. That its last day has passed is told by the calendar, not by a phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    #[default]
    Absent,
    Drafted,
    Signed,
    Active,
    Suspended,
    Terminated,
}

crate::word::named!(Phase {
    Absent = "not drafted", "未起草";
    Drafted = "a draft", "草拟中";
    Signed = "signed and not in force yet", "已签订未生效";
    Active = "in force", "生效中";
    Suspended = "suspended", "已中止";
    Terminated = "terminated", "已终止";
});

/// What the draft fixed for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parties {
    pub company: OrganisationId,
    pub client: OrganisationId,
    pub area: AreaCode,
    pub starts_on: Day,
    /// Offset of the calendar that days and windows are told in, minutes east of UTC.
    pub utc_offset_minutes: i16,
    pub guards_from_other_province: bool,
}

impl Parties {
    /// Offset of the contract's calendar.
    pub fn offset(&self) -> Offset {
        Offset::from_seconds(i32::from(self.utc_offset_minutes) * 60).unwrap_or(Offset::UTC)
    }
}

/// A post 岗位 with all its definitions, in the order in which they were made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Name and area as last defined.
    pub name: String,
    pub area: AreaCode,
    pub terms: Vec<PostTerms>,
}

/// A post order 岗位职责.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostOrder {
    pub post: PostId,
    pub acknowledged: BTreeSet<PersonId>,
}

/// Certified presence of one person in one shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attendance {
    pub post: PostId,
    pub presence: Presence,
}

/// Where a breach stands: alleged → contested → upheld or waived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreachPhase {
    Alleged,
    Contested,
    Upheld,
    Waived,
}

crate::word::named!(BreachPhase {
    Alleged = "alleged", "已提出";
    Contested = "contested", "有异议";
    Upheld = "upheld", "已认定";
    Waived = "waived", "已免除";
});

/// A breach 违约.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breach {
    pub phase: BreachPhase,
    pub kind: BreachKind,
    pub post: Option<PostId>,
    pub on: Day,
    pub units: u32,
    pub alleged_by: ActorId,
    /// What is deducted once it is upheld.
    pub deduction: Fen,
    /// The statement that settles it.
    pub settled_by: Option<StatementId>,
}

/// A rectification 整改; in time when completed on or before its last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rectification {
    pub due_on: Day,
    pub completed_on: Option<Day>,
}

/// Where a statement stands: issued ⇄ disputed → approved; a disputed one can be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementPhase {
    Issued,
    Disputed,
    Approved,
    Replaced,
}

crate::word::named!(StatementPhase {
    Issued = "issued", "已出具";
    Disputed = "disputed", "有异议";
    Approved = "approved", "已确认";
    Replaced = "replaced", "已被替换";
});

/// A statement 结算单.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub phase: StatementPhase,
    pub from: Day,
    pub to: Day,
    pub lines: Vec<StatementLine>,
    pub payable: Fen,
    pub paid: Fen,
    pub approved_by: Option<ActorId>,
}

impl Statement {
    /// What is still to be paid.
    pub fn outstanding(&self) -> Fen {
        Fen(self.payable.0.saturating_sub(self.paid.0))
    }

    /// Whether it takes up its period: a replaced one does not.
    pub fn stands(&self) -> bool {
        match self.phase {
            StatementPhase::Issued | StatementPhase::Disputed | StatementPhase::Approved => true,
            StatementPhase::Replaced => false,
        }
    }

    /// Whether nothing in its period may change any more.
    pub fn settled(&self) -> bool {
        match self.phase {
            StatementPhase::Issued | StatementPhase::Approved => true,
            StatementPhase::Disputed | StatementPhase::Replaced => false,
        }
    }
}

/// An assessment of one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    pub from: Day,
    pub to: Day,
    pub scores: Vec<CriterionScore>,
}

/// State of a contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contract {
    pub phase: Phase,
    pub parties: Option<Parties>,
    /// Whether it ever came into force; its days then count from the first, whatever the day of the activation.
    pub activated: bool,
    /// Last day as agreed, after renewals.
    pub ends_on: Option<Day>,
    /// Last day in force after an early end.
    pub terminated_on: Option<Day>,
    /// Outcome of the last legality review.
    pub lawful: Option<bool>,
    pub cross_province_filed: bool,
    /// First day out of force and first day in force again.
    pub suspensions: Vec<(Day, Option<Day>)>,
    pub money: Vec<MoneyTerms>,
    pub service_levels: Vec<ServiceLevel>,
    pub weights: Vec<AssessmentWeight>,
    pub posts: BTreeMap<PostId, Post>,
    pub orders: BTreeMap<PostOrderId, PostOrder>,
    pub attendance: BTreeMap<(ShiftId, PersonId), Attendance>,
    pub breaches: BTreeMap<BreachId, Breach>,
    pub rectifications: BTreeMap<RectificationId, Rectification>,
    pub assessments: Vec<Assessment>,
    pub statements: BTreeMap<StatementId, Statement>,
    /// By reference of the transfer.
    pub payments: BTreeMap<String, (StatementId, Fen)>,
}
