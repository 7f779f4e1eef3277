//! Communities, their committees and their teams.

use std::sync::Arc;

use app::{AccountRole, Viewer};
use domain::{AreaCode, AreaLevel, CheckpointId, OrganisationId, PlanId, RouteId, TeamId};

use super::{Member, Place};
use crate::{Plan, agenda::Agenda, dice::Dice};

/// Checkpoints on a community's route.
pub(crate) const CHECKPOINTS: usize = 6;
/// Most members of a volunteer team.
const MOST_MEMBERS: usize = 8;

/// A community 社区 with its committee and its patrol plan.
#[derive(Clone, Debug)]
pub(crate) struct Community {
    pub code: AreaCode,
    pub name: String,
    pub committee: OrganisationId,
    pub clerk: Arc<Viewer>,
    /// Pays what the clerk has approved.
    pub cashier: Arc<Viewer>,
    pub plan: PlanId,
    pub route: RouteId,
    pub checkpoints: Vec<CheckpointId>,
    /// Day of the revision that retires the last checkpoint.
    pub revised_on: Option<i64>,
}

impl Community {
    /// The name without the words for "residents' committee".
    pub fn short_name(&self) -> &str {
        self.name.split("社区").next().unwrap_or(&self.name)
    }

    /// The checkpoints on the route of a day.
    pub fn route_on(&self, day: i64) -> &[CheckpointId] {
        let revised = self.revised_on.is_some_and(|revised| day >= revised);
        let many = self.checkpoints.len() - usize::from(revised);
        &self.checkpoints[..many]
    }
}

/// A patrol team of a community.
#[derive(Clone, Debug)]
pub(crate) struct Team {
    pub id: TeamId,
    pub name: String,
    /// Index of its community.
    pub community: usize,
    pub members: Vec<Member>,
}

pub(super) fn communities(
    plan: &Plan,
    district: AreaCode,
    places: &[Place],
    agenda: &mut Agenda,
) -> Vec<Community> {
    let villages = places
        .iter()
        .filter(|place| place.code.level() == AreaLevel::Village && district.contains(&place.code));
    let community = |(index, place): (usize, &Place)| {
        let committee = OrganisationId(agenda.id());
        let account = |agenda: &mut Agenda| {
            let (areas, organisations) = (vec![place.code], vec![committee]);
            Arc::new(Viewer::new(agenda.id(), [AccountRole::CommitteeClerk], areas, organisations, None))
        };
        let (clerk, cashier) = (account(agenda), account(agenda));
        // One community in eight revises its plan, spread over the days.
        let revised_on = (index % 8 == 3).then(|| plan.days / 3 + i64::try_from(index % 17).unwrap_or(0));
        Community {
            code: place.code,
            name: place.name.clone(),
            committee,
            clerk,
            cashier,
            plan: PlanId(agenda.id()),
            route: RouteId(agenda.id()),
            checkpoints: (0..CHECKPOINTS).map(|_| CheckpointId(agenda.id())).collect(),
            revised_on,
        }
    };
    villages.take(plan.communities).enumerate().map(community).collect()
}

/// Volunteer and paid teams. Every community has at least one of each (as far as they go); where the others are, and
/// how many members above three a volunteer team has, is thrown with the seed.
pub(super) fn teams(
    plan: &Plan,
    communities: &[Community],
    agenda: &mut Agenda,
    dice: &mut Dice,
) -> (Vec<Team>, Vec<Team>) {
    let mut sizes = vec![3; plan.volunteer_teams];
    let mut left = plan.volunteers.saturating_sub(3 * plan.volunteer_teams);
    left = left.min((MOST_MEMBERS - 3) * plan.volunteer_teams);
    while left > 0 {
        let at = dice.below(sizes.len());
        if sizes[at] < MOST_MEMBERS {
            sizes[at] += 1;
            left -= 1;
        }
    }
    let mut numbers = vec![[0; 2]; communities.len()];
    let mut form = |index: usize, kind: usize, size: usize, agenda: &mut Agenda| {
        let community = if index < communities.len() { index } else { dice.below(communities.len()) };
        numbers[community][kind] += 1;
        let number = numbers[community][kind];
        let what = ["义务巡防", "专职巡防"][kind];
        Team {
            id: TeamId(agenda.id()),
            name: format!("{}社区{what}{number}队", communities[community].short_name()),
            community,
            members: (0..size).map(|_| Member::new(agenda)).collect(),
        }
    };
    let volunteers = sizes.iter().enumerate().map(|(index, size)| form(index, 0, *size, agenda)).collect();
    let paid = (0..plan.paid_teams).map(|index| form(index, 1, 2, agenda)).collect();
    (volunteers, paid)
}
