//! The duty board of a station: who is on duty now, where the gaps are, what is open.

use std::collections::HashSet;

use async_graphql::{Result, SimpleObject};
use domain::{AreaCode, Priority, When};
use jiff::Timestamp;
use rusqlite::types::Value;
use uuid::Uuid;
use views::{
    Scope, ViewsError,
    query::Snapshot,
    rows::{IncidentRow, ShiftRow},
};

use crate::{incident::Incident, scalar::Position, shift::Shift};

/// Most shifts, and most incidents, that a board looks at.
const MOST: usize = 1_000;
/// Most open incidents that a board shows one by one.
const MOST_SHOWN: usize = 50;

/// The duty board of a police station, as of one moment. Drills are left out.
#[derive(Debug, SimpleObject)]
pub struct DutyBoard {
    /// Position that it is as of.
    position: Position,
    /// The moment that it is as of.
    as_of: When,
    /// Shifts that run now and have somebody on duty.
    on_duty: Vec<Shift>,
    /// How many people are on duty.
    on_duty_count: usize,
    /// Shifts that run now with fewer people on duty than places.
    gaps: Vec<Shift>,
    /// How many places are empty now.
    empty_places: usize,
    /// How many incidents are open, by priority.
    open_incidents: Vec<OpenIncidents>,
    /// The open incidents, the most urgent and then the oldest first, at most 50.
    incidents: Vec<Incident>,
    /// Every shift and incident that it was made from.
    #[graphql(skip)]
    looked_at: HashSet<Uuid>,
}

impl DutyBoard {
    pub(crate) const fn stands_at(&self) -> u64 {
        self.position.0
    }

    pub(crate) fn looked_at(&self) -> HashSet<Uuid> {
        self.looked_at.clone()
    }
}

/// How many incidents of a priority are open.
#[derive(Clone, Debug, SimpleObject)]
pub struct OpenIncidents {
    /// The priority.
    priority: Priority,
    /// How many are open.
    count: usize,
    /// When the oldest of them was reported; null when none is open.
    oldest_reported_at: Option<When>,
}

/// A condition that rows lie in one of the areas, with its values; no areas, no rows.
fn inside(areas: &[AreaCode]) -> (String, Vec<Value>) {
    let conditions = vec!["(area >= ? AND area < ?)"; areas.len()].join(" OR ");
    let values = areas.iter().flat_map(|area| [area.to_string().into(), area.range_end().into()]).collect();
    (if areas.is_empty() { "0".to_owned() } else { conditions }, values)
}

/// The board of the areas of a station.
pub(crate) fn board(
    snapshot: &Snapshot<'_>,
    scope: &Scope,
    areas: &[AreaCode],
    now: Timestamp,
) -> Result<DutyBoard, ViewsError> {
    let (here, values) = inside(areas);
    let second: Value = now.as_second().into();
    let running = format!("open_until > ? AND starts_at <= ? AND ({here})");
    let given = [vec![second.clone(), second], values.clone()].concat();
    let mut shifts: Vec<ShiftRow> = snapshot.all(scope, &running, given, MOST)?;
    shifts.sort_by_key(|shift| (shift.starts_at, shift.id));
    let open = format!("open_since IS NOT NULL AND ({here})");
    let mut incidents: Vec<IncidentRow> = snapshot.all(scope, &open, values, MOST)?;
    incidents.retain(|incident| !incident.drill);
    incidents.sort_by_key(|incident| (incident.priority, incident.reported_at, incident.id));
    let ids = shifts.iter().map(|shift| shift.id.0).chain(incidents.iter().map(|incident| incident.id.0));
    let looked_at = ids.collect();
    let empty = |shift: &ShiftRow| usize::from(shift.places).saturating_sub(shift.on_duty());
    Ok(DutyBoard {
        position: Position(snapshot.position()),
        as_of: snapshot.calendar().local(now),
        on_duty_count: shifts.iter().map(ShiftRow::on_duty).sum(),
        empty_places: shifts.iter().map(empty).sum(),
        gaps: shifts.iter().filter(|shift| empty(shift) > 0).cloned().map(Shift::from).collect(),
        open_incidents: Priority::ALL.iter().map(|priority| of_priority(&incidents, *priority)).collect(),
        incidents: incidents.into_iter().take(MOST_SHOWN).map(Incident::from).collect(),
        looked_at,
        on_duty: shifts.into_iter().filter(|shift| shift.on_duty() > 0).map(Shift::from).collect(),
    })
}

fn of_priority(incidents: &[IncidentRow], priority: Priority) -> OpenIncidents {
    let these = incidents.iter().filter(|incident| incident.priority == priority);
    OpenIncidents {
        priority,
        count: these.clone().count(),
        oldest_reported_at: these.map(|incident| incident.reported_at).min(),
    }
}
