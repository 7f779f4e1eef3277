//! The load: setup, then day after day, hour after hour, with the policies in between.

use std::sync::{Arc, atomic::Ordering};

use app::App;

use crate::{
    CityError, Plan, SimClock, World,
    agenda::{Agenda, instant},
    days::{Calendar, Planner},
    drive::{Driver, Tally},
    setup,
    world::City,
};

/// The setup begins on this day.
const FIRST_DAY: i64 = -9;

/// Hours from one round of the policies to the next.
const POLICIES_EVERY: i64 = 2;

/// How far a load is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Commands sent so far.
    pub done: u64,
    /// How many it will be, roughly; never less than `done`.
    pub of: u64,
    /// Day of the scenario; negative while the district is set up.
    pub day: i64,
}

/// Loads a scenario through an application whose clock is [`SimClock::clock`] of `clock`.
///
/// On a log that holds a part of the same load already it goes on from there: what was done is recognised by its
/// command ids. On return the views hold everything and the clock stands at the end of the plan.
///
/// # Errors
/// A command that was refused although it must not be, or accepted although it must be refused; a fault of the
/// application. What was appended until then stays.
pub async fn load(
    app: Arc<App>,
    clock: Arc<SimClock>,
    plan: &Plan,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<World, CityError> {
    let mut agenda = Agenda::new(plan.namespace());
    let city = City::new(plan, &mut agenda)?;
    let calendar = Calendar::new(plan);
    let driver = Driver {
        fresh: app.log().head().await?.is_none(),
        app,
        clock,
        tally: Tally::default(),
        ends_at: plan.ends_at.as_second(),
    };
    driver.catch_up().await?;
    // One transaction for the keys of everybody, instead of one for each.
    driver.app.keyring().ensure(&city.everybody())?;
    setup::setup(plan, &city, calendar, &mut agenda);
    let mut planner = Planner::new(plan, city, calendar, agenda);
    planner.first_shifts();
    driver.clock.pace.hold();
    let outcome = run(&driver, &mut planner, progress).await;
    driver.clock.pace.let_go();
    outcome?;
    driver.catch_up().await?;
    world(&driver, &planner).await
}

async fn run(
    driver: &Driver,
    planner: &mut Planner,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<(), CityError> {
    let days = planner.plan.days;
    let estimate = planner.plan.estimate();
    for day in FIRST_DAY..=days {
        if day >= 0 {
            let incidents = planner.day(day, &driver.app)?;
            driver.app.keyring().ensure(&incidents.iter().map(|id| id.0).collect::<Vec<_>>())?;
        }
        for hour in 0..24 {
            let begins = planner.calendar.at(day, hour * 60);
            if begins > driver.ends_at {
                break;
            }
            driver.run_before(&mut planner.agenda, begins + 3_600).await?;
            if (hour + 1) % POLICIES_EVERY == 0 && (day >= 0 || hour == 23) {
                driver.run_policies().await?;
            } else {
                // The views take it up while the next hour runs.
                driver.release().await?;
            }
            let done = driver.tally.commands.load(Ordering::Relaxed);
            progress(Progress { done, of: estimate.max(done), day });
        }
        driver.catch_up().await?;
    }
    driver.clock.set(instant(driver.ends_at));
    driver.run_policies().await
}

async fn world(driver: &Driver, planner: &Planner) -> Result<World, CityError> {
    let mut world = World::of(&planner.city, planner.sample_incident, planner.sample_shift);
    let expected = &mut world.expected;
    expected.incidents = planner.incidents;
    expected.commands = driver.tally.commands.load(Ordering::Relaxed);
    expected.refused = driver.tally.refused.load(Ordering::Relaxed);
    expected.repeated = driver.tally.repeated.load(Ordering::Relaxed);
    expected.policies = driver.tally.policies.load(Ordering::Relaxed);
    expected.events = driver.app.log().head().await?.map_or(0, |head| head.0);
    Ok(world)
}
