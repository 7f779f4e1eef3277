//! The rules of an area.

use std::collections::BTreeSet;

use super::{
    Area, AreaCommand, AreaEvent, AssignGridStaff, CorrectAreaName, CorrectHouseholdCount, CountHouseholds,
    DefineGrid, DissolveArea, HouseholdCount, MergeGrid, Phase, RegisterArea, ReviseGridBoundary, SplitGrid,
    reason,
};
use crate::{
    Aggregate, AreaCode, AreaLevel, CommandId, Context, Day, PersonId, Rejection,
    aggregate::{not_in_the_future, rule, text},
    rejection::common,
};

const NAME_LIMIT: usize = 100;
const BOUNDARY_LIMIT: usize = 10_000;
const REASON_LIMIT: usize = 500;
const STAFF_LIMIT: usize = 200;
const SPLIT_LIMIT: usize = 20;
/// More than the country has; keeps sums far from overflow.
const HOUSEHOLDS_LIMIT: u32 = 1_000_000_000;

/// What an area must know of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether the area that directly contains it is registered and has not ended. True for a province.
    pub parent_known: bool,
    /// Whether all areas named as taking its place are registered and have not ended. True when none is named.
    pub successors_known: bool,
    /// Whether the person named is enrolled. True when none is named.
    pub person_known: bool,
}

impl Aggregate for Area {
    const CATEGORY: &'static str = "area";
    type Id = AreaCode;
    type Event = AreaEvent;
    type Command = AreaCommand;
    type Facts = Facts;

    fn target(command: &AreaCommand, id: CommandId) -> AreaCode {
        command.target(id)
    }

    fn stream_id(id: AreaCode) -> String {
        id.to_string()
    }

    fn evolve(&mut self, event: &AreaEvent) {
        self.apply(event);
    }

    fn area(&self) -> Option<AreaCode> {
        self.code
    }

    fn exists(&self) -> bool {
        self.phase != Phase::Absent
    }

    fn decide(
        &self,
        command: &AreaCommand,
        facts: &Facts,
        context: &Context,
    ) -> Result<Vec<AreaEvent>, Rejection> {
        match command {
            AreaCommand::Register(body) => return self.register(body, facts),
            AreaCommand::DefineGrid(body) => return self.define(body, facts),
            _ => {}
        }
        let Some(code) = self.code else {
            return Err(Rejection::new(&common::NOT_FOUND).field("area").about("area"));
        };
        match command {
            AreaCommand::Register(_) | AreaCommand::DefineGrid(_) => Ok(vec![]),
            AreaCommand::ReviseBoundary(body) => self.revise(code, body),
            AreaCommand::Split(body) => self.split(code, body, facts),
            AreaCommand::Merge(body) => self.merge(code, body, facts),
            AreaCommand::AssignStaff(body) => self.assign(code, body, facts),
            AreaCommand::RelieveStaff(body) => self.relieve(body.person),
            AreaCommand::CountHouseholds(body) => self.count(body, context),
            AreaCommand::CorrectHouseholdCount(body) => self.correct_count(body),
            AreaCommand::CorrectName(body) => self.correct_name(body),
            AreaCommand::Dissolve(body) => self.dissolve(code, body, facts),
        }
    }
}

impl Area {
    fn register(&self, body: &RegisterArea, facts: &Facts) -> Result<Vec<AreaEvent>, Rejection> {
        let code = body.area;
        rule(code.level() != AreaLevel::Grid, || Rejection::new(&reason::GRID_IS_DEFINED).field("area"))?;
        rule(body.parent.is_none() || body.parent == code.parent(), || {
            Rejection::new(&reason::PARENT_NOT_PREFIX).field("parent").with("code", code)
        })?;
        let name = text("name", &body.name, NAME_LIMIT)?;
        if self.exists() {
            return self.nothing_new(*self.name == *name);
        }
        parent_known("parent", code, facts)?;
        Ok(vec![AreaEvent::AreaRegistered { code, level: code.level(), name, parent: code.parent() }])
    }

    fn define(&self, body: &DefineGrid, facts: &Facts) -> Result<Vec<AreaEvent>, Rejection> {
        let code = body.area;
        is_grid("area", code)?;
        let name = text("name", &body.name, NAME_LIMIT)?;
        let boundary = body.boundary.as_ref().map(|b| text("boundary", b, BOUNDARY_LIMIT)).transpose()?;
        let households = households(body.households)?;
        if self.exists() {
            let same = *self.name == *name
                && self.boundary.as_deref() == boundary.as_deref()
                && self.households == Some(households);
            return self.nothing_new(same);
        }
        parent_known("area", code, facts)?;
        Ok(vec![AreaEvent::GridDefined { code, name, households, boundary }])
    }

    fn revise(&self, code: AreaCode, body: &ReviseGridBoundary) -> Result<Vec<AreaEvent>, Rejection> {
        is_grid("area", code)?;
        self.active()?;
        let boundary = text("boundary", &body.boundary, BOUNDARY_LIMIT)?;
        if self.boundary.as_deref() == Some(&*boundary) {
            return Ok(vec![]);
        }
        Ok(vec![AreaEvent::GridBoundaryRevised { boundary }])
    }

    fn split(&self, code: AreaCode, body: &SplitGrid, facts: &Facts) -> Result<Vec<AreaEvent>, Rejection> {
        is_grid("area", code)?;
        if self.phase == Phase::Split && self.successors == body.into {
            return Ok(vec![]);
        }
        self.active()?;
        rule((2..=SPLIT_LIMIT).contains(&body.into.len()), || {
            Rejection::new(&common::OUT_OF_RANGE).field("into").with("least", 2).with("most", SPLIT_LIMIT)
        })?;
        let mut seen = BTreeSet::from([code]);
        for part in &body.into {
            rule(seen.insert(*part), || Rejection::new(&reason::NAMED_TWICE).field("into"))?;
            same_village("into", code, *part)?;
        }
        successors_known("into", &body.into, facts)?;
        Ok(vec![AreaEvent::GridSplit { into: body.into.clone() }])
    }

    fn merge(&self, code: AreaCode, body: &MergeGrid, facts: &Facts) -> Result<Vec<AreaEvent>, Rejection> {
        is_grid("area", code)?;
        if self.phase == Phase::Merged && self.successors == [body.into] {
            return Ok(vec![]);
        }
        self.active()?;
        rule(body.into != code, || Rejection::new(&common::NOT_SELF).field("into"))?;
        same_village("into", code, body.into)?;
        successors_known("into", &[body.into], facts)?;
        Ok(vec![AreaEvent::GridsMerged { into: body.into }])
    }

    fn assign(
        &self,
        code: AreaCode,
        body: &AssignGridStaff,
        facts: &Facts,
    ) -> Result<Vec<AreaEvent>, Rejection> {
        is_grid("area", code)?;
        self.active()?;
        let now = self.staff.get(&body.person);
        if now == Some(&body.role) {
            return Ok(vec![]);
        }
        rule(facts.person_known, || Rejection::new(&common::UNKNOWN_PERSON).field("person"))?;
        rule(now.is_some() || self.staff.len() < STAFF_LIMIT, || {
            Rejection::new(&common::TOO_MANY).field("person").with("limit", STAFF_LIMIT)
        })?;
        Ok(vec![AreaEvent::GridStaffAssigned { person: body.person, role: body.role }])
    }

    /// Who has no part any more is relieved already; an ended grid has no staff.
    fn relieve(&self, person: PersonId) -> Result<Vec<AreaEvent>, Rejection> {
        if !self.staff.contains_key(&person) {
            return Ok(vec![]);
        }
        Ok(vec![AreaEvent::GridStaffRelieved { person }])
    }

    fn count(&self, body: &CountHouseholds, context: &Context) -> Result<Vec<AreaEvent>, Rejection> {
        let households = households(body.households)?;
        if self.last_count == Some(HouseholdCount { on: body.on, households }) {
            return Ok(vec![]);
        }
        self.active()?;
        not_in_the_future(context)?;
        rule(body.on <= Day::at(context.occurred_at.at), || {
            Rejection::new(&common::IN_THE_FUTURE).field("on").with("given", body.on)
        })?;
        if let Some(last) = self.last_count {
            rule(body.on != last.on, || Rejection::new(&reason::COUNT_EXISTS).field("on"))?;
            rule(body.on > last.on, || {
                Rejection::new(&common::TIMES_RUN_BACKWARDS)
                    .field("on")
                    .with("given", body.on)
                    .with("earlier", last.on)
            })?;
        }
        Ok(vec![AreaEvent::HouseholdsCounted { households, on: body.on }])
    }

    /// A correction is possible in every phase: what was wrong then is not right because the area has ended.
    fn correct_count(&self, body: &CorrectHouseholdCount) -> Result<Vec<AreaEvent>, Rejection> {
        let last = self.last_count.filter(|last| last.on == body.on);
        let Some(last) = last else { return Err(Rejection::new(&reason::NO_SUCH_COUNT).field("on")) };
        let households = households(body.households)?;
        let reason = text("reason", &body.reason, REASON_LIMIT)?;
        if last.households == households {
            return Ok(vec![]);
        }
        Ok(vec![AreaEvent::HouseholdCountCorrected { on: body.on, households, reason }])
    }

    fn correct_name(&self, body: &CorrectAreaName) -> Result<Vec<AreaEvent>, Rejection> {
        let name = text("name", &body.name, NAME_LIMIT)?;
        let reason = text("reason", &body.reason, REASON_LIMIT)?;
        if *self.name == *name {
            return Ok(vec![]);
        }
        Ok(vec![AreaEvent::AreaNameCorrected { name, reason }])
    }

    fn dissolve(
        &self,
        code: AreaCode,
        body: &DissolveArea,
        facts: &Facts,
    ) -> Result<Vec<AreaEvent>, Rejection> {
        if self.phase == Phase::Dissolved && self.successors == body.successor.as_slice() {
            return Ok(vec![]);
        }
        self.active()?;
        let reason = text("reason", &body.reason, REASON_LIMIT)?;
        if let Some(successor) = body.successor {
            rule(successor != code, || Rejection::new(&common::NOT_SELF).field("successor"))?;
            rule(successor.level() == code.level(), || {
                Rejection::new(&reason::OTHER_LEVEL).field("successor").with("code", successor)
            })?;
            successors_known("successor", &[successor], facts)?;
        }
        Ok(vec![AreaEvent::AreaDissolved { reason, successor: body.successor }])
    }

    /// For an area that exists: the same once more is nothing new, unless it has ended.
    fn nothing_new(&self, same: bool) -> Result<Vec<AreaEvent>, Rejection> {
        rule(same, || Rejection::new(&common::ALREADY_EXISTS).field("area").about("area"))?;
        self.active().map(|()| vec![])
    }

    fn active(&self) -> Result<(), Rejection> {
        match self.phase {
            Phase::Active => Ok(()),
            Phase::Absent | Phase::Split | Phase::Merged | Phase::Dissolved => {
                Err(Rejection::new(&common::WRONG_PHASE).field("area").in_phase(&self.phase))
            }
        }
    }
}

fn is_grid(field: &'static str, code: AreaCode) -> Result<(), Rejection> {
    rule(code.level() == AreaLevel::Grid, || {
        Rejection::new(&reason::NOT_A_GRID).field(field).with("code", code)
    })
}

fn same_village(field: &'static str, grid: AreaCode, other: AreaCode) -> Result<(), Rejection> {
    is_grid(field, other)?;
    rule(grid.parent() == other.parent(), || {
        Rejection::new(&reason::OTHER_VILLAGE).field(field).with("code", other)
    })
}

fn parent_known(field: &'static str, code: AreaCode, facts: &Facts) -> Result<(), Rejection> {
    match code.parent() {
        Some(parent) => rule(facts.parent_known, || {
            Rejection::new(&common::UNKNOWN_AREA).field(field).with("code", parent)
        }),
        None => Ok(()),
    }
}

fn successors_known(field: &'static str, codes: &[AreaCode], facts: &Facts) -> Result<(), Rejection> {
    rule(facts.successors_known, || {
        let codes: Vec<&str> = codes.iter().map(AreaCode::as_str).collect();
        Rejection::new(&common::UNKNOWN_AREA).field(field).with("code", codes.join(", "))
    })
}

fn households(households: u32) -> Result<u32, Rejection> {
    rule(households <= HOUSEHOLDS_LIMIT, || {
        Rejection::new(&common::OUT_OF_RANGE)
            .field("households")
            .with("least", 0)
            .with("most", HOUSEHOLDS_LIMIT)
    })?;
    Ok(households)
}
