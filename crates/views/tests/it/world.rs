//! Writes history: events of a small district, with ids and times chosen by the test.

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Duration};

use domain::{
    Actor, ActorId, AreaCode, BasisPoints, CommandId, ContractId, Day, DutyKind, EventBody, Fen, IncidentId,
    Meta, OrganisationId, OrganisationKind, Payer, PersonId, Personal, PostId, Priority, ShiftId, TeamId,
    TeamKind, When,
    area::AreaEvent,
    contract::{ContractEvent, FixedItem},
    event::encode,
    incident::{IncidentChannel, IncidentEvent, IncidentKind},
    organisation::OrganisationEvent,
    shift::{CertifiedMinutes, ShiftEvent},
};
use event_log::{NewEvent, Position, Recorded, Revision, StreamName};
use tempfile::TempDir;
use uuid::Uuid;
use views::{Calendar, Period, Views, ViewsOptions, rebuild_file};

use super::log::{Handle, MemoryLog};

pub const DISTRICT: &str = "421002";
pub const EAST: &str = "421002001001";
pub const WEST: &str = "421002001002";
/// In another township.
pub const SOUTH: &str = "421002002001";
/// In another district.
pub const ABROAD: &str = "421003001001";

pub const STATION: OrganisationId = OrganisationId(uuid(0x57));
pub const COMPANY: OrganisationId = OrganisationId(uuid(0xc0));
pub const OTHER_COMPANY: OrganisationId = OrganisationId(uuid(0xc1));
pub const COMMITTEE: OrganisationId = OrganisationId(uuid(0xcc));

pub const fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub const fn person(number: u128) -> PersonId {
    PersonId(uuid(0x1000 + number))
}

pub const fn shift(number: u128) -> ShiftId {
    ShiftId(uuid(0x2000 + number))
}

pub const fn incident(number: u128) -> IncidentId {
    IncidentId(uuid(0x3000_0000 + number))
}

pub fn area(code: &str) -> AreaCode {
    code.parse().unwrap()
}

/// `2026-08-01T08:00` in Shanghai.
pub fn at(text: &str) -> When {
    format!("{text}:00+08:00").parse().unwrap()
}

pub fn day(text: &str) -> Day {
    Day(text.parse().unwrap())
}

pub fn period(from: &str, to: &str) -> Period {
    Period { from: day(from), to: day(to) }
}

pub fn calendar() -> Calendar {
    Calendar::new("Asia/Shanghai").unwrap()
}

#[derive(Default)]
pub struct History {
    pub records: Vec<Recorded>,
    revisions: HashMap<Box<str>, u64>,
    clock: Option<When>,
}

impl History {
    /// A district with two townships, three communities, a station, a committee and two companies.
    pub fn new() -> Self {
        let mut history = Self::default();
        for code in ["42", "4210", DISTRICT, "421002001", "421002002", EAST, WEST, SOUTH, "421003", ABROAD] {
            let code = area(code);
            let name = format!("区域{code}");
            history.add(
                &format!("area-{code}"),
                &AreaEvent::AreaRegistered { code, level: code.level(), name, parent: code.parent() },
            );
        }
        for (number, households) in [("421002001001001", 120), ("421002001001002", 130)] {
            history.add(
                &format!("area-{number}"),
                &AreaEvent::GridDefined {
                    code: area(number),
                    name: "网格".into(),
                    households,
                    boundary: None,
                },
            );
        }
        history.organisation(STATION, OrganisationKind::PoliceStation, DISTRICT);
        history.organisation(COMMITTEE, OrganisationKind::Committee, EAST);
        history.organisation(COMPANY, OrganisationKind::SecurityCompany, "421003");
        history.organisation(OTHER_COMPANY, OrganisationKind::SecurityCompany, "421003");
        history.add(
            &STATION.to_string(),
            &OrganisationEvent::JurisdictionAssigned { areas: vec![area(DISTRICT)] },
        );
        history
    }

    pub fn organisation(&mut self, id: OrganisationId, kind: OrganisationKind, place: &str) {
        self.add(
            &id.to_string(),
            &OrganisationEvent::OrganisationRegistered {
                kind,
                name: format!("单位{}", id.0.as_u128()),
                area: area(place),
                unified_code: None,
            },
        );
    }

    /// When the server records what follows; otherwise a fixed day.
    pub fn recorded(&mut self, when: When) {
        self.clock = Some(when);
    }

    /// Appends one event; answers its id.
    pub fn add<E: EventBody>(&mut self, stream: &str, event: &E) -> Uuid {
        let encoded = encode(event).unwrap();
        self.add_raw(stream, &encoded.kind, encoded.version, encoded.data)
    }

    pub fn add_raw(&mut self, stream: &str, kind: &str, version: u16, data: Vec<u8>) -> Uuid {
        let position = self.records.len() as u64 + 1;
        let command = CommandId(uuid(u128::from(position) << 64));
        let when = self.clock.unwrap_or_else(|| at("2026-08-01T06:00"));
        let meta = Meta {
            occurred_at: when,
            recorded_at: when.at,
            actor: Actor { id: ActorId(uuid(1)), person: None, organisation: None },
            area: None,
            command,
            content: "00".into(),
            index: 0,
            causation: None,
            correlation: command.0,
        };
        let stream = StreamName::parse(stream).unwrap();
        let next = self.revisions.entry(stream.as_str().into()).or_default();
        let revision = Revision(*next);
        *next += 1;
        let event = NewEvent {
            id: Meta::event_id(command, 0),
            kind: kind.into(),
            version,
            meta: serde_json::to_vec(&meta).unwrap(),
            data,
        };
        self.records.push(Recorded {
            position: Position(position),
            digest: Recorded::digest_of(&stream, revision, &event),
            stream,
            revision,
            id: event.id,
            kind: event.kind,
            version: event.version,
            meta: event.meta,
            data: event.data,
        });
        Meta::event_id(command, 0)
    }

    pub fn team(&mut self, number: u128, kind: TeamKind, payer: Payer, place: &str, members: u128) -> TeamId {
        let team = TeamId(uuid(0x4000 + number));
        self.add(
            &STATION.to_string(),
            &OrganisationEvent::TeamFormed {
                team,
                name: format!("巡防队{number}"),
                kind,
                payer,
                area: area(place),
                members: (0..members).map(|member| person(number * 100 + member)).collect(),
            },
        );
        team
    }

    pub fn incident_event(&mut self, number: u128, event: &IncidentEvent) -> Uuid {
        self.add(&incident(number).to_string(), event)
    }

    pub fn report(&mut self, number: u128, reported: &Reported) -> Uuid {
        let sealed = |text: &str| Some(Personal::sealed(incident(number), text));
        self.incident_event(
            number,
            &IncidentEvent::IncidentReported {
                area: area(reported.place),
                kind: reported.kind,
                channel: IncidentChannel::Phone,
                priority: reported.priority,
                self_initiated: reported.self_initiated,
                drill: reported.drill,
                reported_at: at(reported.at),
                reporter_name: sealed("sealed-name"),
                reporter_phone: sealed("sealed-phone"),
                address: sealed("sealed-address"),
                narrative: None,
                place_key: reported.place_key.map(str::to_owned),
                shift: None,
                run: None,
                company: reported.contract.map(|_| COMPANY),
                contract: reported.contract,
                due_at: reported.due.map(at),
            },
        )
    }

    pub fn shift_event(&mut self, number: u128, event: &ShiftEvent) -> Uuid {
        self.add(&shift(number).to_string(), event)
    }

    /// A published shift with people assigned.
    pub fn roster(&mut self, number: u128, planned: &Planned, people: &[PersonId]) {
        self.shift_event(
            number,
            &ShiftEvent::ShiftScheduled {
                area: area(planned.place),
                organisation: STATION,
                team: planned.team,
                contract: None,
                post: None,
                duty: planned.duty,
                payer: planned.payer,
                starts_at: at(planned.from),
                ends_at: at(planned.to),
                places: planned.places,
            },
        );
        self.shift_event(number, &ShiftEvent::ShiftPublished {});
        for person in people {
            self.shift_event(number, &ShiftEvent::ShiftAssigned { person: *person });
        }
    }

    pub fn clock_in(&mut self, number: u128, person: PersonId, when: &str) {
        self.shift_event(number, &ShiftEvent::ClockedIn { person, at: at(when), late: false });
    }

    /// Clocks out, closes and certifies.
    pub fn certify(&mut self, number: u128, end: &str, minutes: &[(PersonId, u32)]) {
        for (person, _) in minutes {
            self.shift_event(number, &ShiftEvent::ClockedOut { person: *person, at: at(end) });
        }
        self.shift_event(number, &ShiftEvent::ShiftClosed { at: at(end) });
        let minutes =
            minutes.iter().map(|(person, minutes)| CertifiedMinutes { person: *person, minutes: *minutes });
        self.shift_event(number, &ShiftEvent::ShiftCertified { minutes: minutes.collect() });
    }

    pub fn contract_event(&mut self, contract: ContractId, event: &ContractEvent) -> Uuid {
        self.add(&contract.to_string(), event)
    }

    /// A contract in force over August 2026 with one post: every day 08:00 to 18:00, one head, 30 yuan an hour.
    pub fn contract(&mut self, contract: ContractId, company: OrganisationId, post: PostId) -> Uuid {
        self.contract_event(
            contract,
            &ContractEvent::ContractDrafted {
                company,
                client: COMMITTEE,
                area: area(EAST),
                number: "2026-01".into(),
                service: "gate".into(),
                rights_and_duties: "as agreed".into(),
                starts_on: day("2026-08-01"),
                ends_on: day("2027-07-31"),
                utc_offset_minutes: 480,
                fixed_items: vec![FixedItem { name: "radio".into(), amount: Fen(31_000), due_on: None }],
                deduction_cap: BasisPoints(1_000),
                assessment_weights: vec![],
                guards_from_other_province: false,
            },
        );
        let post = self.contract_event(
            contract,
            &ContractEvent::PostDefined {
                post,
                name: "gate".into(),
                area: area(EAST),
                heads: 1,
                weekdays: vec![1, 2, 3, 4, 5, 6, 7],
                from_minute: 480,
                to_minute: 1_080,
                rate_per_hour: Fen(3_000),
                effective_from: day("2026-08-01"),
                effective_until: None,
            },
        );
        self.contract_event(contract, &ContractEvent::ContractActivated {});
        post
    }

    /// Views folded from this history, and nothing else.
    pub fn views(&self) -> World {
        World::over(MemoryLog::of(self.records.clone()))
    }
}

#[derive(Clone, Copy)]
pub struct Reported {
    pub place: &'static str,
    pub at: &'static str,
    pub kind: IncidentKind,
    pub priority: Priority,
    pub self_initiated: bool,
    pub drill: bool,
    pub place_key: Option<&'static str>,
    pub contract: Option<ContractId>,
    pub due: Option<&'static str>,
}

impl Default for Reported {
    fn default() -> Self {
        Self {
            place: EAST,
            at: "2026-08-10T10:00",
            kind: IncidentKind::Noise,
            priority: Priority::Routine,
            self_initiated: false,
            drill: false,
            place_key: None,
            contract: None,
            due: None,
        }
    }
}

#[derive(Clone, Copy)]
pub struct Planned {
    pub place: &'static str,
    pub team: Option<TeamId>,
    pub duty: DutyKind,
    pub payer: Payer,
    pub from: &'static str,
    pub to: &'static str,
    pub places: u16,
}

impl Default for Planned {
    fn default() -> Self {
        Self {
            place: EAST,
            team: None,
            duty: DutyKind::Patrol,
            payer: Payer::State,
            from: "2026-08-10T08:00",
            to: "2026-08-10T12:00",
            places: 1,
        }
    }
}

/// Running views in a folder of their own.
pub struct World {
    pub views: Arc<Views>,
    pub log: Arc<MemoryLog>,
    pub folder: TempDir,
    pub runtime: tokio::runtime::Runtime,
}

impl World {
    pub fn over(log: Arc<MemoryLog>) -> Self {
        Self::within(tempfile::tempdir().unwrap(), log)
    }

    pub fn within(folder: TempDir, log: Arc<MemoryLog>) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
        let options = ViewsOptions { directory: folder.path().to_owned(), calendar: calendar() };
        let views = {
            let _inside = runtime.enter();
            Arc::new(Views::open(options, Arc::new(Handle(Arc::clone(&log)))).unwrap())
        };
        let world = Self { views, log, folder, runtime };
        world.catch_up();
        world
    }

    /// Waits until everything that is in the log is in the views, or they have stopped.
    pub fn catch_up(&self) {
        let head = self.log.page(None, usize::MAX).len() as u64;
        let _ = self.runtime.block_on(self.views.wait_for(head, Duration::from_secs(30)));
    }

    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    pub fn file(&self) -> PathBuf {
        self.views.options().file()
    }

    /// A second file over the same log, built from nothing.
    pub fn built_again(&self) -> PathBuf {
        let path = self.folder.path().join("again.db");
        let log = Arc::clone(&self.log);
        rebuild_file(&path, &calendar(), move |after, limit| Ok(log.page(after, limit)), |_| {}).unwrap();
        path
    }
}
