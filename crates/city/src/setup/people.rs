//! People, their roles and credentials. Everything personal is generated and sealed by the application.

use std::sync::Arc;

use app::Viewer;
use domain::{
    AreaCode, OrganisationId, PersonId, PersonRole,
    person::{CompleteTraining, CredentialKind, EnrolPerson, GrantRole, IssueCredential, Schooling},
};

use super::Setup;
use crate::{
    agenda::Step,
    dice::Dice,
    names,
    world::{Guard, lane_of},
};

const PEOPLE_DAY: i64 = -7;

/// Somebody to be enrolled.
struct Recruit<'a> {
    person: PersonId,
    role: PersonRole,
    organisation: OrganisationId,
    area: AreaCode,
    place: &'a str,
    by: &'a Arc<Viewer>,
    /// First and last year of birth.
    years: (i64, i64),
}

impl Setup<'_> {
    pub(super) fn people(&mut self) {
        let city = self.city;
        let mut dice = Dice::new(self.plan.seed, 3);
        for (teams, role, years) in [
            (&city.volunteers, PersonRole::Volunteer, (1_948, 2_004)),
            (&city.paid, PersonRole::GridOfficer, (1_966, 1_998)),
        ] {
            for team in teams {
                let community = &city.communities[team.community];
                for member in &team.members {
                    let recruit = Recruit {
                        person: member.id,
                        role,
                        organisation: community.committee,
                        area: community.code,
                        place: community.short_name(),
                        by: &community.clerk,
                        years,
                    };
                    self.enrol(&recruit, &mut dice);
                }
            }
        }
        self.police(&mut dice);
        for deal in &city.deals {
            let company = &city.companies[deal.company];
            for guard in deal.posts.iter().flat_map(|post| &post.guards) {
                let recruit = Recruit {
                    person: guard.member.id,
                    role: PersonRole::Guard,
                    organisation: company.id,
                    area: deal.area,
                    place: "",
                    by: &company.manager,
                    years: (1_968, 2_004),
                };
                self.enrol(&recruit, &mut dice);
                self.certificate(guard, &mut dice);
            }
        }
    }

    fn police(&mut self, dice: &mut Dice) {
        let city = self.city;
        let police = &city.police;
        let officers = police.officers.iter().map(|officer| officer.id).chain(police.chief.actor.person);
        let auxiliaries = police.auxiliaries.iter().map(|member| member.id);
        let people = officers
            .map(|person| (person, PersonRole::Police))
            .chain(auxiliaries.map(|person| (person, PersonRole::Auxiliary)));
        for (person, role) in people {
            let recruit = Recruit {
                person,
                role,
                organisation: police.station,
                area: city.district,
                place: "",
                by: &police.chief,
                years: (1_972, 2_001),
            };
            self.enrol(&recruit, dice);
        }
    }

    fn enrol(&mut self, of: &Recruit<'_>, dice: &mut Dice) {
        let at = self.calendar.at(PEOPLE_DAY, 9 * 60) + dice.between(0, 5) * 3_600;
        let lane = lane_of(of.person.0);
        let born = names::birth(dice, of.years.0, of.years.1);
        let schooling = match of.role {
            PersonRole::Police => Schooling::Bachelor,
            PersonRole::Guard => {
                dice.pick([Schooling::JuniorMiddle, Schooling::SeniorMiddle, Schooling::College])
            }
            _ => dice.pick([Schooling::Primary, Schooling::JuniorMiddle, Schooling::SeniorMiddle]),
        };
        let enrol = EnrolPerson {
            person: Some(of.person),
            name: names::name(dice),
            id_number: Some(names::id_number(dice, born)),
            phone: Some(names::phone(dice)),
            birth_date: Some(domain::PersonalText::new(format!("{:04}-{:02}-{:02}", born.0, born.1, born.2))),
            address: Some(names::address(dice, of.place)),
            area: of.area,
            schooling,
        };
        self.agenda.push(Step::new(at, lane, of.by, enrol));
        let grant = GrantRole { person: of.person, role: of.role, organisation: of.organisation };
        self.agenda.push(Step::new(at + 60, lane, of.by, grant));
        if dice.chance(60) {
            let training = CompleteTraining {
                person: of.person,
                course: "群防群治基础培训".into(),
                hours: 8,
                on: self.calendar.day(PEOPLE_DAY - 10),
            };
            self.agenda.push(Step::new(at + 120, lane, of.by, training));
        }
    }

    /// Guard certificates are issued by the police (Regulation on security services, art. 16).
    fn certificate(&mut self, guard: &Guard, dice: &mut Dice) {
        let valid_until = guard.valid_until.unwrap_or(self.plan.days + 400);
        let issue = IssueCredential {
            person: guard.member.id,
            credential: Some(guard.certificate),
            kind: CredentialKind::GuardCertificate,
            number: domain::PersonalText::new(format!("鄂10{:010}", dice.between(1, 9_999_999_999))),
            valid_from: self.calendar.day(-700),
            valid_until: Some(self.calendar.day(valid_until)),
        };
        let at = self.calendar.at(PEOPLE_DAY, 16 * 60);
        self.agenda.push(Step::new(at, lane_of(guard.member.id.0), &self.city.police.chief, issue));
    }
}
