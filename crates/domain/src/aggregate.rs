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

/// A text of 1 to `limit` characters, without surrounding white space. It is kept in plain, so it must not hold the
/// number of a person.
pub(crate) fn text(field: &'static str, text: &str, limit: usize) -> Result<String, Rejection> {
    let text = sized(field, text, limit)?;
    impersonal(field, text)?;
    Ok(text.to_owned())
}

/// Refuses what looks like an identity number (18 characters, GB 11643-1999) or a mobile phone number (11 digits from
/// 1): what is kept in plain can not be erased.
pub(crate) fn impersonal(field: &'static str, text: &str) -> Result<(), Rejection> {
    let mobile = |run: &str| {
        let bytes = run.as_bytes();
        bytes.len() == 11 && bytes[0] == b'1' && bytes[1] >= b'3' && bytes.iter().all(u8::is_ascii_digit)
    };
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let found = words.any(|run| mobile(run) || is_identity_number(run));
    rule(!found, || Rejection::new(&common::PERSONAL_NUMBER).field(field))
}

/// Whether this is a citizen identity number: 17 digits and the check character of GB 11643-1999 (ISO 7064, MOD 11-2).
pub(crate) fn is_identity_number(text: &str) -> bool {
    const CHECKS: &[u8; 11] = b"10X98765432";
    let bytes = text.as_bytes();
    let (digits, check) = bytes.split_at(bytes.len().saturating_sub(1));
    // Horner's rule with the radix 2 of the standard gives the weights 2^17 … 2^1.
    let sum =
        digits.iter().fold(0_usize, |sum, digit| (sum + usize::from(digit.wrapping_sub(b'0'))) * 2 % 11);
    digits.len() == 17 && digits.iter().all(u8::is_ascii_digit) && check.eq_ignore_ascii_case(&[CHECKS[sum]])
}

fn sized<'a>(field: &'static str, text: &'a str, limit: usize) -> Result<&'a str, Rejection> {
    let text = text.trim();
    rule(!text.is_empty(), || Rejection::new(&common::EMPTY_TEXT).field(field))?;
    rule(text.chars().count() <= limit, || {
        Rejection::new(&common::TEXT_TOO_LONG).field(field).with("limit", limit)
    })?;
    Ok(text)
}

/// The same for a personal field of `subject`.
pub(crate) fn personal(
    field: &'static str,
    subject: impl Into<SubjectId>,
    plain: &PersonalText,
    limit: usize,
) -> Result<Personal, Rejection> {
    let trimmed = sized(field, plain.expose(), limit)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_people_do_not_get_into_plain_texts() {
        for text in ["张三 13812345678 生病", "证件11010519491231002X", "11010519491231002x"] {
            assert_eq!(impersonal("reason", text).unwrap_err().code(), "personal_number", "{text}");
        }
        for text in
            ["沙保合〔2026〕001号", "TX202611230000123456", "k1:00138123456789ab", "110105194912310021"]
        {
            assert!(impersonal("reason", text).is_ok(), "{text}");
        }
    }
}
