//! What follows from the state: days in force, coverage, the bill of a period, retention.

use jiff::ToSpan;

use super::{Breach, BreachPhase, Contract, Statement, StatementPhase};
use crate::{
    BreachId, Day, PostId, StatementId,
    contract::{
        MoneyTerms, ServiceLevel,
        settlement::{self, Bill, Coverage, Presence},
    },
};

impl Contract {
    /// Last day in force: of an early end, else as agreed.
    pub fn last_day(&self) -> Option<Day> {
        match (self.terminated_on, self.ends_on) {
            (Some(terminated), Some(agreed)) => Some(terminated.min(agreed)),
            (terminated, agreed) => terminated.or(agreed),
        }
    }

    /// The day until which the contract must be kept: two years after its end (Regulation on security services,
    /// art. 21). `None` when it does not exist.
    pub fn retained_until(&self) -> Option<Day> {
        let end = self.last_day()?;
        Some(Day(end.0.checked_add(2.years()).unwrap_or(jiff::civil::Date::MAX)))
    }

    /// Whether the contract may be erased on `today` (art. 21): its retention has lapsed.
    pub fn may_be_erased(&self, today: Day) -> bool {
        self.retained_until().is_some_and(|until| today > until)
    }

    /// Whether the terms hold on this day: activated, inside the contract and not suspended.
    pub fn in_force_on(&self, day: Day) -> bool {
        let started = self.activated && self.parties.is_some_and(|parties| parties.starts_on <= day);
        let suspended = self
            .suspensions
            .iter()
            .any(|(from, until)| *from <= day && until.is_none_or(|until| day < until));
        started && self.last_day().is_some_and(|last| day <= last) && !suspended
    }

    /// The days of a period on which the contract is in force.
    pub fn days_in_force(&self, from: Day, to: Day) -> Vec<Day> {
        settlement::days(from, to).filter(|day| self.in_force_on(*day)).collect()
    }

    /// Certified presences on a post.
    pub fn presences(&self, post: PostId) -> Vec<Presence> {
        self.attendance.values().filter(|a| a.post == post).map(|a| a.presence).collect()
    }

    /// Coverage of a post in a period; `None` when there is no such post.
    pub fn coverage(&self, post: PostId, from: Day, to: Day) -> Option<Coverage> {
        let terms = &self.posts.get(&post)?.terms;
        let windows =
            settlement::windows(terms, &self.days_in_force(from, to), self.parties.as_ref()?.offset());
        Some(settlement::coverage(&windows, &self.presences(post)))
    }

    /// The bill of a period and the breaches it settles: those upheld of days up to its end that no other standing
    /// statement has settled (the one to be replaced does not count). `None` when an amount does not fit.
    pub fn bill(&self, from: Day, to: Day, replaces: Option<StatementId>) -> Option<(Bill, Vec<BreachId>)> {
        let offset = self.parties.as_ref()?.offset();
        let days = self.days_in_force(from, to);
        let mut lines = Vec::new();
        for (id, post) in &self.posts {
            let windows = settlement::windows(&post.terms, &days, offset);
            lines.extend(settlement::lines(*id, &windows, &self.presences(*id))?);
        }
        let fixed = settlement::fixed_amount(&self.money, &days)?;
        let due = |breach: &Breach| {
            breach.phase == BreachPhase::Upheld
                && breach.on <= to
                && (breach.settled_by.is_none() || breach.settled_by == replaces)
        };
        let settles: Vec<BreachId> =
            self.breaches.iter().filter(|(_, breach)| due(breach)).map(|(id, _)| *id).collect();
        let deductions = settles.iter().filter_map(|id| self.breaches.get(id)).map(|breach| breach.deduction);
        let cap = self.money_on(to).map(|terms| terms.deduction_cap).unwrap_or_default();
        Some((settlement::bill(lines, fixed, deductions, cap)?, settles))
    }

    /// Fixed items and cap on a day.
    pub fn money_on(&self, day: Day) -> Option<&MoneyTerms> {
        settlement::in_force(&self.money, day, |terms| terms.effective_from)
    }

    /// Service level on a day.
    pub fn service_level_on(&self, day: Day) -> Option<&ServiceLevel> {
        settlement::in_force(&self.service_levels, day, |level| level.effective_from)
    }

    /// A settled statement (issued or approved) whose period reaches `day` or beyond.
    pub(in crate::contract) fn settled_from(&self, day: Day) -> Option<&Statement> {
        self.statements.values().find(|statement| statement.settled() && statement.to >= day)
    }

    /// A settled statement that a presence on this post has a part in.
    pub(in crate::contract) fn settled_with(&self, post: PostId, presence: Presence) -> Option<&Statement> {
        let offset = self.parties.as_ref()?.offset();
        let terms = &self.posts.get(&post)?.terms;
        // A window that began on the day before may run into the presence.
        let first = settlement::day_of_minute(presence.from, offset).0.yesterday().ok()?;
        let last = settlement::day_of_minute(presence.to, offset);
        let days = self.days_in_force(Day(first), last);
        let windows = settlement::windows(terms, &days, offset);
        let touched: Vec<Day> = windows
            .iter()
            .filter(|window| presence.from < window.to && window.from < presence.to)
            .map(|window| window.day)
            .collect();
        self.statements.values().find(|statement| {
            statement.settled() && touched.iter().any(|day| (statement.from..=statement.to).contains(day))
        })
    }

    /// A standing statement whose period overlaps this one.
    pub(in crate::contract) fn overlapping(
        &self,
        from: Day,
        to: Day,
        replaces: Option<StatementId>,
    ) -> Option<&Statement> {
        let standing = |(id, statement): &(&StatementId, &Statement)| {
            statement.phase != StatementPhase::Replaced && replaces != Some(**id)
        };
        self.statements
            .iter()
            .filter(standing)
            .map(|(_, statement)| statement)
            .find(|statement| statement.from <= to && from <= statement.to)
    }
}
