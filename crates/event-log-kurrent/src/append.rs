//! Appending: one attempt is one call with exact revision; repeats carry the same event ids, which the server recognises.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use event_log::{Append, Appended, EventId, Expected, LogError, Position, Revision, StreamName};
use eventstore::{
    AppendToStreamOptions, Client, EventData, ReadStreamOptions, StreamMetadata, StreamPosition, StreamState,
};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::fault::Fault;
use crate::log::{Ended, Inner};
use crate::record::proposed;
use crate::stats::count;

/// Appends remembered to tell a first acknowledgement from a repeated one.
const REMEMBERED: usize = 65_536;
/// The server counts revisions in a signed number.
const LAST_REVISION: u64 = i64::MAX as u64;

/// The last events of appends that this process has seen acknowledged. The server answers a repeated append like a first
/// one; a repeat is known by its position, which was seen before, or by being remembered here. What another node has
/// appended and this one has not seen yet may be answered as done: it is.
#[derive(Debug, Default)]
pub(crate) struct Remembered(Mutex<(HashSet<EventId>, VecDeque<EventId>)>);

impl Remembered {
    /// True when it is new.
    fn note(&self, last: EventId) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, order) = &mut *state;
        if !known.insert(last) {
            return false;
        }
        order.push_back(last);
        if order.len() > REMEMBERED
            && let Some(oldest) = order.pop_front()
        {
            known.remove(&oldest);
        }
        true
    }
}

impl Inner {
    pub(crate) async fn append(self: &Arc<Self>, append: Append) -> Result<Appended, LogError> {
        append.check()?;
        let outcome = self.append_checked(&append).await;
        let counters = &self.counters;
        match &outcome {
            Ok(Appended::Done { .. }) => {
                count(&counters.appends, 1);
                count(&counters.events, append.events.len() as u64);
            }
            Ok(Appended::AlreadyThere { .. }) => count(&counters.already_there, 1),
            Ok(Appended::Conflict { .. }) => count(&counters.conflicts, 1),
            Err(_) => count(&counters.failures, 1),
        }
        outcome
    }

    async fn append_checked(self: &Arc<Self>, append: &Append) -> Result<Appended, LogError> {
        let (first, state) = match append.expected {
            Expected::NoStream => (0, StreamState::NoStream),
            Expected::Exact(Revision(revision)) if revision < LAST_REVISION => {
                (revision + 1, StreamState::StreamRevision(revision))
            }
            // No stream can be there, and the server would refuse the number itself.
            Expected::Exact(_) => return Ok(Appended::Conflict { actual: self.tip(&append.stream).await? }),
        };
        let Some(last) = append.events.last().map(|event| event.id) else {
            return Err(LogError::Malformed("no event".to_owned()));
        };
        let events = (first..).zip(&append.events);
        let events: Vec<EventData> = events
            .map(|(revision, event)| proposed(&append.stream, Revision(revision), event))
            .collect::<Result<_, _>>()?;
        let seen_before = self.counters.read().highest_position;
        let (stream, several) = (append.stream.clone(), append.events.len() > 1);
        let (events, deadline) = (Arc::<[EventData]>::from(events), self.options.deadline);
        let call = move |client| write(client, stream.clone(), state, Arc::clone(&events), deadline);
        let (revision, position) = match self.attempt(call).await {
            Ok(written) => written,
            Err(Ended::Fault(Fault::Conflict { actual })) => return Ok(Appended::Conflict { actual }),
            Err(Ended::Fault(Fault::Final(error))) => return Err(error),
            Err(Ended::Fault(fault)) => return Err(LogError::Unknown(fault.why())),
            Err(Ended::GaveUp { perhaps: true, why }) => return Err(LogError::Unknown(why)),
            Err(Ended::GaveUp { perhaps: false, why }) => return Err(LogError::Unavailable(why)),
        };
        // Which event of several the server's answer points at is not specified; of a repeat it may have no position.
        let position = match position {
            Some(position) if !several => position,
            told => {
                let found = self.position_of(append, revision).await?;
                let untold = || LogError::Unknown("the server does not tell where it wrote".to_owned());
                found.or(told).ok_or_else(untold)?
            }
        };
        let fresh = self.remembered.note(last) && Some(position) > seen_before;
        if self.is_ours(&append.stream) {
            self.counters.seen(position);
        }
        let (position, revision) = (Position(position), Revision(revision));
        Ok(if fresh {
            Appended::Done { position, revision }
        } else {
            Appended::AlreadyThere { position, revision }
        })
    }

    /// Makes all but the last event of a stream unreadable, and ready to be scavenged. The server keeps this setting in a
    /// stream of its own, which is written once.
    pub(crate) async fn keep_last(self: &Arc<Self>, stream: &StreamName) -> Result<(), LogError> {
        let (stream, deadline) = (stream.clone(), self.options.deadline);
        let call = move |client: Client| {
            let stream = stream.clone();
            async move {
                let options = AppendToStreamOptions::default().stream_state(StreamState::NoStream);
                let options = options.deadline(deadline);
                let metadata = StreamMetadata::builder().max_count(1).build();
                client.set_stream_metadata(stream.as_str(), &options, &metadata).await?;
                Ok(())
            }
            .boxed()
        };
        match self.attempt(call).await {
            // It is there already: nothing else is ever set.
            Ok(()) | Err(Ended::Fault(Fault::Conflict { .. })) => Ok(()),
            Err(ended) => Err(ended.into()),
        }
    }

    /// Where an event that was written stands.
    ///
    /// # Errors
    /// It can not be read now: the same append again finds it.
    async fn position_of(self: &Arc<Self>, append: &Append, revision: u64) -> Result<Option<u64>, LogError> {
        match self.read_stream(&append.stream, Revision(revision), 1).await {
            Ok(found) => {
                // A stream that is cut may begin behind it.
                Ok(found.first().filter(|event| event.revision.0 == revision).map(|event| event.position.0))
            }
            Err(LogError::Unavailable(why)) => Err(LogError::Unknown(why)),
            Err(other) => Err(other),
        }
    }

    /// The last revision of a stream.
    async fn tip(self: &Arc<Self>, stream: &StreamName) -> Result<Option<Revision>, LogError> {
        let name = stream.as_str().to_owned();
        let call = move |client: Client| {
            let name = name.clone();
            async move {
                let options = ReadStreamOptions::default().backwards().position(StreamPosition::End);
                let mut read = client.read_stream(name, &options.max_count(1)).await?;
                Ok(read.next().await?.map(|event| Revision(event.get_original_event().revision)))
            }
            .boxed()
        };
        match self.attempt(call).await {
            Ok(tip) => Ok(tip),
            Err(Ended::Fault(Fault::NoStream)) => Ok(None),
            Err(ended) => Err(ended.into()),
        }
    }
}

/// One attempt; answers the last revision and the position, if the server tells one.
fn write(
    client: Client,
    stream: StreamName,
    state: StreamState,
    events: Arc<[EventData]>,
    deadline: std::time::Duration,
) -> BoxFuture<'static, Result<(u64, Option<u64>), Fault>> {
    async move {
        let options = AppendToStreamOptions::default().stream_state(state).deadline(deadline);
        let written = client.append_to_stream(stream.as_str(), &options, events.to_vec()).await?;
        // The client tells the log's very begin, which is the server's own, where there is none.
        let position = Some(written.position.commit).filter(|commit| *commit > 0);
        Ok((written.next_expected_version, position))
    }
    .boxed()
}

impl From<Ended> for LogError {
    /// Of a read: nothing can have been done by it.
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Fault(Fault::Final(error)) => error,
            Ended::Fault(fault) => Self::Unavailable(fault.why()),
            Ended::GaveUp { why, .. } => Self::Unavailable(why),
        }
    }
}
