//! What a case works with: a log, names and ids of its own, and checks that say what was wrong.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::{
    Append, Appended, EventLog, Expected, LogError, NewEvent, Position, Recorded, Revision, StreamName,
};

/// Why a case failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(String);

impl Failure {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        Self(format!("unexpected error: {error}"))
    }
}

pub(super) type Outcome = Result<(), Failure>;

/// Fails the case unless both are equal.
pub(super) fn same<T: PartialEq + fmt::Debug>(what: &str, actual: T, expected: T) -> Outcome {
    if actual == expected {
        Ok(())
    } else {
        Err(Failure::new(format!("{what}: {actual:?} where {expected:?} was expected")))
    }
}

/// Fails the case unless it holds.
pub(super) fn holds(what: &str, condition: bool) -> Outcome {
    if condition { Ok(()) } else { Err(Failure::new(format!("it does not hold that {what}"))) }
}

/// The surroundings of one case.
#[derive(Clone)]
pub struct World {
    pub(super) log: Arc<dyn EventLog>,
    prefix: Arc<str>,
    /// Start of the ids of this case.
    ids: u128,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl World {
    pub(super) fn new(log: Arc<dyn EventLog>, case: &str, run: u64) -> Self {
        let prefix = format!("contract-{run:016x}_{case}_");
        // FNV-1a over the prefix, which differs for every case and run.
        let ids = prefix.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
            (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
        });
        Self { log, prefix: prefix.into(), ids: ids & !0xffff_ffff }
    }

    /// A stream of this case.
    pub(super) fn stream(&self, name: impl fmt::Display) -> Result<StreamName, Failure> {
        StreamName::parse(&format!("{}{name}", self.prefix)).map_err(|error| Failure::new(error.to_string()))
    }

    /// The event with this number: the same number is the same event.
    pub(super) fn event(&self, number: u32) -> NewEvent {
        NewEvent {
            id: Uuid::from_u128(self.ids | u128::from(number)),
            kind: "ContractChecked".into(),
            version: 1,
            meta: format!("{{\"number\":{number}}}").into_bytes(),
            data: format!("{{\"text\":\"event {number}\"}}").into_bytes(),
        }
    }

    pub(super) fn events(&self, numbers: impl IntoIterator<Item = u32>) -> Vec<NewEvent> {
        numbers.into_iter().map(|number| self.event(number)).collect()
    }

    pub(super) async fn append(
        &self,
        stream: &StreamName,
        expected: Expected,
        numbers: impl IntoIterator<Item = u32>,
    ) -> Result<Appended, LogError> {
        self.log.append(Append { stream: stream.clone(), expected, events: self.events(numbers) }).await
    }

    /// Appends and fails unless it became durable ending at `revision`; answers the position.
    pub(super) async fn done(
        &self,
        stream: &StreamName,
        expected: Expected,
        numbers: impl IntoIterator<Item = u32>,
        revision: u64,
    ) -> Result<Position, Failure> {
        match self.append(stream, expected, numbers).await? {
            Appended::Done { position, revision: actual } if actual == Revision(revision) => Ok(position),
            other => {
                Err(Failure::new(format!("{other:?} where an append up to revision {revision} was expected")))
            }
        }
    }

    /// All events of a stream.
    pub(super) async fn read(&self, stream: &StreamName) -> Result<Vec<Recorded>, Failure> {
        Ok(self.log.read_stream(stream, Revision(0), 10_000).await?)
    }

    /// Ids of all events of a stream.
    pub(super) async fn ids(&self, stream: &StreamName) -> Result<Vec<Uuid>, Failure> {
        Ok(self.read(stream).await?.into_iter().map(|event| event.id).collect())
    }

    /// The events of this case among `events`.
    pub(super) fn own(&self, events: impl IntoIterator<Item = Recorded>) -> Vec<Recorded> {
        events.into_iter().filter(|event| event.stream.as_str().starts_with(&*self.prefix)).collect()
    }
}

/// The ids of `events`.
pub(super) fn ids_of(events: &[NewEvent]) -> Vec<Uuid> {
    events.iter().map(|event| event.id).collect()
}
