//! The shape that all aggregates share.

use std::fmt;

use crate::{
    AreaCode, CommandId, Context, EventBody, Personal, PersonalText, Rejection, SubjectId, When,
    rejection::common,
};

/// A consistency boundary: its state is folded from the events of one stream, its decisions append to that stream.
/// The implementing type is the state; its default is "does not exist yet".
pub trait Aggregate: Default + Clone + fmt::Debug + Send + Sync + 'static {
    /// Category of its streams.
    const CATEGORY: &'static str;
    /// Written after the category and a hyphen in the stream's name.
    type Id: Copy + fmt::Debug + Send + Sync + 'static;
    type Event: EventBody;
    type Command: fmt::Debug + Send + Sync + std::hash::Hash + 'static;
    /// What a decision needs to know of other aggregates, loaded by the application before it decides.
    type Facts: Default + fmt::Debug + Send + Sync + 'static;

    /// The aggregate that a command is for; a command that creates one may leave its id to be derived.
    fn target(command: &Self::Command, id: CommandId) -> Self::Id;

    /// The part of the stream's name behind the category.
    fn stream_id(id: Self::Id) -> String;

    /// Total and infallible: never judges.
    fn evolve(&mut self, event: &Self::Event);

    /// Pure. A repetition of something already true yields no events.
    ///
    /// # Errors
    /// The rejection that tells the asker what is wrong.
    fn decide(
        &self,
        command: &Self::Command,
        facts: &Self::Facts,
        context: &Context,
    ) -> Result<Vec<Self::Event>, Rejection>;

    /// The area it belongs to now: kept in the envelope of its events.
    fn area(&self) -> Option<AreaCode>;

    /// Whether any event has happened.
    fn exists(&self) -> bool;
}

/// An enum over the command structs of one aggregate, with conversions and the target of each.
/// `create` commands may leave the id out: it is then derived from the command id.
macro_rules! commands {
    (
        $(#[$doc:meta])* $name:ident for $field:ident: $id:ty;
        create { $($create:ident($create_body:ident),)* }
        then { $($then:ident($then_body:ident),)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($create($create_body),)* $($then($then_body),)* }

        impl $name {
            /// Imperative name, as in the schema.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$create(_) => stringify!($create_body),)*
                    $(Self::$then(_) => stringify!($then_body),)*
                }
            }

            /// The aggregate this command is for.
            pub fn target(&self, command: $crate::CommandId) -> $id {
                match self {
                    $(Self::$create(body) => body.$field.unwrap_or_else(|| <$id>::derived(command)),)*
                    $(Self::$then(body) => body.$field,)*
                }
            }
        }

        $(impl From<$create_body> for $name { fn from(body: $create_body) -> Self { Self::$create(body) } })*
        $(impl From<$then_body> for $name { fn from(body: $then_body) -> Self { Self::$then(body) } })*
    };
}
pub(crate) use commands;

/// A rule that must hold.
pub(crate) fn rule(holds: bool, otherwise: impl FnOnce() -> Rejection) -> Result<(), Rejection> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// A text of 1 to `limit` characters, without surrounding white space.
pub(crate) fn text(field: &'static str, text: &str, limit: usize) -> Result<String, Rejection> {
    let text = text.trim();
    rule(!text.is_empty(), || Rejection::new(&common::EMPTY_TEXT).field(field))?;
    rule(text.chars().count() <= limit, || {
        Rejection::new(&common::TEXT_TOO_LONG).field(field).with("limit", limit)
    })?;
    Ok(text.to_owned())
}

/// The same for a personal field of `subject`.
pub(crate) fn personal(
    field: &'static str,
    subject: impl Into<SubjectId>,
    plain: &PersonalText,
    limit: usize,
) -> Result<Personal, Rejection> {
    let trimmed = text(field, plain.expose(), limit)?;
    Ok(Personal::plain(subject, &PersonalText::new(trimmed)))
}

/// Device clocks run ahead by a little; more than this is refused, in seconds.
const CLOCK_AHEAD_SECONDS: i64 = 5 * 60;

/// The business time must not lie in the future of the server.
pub(crate) fn not_in_the_future(context: &Context) -> Result<(), Rejection> {
    let ahead = context.occurred_at.at.as_second() - context.recorded_at.as_second();
    rule(ahead <= CLOCK_AHEAD_SECONDS, || {
        Rejection::new(&common::IN_THE_FUTURE).field("occurredAt").with("given", context.occurred_at)
    })
}

/// `given` must not lie before `earlier`.
pub(crate) fn in_order(field: &'static str, earlier: When, given: When) -> Result<(), Rejection> {
    rule(given.at >= earlier.at, || {
        Rejection::new(&common::TIMES_RUN_BACKWARDS)
            .field(field)
            .with("given", given)
            .with("earlier", earlier)
    })
}
