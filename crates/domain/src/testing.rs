//! Tests that read as history: `given([…]).when(…).then([…])`.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{Actor, ActorId, Aggregate, CommandId, Context, Language, Reason, Rejection, When};

/// An instant on the test's calendar: `at("2026-08-01T08:00:00+08:00")`.
pub fn at(text: &str) -> When {
    text.parse().unwrap()
}

/// A UUID made of one number.
pub const fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub fn context(now: When) -> Context {
    Context {
        command: CommandId(uuid(0xc0)),
        occurred_at: now,
        recorded_at: now.at,
        actor: Actor { id: ActorId(uuid(0xac)), person: None, organisation: None },
    }
}

pub struct Given<A: Aggregate> {
    state: A,
    facts: A::Facts,
    context: Context,
}

/// An aggregate with this history.
pub fn given<A: Aggregate>(history: impl IntoIterator<Item = A::Event>) -> Given<A> {
    let mut state = A::default();
    for event in history {
        state.evolve(&event);
    }
    Given { state, facts: A::Facts::default(), context: context(When::utc(Timestamp::UNIX_EPOCH)) }
}

pub struct Decided<A: Aggregate> {
    outcome: Result<Vec<A::Event>, Rejection>,
}

impl<A: Aggregate> Given<A> {
    pub fn facts(mut self, facts: A::Facts) -> Self {
        self.facts = facts;
        self
    }

    /// Business time and server time of the decision.
    pub fn now(mut self, now: &str) -> Self {
        self.context.occurred_at = at(now);
        self.context.recorded_at = at(now).at;
        self
    }

    /// Server time of the decision alone (the device told another time).
    pub fn received(mut self, now: &str) -> Self {
        self.context.recorded_at = at(now).at;
        self
    }

    pub fn actor(mut self, actor: Actor) -> Self {
        self.context.actor = actor;
        self
    }

    pub fn when(self, command: impl Into<A::Command>) -> Decided<A> {
        Decided { outcome: self.state.decide(&command.into(), &self.facts, &self.context) }
    }
}

impl<A: Aggregate> Decided<A> {
    #[track_caller]
    pub fn then(self, events: impl IntoIterator<Item = A::Event>) {
        assert_eq!(self.outcome.unwrap(), events.into_iter().collect::<Vec<_>>());
    }

    #[track_caller]
    pub fn then_nothing(self) {
        assert_eq!(self.outcome.unwrap(), vec![]);
    }

    /// Rejected with this reason, at this field, with a sentence in both languages that has no open placeholder.
    #[track_caller]
    pub fn then_rejected(self, reason: &'static Reason, field: Option<&str>) {
        let rejection = self.outcome.unwrap_err();
        assert_eq!((rejection.code(), rejection.field.as_deref()), (reason.code, field));
        for language in [Language::En, Language::ZhCn] {
            let sentence = rejection.message(language);
            assert!(!sentence.is_empty() && !sentence.contains(['{', '}']), "{sentence}");
        }
    }

    pub fn events(self) -> Vec<A::Event> {
        self.outcome.unwrap()
    }
}
