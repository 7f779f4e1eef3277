//! The rules of a person.

use jiff::civil::Date;

use super::{
    CompleteTraining, CorrectPerson, CredentialKind, EnrolPerson, GrantRole, IssueCredential, Person,
    PersonCommand, PersonEvent, Phase, RetentionReason, RevokeRole, Schooling, credential, identity, reason,
    state::age_on,
};
use crate::{
    Aggregate, AreaCode, CommandId, Context, CredentialId, Day, PersonId, PersonRole, Rejection,
    aggregate::{not_in_the_future, personal, rule, text},
    rejection::common,
    shift::reason::{GUARD_BARRED, GUARD_UNDER_18},
};

pub(super) const REASON_LIMIT: usize = 500;
const NUMBER_LIMIT: usize = 64;
const COURSE_LIMIT: usize = 200;
const ROLES_LIMIT: usize = 50;
const CREDENTIALS_LIMIT: usize = 200;
const TRAININGS_LIMIT: usize = 1_000;
const MOST_HOURS: u16 = 1_000;

/// What a person must know of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Birth date, opened; none when it is unknown or erased.
    pub birth_date: Option<Date>,
    /// Whether the organisation that the command names is registered and not dissolved. True when none is named.
    pub organisation_known: bool,
    /// Whether the area that the command names is registered. True when none is named.
    pub area_known: bool,
    /// Retention duties on this person's data; those whose last day has passed do not count.
    pub retention: Vec<RetentionBlock>,
}

/// A duty to keep personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionBlock {
    /// The last day of the duty.
    pub until: Day,
    pub reason: RetentionReason,
}

impl Aggregate for Person {
    const CATEGORY: &'static str = PersonId::CATEGORY;
    type Id = PersonId;
    type Event = PersonEvent;
    type Command = PersonCommand;
    type Facts = Facts;

    fn target(command: &PersonCommand, id: CommandId) -> PersonId {
        command.target(id)
    }

    fn stream_id(id: PersonId) -> String {
        id.0.to_string()
    }

    fn evolve(&mut self, event: &PersonEvent) {
        self.apply(event);
    }

    fn area(&self) -> Option<AreaCode> {
        self.area
    }

    fn exists(&self) -> bool {
        self.phase != Phase::Absent
    }

    fn decide(
        &self,
        command: &PersonCommand,
        facts: &Facts,
        context: &Context,
    ) -> Result<Vec<PersonEvent>, Rejection> {
        let id = command.target(context.command);
        if let PersonCommand::Enrol(body) = command {
            return self.enrol(id, body, facts, context);
        }
        rule(self.exists(), || Rejection::new(&common::NOT_FOUND).field("person").about("person"))?;
        match command {
            PersonCommand::Enrol(_) => Ok(vec![]),
            PersonCommand::Correct(body) => self.correct(id, body, facts, context),
            PersonCommand::GrantRole(body) => self.grant(body, facts, context),
            PersonCommand::RevokeRole(body) => self.revoke_role(body),
            PersonCommand::IssueCredential(body) => self.issue(id, body, facts, context),
            PersonCommand::RenewCredential(body) => credential::renew(self, body),
            PersonCommand::SuspendCredential(body) => credential::suspend(self, body),
            PersonCommand::ReinstateCredential(body) => credential::reinstate(self, body),
            PersonCommand::RevokeCredential(body) => credential::revoke(self, body, context),
            PersonCommand::ExpireCredential(body) => credential::expire(self, body, context),
            PersonCommand::CompleteTraining(body) => self.complete(body, context),
            PersonCommand::RequestErasure(_) => self.request_erasure(facts, context),
            PersonCommand::RecordErasure(_) => self.record_erasure(context),
        }
    }
}

impl Person {
    fn enrol(
        &self,
        id: PersonId,
        body: &EnrolPerson,
        facts: &Facts,
        context: &Context,
    ) -> Result<Vec<PersonEvent>, Rejection> {
        rule(!self.exists(), || Rejection::new(&common::ALREADY_EXISTS).field("person").about("person"))?;
        let today = Day::at(context.occurred_at.at);
        let event = PersonEvent::PersonEnrolled {
            name: identity::name(id, &body.name)?,
            id_number: body.id_number.as_ref().map(|n| identity::id_number(id, n)).transpose()?,
            phone: body.phone.as_ref().map(|p| identity::phone(id, p)).transpose()?,
            birth_date: body.birth_date.as_ref().map(|b| identity::birth_date(id, b, today)).transpose()?,
            address: body.address.as_ref().map(|a| identity::address(id, a)).transpose()?,
            area: body.area,
            schooling: body.schooling,
        };
        area_known(body.area, facts)?;
        not_in_the_future(context)?;
        Ok(vec![event])
    }

    /// Sealed fields can not be compared: a personal field that is given is always a correction.
    fn correct(
        &self,
        id: PersonId,
        body: &CorrectPerson,
        facts: &Facts,
        context: &Context,
    ) -> Result<Vec<PersonEvent>, Rejection> {
        self.enrolled()?;
        not_in_the_future(context)?;
        let today = Day::at(context.occurred_at.at);
        let name = body.name.as_ref().map(|n| identity::name(id, n)).transpose()?;
        let id_number = body.id_number.as_ref().map(|n| identity::id_number(id, n)).transpose()?;
        let phone = body.phone.as_ref().map(|p| identity::phone(id, p)).transpose()?;
        let birth_date = body.birth_date.as_ref().map(|b| identity::birth_date(id, b, today)).transpose()?;
        let address = body.address.as_ref().map(|a| identity::address(id, a)).transpose()?;
        let area = body.area.filter(|area| self.area != Some(*area));
        let schooling = body.schooling.filter(|schooling| self.schooling != Some(*schooling));
        if let Some(area) = area {
            area_known(area, facts)?;
        }
        let personal = [&name, &id_number, &phone, &birth_date, &address];
        if personal.iter().all(|field| field.is_none()) && area.is_none() && schooling.is_none() {
            return Ok(vec![]);
        }
        Ok(vec![PersonEvent::PersonCorrected {
            name,
            id_number,
            phone,
            birth_date,
            address,
            area,
            schooling,
        }])
    }

    fn grant(
        &self,
        body: &GrantRole,
        facts: &Facts,
        context: &Context,
    ) -> Result<Vec<PersonEvent>, Rejection> {
        if self.roles.contains(&(body.role, body.organisation)) {
            return Ok(vec![]);
        }
        self.enrolled()?;
        not_in_the_future(context)?;
        rule(facts.organisation_known, || {
            Rejection::new(&common::UNKNOWN_ORGANISATION).field("organisation")
        })?;
        rule(self.roles.len() < ROLES_LIMIT, || {
            Rejection::new(&common::TOO_MANY).field("role").with("limit", ROLES_LIMIT)
        })?;
        if body.role == PersonRole::Guard {
            self.fit_for_guard(facts, context)?;
        }
        Ok(vec![PersonEvent::RoleGranted { role: body.role, organisation: body.organisation }])
    }

    fn revoke_role(&self, body: &RevokeRole) -> Result<Vec<PersonEvent>, Rejection> {
        let RevokeRole { role, organisation, .. } = *body;
        if !self.roles.contains(&(role, organisation)) {
            return Ok(vec![]);
        }
        let reason = text("reason", &body.reason, REASON_LIMIT)?;
        Ok(vec![PersonEvent::RoleRevoked { role, organisation, reason }])
    }

    fn issue(
        &self,
        id: PersonId,
        body: &IssueCredential,
        facts: &Facts,
        context: &Context,
    ) -> Result<Vec<PersonEvent>, Rejection> {
        let credential = body.credential.unwrap_or_else(|| CredentialId::derived(context.command));
        if let Some(held) = self.credentials.get(&credential) {
            let same = held.kind == body.kind
                && held.valid_from == body.valid_from
                && held.valid_until == body.valid_until;
            rule(same, || Rejection::new(&common::ALREADY_EXISTS).field("credential").about("credential"))?;
            return Ok(vec![]);
        }
        self.enrolled()?;
        not_in_the_future(context)?;
        let number = personal("number", id, &body.number, NUMBER_LIMIT)?;
        if let Some(valid_until) = body.valid_until {
            credential::in_order("validUntil", body.valid_from, valid_until)?;
        }
        rule(self.credentials.len() < CREDENTIALS_LIMIT, || {
            Rejection::new(&common::TOO_MANY).field("credential").with("limit", CREDENTIALS_LIMIT)
        })?;
        if body.kind == CredentialKind::GuardCertificate {
            self.fit_for_guard(facts, context)?;
            credential::none_in_force(self, body.kind, Day::at(context.occurred_at.at))?;
        }
        Ok(vec![PersonEvent::CredentialIssued {
            credential,
            kind: body.kind,
            number,
            valid_from: body.valid_from,
            valid_until: body.valid_until,
        }])
    }

    fn complete(&self, body: &CompleteTraining, context: &Context) -> Result<Vec<PersonEvent>, Rejection> {
        let course = text("course", &body.course, COURSE_LIMIT)?;
        if self.trainings.contains(&(body.on, course.as_str().into())) {
            return Ok(vec![]);
        }
        self.enrolled()?;
        not_in_the_future(context)?;
        identity::not_after("on", body.on, Day::at(context.occurred_at.at))?;
        rule((1..=MOST_HOURS).contains(&body.hours), || {
            Rejection::new(&common::OUT_OF_RANGE).field("hours").with("least", 1).with("most", MOST_HOURS)
        })?;
        rule(self.trainings.len() < TRAININGS_LIMIT, || {
            Rejection::new(&common::TOO_MANY).field("course").with("limit", TRAININGS_LIMIT)
        })?;
        Ok(vec![PersonEvent::TrainingCompleted { course, hours: body.hours, on: body.on }])
    }

    /// A request that retention duties hold against is recorded together with them. A request that is open may be
    /// asked again, so that a duty which arose meanwhile is found before the key is destroyed.
    fn request_erasure(&self, facts: &Facts, context: &Context) -> Result<Vec<PersonEvent>, Rejection> {
        not_in_the_future(context)?;
        let today = Day::at(context.recorded_at);
        let holding: Vec<_> = facts.retention.iter().filter(|block| block.until >= today).collect();
        let blocked = holding.iter().map(|block| block.until).max().map(|until| {
            let mut reasons: Vec<_> = holding.iter().map(|block| block.reason).collect();
            reasons.sort_unstable();
            reasons.dedup();
            PersonEvent::ErasureBlocked { until, reasons }
        });
        let requested = PersonEvent::ErasureRequested { at: context.occurred_at };
        match (self.phase, blocked) {
            (Phase::Enrolled, None) => Ok(vec![requested]),
            (Phase::Enrolled, Some(blocked)) if self.is_blocked_by(&blocked) => Ok(vec![]),
            (Phase::Enrolled, Some(blocked)) => Ok(vec![requested, blocked]),
            (Phase::ErasureRequested, Some(blocked)) => Ok(vec![blocked]),
            (Phase::ErasureRequested, None) | (Phase::Absent | Phase::Erased, _) => Ok(vec![]),
        }
    }

    /// Follows the destruction of the key; who is erased serves nobody any more.
    fn record_erasure(&self, context: &Context) -> Result<Vec<PersonEvent>, Rejection> {
        match self.phase {
            Phase::ErasureRequested => {}
            Phase::Erased => return Ok(vec![]),
            Phase::Absent | Phase::Enrolled => {
                return Err(match &self.erasure_block {
                    Some(block) => {
                        Rejection::new(&reason::ERASURE_BLOCKED).field("person").with("until", block.until)
                    }
                    None => self.wrong_phase(),
                });
            }
        }
        not_in_the_future(context)?;
        let ended = |(role, organisation)| PersonEvent::RoleRevoked {
            role,
            organisation,
            reason: "erasure of the person's data".to_owned(),
        };
        let mut events: Vec<_> = self.roles.iter().copied().map(ended).collect();
        events.push(PersonEvent::PersonErased { at: context.occurred_at });
        Ok(events)
    }

    fn is_blocked_by(&self, blocked: &PersonEvent) -> bool {
        match (&self.erasure_block, blocked) {
            (Some(known), PersonEvent::ErasureBlocked { until, reasons }) => {
                known.until == *until && known.reasons == *reasons
            }
            _ => false,
        }
    }

    /// Regulation on security services, art. 16 (18 years, junior-middle schooling) and 17 (bars).
    fn fit_for_guard(&self, facts: &Facts, context: &Context) -> Result<(), Rejection> {
        let now = context.occurred_at.at;
        rule(!self.barred_at(now), || Rejection::new(&GUARD_BARRED).field("person"))?;
        let Some(born) = facts.birth_date else {
            return Err(Rejection::new(&reason::BIRTH_DATE_UNKNOWN).field("person"));
        };
        rule(age_on(born, Day::at(now)).is_some_and(|age| age >= 18), || {
            Rejection::new(&GUARD_UNDER_18).field("person")
        })?;
        rule(self.schooling >= Some(Schooling::JuniorMiddle), || {
            Rejection::new(&reason::GUARD_SCHOOLING).field("person")
        })
    }

    pub(super) fn enrolled(&self) -> Result<(), Rejection> {
        match self.phase {
            Phase::Enrolled => Ok(()),
            Phase::Absent | Phase::ErasureRequested | Phase::Erased => Err(self.wrong_phase()),
        }
    }

    fn wrong_phase(&self) -> Rejection {
        Rejection::new(&common::WRONG_PHASE).field("person").in_phase(&self.phase)
    }
}

fn area_known(area: AreaCode, facts: &Facts) -> Result<(), Rejection> {
    rule(facts.area_known, || Rejection::new(&common::UNKNOWN_AREA).field("area").with("code", area))
}
