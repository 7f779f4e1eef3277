use views::rows::{RunRow, ShiftRow, StopOutcome, TeamRow};

use super::{Cell, Table, columns, maybe, number, text, word};
use crate::run::{PatrolRunFilter, PatrolRunOrder};

impl Table for RunRow {
    const NAME: &'static str = "runs";
    type Filter = PatrolRunFilter;
    type Order = PatrolRunOrder;

    const SHOWN: &'static [super::Column<Self>] = columns! { row, look;
        "id" => text(row.id),
        "phase" => Cell::Text(word(&row.phase)),
        "areaCode" => text(row.area),
        "organisationId" => text(row.organisation),
        "planId" => text(row.plan),
        "planVersion" => number(row.version),
        "routeId" => text(row.route),
        "shiftId" => look.within::<ShiftRow>(row.shift.map(|id| (id.0, id)))?,
        "teamId" => look.within::<TeamRow>(row.team.map(|id| (id.0, id)))?,
        "contractId" => maybe(row.contract),
        "payer" => Cell::Text(word(&row.payer)),
        "members" => number(row.members.len()),
        "startedAt" => look.time(row.started_at),
        "endedAt" => look.maybe_time(row.ended_at),
        "stops" => number(row.stops.len()),
        "stopsHit" => Cell::Number(row.count(StopOutcome::Hit)),
        "stopsOutOfWindow" => Cell::Number(row.count(StopOutcome::OutOfWindow)),
        "stopsSkipped" => Cell::Number(row.count(StopOutcome::Skipped)),
        "stopsMissed" => Cell::Number(row.count(StopOutcome::Missed)),
        "deviations" => number(row.deviations.len()),
        "flaggedScans" => number(row.flagged_scans),
        "sosCalls" => number(row.sos.len()),
    };
}
