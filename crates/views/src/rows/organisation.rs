use domain::{AreaCode, Day, OrganisationId, OrganisationKind, Payer, PersonId, TeamId, TeamKind};
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};

use super::{blob, phases, text};
use crate::{
    Calendar, Row,
    rollup::{Contributions, Measure, TIMELESS, team_class},
    scope::ScopeColumns,
};

phases! {
    /// State of a licence 保安服务许可证.
    LicenceStatus {
        /// In force.
        Valid,
        /// Its last day has passed.
        Expired,
        /// Out of force for a time.
        Suspended,
        /// Taken away for good.
        Revoked,
    }
}

/// A company's licence as last granted or renewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenceRow {
    pub number: String,
    pub valid_from: Day,
    pub valid_until: Day,
    pub status: LicenceStatus,
}

/// An organisation 单位.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationRow {
    pub id: OrganisationId,
    pub kind: OrganisationKind,
    pub name: String,
    pub area: AreaCode,
    pub unified_code: Option<String>,
    pub licence: Option<LicenceRow>,
    pub jurisdiction: Vec<AreaCode>,
    pub dissolved: bool,
}

impl Row for OrganisationRow {
    const TABLE: &'static str = "organisation";
    const COLUMNS: &'static [(&'static str, &'static str)] =
        &[("area", "TEXT NOT NULL"), ("kind", "INTEGER NOT NULL"), ("licence_until", "INTEGER")];
    const INDEXES: &'static [&'static str] = &["area", "licence_until WHERE licence_until IS NOT NULL"];
    const SCOPE: ScopeColumns = ScopeColumns { area: Some("area"), organisations: &["id"], person: None };

    fn key(&self) -> Vec<u8> {
        self.id.0.as_bytes().to_vec()
    }

    fn columns(&self) -> Vec<Value> {
        // Only a licence that can still expire is looked for by the policy.
        let running = self
            .licence
            .as_ref()
            .filter(|l| matches!(l.status, LicenceStatus::Valid | LicenceStatus::Suspended));
        let until = running.map_or(Value::Null, |licence| {
            Value::Integer(i64::from(crate::calendar::day_number(licence.valid_until)))
        });
        vec![text(&self.area), Value::Integer(self.kind as i64), until]
    }
}

/// A patrol team 巡防队.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamRow {
    pub id: TeamId,
    pub organisation: OrganisationId,
    pub name: String,
    pub kind: TeamKind,
    pub payer: Payer,
    pub area: AreaCode,
    pub members: Vec<PersonId>,
    pub disbanded: bool,
}

impl Row for TeamRow {
    const TABLE: &'static str = "team";
    const COLUMNS: &'static [(&'static str, &'static str)] =
        &[("area", "TEXT NOT NULL"), ("organisation", "BLOB NOT NULL"), ("kind", "INTEGER NOT NULL")];
    const INDEXES: &'static [&'static str] = &["area", "organisation"];
    const SCOPE: ScopeColumns =
        ScopeColumns { area: Some("area"), organisations: &["organisation"], person: None };

    fn key(&self) -> Vec<u8> {
        self.id.0.as_bytes().to_vec()
    }

    fn columns(&self) -> Vec<Value> {
        vec![text(&self.area), blob(self.organisation.0), Value::Integer(self.kind as i64)]
    }

    fn contribute(&self, _calendar: &Calendar, out: &mut Contributions) {
        if !self.disbanded {
            let class = team_class(self.kind, self.payer);
            let members = i64::try_from(self.members.len()).unwrap_or(i64::MAX);
            out.area(&self.area, TIMELESS, Measure::Teams, class, 1);
            out.area(&self.area, TIMELESS, Measure::TeamMembers, class, members);
        }
    }
}
