//! Persons 人员. Every personal field goes through `personal.rs`; filters and orders know none of them.

use app::personal::Subject;
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::{
    AreaCode, Day, OrganisationId, PersonId, PersonRole, Personal, When,
    access::{PersonalFieldName, PersonalSubject},
    person::{CredentialKind, Schooling},
};
use views::rows::{CredentialRow, CredentialStatus, PersonRow};

use crate::{
    access::{PersonalDataAccess, accesses_to},
    context::{related, root},
    node::personal_noun,
    organisation::Organisation,
    page::{Asked, Connection, Filter, Filters, list, orders},
    personal::{self, Held, PersonalField},
    scalar::id,
};

personal_noun!(Person(PersonRow), PersonId::CATEGORY, "Person");

impl Person {
    fn field(
        &self,
        ctx: &Context<'_>,
        name: PersonalFieldName,
        field: Option<&Personal>,
    ) -> Result<Option<PersonalField>> {
        let Some(field) = field else { return Ok(None) };
        let organisations: Vec<OrganisationId> =
            self.0.roles.iter().map(|(_, organisation)| *organisation).collect();
        let subject = Subject::Person { id: self.0.id, organisations: &organisations };
        let (erased, opening) = (self.0.erased_at.is_some(), self.1.as_deref());
        personal::show(ctx, Held { subject, name, field, erased, opening }).map(Some)
    }
}

/// A person 人员. Roles in organisations are held one by one; personal fields are masked by default.
#[Object]
impl Person {
    /// Global id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Full name; null only beside an error.
    async fn name(&self, ctx: &Context<'_>) -> Result<Option<PersonalField>> {
        self.field(ctx, PersonalFieldName::Name, Some(&self.0.name))
    }

    /// Citizen identity number (GB 11643-1999), 17 digits and a check character; null when it is not known.
    async fn id_number(&self, ctx: &Context<'_>) -> Result<Option<PersonalField>> {
        self.field(ctx, PersonalFieldName::IdNumber, self.0.id_number.as_ref())
    }

    /// Phone number; null when it is not known.
    async fn phone(&self, ctx: &Context<'_>) -> Result<Option<PersonalField>> {
        self.field(ctx, PersonalFieldName::Phone, self.0.phone.as_ref())
    }

    /// Birth date, written as 1990-01-31; null when it is not known.
    async fn birth_date(&self, ctx: &Context<'_>) -> Result<Option<PersonalField>> {
        self.field(ctx, PersonalFieldName::BirthDate, self.0.birth_date.as_ref())
    }

    /// Address; null when it is not known.
    async fn address(&self, ctx: &Context<'_>) -> Result<Option<PersonalField>> {
        self.field(ctx, PersonalFieldName::Address, self.0.address.as_ref())
    }

    /// Where the person belongs.
    async fn area_code(&self) -> AreaCode {
        self.0.area
    }

    /// Highest schooling.
    async fn schooling(&self) -> Schooling {
        self.0.schooling
    }

    /// Roles in the service of organisations.
    async fn roles(&self) -> Vec<Membership> {
        let roles = self.0.roles.iter();
        roles
            .map(|(role, organisation)| Membership {
                role: *role,
                organisation_id: id(organisation),
                organisation: *organisation,
            })
            .collect()
    }

    /// Credentials 证件.
    async fn credentials(&self) -> Vec<Credential> {
        let credentials = self.0.credentials.iter();
        credentials.map(|held| Credential { held: held.clone(), holder: self.clone() }).collect()
    }

    /// Hours of completed trainings.
    async fn training_hours(&self) -> u32 {
        self.0.training_hours
    }

    /// Since when the erasure of everything that identifies the person has been asked for, while it is neither blocked
    /// by a duty to keep it nor finished; null otherwise.
    async fn erasing_since(&self) -> Option<When> {
        self.0.erasing_since
    }

    /// An erasure was asked for, and a duty to keep the data holds against it until the end of this day; null when none
    /// does.
    async fn erasure_blocked_until(&self) -> Option<Day> {
        self.0.erasure_blocked_until
    }

    /// When everything that identifies the person was erased; null while it is not.
    async fn erased_at(&self) -> Option<When> {
        self.0.erased_at
    }

    /// Who has seen the personal data of this person, the latest first, exports among them: for the person, for the chief of
    /// the station and for auditors. Null for everybody else.
    async fn accesses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100.")] first: i32,
        #[graphql(desc = "Cursor of the row before the first one wanted.")] after: Option<String>,
    ) -> Result<Option<Connection<PersonalDataAccess>>> {
        accesses_to(ctx, PersonalSubject::Person(self.0.id), first, after).await
    }
}

/// A role of a person in the service of an organisation.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Membership {
    /// The role.
    role: PersonRole,
    /// In whose service.
    organisation_id: ID,
    #[graphql(skip)]
    organisation: OrganisationId,
}

#[async_graphql::ComplexObject]
impl Membership {
    /// In whose service, when the organisation lies in the asker's scope.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        related(ctx, self.organisation.0)
    }
}

#[derive(Clone, Debug)]
pub struct Credential {
    held: CredentialRow,
    /// Whose it is: the number is a personal field of that person.
    holder: Person,
}

/// A credential 证件 of a person.
#[Object]
impl Credential {
    /// Global id.
    async fn id(&self) -> ID {
        id(self.held.id)
    }

    /// Kind of the credential.
    async fn kind(&self) -> CredentialKind {
        self.held.kind
    }

    /// Number of the credential; null only beside an error.
    async fn number(&self, ctx: &Context<'_>) -> Result<Option<PersonalField>> {
        self.holder.field(ctx, PersonalFieldName::CredentialNumber, Some(&self.held.number))
    }

    /// The first day on which it is valid.
    async fn valid_from(&self) -> Day {
        self.held.valid_from
    }

    /// The last day on which it is valid; null when it is valid without end.
    async fn valid_until(&self) -> Option<Day> {
        self.held.valid_until
    }

    /// State of the credential.
    async fn status(&self) -> CredentialStatus {
        self.held.status
    }
}

/// Which persons a list shows; all conditions must hold. Personal fields can not be searched.
#[derive(Debug, Default, InputObject)]
pub struct PersonFilter {
    /// Those who belong to this area or inside it.
    area_prefix: Option<AreaCode>,
    /// Those in the service of this organisation.
    organisation: Option<OrganisationId>,
}

impl Filter for PersonFilter {
    fn conditions(self) -> Filters {
        Filters::default().area(self.area_prefix).id(
            "id IN (SELECT person FROM membership WHERE organisation = ?)",
            self.organisation.map(|organisation| organisation.0),
        )
    }
}

orders! {
    /// Order of a list of persons.
    PersonOrder else AreaAsc {
        /// By the code of the area.
        AreaAsc = "area", false;
        /// By the code of the area, the highest first.
        AreaDesc = "area", true;
    }
}

#[derive(Debug, Default)]
pub struct PersonQuery;

#[Object]
impl PersonQuery {
    /// The person with an id, when the person lies in the asker's scope.
    async fn person(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the person.")] id: PersonId,
    ) -> Result<Option<Person>> {
        root(ctx, id.0.as_bytes()).await
    }

    /// Persons in the asker's scope.
    async fn persons(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100.")] first: i32,
        #[graphql(desc = "Cursor of the row before the first one wanted.")] after: Option<String>,
        #[graphql(desc = "Which persons.")] filter: Option<PersonFilter>,
        #[graphql(desc = "In which order. Left out: by area.")] order_by: Option<PersonOrder>,
    ) -> Result<Connection<Person>> {
        list(ctx, Asked::new(first, after, filter, order_by)).await
    }
}
