//! What is owed. Every amount is whole fen; a share of a fen is rounded down, line by line.

use std::collections::BTreeMap;

use super::{Presence, Window, covered_minutes_by_rate, in_force};
use crate::{
    BasisPoints, Day, Fen, PostId,
    contract::{MoneyTerms, StatementLine},
};

/// A computed statement: `gross` = Σ `lines` + `fixed`, `deducted` = min(`deductions`, `cap`),
/// `payable` = `gross` − `deducted`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    pub lines: Vec<StatementLine>,
    pub fixed: Fen,
    pub gross: Fen,
    /// Sum of the upheld deductions, before the cap.
    pub deductions: Fen,
    pub cap: Fen,
    pub deducted: Fen,
    pub payable: Fen,
}

/// The lines of one post, one per rate in force. `None` when an amount does not fit.
pub fn lines(post: PostId, windows: &[Window], presences: &[Presence]) -> Option<Vec<StatementLine>> {
    covered_minutes_by_rate(windows, presences)
        .into_iter()
        .map(|(rate_per_hour, minutes)| {
            let amount = i128::from(rate_per_hour.0) * i128::from(minutes) / 60;
            let amount = Fen(i64::try_from(amount).ok()?);
            Some(StatementLine { post, minutes, rate_per_hour, amount })
        })
        .collect()
}

/// The fixed items of these days by the terms in force on each. A monthly item earns, per calendar month, its amount ×
/// (days in force ÷ days of the month), rounded down; a single item earns its amount when its day is among them.
/// `None` when an amount does not fit.
pub fn fixed_amount(terms: &[MoneyTerms], days: &[Day]) -> Option<Fen> {
    let mut sum = 0_i64;
    // Days by the terms that rule them and by calendar month.
    let mut months: BTreeMap<(Day, i16, i8), i64> = BTreeMap::new();
    let mut month_lengths: BTreeMap<(i16, i8), i64> = BTreeMap::new();
    for day in days {
        let Some(ruling) = in_force(terms, *day, |t| t.effective_from) else { continue };
        for item in ruling.fixed_items.iter().filter(|item| item.due_on == Some(*day)) {
            sum = sum.checked_add(item.amount.0)?;
        }
        let month = (day.0.year(), day.0.month());
        *months.entry((ruling.effective_from, month.0, month.1)).or_default() += 1;
        month_lengths.insert(month, i64::from(day.0.days_in_month()));
    }
    for ((effective_from, year, month), count) in months {
        let ruling = in_force(terms, effective_from, |t| t.effective_from)?;
        let length = month_lengths.get(&(year, month)).copied().unwrap_or(31);
        for item in ruling.fixed_items.iter().filter(|item| item.due_on.is_none()) {
            let part = i128::from(item.amount.0) * i128::from(count) / i128::from(length);
            sum = sum.checked_add(i64::try_from(part).ok()?)?;
        }
    }
    Some(Fen(sum))
}

/// Adds it up: lines and fixed items, less the upheld deductions up to the cap (a share of the gross).
/// `None` when an amount does not fit.
pub fn bill(
    lines: Vec<StatementLine>,
    fixed: Fen,
    deductions: impl IntoIterator<Item = Fen>,
    cap: BasisPoints,
) -> Option<Bill> {
    let gross = lines.iter().try_fold(fixed, |sum, line| sum.plus(line.amount))?;
    let deductions = deductions.into_iter().try_fold(Fen(0), Fen::plus)?;
    let cap = cap.of(gross);
    let deducted = deductions.min(cap);
    Some(Bill {
        lines,
        fixed,
        gross,
        deductions,
        cap,
        deducted,
        payable: Fen(gross.0.checked_sub(deducted.0)?),
    })
}
