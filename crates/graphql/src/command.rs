//! Every command by name: what the mutations are made of, and what imports and bulk uploads dispatch over, so that both
//! take the very same input.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, LazyLock},
};

use app::{App, AppError, Done, Handles, Viewer};
use async_graphql::{
    Context, InputObjectType, InputType, ServerResult, Value,
    registry::{MetaField, MetaType, Registry},
};
use domain::{
    Language, access::PersonalSubject, area, contract, incident, organisation, patrol_plan, patrol_run,
    person, shift,
};
use futures_util::future::{BoxFuture, FutureExt as _};
use tracing::{Instrument as _, Span};

use crate::{
    blame,
    context::{language, signed_in},
    error::{reason, refused, sentence},
    input::{CommandInput, described},
    misfit,
    payload::{
        AreaPayload, ContractPayload, IncidentPayload, OrganisationPayload, PatrolPlanPayload,
        PatrolRunPayload, Payload, PersonPayload, ShiftPayload,
    },
    prepared::{Ids, Prepared},
    reveal::{RevealByPhoneInput, RevealInput, RevealListInput},
    shape::{self, Misfit},
};

/// The argument of every mutation.
pub(crate) const INPUT: &str = "input";
/// What a payload that is null says.
const NULL: &str = "Null: nothing is known of its outcome, and the errors of the answer say why.";

type Resolve = for<'a, 'b> fn(&'a Context<'b>) -> BoxFuture<'a, ServerResult<Option<Value>>>;
type Unfit = fn(Value) -> Option<Misfit>;
type Prepare = fn(Value) -> Result<Prepared, CommandError>;

/// One command.
pub(crate) struct Command {
    /// The mutation's field: `publishShift`.
    pub name: String,
    pub field: fn(&str, &mut Registry) -> MetaField,
    pub resolve: Resolve,
    prepare: Prepare,
    /// What is wrong with an input that has the shape of its type: an id of another kind.
    unfit: Unfit,
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command").field("name", &self.name).finish_non_exhaustive()
    }
}

macro_rules! commands {
    ($($module:ident::$payload:ident { $($command:ident,)* })*) => {
        fn all() -> Vec<Command> {
            vec![$($(command::<$module::$command, $payload>(),)*)*]
        }
    };
}

commands! {
    area::AreaPayload {
        RegisterArea, DefineGrid, ReviseGridBoundary, SplitGrid, MergeGrid, AssignGridStaff, RelieveGridStaff,
        CountHouseholds, CorrectHouseholdCount, CorrectAreaName, DissolveArea,
    }
    organisation::OrganisationPayload {
        RegisterOrganisation, GrantLicence, RenewLicence, SuspendLicence, ReinstateLicence, RevokeLicence, ExpireLicence,
        AssignJurisdiction, FormTeam, JoinTeam, LeaveTeam, DisbandTeam, DissolveOrganisation,
    }
    person::PersonPayload {
        EnrolPerson, CorrectPerson, GrantRole, RevokeRole, IssueCredential, RenewCredential, SuspendCredential,
        ReinstateCredential, RevokeCredential, ExpireCredential, CompleteTraining, RequestErasure, RecordErasure,
    }
    patrol_plan::PatrolPlanPayload {
        DraftPlan, DraftPlanRevision, DefineRoute, ApprovePlan, PublishPlan, InstallCheckpoint, RetireCheckpoint,
    }
    patrol_run::PatrolRunPayload {
        StartPatrol, PausePatrol, ResumePatrol, ScanCheckpoint, SkipCheckpoint, MarkMissed, ReportDeviation,
        AcknowledgeDeviation, RaiseSos, CompletePatrol, AbandonPatrol,
    }
    shift::ShiftPayload {
        ScheduleShift, PublishShift, AssignShift, WithdrawAssignment, AcknowledgeShift, ProposeTrade, AcceptTrade,
        DeclineTrade, ClockIn, ClockOut, HandOver, MarkUncovered, CloseShift, CertifyShift, CorrectCertification,
        CancelShift,
    }
    incident::IncidentPayload {
        ReportIncident, TriageIncident, PrioritiseIncident, DispatchUnit, AcceptDispatch, MarkUnitEnRoute,
        MarkUnitArrived, ClearUnit, MergeIncident, UnmergeIncident, TransferIncident, EscalateIncident, RecordDisposition,
        CloseIncident, ReopenIncident, RecordFeedback, CorrectIncident,
    }
    contract::ContractPayload {
        DraftContract, ReviewLegality, SignContract, FileCrossProvince, ActivateContract, AmendContract, DefinePost,
        SetServiceLevel, IssuePostOrder, AcknowledgePostOrder, CertifyAttendance, CorrectAttendance, AllegeBreach,
        ContestBreach, UpholdBreach, WaiveBreach, OrderRectification, CompleteRectification, ScoreAssessment,
        IssueStatement, DisputeStatement, ApproveStatement, RecordPayment, SuspendContract, ResumeContract, RenewContract,
        TerminateContract, RefuseUnlawfulRequest,
    }
}

static COMMANDS: LazyLock<BTreeMap<String, Command>> =
    LazyLock::new(|| all().into_iter().map(|command| (command.name.clone(), command)).collect());

/// The input types of all commands, for the check of shapes that the engine does for documents.
static INPUTS: LazyLock<Registry> = LazyLock::new(|| {
    let mut registry = Registry::default();
    for command in COMMANDS.values() {
        (command.field)(&command.name, &mut registry);
    }
    registry
});

pub(crate) fn commands() -> impl Iterator<Item = &'static Command> {
    COMMANDS.values()
}

pub(crate) fn named(name: &str) -> Option<&'static Command> {
    COMMANDS.get(name)
}

/// Names of all commands, in order: the fields of `Mutation`.
pub fn command_names() -> impl Iterator<Item = &'static str> {
    COMMANDS.keys().map(String::as_str)
}

fn command<T, P>() -> Command
where
    T: InputObjectType + 'static,
    P: Payload,
    App: Handles<T>,
{
    Command {
        name: lower_camel(&T::type_name()),
        field: field::<T, P>,
        resolve: resolve::<T, P>,
        prepare: |input| {
            let ids = Ids::of(&input);
            Ok(Prepared::new(parse::<T>(input)?, ids))
        },
        unfit: unread_command::<T>,
    }
}

/// What the library says of a value that it can not read.
fn unread<T: InputType>(input: Value) -> Option<String> {
    let error = T::parse(Some(input)).err()?;
    Some(error.into_server_error(async_graphql::Pos::default()).message)
}

/// What is wrong with the input of a mutation, beside its shape. It is asked before any mutation of a document is run.
pub(crate) fn unfit(mutation: &str, input: Value) -> Option<Misfit> {
    let misfit = match mutation {
        "reveal" => unread_reveal::<RevealInput>(input),
        "revealList" => unread_reveal::<RevealListInput>(input),
        "revealByPhone" => unread_reveal::<RevealByPhoneInput>(input),
        _ => (named(mutation)?.unfit)(input),
    };
    misfit.map(|misfit| match misfit.field.is_empty() {
        true => Misfit { field: INPUT.to_owned(), ..misfit },
        false => misfit,
    })
}

fn unread_command<T: InputObjectType>(input: Value) -> Option<Misfit> {
    let unread = unread::<CommandInput<T>>;
    let said = unread(input.clone())?;
    let field = blame::field(&INPUTS, &CommandInput::<T>::type_name(), &input, &said, unread);
    Some(misread(field, &said))
}

fn unread_reveal<T: InputType>(input: Value) -> Option<Misfit> {
    let said = unread::<T>(input.clone())?;
    let Value::Object(given) = input else { return Some(misread(None, &said)) };
    let is_none = |id: &Value| !matches!(id, Value::String(id) if id.parse::<PersonalSubject>().is_ok());
    let field = match (given.get("id"), given.get("ids")) {
        (Some(id), _) if is_none(id) => "id".to_owned(),
        (_, Some(Value::List(ids))) if ids.iter().any(is_none) => {
            format!("ids.{}", ids.iter().position(is_none).unwrap_or_default())
        }
        _ => "commandId".to_owned(),
    };
    Some(misread(Some(field), &said))
}

/// What the library said of an input, for its sender.
fn misread(field: Option<String>, said: &str) -> Misfit {
    let told = |language| misfit::of_library(said, language);
    Misfit { field: field.unwrap_or_default(), en: told(Language::En), zh: told(Language::ZhCn) }
}

fn lower_camel(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

fn field<T: InputObjectType, P: Payload>(name: &str, registry: &mut Registry) -> MetaField {
    let description = match registry.create_fake_input_type::<T>() {
        MetaType::InputObject { description, .. } => description,
        _ => None,
    };
    let ty = CommandInput::<T>::create_type_info(registry);
    let input = described(INPUT, ty, "The command.");
    P::create_type_info(registry);
    let description = description.map(|description| format!("{description}\n{NULL}"));
    MetaField {
        name: name.to_owned(),
        description,
        args: [(INPUT.to_owned(), input)].into_iter().collect(),
        // May be null: a command that fails does not take the payloads of the others with it.
        ty: P::type_name().into_owned(),
        deprecation: Default::default(),
        cache_control: Default::default(),
        external: false,
        requires: None,
        provides: None,
        visible: None,
        shareable: false,
        inaccessible: false,
        tags: Vec::new(),
        override_from: None,
        compute_complexity: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

fn resolve<'a, T, P>(ctx: &'a Context<'_>) -> BoxFuture<'a, ServerResult<Option<Value>>>
where
    T: InputObjectType + 'static,
    P: Payload,
    App: Handles<T>,
{
    async move {
        let asker = signed_in(ctx).map_err(|error| located(ctx, error))?;
        let input = ctx.param_value::<CommandInput<T>>(INPUT, None);
        let (_, input) = input.map_err(|error| ctx.set_error_path(error))?;
        let (app, viewer) = (Arc::clone(asker.app), asker.viewer.clone());
        let work = async move { perform(&app, &viewer, input).await };
        let ended = || located(ctx, refused(language(ctx), &reason::ENDING));
        let outcome = to_its_end(work.boxed()).await.ok_or_else(ended)?;
        let payload = P::after(ctx, outcome).map_err(|error| located(ctx, error))?;
        let selected = ctx.with_selection_set(&ctx.item.node.selection_set);
        payload.resolve(&selected, ctx.item).await.map(Some)
    }
    .boxed()
}

/// Runs a command that goes on when its sender hangs up: between two steps of a saga nobody else would finish it. Nothing
/// when the runtime ends.
async fn to_its_end(work: BoxFuture<'static, Result<Done, AppError>>) -> Option<Result<Done, AppError>> {
    match tokio::spawn(work.instrument(Span::current())).await {
        Ok(outcome) => Some(outcome),
        Err(broken) => match broken.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => None,
        },
    }
}

fn located(ctx: &Context<'_>, error: async_graphql::Error) -> async_graphql::ServerError {
    ctx.set_error_path(error.into_server_error(ctx.item.pos))
}

/// Runs a command, observed under its name.
pub(crate) async fn perform<T: InputObjectType>(
    app: &App,
    viewer: &Viewer,
    input: CommandInput<T>,
) -> Result<Done, AppError>
where
    App: Handles<T>,
{
    // Known to the table, or nobody could have asked for it.
    let name = named(&lower_camel(&T::type_name())).map_or("other", |command| command.name.as_str());
    app.observed(name, app.handle(viewer, &input.request(), input.body)).await
}

fn parse<T: InputObjectType>(input: Value) -> Result<CommandInput<T>, CommandError> {
    shape::check(&INPUTS, &CommandInput::<T>::type_name(), &input, "").map_err(CommandError::Misfit)?;
    let unread = || unread_command::<T>(input.clone()).unwrap_or_else(|| misread(None, ""));
    CommandInput::<T>::parse(Some(input.clone())).map_err(|_| CommandError::Misfit(unread()))
}

/// The engine quotes a value of another type than it expected. It may be personal: sentences go where inputs do not.
pub(crate) fn without_value(message: &str) -> String {
    const FOUND: &str = ", found ";
    const WITHIN: &str = " (occurred while parsing \"";
    if !message.starts_with("Expected input type \"") {
        return message.to_owned();
    }
    let Some((expected, mut rest)) = message.split_once(FOUND) else { return message.to_owned() };
    let mut within = Vec::new();
    while let Some(at) = rest.strip_suffix("\")").and_then(|inner| inner.rfind(WITHIN)) {
        let name = &rest[at + WITHIN.len()..rest.len() - 2];
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_[]!".contains(&byte)) {
            break;
        }
        within.push(&rest[at..]);
        rest = &rest[..at];
    }
    within.reverse();
    format!("{expected}, found something else.{}", within.concat())
}

#[derive(Debug)]
enum CommandError {
    Unknown,
    Misfit(Misfit),
    BadInput(String),
}

/// Why a command by name did nothing, in words for its sender: nothing of the inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Stable, for programs.
    pub code: &'static str,
    /// The field at fault, in the input's own path notation.
    pub field: Option<String>,
    /// A sentence in English.
    pub message: String,
    /// The same in Chinese.
    pub message_zh: String,
    /// The platform's fault, not the sender's: the same command may succeed when it is sent again with the same id.
    pub fault: bool,
}

impl From<CommandError> for Refused {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Unknown => Self {
                code: "unknown_command",
                field: None,
                message: "There is no command of this name.".into(),
                message_zh: "没有此名称的命令。".into(),
                fault: false,
            },
            CommandError::Misfit(Misfit { field, en, zh }) => Self {
                code: "bad_user_input",
                field: Some(field).filter(|field| !field.is_empty()),
                message: en,
                message_zh: zh,
                fault: false,
            },
            CommandError::BadInput(message) => Self {
                code: "bad_user_input",
                field: None,
                message_zh: misfit::of_library(&message, Language::ZhCn),
                message,
                fault: false,
            },
        }
    }
}

impl From<AppError> for Refused {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Rejected(rejection) => Self {
                code: rejection.code(),
                field: rejection.field.as_deref().map(str::to_owned),
                message: rejection.message(Language::En),
                message_zh: rejection.message(Language::ZhCn),
                fault: false,
            },
            cause => {
                tracing::warn!(%cause, "a command failed");
                let code = cause.code();
                Self {
                    code,
                    field: None,
                    message: sentence(code, Language::En).into(),
                    message_zh: sentence(code, Language::ZhCn).into(),
                    fault: true,
                }
            }
        }
    }
}

/// Reads a command by its name; `input` is what the mutation of that name takes as its `input`, as JSON.
///
/// # Errors
/// An unknown name, or an input of another shape.
pub fn prepare_command(name: &str, input: serde_json::Value) -> Result<Prepared, Refused> {
    let command = named(name).ok_or(CommandError::Unknown)?;
    let input = Value::from_json(input).map_err(|cause| CommandError::BadInput(cause.to_string()))?;
    Ok((command.prepare)(input)?)
}

#[cfg(test)]
mod tests {
    use super::without_value;

    #[test]
    fn a_sentence_does_not_quote_the_value() {
        for value in ["13800000000", "{name: \"王\"}", "\"a (occurred while parsing \\\"王\\\")\""] {
            let said = format!(
                "Expected input type \"String\", found {value}. (occurred while parsing \"EnrolPerson\") (occurred while \
                 parsing \"EnrolPersonInput\")"
            );
            let expected = "Expected input type \"String\", found something else. (occurred while parsing \
                            \"EnrolPerson\") (occurred while parsing \"EnrolPersonInput\")";
            assert_eq!(without_value(&said), expected);
        }
        assert_eq!(without_value("Another sentence."), "Another sentence.");
    }
}
