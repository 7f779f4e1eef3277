//! Opening personal data: authorize → record durably → and only then tell what may be shown. Nothing stands afterwards:
//! a query by the same account sees the fields masked again.

use domain::{
    Actor, Aggregate as _, CommandId, Meta, OpeningId, OrganisationId, PersonalText, Rejection,
    access::{
        Access, AccessPurpose, ExportPersonalData, MOST_AT_ONCE, OpenPersonalData, PersonalFieldName,
        PersonalSubject, SeekPersonalData, reason,
    },
    incident::Incident,
    person::Person,
    rejection::common,
};
use views::rows::{AccessRow, AccessWay, IncidentRow, PersonRow};

use crate::{
    App, AppError, Done, Permission, Request, Viewer, acting,
    execute::WAIT_FOR_VIEWS,
    personal::{Subject, may_open},
};

/// How long after its record the same command shows the values again, in seconds: for an answer that was lost on its
/// way, not for a second look.
const REPEATED_SECONDS: i64 = 10 * 60;

/// A request to open personal fields.
#[derive(Clone, Debug)]
pub struct Reveal {
    /// Whose; each is recorded for itself.
    pub subjects: Vec<PersonalSubject>,
    /// Which; not said: all that each has. An empty list is refused.
    pub fields: Option<Vec<PersonalFieldName>>,
    pub purpose: AccessPurpose,
    pub reason: String,
}

/// A request to open what a phone number belongs to.
#[derive(Clone, Debug)]
pub struct RevealByPhone {
    pub phone: PersonalText,
    /// As in [`Reveal`].
    pub fields: Option<Vec<PersonalFieldName>>,
    pub purpose: AccessPurpose,
    pub reason: String,
}

/// Fields of one subject whose opening has been recorded. Nobody but this module can make one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    subject: PersonalSubject,
    fields: Vec<PersonalFieldName>,
}

impl Opening {
    pub const fn subject(&self) -> PersonalSubject {
        self.subject
    }

    pub fn covers(&self, field: PersonalFieldName) -> bool {
        self.fields.contains(&field)
    }
}

/// What may be shown now, and where that stands in the log.
#[derive(Clone, Debug)]
pub struct Revealed {
    pub openings: Vec<Opening>,
    /// Position of the last record.
    pub position: u64,
}

impl App {
    /// Records the opening of personal fields. They may be shown when this has answered, and not before.
    ///
    /// # Errors
    /// `not_found` and `forbidden` for a subject that the viewer may not open, other rejections of the request, or a
    /// fault: then some of many subjects may be on record, and none may be shown.
    pub async fn reveal(
        &self,
        viewer: &Viewer,
        command: CommandId,
        mut reveal: Reveal,
    ) -> Result<Revealed, AppError> {
        viewer.may_command()?;
        let mut known = std::collections::BTreeSet::new();
        reveal.subjects.retain(|subject| known.insert(*subject));
        if reveal.subjects.is_empty() {
            return Err(Rejection::new(&reason::NOTHING_NAMED).field("ids").into());
        }
        let _turn = self.account_turn(viewer.actor.id).await;
        self.open_all(viewer, command, &reveal, None).await
    }

    /// The same for what a phone number belongs to: persons, and incidents that were reported from it, as far as the
    /// viewer may open them. When there are none that is recorded too, and looks the same as a number that nobody has.
    ///
    /// # Errors
    /// As [`Self::reveal`]; `forbidden` for everybody but officers and chiefs of stations.
    pub async fn reveal_by_phone(
        &self,
        viewer: &Viewer,
        command: CommandId,
        wanted: RevealByPhone,
    ) -> Result<Revealed, AppError> {
        use crate::AccountRole::{StationChief, StationOfficer};
        viewer.may_command()?;
        let officer = viewer.is(StationOfficer) || viewer.is(StationChief);
        if !officer || crate::personal::never(viewer) {
            return Err(Rejection::new(&common::FORBIDDEN).into());
        }
        let Some(number) = domain::access::phone_key(wanted.phone.expose()) else {
            return Err(Rejection::new(&reason::PHONE_TOO_SHORT).field("phone").into());
        };
        // Whatever is refused is refused before anything is found, so that a refusal tells nothing about the number.
        if wanted.fields.as_ref().is_some_and(Vec::is_empty) {
            return Err(Rejection::new(&reason::NOTHING_NAMED).field("fields").into());
        }
        let actor = acting::of(viewer, &Permission::default())?;
        let _turn = self.account_turn(viewer.actor.id).await;
        self.settled().await?;
        let sought = self.phone_digest(&number);
        let RevealByPhone { phone: _, fields, purpose, reason } = wanted;
        let mut found = self.openable_by_phone(viewer, &number, sought)?;
        found.retain(|subject| {
            fields.iter().flatten().any(|field| subject.kind().fields().contains(field)) || fields.is_none()
        });
        found.truncate(usize::try_from(self.left_to_open(viewer)?).unwrap_or(usize::MAX));
        let subjects = self.as_first_found(command, found)?;
        if subjects.is_empty() {
            let seek = SeekPersonalData { by: viewer.actor.id, purpose, reason, sought };
            let done = self.record(viewer, actor, &Request::new(command), seek).await?;
            self.shown_now(command, &done).await?;
            return Ok(Revealed { openings: vec![], position: done.position });
        }
        self.open_all(viewer, command, &Reveal { subjects, fields, purpose, reason }, Some(sought)).await
    }

    /// Records an export of opened personal data, before it is written.
    ///
    /// # Errors
    /// `forbidden` for those who open nothing, a rejection of the reason, or a fault.
    pub async fn record_export(
        &self,
        viewer: &Viewer,
        command: CommandId,
        export: ExportPersonalData,
    ) -> Result<Done, AppError> {
        viewer.may_command()?;
        if crate::personal::never(viewer) {
            return Err(Rejection::new(&common::FORBIDDEN).into());
        }
        self.record(viewer, viewer.actor, &Request::new(command), export).await
    }

    /// How many more the account may open within the hour.
    fn left_to_open(&self, viewer: &Viewer) -> Result<u64, AppError> {
        let since = self.now().as_second() - domain::access::WINDOW_SECONDS;
        let opened = self.views.read_now(|views| views.accesses_since(viewer.actor.id, since))?;
        Ok(self.config.reveals_per_hour.saturating_sub(opened))
    }

    /// For who holds the account's turn: one request of an account at a time, each counted before the next, so that the
    /// bound of an hour holds.
    async fn open_all(
        &self,
        viewer: &Viewer,
        command: CommandId,
        reveal: &Reveal,
        sought: Option<[u8; 16]>,
    ) -> Result<Revealed, AppError> {
        let among = &reveal.subjects;
        if among.len() > MOST_AT_ONCE {
            return Err(Rejection::new(&common::TOO_MANY).field("ids").with("limit", MOST_AT_ONCE).into());
        }
        let mut actors = Vec::with_capacity(among.len());
        for (at, subject) in among.iter().enumerate() {
            let field = if among.len() > 1 { format!("ids.{at}") } else { "id".to_owned() };
            actors.push(self.check_opening(viewer, *subject, field).await?);
        }
        self.settled().await?;
        let whole = Request::new(command);
        let open = |subject: PersonalSubject| OpenPersonalData {
            subject,
            by: viewer.actor.id,
            fields: reveal.fields.clone(),
            purpose: reveal.purpose,
            reason: reveal.reason.clone(),
            among: among.clone(),
            sought,
        };
        // What would be refused leaves no record of others behind.
        for (at, subject) in among.iter().enumerate() {
            let request = self.part(&whole, at);
            self.rehearse_one::<Access>(&viewer.stepping(), &request, &open(*subject).into()).await?;
        }
        let mut recorded = Vec::with_capacity(among.len());
        for (at, (subject, actor)) in among.iter().zip(actors).enumerate() {
            let request = self.part(&whole, at);
            let done = self.record(viewer, actor, &request, open(*subject)).await?;
            recorded.push((*subject, request.command, done));
        }
        let mut revealed = Revealed { openings: Vec::with_capacity(among.len()), position: 0 };
        for (subject, command, done) in recorded {
            let fields = self.shown_now(command, &done).await?;
            revealed.openings.push(Opening { subject, fields });
            revealed.position = revealed.position.max(done.position);
        }
        Ok(revealed)
    }

    async fn record(
        &self,
        viewer: &Viewer,
        actor: Actor,
        request: &Request,
        command: impl Into<domain::access::AccessCommand>,
    ) -> Result<Done, AppError> {
        let mut stepping = viewer.stepping();
        stepping.actor = actor;
        self.execute::<Access>(&stepping, &Request { wait: false, ..*request }, command.into()).await
    }

    /// The command of one of several subjects.
    fn part(&self, whole: &Request, at: usize) -> Request {
        if at == 0 { *whole } else { self.step(whole, &format!("open {at}")) }
    }

    /// The fields on record for a command; refused when a repetition comes too late to be one.
    async fn shown_now(&self, command: CommandId, done: &Done) -> Result<Vec<PersonalFieldName>, AppError> {
        self.views.wait_for(done.position, WAIT_FOR_VIEWS).await?;
        let over = || Rejection::new(&reason::REVEAL_OVER).field("commandId");
        let row = self.access_of(command)?.ok_or_else(over)?;
        let age = self.now().as_second() - row.at.at.as_second();
        if done.appended == 0 && age > REPEATED_SECONDS { Err(over().into()) } else { Ok(row.fields) }
    }

    fn access_of(&self, command: CommandId) -> Result<Option<AccessRow>, AppError> {
        let id = OpeningId(Meta::event_id(command, 0));
        let everything = views::Scope::everything();
        Ok(self.views.read_now(|views| views.one::<AccessRow>(&everything, id.0.as_bytes()))?)
    }

    /// The subjects that the first run of a look-up has opened, when there was one: what was recorded since does not
    /// make its repetition another command.
    fn as_first_found(
        &self,
        command: CommandId,
        found: Vec<PersonalSubject>,
    ) -> Result<Vec<PersonalSubject>, AppError> {
        let whole = Request::new(command);
        let (mut first, mut among) = (Vec::new(), 0);
        for at in 0..MOST_AT_ONCE {
            let Some(row) = self.access_of(self.part(&whole, at).command)? else { break };
            among = usize::from(row.among);
            match row.subject() {
                Some(subject) => first.push(subject),
                None if row.way == AccessWay::Sought => return Ok(vec![]),
                None => break,
            }
        }
        Ok(match found.get(..among) {
            _ if among == 0 => found,
            // A run that broke off goes on.
            Some(begun) if first.len() < among && begun.starts_with(&first) => begun.to_vec(),
            Some(_) | None => first,
        })
    }

    /// Waits until the views show everything there is, so that what is counted in them is all.
    async fn settled(&self) -> Result<(), AppError> {
        let head = self.log.head().await?.map_or(0, |position| position.0);
        Ok(self.views.wait_for(head, WAIT_FOR_VIEWS).await?)
    }

    /// The right to open is judged on the subject's own stream. Answers who opens, and in whose name.
    async fn check_opening(
        &self,
        viewer: &Viewer,
        subject: PersonalSubject,
        field: String,
    ) -> Result<Actor, AppError> {
        let allowed = match subject {
            PersonalSubject::Person(id) => {
                let person = self.state_of::<Person>(id).await?;
                let organisations: Vec<OrganisationId> =
                    person.roles.iter().map(|(_, organisation)| *organisation).collect();
                let subject = Subject::Person { id, organisations: &organisations };
                (person.exists() && may_open(viewer, subject)).then(|| subject.permission())
            }
            PersonalSubject::Incident(id) => {
                let area = self.state_of::<Incident>(id).await?.area();
                let subject = area.map(|area| Subject::Incident { area });
                subject.filter(|subject| may_open(viewer, *subject)).map(Subject::permission)
            }
        };
        if let Some(permission) = allowed {
            return Ok(acting::of(viewer, &permission)?);
        }
        let key = subject.uuid();
        let (what, seen) = self.views.read_now(|views| match subject {
            PersonalSubject::Person(_) => {
                Ok(("person", views.one::<PersonRow>(&viewer.scope, key.as_bytes())?.is_some()))
            }
            PersonalSubject::Incident(_) => {
                Ok(("incident", views.one::<IncidentRow>(&viewer.scope, key.as_bytes())?.is_some()))
            }
        })?;
        Err(match seen {
            true => Rejection::new(&common::FORBIDDEN).field(field),
            false => Rejection::new(&common::NOT_FOUND).field(field).with("what", what),
        }
        .into())
    }
}
