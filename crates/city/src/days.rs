//! The days of the scenario. Each day is planned when it begins; shifts are planned three days ahead.

mod contracts;
mod incident;
mod incidents;
mod patrols;
mod posts;
mod room;
mod teams;

use app::App;
use domain::{ContractId, Day, IncidentId, ShiftId, StatementId};

use crate::{
    CityError, Plan,
    agenda::{Agenda, instant},
    dice::Dice,
    shift::Habits,
    world::City,
};

/// Shifts are planned so many days ahead.
const AHEAD: i64 = 3;

const DAY: i64 = 86_400;

/// Local days, counted from the first of the scenario; days before it are negative.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calendar {
    /// Midnight of day 0 in Beijing, in seconds since 1970.
    start: i64,
}

impl Calendar {
    pub fn new(plan: &Plan) -> Self {
        let offset = 8 * 3_600;
        let today = (plan.ends_at.as_second() + offset).div_euclid(DAY) * DAY - offset;
        Self { start: today - plan.days * DAY }
    }

    /// A minute of a day, in seconds since 1970.
    pub fn at(&self, day: i64, minute: i64) -> i64 {
        self.start + day * DAY + minute * 60
    }

    pub fn day(&self, day: i64) -> Day {
        Day::at(instant(self.at(day, 0)))
    }
}

/// Plans day after day.
pub(crate) struct Planner {
    pub plan: Plan,
    pub city: City,
    pub calendar: Calendar,
    pub agenda: Agenda,
    shifts: Dice,
    runs: Dice,
    chance: Dice,
    market: Dice,
    /// Statements to be paid.
    due: Vec<Payment>,
    pub incidents: u64,
    pub sample_incident: Option<IncidentId>,
    pub sample_shift: Option<ShiftId>,
    places: Vec<incident::Spot>,
}

/// A statement that will be paid.
struct Payment {
    day: i64,
    deal: usize,
    contract: ContractId,
    statement: StatementId,
}

impl Planner {
    pub fn new(plan: &Plan, city: City, calendar: Calendar, agenda: Agenda) -> Self {
        let dice = |theme| Dice::new(plan.seed, theme);
        Self {
            plan: plan.clone(),
            city,
            calendar,
            agenda,
            shifts: dice(11),
            runs: dice(12),
            chance: dice(13),
            market: dice(14),
            due: Vec::new(),
            incidents: 0,
            sample_incident: None,
            sample_shift: None,
            places: Vec::new(),
        }
    }

    /// The shifts of the first days, planned on the day before.
    pub fn first_shifts(&mut self) {
        for day in 0..AHEAD {
            self.shifts_of(day, self.calendar.at(-1, 9 * 60));
        }
    }

    /// Plans a day that begins now. Answers the incidents of it, so that their keys can be made at once.
    pub fn day(&mut self, day: i64, app: &App) -> Result<Vec<IncidentId>, CityError> {
        self.shifts_of(day + AHEAD, self.calendar.at(day, 9 * 60));
        self.revise_plans(day);
        self.market(day, app)?;
        Ok(self.incidents_of(day))
    }

    fn shifts_of(&mut self, day: i64, planned: i64) {
        self.police_room(day, planned);
        self.team_shifts(day, planned);
        self.post_shifts(day, planned);
    }
}

/// How the community's teams are.
const TEAMS: Habits = Habits {
    cancelled: 12,
    withdrawn: 25,
    traded: 40,
    no_show: 25,
    late: 60,
    offline: 40,
    leaves_early: 30,
    corrected: 15,
    refused: 9,
    twice: 8,
};

/// How guards and police are.
const PROFESSIONALS: Habits = Habits {
    cancelled: 0,
    withdrawn: 20,
    traded: 30,
    no_show: 15,
    late: 40,
    offline: 30,
    leaves_early: 15,
    corrected: 0,
    refused: 6,
    twice: 10,
};
