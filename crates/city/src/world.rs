//! Who and what the district consists of: decided once from the seed, before anything is sent.

mod community;
mod market;
mod police;
mod summary;

use std::{collections::BTreeMap, sync::Arc};

use app::{AccountRole, Viewer};
use domain::{AreaCode, AreaLevel, OrganisationId, PersonId, TeamId};
use uuid::Uuid;

pub(crate) use community::{Community, Team};
pub(crate) use market::{Company, Deal, Guard, Post};
pub(crate) use police::Police;
pub use summary::{CommitteeSummary, CompanySummary, ContractSummary, Expected, World};

use crate::{CityError, Plan, agenda::Agenda, areas, dice::Dice};

/// Code of the Shashi District.
pub(crate) const DISTRICT: &str = "421002";

/// Somebody with an account of their own.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub id: PersonId,
    pub viewer: Arc<Viewer>,
}

impl Member {
    fn new(agenda: &mut Agenda) -> Self {
        let id = PersonId(agenda.id());
        let account = Uuid::new_v5(&id.0, b"account");
        let viewer = Viewer::new(account, [AccountRole::Member], vec![], vec![], Some(id));
        Self { id, viewer: Arc::new(viewer) }
    }
}

/// An area that will be registered.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub code: AreaCode,
    pub name: String,
}

/// The district.
pub(crate) struct City {
    pub district: AreaCode,
    pub places: Vec<Place>,
    pub administrator: Arc<Viewer>,
    pub communities: Vec<Community>,
    pub volunteers: Vec<Team>,
    pub paid: Vec<Team>,
    pub police: Police,
    pub companies: Vec<Company>,
    pub clients: Vec<(OrganisationId, String)>,
    pub deals: Vec<Deal>,
}

impl City {
    pub fn new(plan: &Plan, agenda: &mut Agenda) -> Result<Self, CityError> {
        let mut dice = Dice::new(plan.seed, 1);
        let district: AreaCode =
            DISTRICT.parse().map_err(|_| CityError::Plan(format!("`{DISTRICT}` is no area")))?;
        let places = places(plan, district)?;
        let communities = community::communities(plan, district, &places, agenda);
        if communities.is_empty() || plan.volunteers < plan.volunteer_teams * 3 {
            return Err(CityError::Plan("there must be communities, and three volunteers a team".into()));
        }
        let (volunteers, paid) = community::teams(plan, &communities, agenda, &mut dice);
        let police = Police::new(district, agenda);
        let companies = market::companies(plan, agenda, &mut dice);
        let clients: Vec<_> = market::CLIENTS
            .iter()
            .take(plan.contracts)
            .map(|name| (OrganisationId(agenda.id()), (*name).to_owned()))
            .collect();
        let deals = market::deals(plan, &companies, &clients, &communities, agenda);
        let administrator =
            Arc::new(Viewer::new(agenda.id(), [AccountRole::Administrator], vec![], vec![], None));
        Ok(Self {
            district,
            places,
            administrator,
            communities,
            volunteers,
            paid,
            police,
            companies,
            clients,
            deals,
        })
    }

    /// Everybody who will be enrolled.
    pub fn everybody(&self) -> Vec<Uuid> {
        let teams = self.volunteers.iter().chain(&self.paid);
        let guards = self.deals.iter().flat_map(|deal| &deal.posts).flat_map(|post| &post.guards);
        let police = self.police.officers.iter().chain(&self.police.auxiliaries);
        let chief = self.police.chief.actor.person;
        teams
            .flat_map(|team| &team.members)
            .chain(police)
            .chain(guards.map(|guard| &guard.member))
            .map(|member| member.id.0)
            .chain(chief.map(|chief| chief.0))
            .collect()
    }
}

/// The areas of the file that the plan uses: those of its communities and all above them, or all.
fn places(plan: &Plan, district: AreaCode) -> Result<Vec<Place>, CityError> {
    let (lines, _) = areas::read(areas::areas_csv().as_bytes())?;
    let all: BTreeMap<AreaCode, String> = lines.into_iter().map(|line| (line.code, line.name)).collect();
    let used: Vec<AreaCode> = if plan.all_areas {
        all.keys().copied().collect()
    } else {
        let villages =
            all.keys().filter(|code| code.level() == AreaLevel::Village && district.contains(code));
        let mut used: Vec<AreaCode> =
            villages.take(plan.communities).flat_map(|code| code.lineage()).collect();
        used.sort_unstable();
        used.dedup();
        used
    };
    Ok(used
        .into_iter()
        .filter_map(|code| all.get(&code).map(|name| Place { code, name: name.clone() }))
        .collect())
}

/// A team of any kind has a lane of its own.
pub(crate) fn lane(team: TeamId) -> u64 {
    lane_of(team.0)
}

/// What has the same id runs in the same lane.
pub(crate) fn lane_of(id: Uuid) -> u64 {
    let (high, low) = id.as_u64_pair();
    high ^ low
}
