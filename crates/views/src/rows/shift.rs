use domain::{
    AreaCode, ContractId, DutyKind, OrganisationId, Payer, PersonId, PostId, ShiftId, TeamId, TeamKind, When,
};
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};

use super::{blob, blob_or_null, pair, phases, second, text};
use crate::{
    Calendar, Row,
    rollup::{Contributions, Measure},
    scope::ScopeColumns,
};

phases! {
    /// Where a shift 班次 stands in its life.
    ShiftPhase {
        /// Planned, not known to those who may fill it.
        Scheduled,
        /// Known to those who may fill it; places are still empty.
        Published,
        /// All places are filled.
        Assigned,
        /// At least one person has clocked in.
        OnDuty,
        /// Over.
        Closed,
        /// Over, and the minutes of each person are certified.
        Certified,
        /// Called off.
        Cancelled,
    }
}

/// One person's place in a shift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftPerson {
    pub person: PersonId,
    pub acknowledged: bool,
    pub clocked_in: Option<When>,
    /// The report of the clock-in reached the server late.
    pub late_report: bool,
    pub clocked_out: Option<When>,
    pub certified_minutes: Option<u32>,
}

/// A shift 班次.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftRow {
    pub id: ShiftId,
    pub area: AreaCode,
    pub organisation: OrganisationId,
    pub team: Option<TeamId>,
    pub team_kind: Option<TeamKind>,
    pub contract: Option<ContractId>,
    pub post: Option<PostId>,
    pub duty: DutyKind,
    pub payer: Payer,
    pub starts_at: When,
    pub ends_at: When,
    pub places: u16,
    pub phase: ShiftPhase,
    pub people: Vec<ShiftPerson>,
    /// Places that were empty at the begin, when that was noted.
    pub uncovered: Option<u16>,
    pub trades: u32,
    pub corrections: u32,
}

impl ShiftRow {
    pub fn person(&mut self, person: PersonId) -> Option<&mut ShiftPerson> {
        self.people.iter_mut().find(|place| place.person == person)
    }

    /// People on duty now.
    pub fn on_duty(&self) -> usize {
        self.people.iter().filter(|p| p.clocked_in.is_some() && p.clocked_out.is_none()).count()
    }

    /// Whether a place is empty and that was not noted yet.
    fn is_vacant(&self) -> bool {
        let came = self.people.iter().filter(|place| place.clocked_in.is_some()).count();
        self.uncovered.is_none()
            && came < usize::from(self.places)
            && matches!(self.phase, ShiftPhase::Published | ShiftPhase::Assigned | ShiftPhase::OnDuty)
    }

    /// When somebody was in the police room: pairs of seconds since 1970, big endian, first and end. Who has not
    /// clocked out counts until the end of the shift.
    fn stretches(&self) -> Value {
        if self.duty != DutyKind::PoliceRoom
            || matches!(self.phase, ShiftPhase::Scheduled | ShiftPhase::Cancelled)
        {
            return Value::Null;
        }
        let there = self.people.iter().filter_map(|place| {
            Some((place.clocked_in?.at.as_second(), place.clocked_out.unwrap_or(self.ends_at).at.as_second()))
        });
        Value::Blob(there.flat_map(|(from, to)| [from.to_be_bytes(), to.to_be_bytes()]).flatten().collect())
    }

    /// Reads what [`Self::stretches`] wrote.
    pub(crate) fn read_stretches(bytes: &[u8]) -> impl Iterator<Item = (i64, i64)> + '_ {
        let (pairs, _) = bytes.as_chunks::<16>();
        pairs.iter().filter_map(|pair| {
            let (from, rest) = pair.split_first_chunk::<8>()?;
            Some((i64::from_be_bytes(*from), i64::from_be_bytes(rest.try_into().ok()?)))
        })
    }

    pub fn minutes(&self) -> i64 {
        self.starts_at.minutes_until(&self.ends_at)
    }

    pub fn certified_minutes(&self) -> i64 {
        self.people.iter().filter_map(|place| place.certified_minutes).map(i64::from).sum()
    }

    /// Assigned people who never came; known once the shift is closed.
    pub fn no_shows(&self) -> i64 {
        match self.phase {
            ShiftPhase::Closed | ShiftPhase::Certified => {
                let absent = self.people.iter().filter(|place| place.clocked_in.is_none()).count();
                i64::try_from(absent).unwrap_or(i64::MAX)
            }
            ShiftPhase::Scheduled
            | ShiftPhase::Published
            | ShiftPhase::Assigned
            | ShiftPhase::OnDuty
            | ShiftPhase::Cancelled => 0,
        }
    }
}

impl Row for ShiftRow {
    const TABLE: &'static str = "shift";
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("area", "TEXT NOT NULL"),
        ("organisation", "BLOB NOT NULL"),
        ("contract", "BLOB"),
        ("phase", "INTEGER NOT NULL"),
        ("duty", "INTEGER NOT NULL"),
        ("team_kind", "INTEGER"),
        ("starts_at", "INTEGER NOT NULL"),
        // Only while the shift is not closed: who is on duty now, and what is due.
        ("open_until", "INTEGER"),
        // Only while somebody is missing and that was not noted yet.
        ("vacant_from", "INTEGER"),
        ("places", "INTEGER NOT NULL"),
        ("assigned", "INTEGER NOT NULL"),
        // Clocked in and not out again.
        ("present", "INTEGER NOT NULL"),
        // Only of police rooms: when somebody was there, as `stretches` writes it.
        ("stretches", "BLOB"),
    ];
    const INDEXES: &'static [&'static str] = &[
        "starts_at",
        "area, starts_at",
        "organisation, starts_at",
        "contract, starts_at WHERE contract IS NOT NULL",
        // All that the board of a station asks of a shift, so that it reads no document.
        "open_until, starts_at, area, duty, places, assigned, present WHERE open_until IS NOT NULL",
        "vacant_from WHERE vacant_from IS NOT NULL",
        "starts_at, area, stretches WHERE stretches IS NOT NULL",
    ];
    const SCOPE: ScopeColumns = ScopeColumns {
        area: Some("area"),
        organisations: &["organisation"],
        person: Some("id IN (SELECT shift FROM place WHERE person = ?)"),
    };
    const FOLLOWED: bool = true;

    fn key(&self) -> Vec<u8> {
        self.id.0.as_bytes().to_vec()
    }

    fn columns(&self) -> Vec<Value> {
        let open = match self.phase {
            ShiftPhase::Published | ShiftPhase::Assigned | ShiftPhase::OnDuty => second(self.ends_at),
            ShiftPhase::Scheduled | ShiftPhase::Closed | ShiftPhase::Certified | ShiftPhase::Cancelled => {
                Value::Null
            }
        };
        vec![
            text(&self.area),
            blob(self.organisation.0),
            blob_or_null(self.contract.map(|contract| contract.0)),
            Value::Integer(self.phase as i64),
            Value::Integer(self.duty as i64),
            self.team_kind.map_or(Value::Null, |kind| Value::Integer(kind as i64)),
            second(self.starts_at),
            open,
            super::second_or_null(self.is_vacant().then_some(self.starts_at)),
            Value::Integer(i64::from(self.places)),
            Value::Integer(i64::try_from(self.people.len()).unwrap_or(i64::MAX)),
            Value::Integer(i64::try_from(self.on_duty()).unwrap_or(i64::MAX)),
            self.stretches(),
        ]
    }

    fn contribute(&self, calendar: &Calendar, out: &mut Contributions) {
        if matches!(self.phase, ShiftPhase::Scheduled | ShiftPhase::Cancelled) {
            return;
        }
        let day = calendar.day_number_of(self.starts_at);
        let payer = i64::from(self.payer as u8);
        let required = self.minutes() * i64::from(self.places);
        let certified = self.certified_minutes();
        let mut add = |measure, value, n| out.area(&self.area, day, measure, value, n);
        add(Measure::Shifts, payer, 1);
        add(Measure::RequiredMinutes, payer, required);
        add(Measure::CertifiedMinutes, payer, certified);
        add(Measure::UncoveredPlaces, payer, i64::from(self.uncovered.unwrap_or_default()));
        add(Measure::NoShows, payer, self.no_shows());
        add(Measure::Corrections, 0, i64::from(self.corrections));
        if self.team_kind == Some(TeamKind::Volunteer) {
            add(Measure::VolunteerMinutes, 0, certified);
        }
        if self.duty == DutyKind::PoliceRoom {
            add(Measure::PoliceRoomRequired, 0, required);
            add(Measure::PoliceRoomStaffed, 0, certified);
        }
    }
}

/// A person's place, so that a member finds their own shifts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceRow {
    pub shift: ShiftId,
    pub person: PersonId,
}

impl PlaceRow {
    pub(crate) fn key_of(shift: ShiftId, person: PersonId) -> Vec<u8> {
        pair(person.0, shift.0)
    }
}

impl Row for PlaceRow {
    const TABLE: &'static str = "place";
    const COLUMNS: &'static [(&'static str, &'static str)] =
        &[("person", "BLOB NOT NULL"), ("shift", "BLOB NOT NULL")];
    const INDEXES: &'static [&'static str] = &["person, shift"];
    const SCOPE: ScopeColumns = ScopeColumns { area: None, organisations: &[], person: Some("person = ?") };

    fn key(&self) -> Vec<u8> {
        Self::key_of(self.shift, self.person)
    }

    fn columns(&self) -> Vec<Value> {
        vec![blob(self.person.0), blob(self.shift.0)]
    }
}

/// A reservation on its way: to its confirmation, or to its release once the place is gone. A crash may have left it
/// behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservationRow {
    pub person: PersonId,
    pub shift: ShiftId,
    /// Server time after which it is left behind.
    pub expires_at: When,
    /// Of a place that is gone: the end of its shift. Behind it nothing has to be given back, and a place that never took
    /// time is looked at no longer.
    pub ends_at: Option<When>,
}

impl ReservationRow {
    pub(crate) fn key_of(person: PersonId, shift: ShiftId) -> Vec<u8> {
        pair(person.0, shift.0)
    }
}

impl Row for ReservationRow {
    const TABLE: &'static str = "reservation";
    const COLUMNS: &'static [(&'static str, &'static str)] =
        &[("expires_at", "INTEGER NOT NULL"), ("ends_at", "INTEGER NOT NULL")];
    const INDEXES: &'static [&'static str] = &["expires_at, ends_at"];
    const SCOPE: ScopeColumns = ScopeColumns { area: None, organisations: &[], person: None };

    fn key(&self) -> Vec<u8> {
        Self::key_of(self.person, self.shift)
    }

    fn columns(&self) -> Vec<Value> {
        vec![second(self.expires_at), self.ends_at.map_or(Value::Integer(i64::MAX), second)]
    }
}
