//! The mutations that open personal fields. They stand beside the table of commands: an import can not show anything, so
//! it has none of them.

use std::sync::Arc;

use app::{AppError, Opening, Reveal, RevealByPhone, Revealed};
use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use domain::{
    CommandId, PersonalText,
    access::{AccessPurpose, PersonalFieldName, PersonalSubject},
};

use crate::{
    context::{language, signed_in},
    error::fault,
    incident::Incident,
    node::Noun,
    payload::UserError,
    person::Person,
    scalar::Position,
};

/// Names of the mutations that are no commands.
pub const REVEALS: [&str; 3] = ["reveal", "revealByPhone", "revealList"];

/// Opens the personal fields of one person or incident.
#[derive(Debug, InputObject)]
pub struct RevealInput {
    /// A UUID chosen by the sender. The same command sent again within 10 minutes shows the values again without a second
    /// record; later it is refused.
    command_id: CommandId,
    /// Global id of a person or an incident.
    id: PersonalSubject,
    /// What it is opened for.
    purpose: AccessPurpose,
    /// The reason in words, 1 to 500 characters, without numbers of people. The person may read it.
    reason: String,
    /// Which fields. Left out: all; an empty list is refused.
    fields: Option<Vec<PersonalFieldName>>,
}

/// Opens the personal fields of several persons and incidents.
#[derive(Debug, InputObject)]
pub struct RevealListInput {
    /// A UUID chosen by the sender. The same command sent again within 10 minutes shows the values again without a second
    /// record; later it is refused.
    command_id: CommandId,
    /// Global ids of 1 to 50 persons and incidents. Each is recorded for itself; one that may not be opened refuses all.
    ids: Vec<PersonalSubject>,
    /// What they are opened for.
    purpose: AccessPurpose,
    /// The reason in words, 1 to 500 characters, without numbers of people. The persons may read it.
    reason: String,
    /// Which fields; of each subject those that it has. Left out: all; an empty list is refused.
    fields: Option<Vec<PersonalFieldName>>,
}

/// Looks up a phone number, and opens what it belongs to.
#[derive(Debug, InputObject)]
pub struct RevealByPhoneInput {
    /// A UUID chosen by the sender. The same command sent again within 10 minutes shows the values again without a second
    /// record; later it is refused.
    command_id: CommandId,
    /// The phone number, whole. It is recorded nowhere.
    phone: PersonalText,
    /// What it is looked up for.
    purpose: AccessPurpose,
    /// The reason in words, 1 to 500 characters, without numbers of people.
    reason: String,
    /// Which fields; of each subject those that it has. Left out: all; an empty list is refused.
    fields: Option<Vec<PersonalFieldName>>,
}

/// The answer to `reveal`: the only place where the opened values stand.
#[derive(Debug, SimpleObject)]
pub struct RevealPayload {
    /// The person with the opened fields; null when the id is that of an incident, or nothing was opened.
    person: Option<Person>,
    /// The incident with the opened fields; null when the id is that of a person, or nothing was opened.
    incident: Option<Incident>,
    /// Position of the record of this access; null when nothing was opened.
    position: Option<Position>,
    /// Why nothing was opened; empty when it was.
    errors: Vec<UserError>,
}

/// The answer to `revealList` and `revealByPhone`: the only place where the opened values stand.
#[derive(Debug, SimpleObject)]
pub struct RevealListPayload {
    /// The persons with the opened fields.
    persons: Vec<Person>,
    /// The incidents with the opened fields.
    incidents: Vec<Incident>,
    /// Position of the last record of these accesses; null when nothing was opened.
    position: Option<Position>,
    /// Why nothing was opened; empty when it was.
    errors: Vec<UserError>,
}

/// The mutations of this file.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RevealMutation;

#[Object]
impl RevealMutation {
    /// Opens the personal fields of a person or an incident to those who have the right, and records who opened what and why,
    /// before anything is shown. The values stand in this answer alone: a query masks them again.
    /// Null: nothing is known of its outcome, and the errors of the answer say why.
    async fn reveal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to open, and why.")] input: RevealInput,
    ) -> Result<Option<RevealPayload>> {
        let asker = signed_in(ctx)?;
        let wanted = Reveal {
            subjects: vec![input.id],
            fields: input.fields,
            purpose: input.purpose,
            reason: input.reason,
        };
        let outcome = asker.app.reveal(asker.viewer, input.command_id, wanted).await;
        let list = answer(ctx, outcome)?;
        Ok(Some(RevealPayload {
            person: list.persons.into_iter().next(),
            incident: list.incidents.into_iter().next(),
            position: list.position,
            errors: list.errors,
        }))
    }

    /// The same for up to 50 persons and incidents at once, such as a roster: all, or none.
    /// Null: nothing is known of its outcome, and the errors of the answer say why.
    async fn reveal_list(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to open, and why.")] input: RevealListInput,
    ) -> Result<Option<RevealListPayload>> {
        let asker = signed_in(ctx)?;
        let wanted = Reveal {
            subjects: input.ids,
            fields: input.fields,
            purpose: input.purpose,
            reason: input.reason,
        };
        let outcome = asker.app.reveal(asker.viewer, input.command_id, wanted).await;
        answer(ctx, outcome).map(Some)
    }

    /// Opens what a phone number belongs to, for officers of a station whom somebody calls: persons, and incidents that were
    /// reported from it, at most 50, as far as the asker may open them. A number that nobody has and one that the asker may
    /// not open look the same, and the look-up is recorded in any case.
    /// Null: nothing is known of its outcome, and the errors of the answer say why.
    async fn reveal_by_phone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number, and why.")] input: RevealByPhoneInput,
    ) -> Result<Option<RevealListPayload>> {
        let asker = signed_in(ctx)?;
        let wanted = RevealByPhone {
            phone: input.phone,
            fields: input.fields,
            purpose: input.purpose,
            reason: input.reason,
        };
        let outcome = asker.app.reveal_by_phone(asker.viewer, input.command_id, wanted).await;
        answer(ctx, outcome).map(Some)
    }
}

fn answer(ctx: &Context<'_>, outcome: Result<Revealed, AppError>) -> Result<RevealListPayload> {
    let mut list =
        RevealListPayload { persons: vec![], incidents: vec![], position: None, errors: Vec::new() };
    match outcome {
        Ok(revealed) => {
            list.position = Some(Position(revealed.position));
            for opening in revealed.openings {
                match opening.subject() {
                    PersonalSubject::Person(_) => list.persons.extend(opened::<Person>(ctx, opening)?),
                    PersonalSubject::Incident(_) => list.incidents.extend(opened::<Incident>(ctx, opening)?),
                }
            }
        }
        Err(AppError::Rejected(rejection)) => list.errors = vec![UserError::new(&rejection, language(ctx))],
        Err(cause) => return Err(fault(ctx, &cause)),
    }
    Ok(list)
}

/// A noun whose personal fields an opening can cover.
pub(crate) trait Openable: Noun {
    #[must_use]
    fn opened(self, opening: Arc<Opening>) -> Self;
}

fn opened<N: Openable>(ctx: &Context<'_>, opening: Opening) -> Result<Option<N>> {
    let found = signed_in(ctx)?.find::<N>(ctx, opening.subject().uuid().as_bytes())?;
    Ok(found.map(|noun| noun.opened(Arc::new(opening))))
}
