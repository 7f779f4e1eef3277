//! Figures from CloudEvents alone, by the words of the domain, in the plainest way: everything is read anew for every
//! figure, nothing is indexed, and no code of the platform is used.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, tz::Offset};
use serde_json::{Value, json};

/// Whole days in Beijing, both included.
#[derive(Clone, Debug)]
pub struct Period {
    pub from: String,
    pub to: String,
}

impl Period {
    pub fn json(&self) -> Value {
        json!({ "from": self.from, "to": self.to })
    }

    /// Whether an instant lies in it.
    pub fn has(&self, time: &Value) -> bool {
        let day = Offset::constant(8).to_datetime(instant(time)).date().to_string();
        (&self.from..=&self.to).contains(&&day)
    }
}

pub fn month_of(day: &str) -> Period {
    let date: jiff::civil::Date = day.parse().expect("a day");
    Period { from: date.first_of_month().to_string(), to: date.last_of_month().to_string() }
}

pub fn month_before(day: &str) -> Period {
    let date: jiff::civil::Date = day.parse().expect("a day");
    month_of(&date.first_of_month().yesterday().expect("a day").to_string())
}

pub fn instant(time: &Value) -> Timestamp {
    time.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no time: {time}"))
}

fn second(time: &Value) -> i64 {
    instant(time).as_second()
}

/// Nearest rank.
pub fn percentile(values: &[i64], percent: usize) -> Option<i64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100);
    rank.checked_sub(1).map(|at| sorted[at])
}

pub struct Export {
    pub events: Vec<Value>,
}

fn kind(event: &Value) -> &str {
    let kind = event["type"].as_str().and_then(|text| text.strip_prefix("wardlog.")).expect("a type");
    kind.split('.').next().expect("a name")
}

impl Export {
    pub fn of(events: Vec<Value>, as_of: u64) -> Self {
        let position = |event: &Value| event["position"].as_str().and_then(|text| text.parse::<u64>().ok());
        let events =
            events.into_iter().filter(|event| position(event).expect("a position") <= as_of).collect();
        Self { events }
    }

    /// `(kind, data)` of the events of every stream of a category.
    pub fn streams(&self, category: &str) -> BTreeMap<String, Vec<(&str, &Value)>> {
        let mut streams: BTreeMap<String, Vec<(&str, &Value)>> = BTreeMap::new();
        for event in &self.events {
            let subject = event["subject"].as_str().expect("a subject");
            if subject.split('-').next() == Some(category) {
                streams.entry(subject.to_owned()).or_default().push((kind(event), &event["data"]));
            }
        }
        streams
    }

    pub fn incidents(&self, area: &str, period: &Period) -> Incidents {
        let mut incidents = Incidents::default();
        for events in self.streams("incident").into_values() {
            let incident = incident(&events);
            if !incident.area.starts_with(area) || !period.has(&incident.reported_at) {
                continue;
            }
            if incident.drill {
                incidents.drills += 1;
            } else if incident.merged {
                incidents.merged += 1;
            } else if incident.self_initiated {
                incidents.self_initiated += 1;
            } else {
                incidents.counted.push(incident);
            }
        }
        incidents
    }

    pub fn patrols(&self, area: &str, period: &Period) -> Patrols {
        let mut sums = Patrols::default();
        for events in self.streams("run").into_values() {
            let (_, start) = events[0];
            let here = start["area"].as_str().expect("an area").starts_with(area);
            if !here || !period.has(&start["started_at"]) {
                continue;
            }
            sums.runs += 1;
            for stop in start["stops"].as_array().expect("stops") {
                let of = |wanted: &str| {
                    let mine = |data: &&Value| data["checkpoint"] == stop["checkpoint"];
                    let found = events.iter().filter(|(kind, _)| *kind == wanted).map(|(_, data)| *data);
                    found.filter(mine).collect::<Vec<_>>()
                };
                let hit = of("CheckpointScanned").iter().any(|scan| scan["in_window"] == true);
                sums.due += 1;
                sums.hit += i64::from(hit);
                sums.skipped += i64::from(!hit && !of("CheckpointSkipped").is_empty());
                let missed = of("CheckpointMissed").len() > of("MissRescinded").len();
                sums.missed += i64::from(!hit && missed);
            }
        }
        sums
    }

    /// Kind by team, of all that were ever formed.
    fn team_kinds(&self) -> BTreeMap<String, String> {
        let formed = self.events.iter().filter(|event| kind(event) == "TeamFormed");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        formed.map(|event| (text(&event["data"]["team"]), text(&event["data"]["kind"]))).collect()
    }

    pub fn duty(&self, area: &str, period: &Period, payer: Option<&str>) -> Duty {
        let kinds = self.team_kinds();
        let mut sums = Duty::default();
        let mut volunteers = BTreeSet::new();
        for events in self.streams("shift").into_values() {
            let (_, plan) = events[0];
            let here = plan["area"].as_str().expect("an area").starts_with(area);
            let paid = payer.is_none_or(|payer| plan["payer"] == payer);
            let happened = |name: &str| events.iter().any(|(kind, _)| *kind == name);
            let counts = happened("ShiftPublished") && !happened("ShiftCancelled");
            if !here || !paid || !counts || !period.has(&plan["starts_at"]) {
                continue;
            }
            let shift = shift(&events);
            sums.shifts += 1;
            let places = plan["places"].as_i64().expect("places");
            sums.required += (second(&plan["ends_at"]) - second(&plan["starts_at"])) / 60 * places;
            let certified: i64 = shift.certified.values().sum();
            sums.certified += certified;
            sums.uncovered += shift.uncovered;
            if happened("ShiftClosed") {
                let absent = shift.people.iter().filter(|person| !shift.came.contains(*person)).count();
                sums.no_shows += i64::try_from(absent).expect("a count");
            }
            let team = plan["team"].as_str().and_then(|team| kinds.get(team));
            if team.is_some_and(|kind| kind == "volunteer") {
                sums.volunteer_minutes += certified;
                let some = shift.certified.into_iter().filter(|(_, minutes)| *minutes > 0);
                volunteers.extend(some.map(|(person, _)| person));
            }
        }
        sums.distinct_volunteers = volunteers.len();
        sums
    }

    /// `(kind, payer, teams, members)` of the teams that exist now, sorted.
    pub fn teams(&self, area: &str) -> Vec<(String, String, u64, u64)> {
        let mut teams: BTreeMap<String, (String, String, BTreeSet<String>)> = BTreeMap::new();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        for event in &self.events {
            let data = &event["data"];
            match kind(event) {
                "TeamFormed" if text(&data["area"]).starts_with(area) => {
                    let members = data["members"].as_array().expect("members").iter().map(text).collect();
                    let team = (text(&data["kind"]), text(&data["payer"]), members);
                    teams.insert(text(&data["team"]), team);
                }
                "TeamMemberJoined" => {
                    teams.get_mut(&text(&data["team"])).map(|team| team.2.insert(text(&data["person"])));
                }
                "TeamMemberLeft" => {
                    teams.get_mut(&text(&data["team"])).map(|team| team.2.remove(&text(&data["person"])));
                }
                "TeamDisbanded" => drop(teams.remove(&text(&data["team"]))),
                _ => {}
            }
        }
        let mut sums: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
        for (kind, payer, members) in teams.into_values() {
            let sum = sums.entry((kind, payer)).or_default();
            sum.0 += 1;
            sum.1 += members.len() as u64;
        }
        sums.into_iter().map(|((kind, payer), (teams, members))| (kind, payer, teams, members)).collect()
    }

    pub fn active_contracts(&self) -> usize {
        let active = |events: &Vec<(&str, &Value)>| {
            let last = events.iter().rfind(|(kind, _)| {
                ["ContractActivated", "ContractSuspended", "ContractResumed", "ContractTerminated"]
                    .contains(kind)
            });
            matches!(last, Some(("ContractActivated" | "ContractResumed", _)))
        };
        self.streams("contract").values().filter(|events| active(events)).count()
    }
}

/// One incident as its events tell it.
pub struct Incident {
    area: String,
    drill: bool,
    merged: bool,
    self_initiated: bool,
    reported_at: Value,
    due_at: Option<i64>,
    priority: String,
    first_dispatch: Option<i64>,
    first_arrival: Option<i64>,
    closed_at: Option<i64>,
    disposition: Option<String>,
    reopened: bool,
}

fn incident(events: &[(&str, &Value)]) -> Incident {
    let (_, report) = events[0];
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let earliest = |wanted: &str| {
        let found = events.iter().filter(|(kind, _)| *kind == wanted);
        found.map(|(_, data)| second(&data["at"])).min()
    };
    let mut incident = Incident {
        area: text(&report["area"]),
        drill: report["drill"] == true,
        merged: false,
        self_initiated: report["self_initiated"] == true,
        reported_at: report["reported_at"].clone(),
        due_at: report["due_at"].as_str().map(|_| second(&report["due_at"])),
        priority: text(&report["priority"]),
        first_dispatch: earliest("UnitDispatched"),
        first_arrival: earliest("UnitArrived"),
        closed_at: None,
        disposition: None,
        reopened: false,
    };
    for (kind, data) in events {
        match *kind {
            "IncidentMerged" => incident.merged = true,
            "IncidentUnmerged" => incident.merged = false,
            "IncidentClosed" => incident.closed_at = Some(second(&data["at"])),
            "DispositionRecorded" => incident.disposition = Some(text(&data["code"])),
            "IncidentReopened" => {
                (incident.closed_at, incident.disposition, incident.reopened) = (None, None, true);
            }
            "IncidentTriaged" | "IncidentPrioritised" if data["priority"].is_string() => {
                incident.priority = text(&data["priority"]);
            }
            "IncidentCorrected" => {
                if data["area"].is_string() {
                    incident.area = text(&data["area"]);
                }
                if data["reported_at"].is_string() {
                    incident.reported_at = data["reported_at"].clone();
                }
                if data["due_at"].is_string() {
                    incident.due_at = Some(second(&data["due_at"]));
                }
                incident.drill = data["drill"].as_bool().unwrap_or(incident.drill);
                incident.self_initiated = data["self_initiated"].as_bool().unwrap_or(incident.self_initiated);
            }
            _ => {}
        }
    }
    incident
}

#[derive(Default)]
pub struct Incidents {
    pub counted: Vec<Incident>,
    pub drills: i64,
    pub merged: i64,
    pub self_initiated: i64,
}

impl Incidents {
    fn count(&self, such: impl Fn(&&Incident) -> bool) -> i64 {
        i64::try_from(self.counted.iter().filter(such).count()).expect("a count")
    }

    fn of_all(&self, such: impl Fn(&&Incident) -> bool) -> (i64, i64) {
        (self.count(such), self.count(|_| true))
    }

    fn seconds(&self, end: impl Fn(&Incident) -> Option<i64>) -> Vec<i64> {
        self.counted.iter().filter_map(|one| Some(end(one)? - second(&one.reported_at))).collect()
    }

    pub fn queue(&self) -> Vec<i64> {
        self.seconds(|incident| incident.first_dispatch)
    }

    pub fn response(&self) -> Vec<i64> {
        self.seconds(|incident| incident.first_arrival)
    }

    pub fn closed(&self) -> (i64, i64) {
        self.of_all(|incident| incident.closed_at.is_some())
    }

    pub fn closed_on_time(&self) -> (i64, i64) {
        let in_time = |incident: &&Incident| matches!((incident.closed_at, incident.due_at), (Some(end), Some(due)) if end <= due);
        (self.count(in_time), self.count(|incident| incident.due_at.is_some()))
    }

    pub fn with_disposition(&self, code: &str) -> (i64, i64) {
        self.of_all(|incident| incident.disposition.as_deref() == Some(code))
    }

    pub fn reopened(&self) -> (i64, i64) {
        self.of_all(|incident| incident.reopened)
    }

    /// Emergencies that somebody reached within so many seconds ÷ those that somebody reached.
    pub fn emergencies_within(&self, seconds: i64) -> (i64, i64) {
        let arrived =
            |incident: &&Incident| incident.priority == "emergency" && incident.first_arrival.is_some();
        let in_time = |incident: &&Incident| {
            arrived(incident)
                && incident.first_arrival.is_some_and(|at| at - second(&incident.reported_at) <= seconds)
        };
        (self.count(in_time), self.count(arrived))
    }
}

#[derive(Default)]
pub struct Patrols {
    pub runs: i64,
    pub due: i64,
    pub hit: i64,
    pub missed: i64,
    pub skipped: i64,
}

#[derive(Default)]
pub struct Duty {
    pub shifts: i64,
    pub required: i64,
    pub certified: i64,
    pub uncovered: i64,
    pub no_shows: i64,
    pub volunteer_minutes: i64,
    pub distinct_volunteers: usize,
}

#[derive(Default)]
struct Shift {
    people: BTreeSet<String>,
    came: BTreeSet<String>,
    certified: BTreeMap<String, i64>,
    uncovered: i64,
}

fn shift(events: &[(&str, &Value)]) -> Shift {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let minutes = |value: &Value| value["minutes"].as_i64().expect("minutes");
    let mut shift = Shift::default();
    for (kind, data) in events {
        match *kind {
            "ShiftAssigned" => drop(shift.people.insert(text(&data["person"]))),
            "AssignmentWithdrawn" => drop(shift.people.remove(&text(&data["person"]))),
            "TradeAccepted" => {
                shift.people.remove(&text(&data["from"]));
                shift.people.insert(text(&data["to"]));
            }
            "ClockedIn" => drop(shift.came.insert(text(&data["person"]))),
            "MarkedUncovered" => shift.uncovered = data["missing"].as_i64().expect("places"),
            "ShiftCertified" => {
                let list = data["minutes"].as_array().expect("minutes");
                shift.certified = list.iter().map(|one| (text(&one["person"]), minutes(one))).collect();
            }
            "CertificationCorrected" => {
                shift.certified.insert(text(&data["person"]), minutes(data));
            }
            _ => {}
        }
    }
    shift
}
