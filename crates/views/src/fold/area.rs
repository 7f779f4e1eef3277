use domain::{AreaCode, AreaLevel, area::AreaEvent};

use super::found;
use crate::{Envelope, ViewsError, rows::AreaRow, store::Store};

pub fn apply(store: &mut Store, envelope: &Envelope, event: &AreaEvent) -> Result<(), ViewsError> {
    let key = envelope.stream_id.as_bytes();
    let mut change =
        |change: &dyn Fn(&mut AreaRow)| found(envelope, store.areas().change(key, |row| change(row))?);
    match event {
        AreaEvent::AreaRegistered { code, level, name, parent } => {
            store.areas().put(new(*code, *level, name, *parent, None))
        }
        AreaEvent::GridDefined { code, name, households, boundary: _ } => {
            store.areas().put(new(*code, AreaLevel::Grid, name, code.parent(), Some(*households)))
        }
        AreaEvent::GridBoundaryRevised { .. } => change(&|_| {}),
        AreaEvent::GridSplit { into } => change(&|row| {
            row.dissolved = true;
            row.successors = into.clone();
        }),
        AreaEvent::GridsMerged { into } => change(&|row| {
            row.dissolved = true;
            row.successors = vec![*into];
        }),
        AreaEvent::GridStaffAssigned { person, role } => change(&|row| row.staff.push((*person, *role))),
        AreaEvent::GridStaffRelieved { person } => {
            change(&|row| row.staff.retain(|(staff, _)| staff != person))
        }
        AreaEvent::HouseholdsCounted { households, .. } => change(&|row| row.households = Some(*households)),
        AreaEvent::HouseholdCountCorrected { households, .. } => {
            change(&|row| row.households = Some(*households))
        }
        AreaEvent::AreaNameCorrected { name, .. } => change(&|row| row.name.clone_from(name)),
        AreaEvent::AreaDissolved { successor, .. } => change(&|row| {
            row.dissolved = true;
            row.successors = successor.iter().copied().collect();
        }),
    }
}

fn new(
    code: AreaCode,
    level: AreaLevel,
    name: &str,
    parent: Option<AreaCode>,
    households: Option<u32>,
) -> AreaRow {
    AreaRow {
        code,
        level,
        name: name.to_owned(),
        parent,
        households,
        staff: vec![],
        dissolved: false,
        successors: vec![],
    }
}
