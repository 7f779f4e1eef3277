use views::rows::ShiftRow;

use super::{Cell, Table, columns, maybe, maybe_number, number, text, word};
use crate::shift::{ShiftFilter, ShiftOrder};

impl Table for ShiftRow {
    const NAME: &'static str = "shifts";
    type Filter = ShiftFilter;
    type Order = ShiftOrder;

    const SHOWN: &'static [super::Column<Self>] = columns! { row, look;
        "id" => text(row.id),
        "phase" => Cell::Text(word(&row.phase)),
        "areaCode" => text(row.area),
        "organisationId" => text(row.organisation),
        "teamId" => maybe(row.team),
        "contractId" => maybe(row.contract),
        "postId" => maybe(row.post),
        "duty" => Cell::Text(word(&row.duty)),
        "payer" => Cell::Text(word(&row.payer)),
        "startsAt" => look.time(row.starts_at),
        "endsAt" => look.time(row.ends_at),
        "places" => number(row.places),
        "assigned" => number(row.people.len()),
        "clockedIn" => number(row.people.iter().filter(|place| place.clocked_in.is_some()).count()),
        "lateReports" => number(row.people.iter().filter(|place| place.late_report).count()),
        "onDutyCount" => number(row.on_duty()),
        "uncoveredPlaces" => maybe_number(row.uncovered),
        "certifiedMinutes" => number(row.certified_minutes()),
        "noShows" => number(row.no_shows()),
        "trades" => number(row.trades),
        "corrections" => number(row.corrections),
    };
}
