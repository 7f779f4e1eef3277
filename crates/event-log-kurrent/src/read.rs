//! Reading: a stream, everything, the head. Reads go to the leader, so that what was acknowledged is there.

use std::sync::Arc;

use event_log::{LogError, Position, Recorded, Revision, StreamName};
use eventstore::{
    Client, Position as Place, ReadAllOptions, ReadStream, ReadStreamOptions, StreamPosition,
    SubscriptionFilter,
};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::fault::Fault;
use crate::log::{Ended, Inner};
use crate::record::recorded;

/// The server counts revisions in a signed number.
const LAST_REVISION: u64 = i64::MAX as u64;

impl Inner {
    pub(crate) async fn read_stream(
        self: &Arc<Self>,
        stream: &StreamName,
        from: Revision,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        if limit == 0 || from.0 > LAST_REVISION {
            return Ok(Vec::new());
        }
        let name = stream.as_str().to_owned();
        let call = move |client: Client| {
            let name = name.clone();
            async move {
                let options = ReadStreamOptions::default().position(StreamPosition::Position(from.0));
                let mut read = client.read_stream(name, &options.max_count(limit)).await?;
                collect(&mut read, None, limit).await
            }
            .boxed()
        };
        match self.attempt(call).await {
            Ok(events) => Ok(events),
            Err(Ended::Fault(Fault::NoStream)) => Ok(Vec::new()),
            Err(ended) => Err(ended.into()),
        }
    }

    pub(crate) async fn read_all(
        self: &Arc<Self>,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let filter = self.filter();
        let call = move |client: Client| {
            let filter = filter.clone();
            async move {
                let options = ReadAllOptions::default().forwards().position(place(after)).filter(filter);
                // A read begins at the event itself, which the caller has already.
                let mut read = client.read_all(&options.max_count(limit.saturating_add(1))).await?;
                collect(&mut read, after, limit).await
            }
            .boxed()
        };
        let events = self.attempt(call).await?;
        if let Some(last) = events.last() {
            self.counters.seen(last.position.0);
        }
        Ok(events)
    }

    pub(crate) async fn head(self: &Arc<Self>) -> Result<Option<Position>, LogError> {
        let filter = self.filter();
        let head = self.attempt(move |client| last(client, filter.clone())).await?;
        if let Some(head) = head {
            self.counters.seen(head.0);
        }
        Ok(head)
    }
}

/// Where reading or following begins.
pub(crate) fn place(after: Option<Position>) -> StreamPosition<Place> {
    after.map_or(StreamPosition::Start, |Position(at)| {
        StreamPosition::Position(Place { commit: at, prepare: at })
    })
}

/// The position of the last event of ours.
pub(crate) fn last(
    client: Client,
    filter: SubscriptionFilter,
) -> BoxFuture<'static, Result<Option<Position>, Fault>> {
    async move {
        let options = ReadAllOptions::default().backwards().position(StreamPosition::End);
        let mut read = client.read_all(&options.filter(filter).max_count(1)).await?;
        Ok(read.next().await?.map(|event| Position(event.get_original_event().position.commit)))
    }
    .boxed()
}

/// The events of a read, without the one that the caller has already, in the order that the port promises.
async fn collect(
    read: &mut ReadStream,
    after: Option<Position>,
    limit: usize,
) -> Result<Vec<Recorded>, Fault> {
    let mut events: Vec<Recorded> = Vec::new();
    while events.len() < limit {
        let Some(event) = read.next().await? else { break };
        let event = recorded(event.get_original_event()).map_err(Fault::Final)?;
        if after.is_some_and(|after| event.position <= after) {
            continue;
        }
        if events.last().is_some_and(|last| last.position >= event.position) {
            return Err(Fault::Final(LogError::Damaged(format!(
                "position {} comes after a higher one",
                event.position.0
            ))));
        }
        events.push(event);
    }
    Ok(events)
}
