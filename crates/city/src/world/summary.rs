//! What a load tells about the district it has made.

use domain::{AreaCode, ContractId, IncidentId, OrganisationId, PersonId, ShiftId};

use super::City;

/// A committee and its community.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitteeSummary {
    pub area: AreaCode,
    pub organisation: OrganisationId,
    pub name: String,
}

/// A security company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompanySummary {
    pub organisation: OrganisationId,
    pub name: String,
}

/// A contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractSummary {
    pub contract: ContractId,
    pub number: String,
    pub company: OrganisationId,
    pub client: OrganisationId,
    pub client_name: String,
    pub area: AreaCode,
    /// Whether the deductions of a month reach the cap (on a load of more than a month).
    pub reaches_cap: bool,
}

/// Totals that the views must show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    pub volunteer_teams: u64,
    pub volunteers: u64,
    pub paid_teams: u64,
    pub paid_members: u64,
    pub communities: u64,
    /// Areas and grids.
    pub areas: u64,
    pub contracts: u64,
    /// Incidents reported, duplicates and drills included.
    pub incidents: u64,
    /// Commands sent, without repetitions and policies.
    pub commands: u64,
    /// Commands that were refused, as they had to be.
    pub refused: u64,
    /// Commands that were sent twice, and added nothing the second time.
    pub repeated: u64,
    /// Commands of policies that appended events.
    pub policies: u64,
    /// Events in the log after the load.
    pub events: u64,
}

/// The district that a load has made: what accounts and sample queries need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    pub district: AreaCode,
    pub station: OrganisationId,
    pub station_name: String,
    /// The person of the station's chief, and of an officer.
    pub chief: Option<PersonId>,
    pub officer: Option<PersonId>,
    pub committees: Vec<CommitteeSummary>,
    pub companies: Vec<CompanySummary>,
    pub clients: Vec<OrganisationId>,
    pub contracts: Vec<ContractSummary>,
    /// A guard with shifts, and the guard's company.
    pub guard: Option<(PersonId, OrganisationId)>,
    /// A volunteer with shifts, and the volunteer's committee.
    pub volunteer: Option<(PersonId, OrganisationId)>,
    /// A closed incident with a whole history.
    pub incident: Option<IncidentId>,
    /// A certified shift.
    pub shift: Option<ShiftId>,
    pub expected: Expected,
}

impl World {
    pub(crate) fn of(city: &City, incident: Option<IncidentId>, shift: Option<ShiftId>) -> Self {
        let count = |many: usize| u64::try_from(many).unwrap_or(u64::MAX);
        let members = |teams: &[super::Team]| count(teams.iter().map(|team| team.members.len()).sum());
        let expected = Expected {
            volunteer_teams: count(city.volunteers.len()),
            volunteers: members(&city.volunteers),
            paid_teams: count(city.paid.len()),
            paid_members: members(&city.paid),
            communities: count(city.communities.len()),
            areas: count(city.places.len() + 2 * city.communities.len()),
            contracts: count(city.deals.len()),
            ..Expected::default()
        };
        let volunteer = city.volunteers.first().and_then(|team| {
            Some((team.members.first()?.id, city.communities.get(team.community)?.committee))
        });
        let guard = city.deals.first().and_then(|deal| {
            Some((deal.posts.first()?.guards.last()?.member.id, city.companies.get(deal.company)?.id))
        });
        Self {
            district: city.district,
            station: city.police.station,
            station_name: crate::setup::STATION.to_owned(),
            chief: city.police.chief.actor.person,
            officer: city.police.officers.first().map(|officer| officer.id),
            committees: city.communities.iter().map(committee).collect(),
            companies: city.companies.iter().map(company).collect(),
            clients: city.clients.iter().map(|(id, _)| *id).collect(),
            contracts: city.deals.iter().map(|deal| contract(city, deal)).collect(),
            guard,
            volunteer,
            incident,
            shift,
            expected,
        }
    }
}

fn committee(community: &super::Community) -> CommitteeSummary {
    CommitteeSummary { area: community.code, organisation: community.committee, name: community.name.clone() }
}

fn company(company: &super::Company) -> CompanySummary {
    CompanySummary { organisation: company.id, name: company.name.clone() }
}

fn contract(city: &City, deal: &super::Deal) -> ContractSummary {
    ContractSummary {
        contract: deal.contract,
        number: deal.number.clone(),
        company: city.companies[deal.company].id,
        client: deal.client,
        client_name: deal.client_name.clone(),
        area: deal.area,
        reaches_cap: deal.neglected,
    }
}
