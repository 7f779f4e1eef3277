//! What to generate.

use jiff::Timestamp;
use uuid::{Uuid, uuid};

/// Namespace of everything that scenarios name (UUIDv5).
const SCENARIOS: Uuid = uuid!("2f0c6f0e-6d52-5a0f-8f63-0f2c9b1f4d77");

/// The size of a scenario. The same plan gives the same commands with the same ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub seed: u64,
    /// Whole days before the day of `ends_at`.
    pub days: i64,
    /// The "present": nothing is recorded after it. Shifts are planned for two days more.
    pub ends_at: Timestamp,
    /// Whether all areas of the file are registered, or only those that are used.
    pub all_areas: bool,
    /// Communities of the district that take part, at most 112.
    pub communities: usize,
    /// Teams and members; at least 3 and at most 8 members a team.
    pub volunteer_teams: usize,
    pub volunteers: usize,
    /// Paid teams have two members each.
    pub paid_teams: usize,
    /// A volunteer team stands watch once in so many days.
    pub volunteer_every: usize,
    /// A paid team patrols twice in so many days.
    pub paid_every: usize,
    /// Contracts, at most 10.
    pub contracts: usize,
    /// Fewest and most incidents of a day.
    pub incidents: (i64, i64),
}

impl Plan {
    /// The scenario *shashi*: 90 days of a whole district.
    pub const fn shashi(seed: u64, ends_at: Timestamp) -> Self {
        Self {
            seed,
            days: 90,
            ends_at,
            all_areas: true,
            communities: 112,
            volunteer_teams: 324,
            volunteers: 1_614,
            paid_teams: 260,
            volunteer_every: 7,
            paid_every: 7,
            contracts: 10,
            incidents: (40, 60),
        }
    }

    /// A few teams and three days, for tests.
    pub const fn small(seed: u64, ends_at: Timestamp) -> Self {
        Self {
            seed,
            days: 3,
            ends_at,
            all_areas: false,
            communities: 4,
            volunteer_teams: 6,
            volunteers: 26,
            paid_teams: 5,
            volunteer_every: 2,
            paid_every: 3,
            contracts: 3,
            incidents: (12, 18),
        }
    }

    /// Namespace of the ids of this plan.
    pub(crate) fn namespace(&self) -> Uuid {
        let name = format!("{} {} {} {}", self.seed, self.days, self.ends_at, self.communities);
        Uuid::new_v5(&SCENARIOS, name.as_bytes())
    }

    /// How many commands it takes, roughly: for a progress bar.
    pub(crate) fn estimate(&self) -> u64 {
        let per_day = self.volunteer_teams * 13 / self.volunteer_every.max(1)
            + self.paid_teams * 32 / self.paid_every.max(1)
            + self.contracts * 24
            + usize::try_from((self.incidents.0 + self.incidents.1) * 5).unwrap_or_default();
        let people = self.volunteers + self.paid_teams * 2;
        let days = usize::try_from(self.days).unwrap_or_default();
        u64::try_from(per_day * days + people * 2 + 3_000).unwrap_or(u64::MAX)
    }
}
