//! What a mutation answers: the entity as it is now, where it stands in the log, and what was wrong.

use app::{AppError, Done};
use async_graphql::{Context, OutputType, Result, SimpleObject};
use domain::{Language, Rejection};

use crate::{
    area::Area,
    context::{language, signed_in},
    contract::Contract,
    error::fault,
    incident::Incident,
    node::Noun,
    organisation::Organisation,
    person::Person,
    plan::PatrolPlan,
    run::PatrolRun,
    scalar::Position,
    shift::Shift,
};

/// Why a command was refused. Nothing was recorded.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct UserError {
    /// Stable, for programs: lower case words joined by `_`.
    code: String,
    /// The field of the input at fault, such as `checkpoints.0.graceMinutes`; null when it is not one field.
    field: Option<String>,
    /// A sentence in the language of the request's `Accept-Language`: English or Chinese.
    message: String,
    /// The same sentence in Chinese.
    message_zh: String,
}

impl UserError {
    pub(crate) fn new(rejection: &Rejection, language: Language) -> Self {
        Self {
            code: rejection.code().to_owned(),
            field: rejection.field.as_deref().map(str::to_owned),
            message: rejection.message(language),
            message_zh: rejection.message(Language::ZhCn),
        }
    }
}

/// The answer to a command.
pub(crate) trait Payload: OutputType + 'static {
    /// The answer to an outcome.
    ///
    /// # Errors
    /// When the outcome is a fault, or the entity can not be read.
    fn after(ctx: &Context<'_>, outcome: Result<Done, AppError>) -> Result<Self>
    where
        Self: Sized;
}

/// The entity that a stream belongs to, as the asker sees it now.
fn entity<N: Noun>(ctx: &Context<'_>, done: &Done) -> Result<Option<N>> {
    if done.stream.category() != N::CATEGORY {
        return Ok(None);
    }
    match N::key(done.stream.id()) {
        Some(key) => signed_in(ctx)?.find(ctx, &key),
        None => Ok(None),
    }
}

macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident { $(#[$field_doc:meta])* $field:ident: $noun:ident })*) => {$(
        $(#[$doc])*
        #[derive(Debug, SimpleObject)]
        pub struct $name {
            $(#[$field_doc])*
            $field: Option<$noun>,
            /// Position of what was recorded: a query that asks for at least this position shows it. Null when the command was
            /// refused.
            position: Option<Position>,
            /// Revision of the entity after it, to be sent as `expectedRevision`; null when the command was refused.
            revision: Option<u64>,
            /// Why nothing was done; empty when it was done.
            errors: Vec<UserError>,
        }

        impl Payload for $name {
            fn after(ctx: &Context<'_>, outcome: Result<Done, AppError>) -> Result<Self> {
                match outcome {
                    Ok(done) => Ok(Self {
                        $field: entity(ctx, &done)?,
                        position: Some(Position(done.position)),
                        revision: done.revision,
                        errors: Vec::new(),
                    }),
                    Err(AppError::Rejected(rejection)) => Ok(Self {
                        $field: None,
                        position: None,
                        revision: None,
                        errors: vec![UserError::new(&rejection, language(ctx))],
                    }),
                    Err(cause) => Err(fault(ctx, &cause)),
                }
            }
        }
    )*};
}

payloads! {
    /// The answer to a command to an area.
    AreaPayload {
        /// The area as it is now; null when the command was refused.
        area: Area
    }
    /// The answer to a command to an organisation.
    OrganisationPayload {
        /// The organisation as it is now; null when the command was refused.
        organisation: Organisation
    }
    /// The answer to a command to a person.
    PersonPayload {
        /// The person as it is now; null when the command was refused.
        person: Person
    }
    /// The answer to a command to a patrol plan.
    PatrolPlanPayload {
        /// The patrol plan as it is now; null when the command was refused.
        plan: PatrolPlan
    }
    /// The answer to a command to a patrol run.
    PatrolRunPayload {
        /// The patrol run as it is now; null when the command was refused.
        run: PatrolRun
    }
    /// The answer to a command to a shift.
    ShiftPayload {
        /// The shift as it is now; null when the command was refused.
        shift: Shift
    }
    /// The answer to a command to an incident.
    IncidentPayload {
        /// The incident as it is now; null when the command was refused.
        incident: Incident
    }
    /// The answer to a command to a contract.
    ContractPayload {
        /// The contract as it is now; null when the command was refused.
        contract: Contract
    }
}
