//! The days before the first: areas, organisations, people, teams, patrol plans and contracts are made.

mod contracts;
mod organisations;
mod patrol_plans;
mod people;

use crate::{Plan, agenda::Agenda, days::Calendar, world::City};

/// Name of the police station.
pub(crate) use contracts::{CRITERIA, define_post};
pub(crate) use organisations::grid_code;
pub(crate) use patrol_plans::{GRACE, LEG, stops};

pub(crate) const STATION: &str = "荆州市公安局沙市区分局";

/// What every part of the setup needs.
pub(crate) struct Setup<'a> {
    pub plan: &'a Plan,
    pub city: &'a City,
    pub calendar: Calendar,
    pub agenda: &'a mut Agenda,
}

/// Plans the steps of the days before the first. What rests on something else comes a slot or more after it.
pub(crate) fn setup(plan: &Plan, city: &City, calendar: Calendar, agenda: &mut Agenda) {
    let mut setup = Setup { plan, city, calendar, agenda };
    setup.areas();
    setup.organisations();
    setup.people();
    setup.teams();
    setup.patrol_plans();
    setup.contracts();
}
