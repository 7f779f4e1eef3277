use super::*;
use crate::{
    Aggregate, AreaCode, Day, OrganisationId, OrganisationKind, Payer, PersonId, TeamId, TeamKind,
    rejection::common,
    shift::reason::TOO_EARLY,
    testing::{given, uuid},
};

const ID: OrganisationId = OrganisationId(uuid(1));
const TEAM: TeamId = TeamId(uuid(31));
const WANG: PersonId = PersonId(uuid(11));
const LI: PersonId = PersonId(uuid(12));
const NOW: &str = "2026-08-01T08:00:00+08:00";

fn area() -> AreaCode {
    "421002001".parse().unwrap()
}

fn day(text: &str) -> Day {
    Day(text.parse().unwrap())
}

fn known() -> Facts {
    Facts { areas_known: true, people_known: true }
}

fn register(kind: OrganisationKind) -> RegisterOrganisation {
    RegisterOrganisation {
        organisation: Some(ID),
        kind,
        name: "平安".into(),
        area: area(),
        unified_code: Some("91421002MA48XXXX0Q".into()),
    }
}

fn registered(kind: OrganisationKind) -> OrganisationEvent {
    OrganisationEvent::OrganisationRegistered {
        kind,
        name: "平安".into(),
        area: area(),
        unified_code: Some("91421002MA48XXXX0Q".into()),
    }
}

fn company() -> OrganisationEvent {
    registered(OrganisationKind::SecurityCompany)
}

fn committee() -> OrganisationEvent {
    registered(OrganisationKind::Committee)
}

fn grant(number: &str) -> GrantLicence {
    GrantLicence {
        organisation: ID,
        licence: LicenceKind::SecurityService,
        number: number.into(),
        valid_from: day("2026-01-01"),
        valid_until: day("2026-12-31"),
    }
}

fn granted() -> OrganisationEvent {
    OrganisationEvent::LicenceGranted {
        licence: LicenceKind::SecurityService,
        number: "A1".into(),
        valid_from: day("2026-01-01"),
        valid_until: day("2026-12-31"),
    }
}

fn revoked() -> OrganisationEvent {
    OrganisationEvent::LicenceRevoked { reason: "fraud".into() }
}

fn form(kind: TeamKind, payer: Payer) -> FormTeam {
    FormTeam {
        organisation: ID,
        team: Some(TEAM),
        name: "一队".into(),
        kind,
        payer,
        area: area(),
        members: vec![WANG],
    }
}

fn formed() -> OrganisationEvent {
    OrganisationEvent::TeamFormed {
        team: TEAM,
        name: "一队".into(),
        kind: TeamKind::Volunteer,
        payer: Payer::Community,
        area: area(),
        members: vec![WANG],
    }
}

fn folded(history: impl IntoIterator<Item = OrganisationEvent>) -> Organisation {
    let mut state = Organisation::default();
    for event in history {
        state.evolve(&event);
    }
    state
}

#[test]
fn an_organisation_is_registered_once() {
    let kind = OrganisationKind::SecurityCompany;
    given::<Organisation>([]).facts(known()).when(register(kind)).then([company()]);
    given::<Organisation>([company()]).facts(known()).when(register(kind)).then_nothing();
    given::<Organisation>([committee()])
        .facts(known())
        .when(register(kind))
        .then_rejected(&common::ALREADY_EXISTS, Some("organisation"));
    given::<Organisation>([])
        .facts(Facts { areas_known: false, ..known() })
        .when(register(kind))
        .then_rejected(&common::UNKNOWN_AREA, Some("area"));
    for code in ["91421002MA48XXXX0", "91421002MA48XXXXIQ", "91421002ma48xxxx0q"] {
        given::<Organisation>([])
            .facts(known())
            .when(RegisterOrganisation { unified_code: Some(code.into()), ..register(kind) })
            .then_rejected(&reason::UNIFIED_CODE_MALFORMED, Some("unifiedCode"));
    }
}

#[test]
fn art_9_only_a_security_company_holds_a_licence() {
    given::<Organisation>([company()]).now(NOW).when(grant("A1")).then([granted()]);
    for kind in OrganisationKind::ALL.iter().filter(|kind| **kind != OrganisationKind::SecurityCompany) {
        given::<Organisation>([registered(*kind)])
            .now(NOW)
            .when(grant("A1"))
            .then_rejected(&reason::LICENCE_NOT_DUE, Some("organisation"));
    }
}

#[test]
fn a_company_holds_one_licence_at_a_time() {
    given::<Organisation>([company(), granted()]).now(NOW).when(grant("A1")).then_nothing();
    given::<Organisation>([company(), granted()])
        .now(NOW)
        .when(grant("A2"))
        .then_rejected(&reason::LICENCE_HELD, Some("organisation"));
    let later = GrantLicence { valid_from: day("2027-01-01"), valid_until: day("2029-12-31"), ..grant("A2") };
    let events = given::<Organisation>([company(), granted()])
        .now("2027-01-01T00:00:00+08:00")
        .when(later.clone())
        .events();
    assert_eq!(events.len(), 1);
    given::<Organisation>([company(), granted()])
        .now("2026-12-31T23:59:59+08:00")
        .when(later)
        .then_rejected(&reason::LICENCE_HELD, Some("organisation"));
    given::<Organisation>([company()])
        .now(NOW)
        .when(GrantLicence { valid_until: day("2025-12-31"), ..grant("A1") })
        .then_rejected(&common::TIMES_RUN_BACKWARDS, Some("validUntil"));
}

#[test]
fn a_revoked_licence_is_not_renewed() {
    let history = [company(), granted(), revoked()];
    given::<Organisation>(history.clone())
        .when(RenewLicence { organisation: ID, valid_until: day("2030-12-31") })
        .then_rejected(&reason::LICENCE_REVOKED, Some("organisation"));
    given::<Organisation>(history.clone())
        .when(ReinstateLicence { organisation: ID })
        .then_rejected(&reason::LICENCE_REVOKED, Some("organisation"));
    given::<Organisation>(history.clone())
        .now(NOW)
        .when(grant("A1"))
        .then_rejected(&reason::LICENCE_REVOKED, Some("organisation"));
    given::<Organisation>(history.clone())
        .when(RevokeLicence { organisation: ID, reason: "fraud".into() })
        .then_nothing();
    assert_eq!(given::<Organisation>(history).now(NOW).when(grant("A2")).events().len(), 1);
}

#[test]
fn a_licence_is_renewed_forwards_and_suspended_for_a_time() {
    let renew = |until| RenewLicence { organisation: ID, valid_until: day(until) };
    let history = [company(), granted()];
    given::<Organisation>(history.clone())
        .when(renew("2029-12-31"))
        .then([OrganisationEvent::LicenceRenewed { valid_until: day("2029-12-31") }]);
    given::<Organisation>(history.clone()).when(renew("2026-12-31")).then_nothing();
    given::<Organisation>(history.clone())
        .when(renew("2026-12-30"))
        .then_rejected(&common::TIMES_RUN_BACKWARDS, Some("validUntil"));
    let suspended = OrganisationEvent::LicenceSuspended { reason: "inspection".into() };
    let suspend = SuspendLicence { organisation: ID, reason: "inspection".into() };
    given::<Organisation>(history.clone()).when(suspend.clone()).then([suspended.clone()]);
    given::<Organisation>(history.clone()).when(ReinstateLicence { organisation: ID }).then_nothing();
    let history = [company(), granted(), suspended];
    given::<Organisation>(history.clone()).when(suspend.clone()).then_nothing();
    given::<Organisation>(history)
        .when(ReinstateLicence { organisation: ID })
        .then([OrganisationEvent::LicenceReinstated {}]);
    given::<Organisation>([company()])
        .when(suspend)
        .then_rejected(&reason::LICENCE_MISSING, Some("organisation"));
}

#[test]
fn a_licence_expires_once_after_its_last_day() {
    let history = [company(), granted()];
    let expire = ExpireLicence { organisation: ID };
    let expired = OrganisationEvent::LicenceExpired { valid_until: day("2026-12-31") };
    given::<Organisation>(history.clone())
        .now("2026-12-31T23:59:59+08:00")
        .when(expire.clone())
        .then_rejected(&TOO_EARLY, Some("occurredAt"));
    given::<Organisation>(history.clone())
        .now("2027-01-01T00:00:00+08:00")
        .received("2026-06-01T00:00:00+08:00")
        .when(expire.clone())
        .then_rejected(&common::IN_THE_FUTURE, Some("occurredAt"));
    let at_midnight = given::<Organisation>(history).now("2027-01-01T00:00:00+08:00");
    at_midnight.when(expire.clone()).then([expired.clone()]);
    for end in [expired, revoked()] {
        let history = [company(), granted(), end];
        assert_eq!(folded(history.clone()).licence_expires_at(), None);
        given::<Organisation>(history).now("2027-06-01T00:00:00+08:00").when(expire.clone()).then_nothing();
    }
}

#[test]
fn the_standing_of_a_licence_follows_its_days_and_its_authority() {
    let in_force = folded([company(), granted()]);
    for (on, standing) in [
        ("2025-12-31", LicenceStanding::None),
        ("2026-01-01", LicenceStanding::Valid),
        ("2026-12-31", LicenceStanding::Valid),
        ("2027-01-01", LicenceStanding::Expired),
    ] {
        assert_eq!(in_force.licence_at(day(on)), standing, "{on}");
    }
    assert_eq!(in_force.licence_expires_at(), Some(day("2026-12-31").end()));
    let suspended = OrganisationEvent::LicenceSuspended { reason: "inspection".into() };
    let suspended = folded([company(), granted(), suspended]);
    assert_eq!(suspended.licence_at(day("2026-06-01")), LicenceStanding::Suspended);
    assert_eq!(suspended.licence_at(day("2027-01-01")), LicenceStanding::Expired);
    assert_eq!(
        folded([company(), granted(), revoked()]).licence_at(day("2027-01-01")),
        LicenceStanding::Revoked
    );
    let ended = OrganisationEvent::OrganisationDissolved { reason: "sold".into() };
    assert_eq!(folded([company(), granted(), ended]).licence_at(day("2026-06-01")), LicenceStanding::None);
    assert_eq!(folded([company()]).licence_at(day("2026-06-01")), LicenceStanding::None);
}

#[test]
fn stations_and_committees_have_a_jurisdiction() {
    let assign = |areas: &[&str]| AssignJurisdiction {
        organisation: ID,
        areas: areas.iter().map(|code| code.parse().unwrap()).collect(),
    };
    let assigned = OrganisationEvent::JurisdictionAssigned { areas: vec![area()] };
    given::<Organisation>([committee()]).facts(known()).when(assign(&["421002001"])).then([assigned.clone()]);
    given::<Organisation>([committee(), assigned]).facts(known()).when(assign(&["421002001"])).then_nothing();
    given::<Organisation>([company()])
        .facts(known())
        .when(assign(&["421002001"]))
        .then_rejected(&reason::NO_JURISDICTION, Some("organisation"));
    given::<Organisation>([committee()])
        .facts(known())
        .when(assign(&["421002001", "421002001"]))
        .then_rejected(&reason::NAMED_TWICE, Some("areas"));
    given::<Organisation>([committee()])
        .facts(known())
        .when(assign(&[]))
        .then_rejected(&common::OUT_OF_RANGE, Some("areas"));
    given::<Organisation>([committee()])
        .facts(Facts::default())
        .when(assign(&["421002001"]))
        .then_rejected(&common::UNKNOWN_AREA, Some("areas"));
}

#[test]
fn a_volunteer_team_is_never_paid_by_the_market() {
    let volunteers = form(TeamKind::Volunteer, Payer::Community);
    given::<Organisation>([committee()]).facts(known()).when(volunteers.clone()).then([formed()]);
    given::<Organisation>([committee(), formed()]).facts(known()).when(volunteers.clone()).then_nothing();
    given::<Organisation>([committee()])
        .facts(known())
        .when(form(TeamKind::Volunteer, Payer::Market))
        .then_rejected(&reason::VOLUNTEER_NOT_BILLABLE, Some("payer"));
    given::<Organisation>([company()])
        .facts(known())
        .when(volunteers)
        .then_rejected(&reason::TEAM_KIND_UNFIT, Some("kind"));
}

#[test]
fn the_kind_of_a_team_fits_its_organisation_and_its_payer() {
    let station = registered(OrganisationKind::PoliceStation);
    for (organisation, kind, payer) in [
        (company(), TeamKind::Contracted, Payer::Market),
        (company(), TeamKind::Contracted, Payer::Community),
        (committee(), TeamKind::Paid, Payer::Community),
        (station.clone(), TeamKind::Police, Payer::State),
    ] {
        let events = given::<Organisation>([organisation]).facts(known()).when(form(kind, payer)).events();
        assert_eq!(events.len(), 1);
    }
    for (organisation, kind, payer, why, field) in [
        (committee(), TeamKind::Contracted, Payer::Market, &reason::TEAM_KIND_UNFIT, "kind"),
        (company(), TeamKind::Paid, Payer::Community, &reason::TEAM_KIND_UNFIT, "kind"),
        (committee(), TeamKind::Police, Payer::State, &reason::TEAM_KIND_UNFIT, "kind"),
        (station, TeamKind::Police, Payer::Market, &reason::POLICE_PAID_BY_STATE, "payer"),
    ] {
        given::<Organisation>([organisation])
            .facts(known())
            .when(form(kind, payer))
            .then_rejected(why, Some(field));
    }
}

#[test]
fn members_are_unique_and_bounded() {
    let team = || form(TeamKind::Volunteer, Payer::Community);
    let crowd: Vec<PersonId> = (0..501).map(|n| PersonId(uuid(1_000 + n))).collect();
    given::<Organisation>([committee()])
        .facts(known())
        .when(FormTeam { members: vec![WANG, WANG], ..team() })
        .then_rejected(&reason::NAMED_TWICE, Some("members"));
    given::<Organisation>([committee()])
        .facts(known())
        .when(FormTeam { members: crowd.clone(), ..team() })
        .then_rejected(&common::TOO_MANY, Some("members"));
    given::<Organisation>([committee()])
        .facts(Facts { people_known: false, ..known() })
        .when(team())
        .then_rejected(&common::UNKNOWN_PERSON, Some("members"));
    let join = |person| JoinTeam { organisation: ID, team: TEAM, person };
    let joins =
        crowd[..499].iter().map(|person| OrganisationEvent::TeamMemberJoined { team: TEAM, person: *person });
    let full: Vec<_> = [committee(), formed()].into_iter().chain(joins).collect();
    given::<Organisation>(full).facts(known()).when(join(LI)).then_rejected(&common::TOO_MANY, Some("team"));
    let history = [committee(), formed()];
    given::<Organisation>(history.clone())
        .facts(known())
        .when(join(LI))
        .then([OrganisationEvent::TeamMemberJoined { team: TEAM, person: LI }]);
    given::<Organisation>(history.clone()).facts(known()).when(join(WANG)).then_nothing();
    let leave = |person| LeaveTeam { organisation: ID, team: TEAM, person };
    given::<Organisation>(history.clone())
        .when(leave(WANG))
        .then([OrganisationEvent::TeamMemberLeft { team: TEAM, person: WANG }]);
    given::<Organisation>(history).when(leave(LI)).then_nothing();
    given::<Organisation>([committee()])
        .facts(known())
        .when(join(LI))
        .then_rejected(&common::UNKNOWN_TEAM, Some("team"));
}

#[test]
fn an_ended_organisation_takes_its_teams_with_it() {
    let disbanded = OrganisationEvent::TeamDisbanded { team: TEAM, reason: "merged".into() };
    let dissolved = OrganisationEvent::OrganisationDissolved { reason: "merged".into() };
    let dissolve = DissolveOrganisation { organisation: ID, reason: "merged".into() };
    given::<Organisation>([committee(), formed()])
        .when(dissolve.clone())
        .then([disbanded.clone(), dissolved.clone()]);
    let ended = [committee(), formed(), disbanded.clone(), dissolved];
    given::<Organisation>(ended.clone()).when(dissolve).then_nothing();
    given::<Organisation>(ended.clone())
        .when(DisbandTeam { organisation: ID, team: TEAM, reason: "merged".into() })
        .then_nothing();
    given::<Organisation>(ended)
        .facts(known())
        .when(FormTeam { team: None, ..form(TeamKind::Paid, Payer::Community) })
        .then_rejected(&common::WRONG_PHASE, Some("organisation"));
    given::<Organisation>([committee(), formed(), disbanded])
        .facts(known())
        .when(JoinTeam { organisation: ID, team: TEAM, person: LI })
        .then_rejected(&reason::TEAM_DISBANDED, Some("team"));
}
