//! One event of every kind, for the golden files.

use super::{AreaEvent, GridStaffRole};
use crate::{
    AreaCode, AreaLevel, Day, PersonId,
    testing::{check_golden, uuid},
};

const WANG: PersonId = PersonId(uuid(11));

fn code(text: &str) -> AreaCode {
    text.parse().unwrap()
}

pub(crate) fn samples() -> Vec<AreaEvent> {
    let on = Day("2026-08-01".parse().unwrap());
    vec![
        AreaEvent::AreaRegistered {
            code: code("421002001001"),
            level: AreaLevel::Village,
            name: "中山社区".into(),
            parent: Some(code("421002001")),
        },
        AreaEvent::GridDefined {
            code: code("421002001001001"),
            name: "第一网格".into(),
            households: 128,
            boundary: Some("between the canal and the railway".into()),
        },
        AreaEvent::GridBoundaryRevised { boundary: "between the canal and the market".into() },
        AreaEvent::GridSplit { into: vec![code("421002001001002"), code("421002001001003")] },
        AreaEvent::GridsMerged { into: code("421002001001004") },
        AreaEvent::GridStaffAssigned { person: WANG, role: GridStaffRole::Chief },
        AreaEvent::GridStaffRelieved { person: WANG },
        AreaEvent::HouseholdsCounted { households: 131, on },
        AreaEvent::HouseholdCountCorrected { on, households: 113, reason: "digits swapped".into() },
        AreaEvent::AreaNameCorrected {
            name: "中山路社区".into(), reason: "a character was missing".into()
        },
        AreaEvent::AreaDissolved { reason: "merged".into(), successor: Some(code("421002001002")) },
    ]
}

#[test]
fn golden_files_match() {
    check_golden(samples());
}
