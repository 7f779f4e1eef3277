//! What happens to a contract.

use serde::{Deserialize, Serialize};

use super::{
    AssessmentWeight, BreachKind, ContractTask, CriterionScore, FixedItem, ForbiddenTask, StatementLine,
};
use crate::{
    ActorId, AreaCode, BasisPoints, BreachId, Day, EventBody, Fen, OrganisationId, PersonId, Personal,
    PostId, PostOrderId, RectificationId, ShiftId, StatementId, When,
};

/// Events of a contract. Days are days of the contract's own calendar. Texts name no people; persons stand as ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum ContractEvent {
    /// States service items, content, rights and duties (Regulation on security services, art. 21).
    ContractDrafted {
        company: OrganisationId,
        client: OrganisationId,
        area: AreaCode,
        number: String,
        service: String,
        rights_and_duties: String,
        starts_on: Day,
        ends_on: Day,
        /// Offset of the calendar that days and windows are told in, minutes east of UTC.
        utc_offset_minutes: i16,
        fixed_items: Vec<FixedItem>,
        deduction_cap: BasisPoints,
        assessment_weights: Vec<AssessmentWeight>,
        /// Guards come from another province: a filing is needed (art. 23).
        guards_from_other_province: bool,
    },
    /// The company checked the legality of what the client asks for (art. 21).
    LegalityReviewed {
        lawful: bool,
        findings: String,
    },
    ContractSigned {
        signed_on: Day,
    },
    /// Filed with the public security organ of the prefecture where the service is given (art. 23).
    CrossProvinceFiled {
        number: String,
        filed_on: Day,
    },
    ContractActivated {},
    /// Only what is named changes, from `effective_from` on.
    ContractAmended {
        effective_from: Day,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        service: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rights_and_duties: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fixed_items: Option<Vec<FixedItem>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deduction_cap: Option<BasisPoints>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assessment_weights: Option<Vec<AssessmentWeight>>,
        reason: String,
    },
    /// Defines a post, or defines it anew from `effective_from` on.
    PostDefined {
        post: PostId,
        name: String,
        area: AreaCode,
        heads: u16,
        /// ISO 8601: 1 is Monday, 7 is Sunday; ascending.
        weekdays: Vec<u8>,
        from_minute: u16,
        to_minute: u16,
        rate_per_hour: Fen,
        effective_from: Day,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        effective_until: Option<Day>,
    },
    ServiceLevelSet {
        effective_from: Day,
        coverage_target: BasisPoints,
        incident_report_minutes: u16,
        rectification_days: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        per_uncovered_minute: Option<Fen>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        per_late_minute: Option<Fen>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        per_case: Option<Fen>,
    },
    PostOrderIssued {
        order: PostOrderId,
        post: PostId,
        tasks: Vec<ContractTask>,
        text: String,
    },
    PostOrderAcknowledged {
        order: PostOrderId,
        person: PersonId,
    },
    /// Presence of one guard on a post that may be billed; `from` and `to` are whole minutes.
    AttendanceCertified {
        post: PostId,
        shift: ShiftId,
        person: PersonId,
        from: When,
        to: When,
        minutes: u32,
    },
    /// Replaces the attendance of this person in this shift; the original stays in the log.
    AttendanceCorrected {
        shift: ShiftId,
        person: PersonId,
        from: When,
        to: When,
        minutes: u32,
        reason: String,
    },
    BreachAlleged {
        breach: BreachId,
        kind: BreachKind,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        post: Option<PostId>,
        /// Day of the breach.
        on: Day,
        /// Minutes or cases, by kind.
        units: u32,
        description: String,
        alleged_by: ActorId,
    },
    BreachContested {
        breach: BreachId,
        answer: String,
    },
    BreachUpheld {
        breach: BreachId,
        deduction: Fen,
        reason: String,
    },
    BreachWaived {
        breach: BreachId,
        reason: String,
    },
    RectificationOrdered {
        rectification: RectificationId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        breach: Option<BreachId>,
        text: String,
        due_on: Day,
    },
    RectificationCompleted {
        rectification: RectificationId,
        completed_on: Day,
        result: String,
    },
    /// `total` = Σ weight × score ÷ 10,000, rounded down.
    AssessmentScored {
        from: Day,
        to: Day,
        scores: Vec<CriterionScore>,
        total: BasisPoints,
    },
    /// `gross` = Σ lines + `fixed`; `deducted` = the lesser of `deductions` and `cap`; `payable` = `gross` − `deducted`.
    StatementIssued {
        statement: StatementId,
        from: Day,
        to: Day,
        lines: Vec<StatementLine>,
        fixed: Fen,
        gross: Fen,
        /// Sum over `breaches`.
        deductions: Fen,
        cap: Fen,
        deducted: Fen,
        payable: Fen,
        /// The upheld breaches that are settled with this statement.
        breaches: Vec<BreachId>,
        /// The disputed statement in whose place it stands.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replaces: Option<StatementId>,
    },
    StatementDisputed {
        statement: StatementId,
        reason: String,
    },
    StatementApproved {
        statement: StatementId,
        approved_by: ActorId,
    },
    PaymentRecorded {
        statement: StatementId,
        amount: Fen,
        paid_on: Day,
        /// Reference of the transfer, unique in the contract.
        reference: String,
    },
    /// Out of force from this day on.
    ContractSuspended {
        from: Day,
        reason: String,
    },
    /// In force again from this day on.
    ContractResumed {
        from: Day,
    },
    ContractRenewed {
        ends_on: Day,
    },
    ContractTerminated {
        /// Last day in force.
        last_day: Day,
        reason: String,
    },
    /// A request for a forbidden task was refused and reported to the police (art. 21 and 30).
    UnlawfulRequestRefused {
        task: ForbiddenTask,
        requested_by: OrganisationId,
        reported_to: OrganisationId,
        note: String,
    },
}

impl EventBody for ContractEvent {
    fn personal_mut(&mut self) -> Vec<&mut Personal> {
        vec![]
    }
}
