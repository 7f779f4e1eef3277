//! Which areas a dashboard covers, and how rows inside them are found.

use domain::{AreaCode, AreaLevel};
use rusqlite::types::Value;

use crate::{
    Scope, ViewsError,
    query::Snapshot,
    rows::{AreaRow, OrganisationRow},
};

/// The part of a station's jurisdiction that a scope covers, no area inside another. The station itself sees all of it.
pub(super) fn covered(scope: &Scope, station: &OrganisationRow) -> Vec<AreaCode> {
    let own = |area: &AreaCode| {
        if scope.covers_organisation(&station.id) || scope.covers_area(area) {
            return vec![*area];
        }
        scope.areas.iter().filter(|narrower| area.contains(narrower)).copied().collect()
    };
    let mut areas: Vec<AreaCode> = station.jurisdiction.iter().flat_map(own).collect();
    // A larger area sorts right before what lies inside it.
    areas.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
    areas.dedup_by(|inner, outer| outer.contains(inner));
    areas
}

/// The condition that a row lies in one of the areas. The plus sign keeps the planner from searching by area, which
/// would walk through all of history.
pub(super) fn inside(areas: &[AreaCode]) -> (String, Vec<Value>) {
    if areas.is_empty() {
        return ("0".into(), vec![]);
    }
    let any = vec!["(+area >= ? AND +area < ?)"; areas.len()].join(" OR ");
    let ends = areas.iter().flat_map(|area| [Value::Text(area.to_string()), Value::Text(area.range_end())]);
    (format!("({any})"), ends.collect())
}

impl Snapshot<'_> {
    /// Rollups are kept for counties, townships and villages: larger areas are the sum of their counties; a grid has
    /// none of its own, and what is told of its village is not told of it.
    pub(super) fn counties(&self, areas: &[AreaCode]) -> Result<Vec<AreaCode>, ViewsError> {
        let mut counties = Vec::new();
        for area in areas {
            match area.level() {
                AreaLevel::Province | AreaLevel::Prefecture => {
                    let within = vec![
                        Value::Text(area.to_string()),
                        Value::Text(area.range_end()),
                        Value::Integer(AreaLevel::County as i64),
                    ];
                    let condition = "area >= ? AND area < ? AND level = ?";
                    let rows = self.all::<AreaRow>(&Scope::everything(), condition, within, 1_000)?;
                    counties.extend(rows.into_iter().map(|row| row.code));
                }
                AreaLevel::County | AreaLevel::Township | AreaLevel::Village => counties.push(*area),
                AreaLevel::Grid => {}
            }
        }
        Ok(counties)
    }
}
