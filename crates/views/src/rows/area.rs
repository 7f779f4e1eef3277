use domain::{AreaCode, AreaLevel, PersonId, area::GridStaffRole};
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};

use super::text;
use crate::{
    Calendar, Row,
    rollup::{Contributions, Measure, TIMELESS},
    scope::ScopeColumns,
};

/// An area 区域.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AreaRow {
    pub code: AreaCode,
    pub level: AreaLevel,
    pub name: String,
    pub parent: Option<AreaCode>,
    pub households: Option<u32>,
    pub staff: Vec<(PersonId, GridStaffRole)>,
    pub dissolved: bool,
    pub successors: Vec<AreaCode>,
}

impl Row for AreaRow {
    const TABLE: &'static str = "area";
    const COLUMNS: &'static [(&'static str, &'static str)] =
        &[("area", "TEXT NOT NULL"), ("parent", "TEXT"), ("level", "INTEGER NOT NULL")];
    const INDEXES: &'static [&'static str] = &["parent, area", "area"];
    // Names of divisions are public.
    const SCOPE: ScopeColumns = ScopeColumns { area: Some("area"), organisations: &[], person: None };

    fn key(&self) -> Vec<u8> {
        self.code.as_str().as_bytes().to_vec()
    }

    fn columns(&self) -> Vec<Value> {
        let parent = self.parent.as_ref().map_or(Value::Null, text);
        vec![text(&self.code), parent, Value::Integer(self.level as i64)]
    }

    fn contribute(&self, _calendar: &Calendar, out: &mut Contributions) {
        if self.level == AreaLevel::Grid && !self.dissolved {
            let households = i64::from(self.households.unwrap_or_default());
            out.area(&self.code, TIMELESS, Measure::Households, 0, households);
        }
    }
}
