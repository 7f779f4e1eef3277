//! The rules of an organisation.

use std::collections::BTreeSet;

use super::{
    AssignJurisdiction, DissolveOrganisation, FormTeam, GrantLicence, JoinTeam, Licence, LicencePhase,
    LicenceStanding, Organisation, OrganisationCommand, OrganisationEvent, Phase, RegisterOrganisation,
    RenewLicence, Team, reason,
};
use crate::{
    Aggregate, AreaCode, CommandId, Context, Day, OrganisationId, OrganisationKind, Payer, PersonId,
    Rejection, TeamId, TeamKind,
    aggregate::{not_in_the_future, rule, text},
    rejection::common,
    shift::reason::TOO_EARLY,
};

const NAME_LIMIT: usize = 200;
const TEAM_NAME_LIMIT: usize = 100;
const NUMBER_LIMIT: usize = 64;
const REASON_LIMIT: usize = 500;
const AREAS_LIMIT: usize = 200;
const MEMBERS_LIMIT: usize = 500;
/// Open teams of one organisation.
const TEAMS_LIMIT: usize = 2_000;
/// Dissolving an organisation disbands so many teams with it: they go into one append.
const DISSOLVE_LIMIT: usize = 500;

/// What an organisation must know of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether all areas that the command names are registered and have not ended. True when none is named.
    pub areas_known: bool,
    /// Whether all people that the command names are enrolled. True when none is named.
    pub people_known: bool,
}

impl Aggregate for Organisation {
    const CATEGORY: &'static str = OrganisationId::CATEGORY;
    type Id = OrganisationId;
    type Event = OrganisationEvent;
    type Command = OrganisationCommand;
    type Facts = Facts;

    fn target(command: &OrganisationCommand, id: CommandId) -> OrganisationId {
        command.target(id)
    }

    fn stream_id(id: OrganisationId) -> String {
        id.0.to_string()
    }

    fn evolve(&mut self, event: &OrganisationEvent) {
        self.apply(event);
    }

    fn area(&self) -> Option<AreaCode> {
        self.profile.as_ref().map(|profile| profile.area)
    }

    fn exists(&self) -> bool {
        self.phase != Phase::Absent
    }

    fn decide(
        &self,
        command: &OrganisationCommand,
        facts: &Facts,
        context: &Context,
    ) -> Result<Vec<OrganisationEvent>, Rejection> {
        if let OrganisationCommand::Register(body) = command {
            return self.register(body, facts);
        }
        let Some(kind) = self.kind() else {
            return Err(Rejection::new(&common::NOT_FOUND).field("organisation").about("organisation"));
        };
        match command {
            OrganisationCommand::Register(_) => Ok(vec![]),
            OrganisationCommand::GrantLicence(body) => self.grant(kind, body, context),
            OrganisationCommand::RenewLicence(body) => self.renew(body),
            OrganisationCommand::SuspendLicence(body) => self.suspend(&body.reason),
            OrganisationCommand::ReinstateLicence(_) => self.reinstate(),
            OrganisationCommand::RevokeLicence(body) => self.revoke(&body.reason),
            OrganisationCommand::ExpireLicence(_) => self.expire(context),
            OrganisationCommand::AssignJurisdiction(body) => self.assign(kind, body, facts),
            OrganisationCommand::FormTeam(body) => self.form(kind, body, facts, context),
            OrganisationCommand::JoinTeam(body) => self.join(body, facts),
            OrganisationCommand::LeaveTeam(body) => self.leave(body.team, body.person),
            OrganisationCommand::DisbandTeam(body) => self.disband(body.team, &body.reason),
            OrganisationCommand::Dissolve(body) => self.dissolve(body),
        }
    }
}

impl Organisation {
    fn register(
        &self,
        body: &RegisterOrganisation,
        facts: &Facts,
    ) -> Result<Vec<OrganisationEvent>, Rejection> {
        let name = text("name", &body.name, NAME_LIMIT)?;
        let unified_code = body.unified_code.as_deref().map(unified_code).transpose()?;
        if let Some(profile) = &self.profile {
            let same = profile.kind == body.kind
                && *profile.name == *name
                && profile.area == body.area
                && profile.unified_code.as_deref() == unified_code.as_deref();
            return if same && self.is_active() {
                Ok(vec![])
            } else {
                Err(Rejection::new(&common::ALREADY_EXISTS).field("organisation").about("organisation"))
            };
        }
        rule(facts.areas_known, || {
            Rejection::new(&common::UNKNOWN_AREA).field("area").with("code", body.area)
        })?;
        Ok(vec![OrganisationEvent::OrganisationRegistered {
            kind: body.kind,
            name,
            area: body.area,
            unified_code,
        }])
    }

    /// One licence at a time; a new one can follow an expired or revoked one.
    fn grant(
        &self,
        kind: OrganisationKind,
        body: &GrantLicence,
        context: &Context,
    ) -> Result<Vec<OrganisationEvent>, Rejection> {
        self.active()?;
        rule(kind == OrganisationKind::SecurityCompany, || {
            Rejection::new(&reason::LICENCE_NOT_DUE).field("organisation")
        })?;
        let number = text("number", &body.number, NUMBER_LIMIT)?;
        rule(body.valid_until >= body.valid_from, || {
            backwards("validUntil", body.valid_until, body.valid_from)
        })?;
        if let Some(held) = &self.licence {
            let same = held.kind == body.licence
                && *held.number == *number
                && held.valid_from == body.valid_from
                && held.valid_until == body.valid_until;
            match held.standing_at(Day::at(context.occurred_at.at)) {
                LicenceStanding::Revoked => rule(*held.number != *number, || revoked(held))?,
                _ if same => return Ok(vec![]),
                LicenceStanding::Expired => {}
                LicenceStanding::None | LicenceStanding::Valid | LicenceStanding::Suspended => {
                    return Err(Rejection::new(&reason::LICENCE_HELD)
                        .field("organisation")
                        .with("number", &held.number));
                }
            }
        }
        Ok(vec![OrganisationEvent::LicenceGranted {
            licence: body.licence,
            number,
            valid_from: body.valid_from,
            valid_until: body.valid_until,
        }])
    }

    fn renew(&self, body: &RenewLicence) -> Result<Vec<OrganisationEvent>, Rejection> {
        let licence = self.standing_licence()?;
        if licence.valid_until == body.valid_until && !licence.expired {
            return Ok(vec![]);
        }
        rule(body.valid_until > licence.valid_until, || {
            backwards("validUntil", body.valid_until, licence.valid_until)
        })?;
        Ok(vec![OrganisationEvent::LicenceRenewed { valid_until: body.valid_until }])
    }

    fn suspend(&self, why: &str) -> Result<Vec<OrganisationEvent>, Rejection> {
        match self.standing_licence()?.phase {
            LicencePhase::InForce => {
                let reason = text("reason", why, REASON_LIMIT)?;
                Ok(vec![OrganisationEvent::LicenceSuspended { reason }])
            }
            LicencePhase::Suspended | LicencePhase::Revoked => Ok(vec![]),
        }
    }

    fn reinstate(&self) -> Result<Vec<OrganisationEvent>, Rejection> {
        match self.standing_licence()?.phase {
            LicencePhase::Suspended => Ok(vec![OrganisationEvent::LicenceReinstated {}]),
            LicencePhase::InForce | LicencePhase::Revoked => Ok(vec![]),
        }
    }

    fn revoke(&self, why: &str) -> Result<Vec<OrganisationEvent>, Rejection> {
        let licence = self.held_licence()?;
        match licence.phase {
            LicencePhase::InForce | LicencePhase::Suspended => {
                let reason = text("reason", why, REASON_LIMIT)?;
                Ok(vec![OrganisationEvent::LicenceRevoked { reason }])
            }
            LicencePhase::Revoked => Ok(vec![]),
        }
    }

    /// Once per cause: nothing new when it is recorded, revoked, or the organisation has ended.
    fn expire(&self, context: &Context) -> Result<Vec<OrganisationEvent>, Rejection> {
        let licence = self.held_licence()?;
        let Some(due) = self.licence_expires_at() else { return Ok(vec![]) };
        not_in_the_future(context)?;
        rule(context.occurred_at.at >= due, || {
            Rejection::new(&TOO_EARLY).field("occurredAt").with("earliest", licence.valid_until)
        })?;
        Ok(vec![OrganisationEvent::LicenceExpired { valid_until: licence.valid_until }])
    }

    fn assign(
        &self,
        kind: OrganisationKind,
        body: &AssignJurisdiction,
        facts: &Facts,
    ) -> Result<Vec<OrganisationEvent>, Rejection> {
        self.active()?;
        rule(matches!(kind, OrganisationKind::PoliceStation | OrganisationKind::Committee), || {
            Rejection::new(&reason::NO_JURISDICTION).field("organisation")
        })?;
        rule(!body.areas.is_empty(), || {
            Rejection::new(&common::OUT_OF_RANGE).field("areas").with("least", 1).with("most", AREAS_LIMIT)
        })?;
        let areas = unique("areas", &body.areas, AREAS_LIMIT)?;
        if areas == self.jurisdiction {
            return Ok(vec![]);
        }
        rule(facts.areas_known, || {
            let codes: Vec<&str> = body.areas.iter().map(AreaCode::as_str).take(10).collect();
            Rejection::new(&common::UNKNOWN_AREA).field("areas").with("code", codes.join(", "))
        })?;
        Ok(vec![OrganisationEvent::JurisdictionAssigned { areas: body.areas.clone() }])
    }

    fn form(
        &self,
        kind: OrganisationKind,
        body: &FormTeam,
        facts: &Facts,
        context: &Context,
    ) -> Result<Vec<OrganisationEvent>, Rejection> {
        self.active()?;
        let team = body.team.unwrap_or_else(|| TeamId::derived(context.command));
        let name = text("name", &body.name, TEAM_NAME_LIMIT)?;
        if let Some(known) = self.teams.get(&team) {
            let same = *known.name == *name
                && known.kind == body.kind
                && known.payer == body.payer
                && known.area == body.area
                && !known.disbanded;
            return if same {
                Ok(vec![])
            } else {
                Err(Rejection::new(&common::ALREADY_EXISTS).field("team").about("team"))
            };
        }
        kind_fits(kind, body.kind, body.payer)?;
        let open = self.teams.values().filter(|team| !team.disbanded).count();
        rule(open < TEAMS_LIMIT, || {
            Rejection::new(&common::TOO_MANY).field("team").with("limit", TEAMS_LIMIT)
        })?;
        unique("members", &body.members, MEMBERS_LIMIT)?;
        rule(facts.areas_known, || {
            Rejection::new(&common::UNKNOWN_AREA).field("area").with("code", body.area)
        })?;
        rule(facts.people_known, || Rejection::new(&common::UNKNOWN_PERSON).field("members"))?;
        Ok(vec![OrganisationEvent::TeamFormed {
            team,
            name,
            kind: body.kind,
            payer: body.payer,
            area: body.area,
            members: body.members.clone(),
        }])
    }

    fn join(&self, body: &JoinTeam, facts: &Facts) -> Result<Vec<OrganisationEvent>, Rejection> {
        let team = self.known_team(body.team)?;
        rule(!team.disbanded, || Rejection::new(&reason::TEAM_DISBANDED).field("team"))?;
        if team.members.contains(&body.person) {
            return Ok(vec![]);
        }
        rule(facts.people_known, || Rejection::new(&common::UNKNOWN_PERSON).field("person"))?;
        rule(team.members.len() < MEMBERS_LIMIT, || {
            Rejection::new(&common::TOO_MANY).field("team").with("limit", MEMBERS_LIMIT)
        })?;
        Ok(vec![OrganisationEvent::TeamMemberJoined { team: body.team, person: body.person }])
    }

    fn leave(&self, team: TeamId, person: PersonId) -> Result<Vec<OrganisationEvent>, Rejection> {
        if !self.known_team(team)?.members.contains(&person) {
            return Ok(vec![]);
        }
        Ok(vec![OrganisationEvent::TeamMemberLeft { team, person }])
    }

    fn disband(&self, team: TeamId, why: &str) -> Result<Vec<OrganisationEvent>, Rejection> {
        if self.known_team(team)?.disbanded {
            return Ok(vec![]);
        }
        let reason = text("reason", why, REASON_LIMIT)?;
        Ok(vec![OrganisationEvent::TeamDisbanded { team, reason }])
    }

    fn dissolve(&self, body: &DissolveOrganisation) -> Result<Vec<OrganisationEvent>, Rejection> {
        if self.phase == Phase::Dissolved {
            return Ok(vec![]);
        }
        let reason = text("reason", &body.reason, REASON_LIMIT)?;
        let open = self.teams.iter().filter(|(_, team)| !team.disbanded);
        rule(open.clone().count() <= DISSOLVE_LIMIT, || {
            Rejection::new(&reason::TOO_MANY_OPEN_TEAMS).field("organisation").with("limit", DISSOLVE_LIMIT)
        })?;
        let mut events: Vec<_> = open
            .map(|(team, _)| OrganisationEvent::TeamDisbanded { team: *team, reason: reason.clone() })
            .collect();
        events.push(OrganisationEvent::OrganisationDissolved { reason });
        Ok(events)
    }

    fn known_team(&self, team: TeamId) -> Result<&Team, Rejection> {
        self.teams.get(&team).ok_or_else(|| Rejection::new(&common::UNKNOWN_TEAM).field("team"))
    }

    fn held_licence(&self) -> Result<&Licence, Rejection> {
        self.licence.as_ref().ok_or_else(|| Rejection::new(&reason::LICENCE_MISSING).field("organisation"))
    }

    /// A licence of an organisation that has not ended, not revoked.
    fn standing_licence(&self) -> Result<&Licence, Rejection> {
        self.active()?;
        let licence = self.held_licence()?;
        rule(licence.phase != LicencePhase::Revoked, || revoked(licence))?;
        Ok(licence)
    }

    fn active(&self) -> Result<(), Rejection> {
        match self.phase {
            Phase::Registered => Ok(()),
            Phase::Absent | Phase::Dissolved => {
                Err(Rejection::new(&common::WRONG_PHASE).field("organisation").in_phase(&self.phase))
            }
        }
    }
}

/// A volunteer is never billable: no volunteer team is paid by the market, and no company forms one.
fn kind_fits(organisation: OrganisationKind, team: TeamKind, payer: Payer) -> Result<(), Rejection> {
    let company = organisation == OrganisationKind::SecurityCompany;
    let (fits, paid) = match team {
        TeamKind::Volunteer => {
            rule(payer != Payer::Market, || Rejection::new(&reason::VOLUNTEER_NOT_BILLABLE).field("payer"))?;
            (!company && organisation != OrganisationKind::Client, true)
        }
        TeamKind::Paid => (!company, true),
        TeamKind::Contracted => (company, true),
        TeamKind::Police => (organisation == OrganisationKind::PoliceStation, payer == Payer::State),
    };
    rule(fits, || Rejection::new(&reason::TEAM_KIND_UNFIT).field("kind"))?;
    rule(paid, || Rejection::new(&reason::POLICE_PAID_BY_STATE).field("payer"))
}

/// 18 characters of the alphabet of GB 32100-2015; the check character is left to the authority that gave it.
fn unified_code(code: &str) -> Result<String, Rejection> {
    let code = code.trim();
    let fits = |c: u8| c.is_ascii_digit() || (c.is_ascii_uppercase() && !b"IOSVZ".contains(&c));
    rule(code.len() == 18 && code.bytes().all(fits), || {
        Rejection::new(&reason::UNIFIED_CODE_MALFORMED).field("unifiedCode")
    })?;
    Ok(code.to_owned())
}

fn unique<T: Ord + Copy>(field: &'static str, list: &[T], limit: usize) -> Result<BTreeSet<T>, Rejection> {
    rule(list.len() <= limit, || Rejection::new(&common::TOO_MANY).field(field).with("limit", limit))?;
    let set: BTreeSet<T> = list.iter().copied().collect();
    rule(set.len() == list.len(), || Rejection::new(&reason::NAMED_TWICE).field(field))?;
    Ok(set)
}

fn revoked(licence: &Licence) -> Rejection {
    Rejection::new(&reason::LICENCE_REVOKED).field("organisation").with("number", &licence.number)
}

fn backwards(field: &'static str, given: Day, earlier: Day) -> Rejection {
    Rejection::new(&common::TIMES_RUN_BACKWARDS).field(field).with("given", given).with("earlier", earlier)
}
