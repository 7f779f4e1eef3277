//! Tests that read as history: `given([…]).when(…).then([…])`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    Actor, ActorId, Aggregate, CommandId, Context, EventBody, Language, Reason, Rejection, When,
    event::{decode, encode, kinds},
};

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
        let chinese = rejection.message(Language::ZhCn);
        assert!(english_words(&chinese).is_empty(), "{chinese}: {:?}", english_words(&chinese));
    }

    pub fn events(self) -> Vec<A::Event> {
        self.outcome.unwrap()
    }
}

/// English words in a Chinese sentence, without ids and numbers of things.
fn english_words(sentence: &str) -> Vec<&str> {
    let tokens = sentence.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_' || c == ':'));
    let number = |token: &str| token.contains(|c: char| c.is_ascii_digit());
    tokens.filter(|token| token.len() > 1 && !number(token) && token.contains(char::is_alphabetic)).collect()
}

/// Checks the golden files of all events of one aggregate: `samples` holds one event of every kind, with its optional
/// fields set and its personal fields sealed as the text "sealed".
///
/// For every kind the file of the current version exists, holds what the sample is written as, and is read back as the
/// sample; the files of all older versions are still readable. The files are append-only: with the environment variable
/// `WARDLOG_WRITE_GOLDEN=1` a missing one of the current version is written, an existing one never.
#[track_caller]
pub fn check_golden<E: EventBody>(samples: Vec<E>) {
    let mut left: BTreeSet<&str> = kinds::<E>().iter().copied().collect();
    for sample in samples {
        let written = encode(&sample).unwrap();
        let kind = &*written.kind;
        assert!(left.remove(kind), "two samples of {kind}");
        let data: serde_json::Value = serde_json::from_slice(&written.data).unwrap();
        let path = golden_path(kind, written.version);
        if !path.exists() && std::env::var_os("WARDLOG_WRITE_GOLDEN").is_some_and(|on| on == "1") {
            std::fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&data).unwrap())).unwrap();
        }
        let golden = golden(kind, written.version);
        let value: serde_json::Value = serde_json::from_slice(&golden).unwrap();
        assert_eq!(value, data, "{kind} is written differently: it needs a new version and an upcaster");
        assert_eq!(decode::<E>(kind, written.version, &golden).unwrap(), sample);
        for version in 1..written.version {
            decode::<E>(kind, version, &self::golden(kind, version)).unwrap();
        }
    }
    assert!(left.is_empty(), "no sample of {left:?}");
}

/// The golden file of one version of one kind.
#[track_caller]
pub fn golden(kind: &str, version: u16) -> Vec<u8> {
    let path = golden_path(kind, version);
    std::fs::read(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; write it with WARDLOG_WRITE_GOLDEN=1", path.display()))
}

fn golden_path(kind: &str, version: u16) -> std::path::PathBuf {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden");
    std::path::Path::new(golden).join(format!("{kind}.v{version}.json"))
}
