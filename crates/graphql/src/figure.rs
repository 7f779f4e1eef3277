//! Figures as they are shown: never a bare percentage, always what it is made of.

use async_graphql::{Enum, ID, SimpleObject};
use domain::{Day, Payer, Priority, TeamKind, incident::IncidentKind};
use views::query;

use crate::scalar::event_ids;

/// Whole local days, both ends included.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct Period {
    /// First day.
    from: Day,
    /// Last day.
    to: Day,
}

impl From<views::Period> for Period {
    fn from(period: views::Period) -> Self {
        Self { from: period.from, to: period.to }
    }
}

/// Why something is not part of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "query::LeftOutReason")]
pub enum LeftOutReason {
    /// Part of a drill.
    Drill,
    /// Reported twice; the other report counts.
    MergedDuplicate,
    /// Found by a patrol itself.
    SelfInitiated,
    /// It has not happened yet, or nobody told.
    NotYet,
    /// Skipped with a reason.
    Skipped,
}

/// How much was left out of a figure, and why.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct LeftOut {
    /// Why.
    reason: LeftOutReason,
    /// How many of them.
    count: i64,
}

fn left_out(parts: &[query::LeftOut]) -> Vec<LeftOut> {
    parts.iter().map(|part| LeftOut { reason: part.reason.into(), count: part.count }).collect()
}

/// A count, a sum or a share, with what it is made of.
#[derive(Clone, Debug, SimpleObject)]
pub struct Figure {
    /// The count or sum; of a share, the part.
    numerator: i64,
    /// The whole of a share; null for a plain count.
    denominator: Option<i64>,
    /// The share in 1/10,000, rounded down; null without a denominator and where it is 0.
    basis_points: Option<i64>,
    /// What was left out, and why.
    left_out: Vec<LeftOut>,
    /// The recorded events behind it, at most 1,000.
    event_ids: Vec<ID>,
    /// How many recorded events are behind it.
    events_total: u64,
}

impl From<&query::Figure> for Figure {
    fn from(figure: &query::Figure) -> Self {
        Self {
            numerator: figure.numerator,
            denominator: figure.denominator,
            basis_points: figure.basis_points(),
            left_out: left_out(&figure.left_out),
            event_ids: event_ids(&figure.events),
            events_total: figure.events_total,
        }
    }
}

/// Durations of what has both ends.
#[derive(Clone, Debug, SimpleObject)]
pub struct Durations {
    /// How many there are.
    count: i64,
    /// Half of them took at most this many seconds; null when there are none.
    p50_seconds: Option<i64>,
    /// Nine in ten of them took at most this many seconds; null when there are none.
    p90_seconds: Option<i64>,
    /// What was left out, and why.
    left_out: Vec<LeftOut>,
}

impl From<&query::Durations> for Durations {
    fn from(durations: &query::Durations) -> Self {
        Self {
            count: durations.count,
            p50_seconds: durations.p50_seconds,
            p90_seconds: durations.p90_seconds,
            left_out: left_out(&durations.left_out),
        }
    }
}

/// Teams of one kind and payer.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct TeamFigures {
    /// Kind of the teams.
    kind: TeamKind,
    /// Who pays for them.
    payer: Payer,
    /// How many teams.
    teams: i64,
    /// How many members they have together.
    members: i64,
}

impl From<&query::TeamFigures> for TeamFigures {
    fn from(figures: &query::TeamFigures) -> Self {
        Self { kind: figures.kind, payer: figures.payer, teams: figures.teams, members: figures.members }
    }
}

/// How many incidents of one kind.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct IncidentsOfKind {
    /// The kind.
    kind: IncidentKind,
    /// How many incidents.
    count: i64,
}

impl From<&(IncidentKind, i64)> for IncidentsOfKind {
    fn from(&(kind, count): &(IncidentKind, i64)) -> Self {
        Self { kind, count }
    }
}

/// How many incidents of one priority.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct IncidentsOfPriority {
    /// The priority.
    priority: Priority,
    /// How many incidents.
    count: i64,
}

impl From<&(Priority, i64)> for IncidentsOfPriority {
    fn from(&(priority, count): &(Priority, i64)) -> Self {
        Self { priority, count }
    }
}

/// Each of a list as its shown form.
pub(crate) fn shown<'a, T: 'a, U: From<&'a T>>(items: &'a [T]) -> Vec<U> {
    items.iter().map(U::from).collect()
}
