//! Who has seen whose personal data: the right to know of the persons themselves, and the work of auditors and chiefs.
//! No value is in it.

use std::borrow::Cow;

use app::{Viewer, personal::may_know};
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use domain::{
    ActorId, AreaCode, OpeningId, OrganisationId, When,
    access::{AccessPurpose, PersonalFieldName, PersonalSubject},
};
use views::{Scope, rows::AccessRow};

use crate::{
    context::{related, signed_in},
    incident::Incident,
    node::noun,
    organisation::Organisation,
    page::{Asked, Connection, Filter, Filters, Order as _, list, orders, second},
    person::Person,
    scalar::{Position, id},
};

noun!(
    PersonalDataAccess(AccessRow),
    OpeningId::CATEGORY,
    "PersonalDataAccess",
    fn scope(viewer: &Viewer) -> Cow<'_, Scope> {
        Cow::Owned(viewer.access_scope())
    }
);

/// How personal data came to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "views::rows::AccessWay")]
pub enum AccessWay {
    /// Opened by the id of its subject.
    Opened,
    /// Opened because its subject was found by a phone number.
    FoundByPhone,
    /// A phone number was looked up, and nothing was shown.
    Sought,
    /// Written out with many others'.
    Exported,
}

/// An access to personal data: who saw which fields of whom, when and why. It was recorded before anything was shown.
#[Object]
impl PersonalDataAccess {
    /// Global id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// When it was recorded, by the clock of the server.
    async fn at(&self) -> When {
        self.0.at
    }

    /// Its place in the log.
    async fn position(&self) -> Position {
        Position(self.0.position)
    }

    /// How the data came to be seen.
    async fn way(&self) -> views::rows::AccessWay {
        self.0.way
    }

    /// Global id of the person or the incident; null for a look-up that showed nothing and for an export, which concerns
    /// everybody.
    async fn subject_id(&self) -> Option<ID> {
        self.0.subject().map(id)
    }

    /// The person, when the subject is one that lies in the asker's scope.
    async fn person(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        match self.0.subject() {
            Some(PersonalSubject::Person(person)) => related(ctx, person.0),
            Some(PersonalSubject::Incident(_)) | None => Ok(None),
        }
    }

    /// The incident, when the subject is one that lies in the asker's scope.
    async fn incident(&self, ctx: &Context<'_>) -> Result<Option<Incident>> {
        match self.0.subject() {
            Some(PersonalSubject::Incident(incident)) => related(ctx, incident.0),
            Some(PersonalSubject::Person(_)) | None => Ok(None),
        }
    }

    /// Where the subject belonged at that time; null when it belonged to no area.
    async fn area_code(&self) -> Option<AreaCode> {
        self.0.area
    }

    /// The account that saw it.
    async fn actor_id(&self) -> ID {
        id(self.0.actor)
    }

    /// The person behind that account; null when the account stands for nobody in the registry.
    async fn actor_person_id(&self) -> Option<ID> {
        self.0.person.map(id)
    }

    /// The organisation in whose name it was done; null when it was in no organisation's name.
    async fn organisation_id(&self) -> Option<ID> {
        self.0.organisation.map(id)
    }

    /// The organisation in whose name it was done; null when there was none or it does not lie in the asker's scope.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        self.0.organisation.map_or(Ok(None), |organisation| related(ctx, organisation.0))
    }

    /// The fields that were opened; none for a look-up that showed nothing and for an export.
    async fn fields(&self) -> &[PersonalFieldName] {
        &self.0.fields
    }

    /// What it was opened for.
    async fn purpose(&self) -> AccessPurpose {
        self.0.purpose
    }

    /// The reason that was given.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// How much an export held; null for everything else.
    async fn exported(&self) -> Option<ExportScale> {
        self.0.scale.map(|scale| ExportScale { events: scale.events, fields: scale.fields })
    }
}

/// How much an export held.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct ExportScale {
    /// Events that were written out.
    events: u64,
    /// Personal fields in them.
    fields: u64,
}

/// Which accesses a list shows; all conditions must hold.
#[derive(Debug, Default, InputObject)]
pub struct PersonalDataAccessFilter {
    /// Those to this person or incident: a global id.
    subject: Option<PersonalSubject>,
    /// Those of this account.
    actor: Option<ActorId>,
    /// Those in the name of this organisation.
    organisation: Option<OrganisationId>,
    /// Those to subjects that belonged to this area or inside it.
    area_prefix: Option<AreaCode>,
    /// Those for this purpose.
    purpose: Option<AccessPurpose>,
    /// Those recorded at this time or later.
    from: Option<When>,
    /// Those recorded before this time.
    to: Option<When>,
}

impl Filter for PersonalDataAccessFilter {
    fn conditions(self) -> Filters {
        Filters::default()
            .id("subject = ?", self.subject.map(PersonalSubject::uuid))
            .id("actor = ?", self.actor.map(|actor| actor.0))
            .id("organisation = ?", self.organisation.map(|organisation| organisation.0))
            .area(self.area_prefix)
            .maybe("purpose = ?", self.purpose.map(|purpose| purpose as i64))
            .maybe("at >= ?", self.from.map(second))
            .maybe("at < ?", self.to.map(second))
    }
}

orders! {
    /// Order of a list of accesses to personal data.
    PersonalDataAccessOrder else AtDesc {
        /// The earliest first.
        AtAsc = "at", false;
        /// The latest first.
        AtDesc = "at", true;
    }
}

/// The accesses to the data of one subject, the latest first; an export is one to everybody's. Null for those who may
/// not know of them.
pub(crate) async fn accesses_to(
    ctx: &Context<'_>,
    subject: PersonalSubject,
    first: i32,
    after: Option<String>,
) -> Result<Option<Connection<PersonalDataAccess>>> {
    if !may_know(signed_in(ctx)?.viewer, subject) {
        return Ok(None);
    }
    let filters = Filters::default().id("(subject = ? OR exported = 1)", Some(subject.uuid()));
    let order = PersonalDataAccessOrder::AtDesc.column();
    list(ctx, Asked { first, after, filters, order }).await.map(Some)
}

#[derive(Debug, Default)]
pub struct AccessQuery;

#[Object]
impl AccessQuery {
    /// Accesses to personal data: for everybody those to the own, for the chief of a station those in the jurisdiction and
    /// in the station's name, for auditors all.
    async fn accesses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100.")] first: i32,
        #[graphql(desc = "Cursor of the row before the first one wanted.")] after: Option<String>,
        #[graphql(desc = "Which accesses.")] filter: Option<PersonalDataAccessFilter>,
        #[graphql(desc = "In which order. Left out: the latest first.")] order_by: Option<
            PersonalDataAccessOrder,
        >,
    ) -> Result<Connection<PersonalDataAccess>> {
        list(ctx, Asked::new(first, after, filter, order_by)).await
    }
}
