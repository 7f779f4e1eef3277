//! Terms of a contract as values: parts of its events and the plain input of its settlement.

use serde::{Deserialize, Serialize};

use super::ContractEvent;
use crate::{BasisPoints, Day, Fen, PostId};

/// An amount that is due beside the hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixedItem {
    pub name: String,
    pub amount: Fen,
    /// Due once, on this day. `None`: due every calendar month, in proportion to the month's days in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_on: Option<Day>,
}

/// Weight of one criterion of the assessment; the weights of a contract sum to 10,000.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssessmentWeight {
    pub criterion: String,
    pub weight: BasisPoints,
}

/// Score of one criterion: 10,000 is full marks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CriterionScore {
    pub criterion: String,
    pub score: BasisPoints,
}

/// What one post earned at one rate. `amount` = `minutes` × `rate_per_hour` ÷ 60, rounded down to whole fen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementLine {
    pub post: PostId,
    /// Covered minutes: certified, inside the required windows, and never more people at once than the post has heads.
    pub minutes: u64,
    pub rate_per_hour: Fen,
    pub amount: Fen,
}

/// What a post requires and earns, from a day on until a later definition or its own last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostTerms {
    pub effective_from: Day,
    /// Last day; `None`: until the contract ends or a later definition takes over.
    pub effective_until: Option<Day>,
    pub heads: u16,
    /// Bit 0 is Monday, bit 6 is Sunday.
    pub weekdays: u8,
    /// Begin of the window in minutes of the local day, 0 to 1,439.
    pub from_minute: u16,
    /// End of the window in minutes of the local day, up to 1,440; less than the begin when it runs over midnight.
    pub to_minute: u16,
    pub rate_per_hour: Fen,
}

impl PostTerms {
    /// The terms that a `PostDefined` brings; `None` for any other event.
    pub fn defined_by(event: &ContractEvent) -> Option<Self> {
        let ContractEvent::PostDefined {
            heads,
            weekdays,
            from_minute,
            to_minute,
            rate_per_hour,
            effective_from,
            effective_until,
            ..
        } = event
        else {
            return None;
        };
        Some(Self {
            effective_from: *effective_from,
            effective_until: *effective_until,
            heads: *heads,
            weekdays: Self::weekday_bits(weekdays),
            from_minute: *from_minute,
            to_minute: *to_minute,
            rate_per_hour: *rate_per_hour,
        })
    }

    /// ISO 8601 weekdays (1 is Monday) as bits; numbers that are no weekday are left out.
    pub fn weekday_bits(weekdays: &[u8]) -> u8 {
        weekdays.iter().filter(|day| (1..=7).contains(*day)).fold(0, |bits, day| bits | (1 << (day - 1)))
    }

    /// Length of the window on one day, in minutes.
    pub fn window_minutes(&self) -> u16 {
        if self.to_minute > self.from_minute {
            self.to_minute - self.from_minute
        } else {
            (1_440 - self.from_minute.min(1_440)) + self.to_minute
        }
    }
}

/// Fixed items and cap, from a day on until later ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoneyTerms {
    pub effective_from: Day,
    pub fixed_items: Vec<FixedItem>,
    /// Most that deductions may take of a period's gross.
    pub deduction_cap: BasisPoints,
}

/// Service level, from a day on until a later one. A tariff is the most that can be deducted per unit of a breach;
/// `None`: the contract names no tariff, the amount is decided case by case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceLevel {
    pub effective_from: Day,
    /// Least post coverage.
    pub coverage_target: BasisPoints,
    /// An incident is reported to the client and the police within this time.
    pub incident_report_minutes: u16,
    /// A rectification is completed within this time.
    pub rectification_days: u16,
    pub per_uncovered_minute: Option<Fen>,
    pub per_late_minute: Option<Fen>,
    pub per_case: Option<Fen>,
}
