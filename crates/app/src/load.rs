//! States of aggregates, from the cache or from their streams, and what else a decision may ask of the outside.

use std::sync::Arc;

use domain::{Aggregate, Personal, event::decode};
use event_log::{Revision, StreamName};

use crate::{App, AppError};

/// Events of a stream read at once.
const PAGE: usize = 1_000;

impl App {
    /// The state of an aggregate and its revision.
    pub(crate) async fn load<A: Aggregate>(&self, stream: &StreamName) -> Result<(Arc<A>, Option<u64>), AppError> {
        if let Some(cached) = self.states.get::<A>(stream.as_str()) {
            return Ok(cached);
        }
        let mut state = A::default();
        let mut revision = None;
        loop {
            let from = Revision(revision.map_or(0, |revision: u64| revision + 1));
            let records = self.log.read_stream(stream, from, PAGE).await?;
            for record in &records {
                state.evolve(&decode(&record.kind, record.version, &record.data)?);
                revision = Some(record.revision.0);
            }
            if records.len() < PAGE {
                break;
            }
        }
        let state = Arc::new(state);
        self.states.put(stream.as_str(), Arc::clone(&state), revision);
        Ok((state, revision))
    }

    /// The state of another aggregate, for facts. It may be a moment old: rules that must hold across streams are
    /// reservations, not facts.
    pub(crate) async fn state_of<A: Aggregate>(&self, id: A::Id) -> Result<Arc<A>, AppError> {
        let stream = StreamName::new(A::CATEGORY, A::stream_id(id))?;
        Ok(self.load::<A>(&stream).await?.0)
    }

    /// A personal field for a rule that must know it; `None` when it was erased.
    pub(crate) fn open(&self, field: &Personal) -> Result<Option<String>, AppError> {
        let Some(sealed) = field.as_sealed() else { return Ok(None) };
        match self.keyring.open_sealed(field.subject.0, sealed)? {
            keyring::Opened::Plain(text) => Ok(Some(text.to_string())),
            keyring::Opened::Erased => Ok(None),
        }
    }
}
