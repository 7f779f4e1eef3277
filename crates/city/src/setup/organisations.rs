//! Areas with their grids, organisations and their teams.

use std::sync::Arc;

use domain::{
    AreaCode, AreaLevel, OrganisationId, OrganisationKind, Payer, PersonId, TeamId, TeamKind,
    area::{AssignGridStaff, DefineGrid, GridStaffRole, RegisterArea},
    organisation::{AssignJurisdiction, FormTeam, GrantLicence, LicenceKind, RegisterOrganisation},
};

use super::{STATION, Setup};
use crate::{
    agenda::Step,
    dice::Dice,
    world::{Member, Team, lane_of},
};

const AREAS_DAY: i64 = -9;
const ORGANISATIONS_DAY: i64 = -8;
const TEAMS_DAY: i64 = -6;

/// A team to be formed.
struct Formation<'a> {
    organisation: OrganisationId,
    team: TeamId,
    name: &'a str,
    kind: TeamKind,
    payer: Payer,
    area: AreaCode,
    members: Vec<PersonId>,
}

impl Setup<'_> {
    /// Top down: each level two hours after the one above.
    pub(super) fn areas(&mut self) {
        for place in &self.city.places {
            let hour = match place.code.level() {
                AreaLevel::Province => 6,
                AreaLevel::Prefecture => 8,
                AreaLevel::County => 10,
                AreaLevel::Township => 12,
                AreaLevel::Village | AreaLevel::Grid => 14,
            };
            let register =
                RegisterArea { area: place.code, name: place.name.clone(), parent: place.code.parent() };
            self.by_administrator(self.calendar.at(AREAS_DAY, hour * 60), register);
        }
        let mut dice = Dice::new(self.plan.seed, 2);
        for community in &self.city.communities {
            for grid in 1..=2 {
                let Some(area) = grid_code(community.code, grid) else { continue };
                let define = DefineGrid {
                    area,
                    name: format!("{}第{grid}网格", community.short_name()),
                    households: u32::try_from(dice.between(100, 150)).unwrap_or(120),
                    boundary: None,
                };
                self.by_administrator(self.calendar.at(AREAS_DAY, 16 * 60), define);
            }
        }
    }

    pub(super) fn organisations(&mut self) {
        let (city, at) = (self.city, self.calendar.at(ORGANISATIONS_DAY, 9 * 60));
        let police = &city.police;
        self.register(police.station, OrganisationKind::PoliceStation, STATION, city.district, None);
        self.register(police.agency, OrganisationKind::Agency, "沙市区城市管理执法局", city.district, None);
        self.assign_jurisdiction(police.station, city.district);
        for community in &city.communities {
            self.register(
                community.committee,
                OrganisationKind::Committee,
                &community.name,
                community.code,
                None,
            );
            self.assign_jurisdiction(community.committee, community.code);
        }
        for (client, name) in &city.clients {
            self.register(*client, OrganisationKind::Client, name, city.district, None);
        }
        for (index, company) in city.companies.iter().enumerate() {
            let code = Some(company.unified_code.clone());
            self.register(company.id, OrganisationKind::SecurityCompany, &company.name, city.district, code);
            let grant = GrantLicence {
                organisation: company.id,
                licence: LicenceKind::SecurityService,
                number: format!("鄂公保服2023{:04}号", index + 17),
                valid_from: self.calendar.day(-1_000),
                valid_until: self.calendar.day(company.licence_until),
            };
            self.agenda.push(Step::new(at + 3_600, lane_of(company.id.0), &police.chief, grant));
        }
    }

    /// Teams of communities, police and companies, and the staff of the grids.
    pub(super) fn teams(&mut self) {
        let city = self.city;
        for (teams, kind) in [(&city.volunteers, TeamKind::Volunteer), (&city.paid, TeamKind::Paid)] {
            for team in teams {
                let community = &city.communities[team.community];
                self.form(Formation {
                    organisation: community.committee,
                    team: team.id,
                    name: &team.name,
                    kind,
                    payer: Payer::Community,
                    area: community.code,
                    members: ids(&team.members),
                });
            }
        }
        self.police_teams();
        for deal in &city.deals {
            let guards = deal.posts.iter().flat_map(|post| &post.guards);
            let name = format!("{}驻点队", deal.client_name);
            self.form(Formation {
                organisation: city.companies[deal.company].id,
                team: deal.team,
                name: &name,
                kind: TeamKind::Contracted,
                payer: deal.payer,
                area: deal.area,
                members: guards.map(|guard| guard.member.id).collect(),
            });
        }
        for team in &city.paid {
            self.grid_staff(team);
        }
    }

    fn police_teams(&mut self) {
        let city = self.city;
        let police = &city.police;
        let mut form = |team, name: &str, members| {
            self.form(Formation {
                organisation: police.station,
                team,
                name,
                kind: TeamKind::Police,
                payer: Payer::State,
                area: city.district,
                members,
            });
        };
        let everybody: Vec<Member> = police.officers.iter().chain(&police.auxiliaries).cloned().collect();
        form(police.room, "沙市警务室值班队", ids(&everybody));
        for (index, unit) in police.units.iter().enumerate() {
            let crew = everybody.iter().skip(index).step_by(police.units.len()).cloned().collect::<Vec<_>>();
            form(*unit, &format!("沙市快反{}组", index + 1), ids(&crew));
        }
    }

    /// The first paid team of a community looks after its grids.
    fn grid_staff(&mut self, team: &Team) {
        let community = &self.city.communities[team.community];
        if !team.name.ends_with("专职巡防1队") {
            return;
        }
        for (member, grid) in team.members.iter().zip(1..=2) {
            let Some(area) = grid_code(community.code, grid) else { continue };
            let assign = AssignGridStaff { area, person: member.id, role: GridStaffRole::Officer };
            let at = self.calendar.at(TEAMS_DAY, 15 * 60);
            self.agenda.push(Step::new(at, lane_of(team.id.0), &community.clerk, assign));
        }
    }

    fn form(&mut self, of: Formation<'_>) {
        let form = FormTeam {
            organisation: of.organisation,
            team: Some(of.team),
            name: of.name.to_owned(),
            kind: of.kind,
            payer: of.payer,
            area: of.area,
            members: of.members,
        };
        let (at, lane) = (self.calendar.at(TEAMS_DAY, 9 * 60), lane_of(of.organisation.0));
        let administrator = Arc::clone(&self.city.administrator);
        self.agenda.push(Step::new(at, lane, &administrator, form));
    }

    fn register(
        &mut self,
        organisation: OrganisationId,
        kind: OrganisationKind,
        name: &str,
        area: AreaCode,
        unified_code: Option<String>,
    ) {
        let register = RegisterOrganisation {
            organisation: Some(organisation),
            kind,
            name: name.to_owned(),
            area,
            unified_code,
        };
        self.by_administrator(self.calendar.at(ORGANISATIONS_DAY, 9 * 60), register);
    }

    fn assign_jurisdiction(&mut self, organisation: OrganisationId, area: AreaCode) {
        let assign = AssignJurisdiction { organisation, areas: vec![area] };
        self.by_administrator(self.calendar.at(ORGANISATIONS_DAY, 11 * 60), assign);
    }

    /// Steps that may run in any order.
    fn by_administrator<C>(&mut self, at: i64, command: C)
    where
        C: Clone + Send + Sync + 'static,
        app::App: app::Handles<C>,
    {
        let lane = lane_of(self.agenda.id());
        self.agenda.push(Step::new(at, lane, &self.city.administrator, command));
    }
}

/// The code of a grid: its community's and three digits.
pub(crate) fn grid_code(community: AreaCode, grid: u8) -> Option<AreaCode> {
    format!("{community}{grid:03}").parse().ok()
}

fn ids(members: &[Member]) -> Vec<PersonId> {
    members.iter().map(|member| member.id).collect()
}
