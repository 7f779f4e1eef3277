//! A log in memory, for events that the test has written itself.

use std::sync::{Arc, Mutex};

use event_log::{
    Append, Appended, Delivery, EventLog, LogError, Position, Recorded, Revision, StreamName, Subscription,
};
use futures_util::future::BoxFuture;
use tokio::sync::watch;

/// Events of one delivery.
const BATCH: usize = 7;

#[derive(Default)]
pub struct MemoryLog {
    records: Mutex<Arc<Vec<Recorded>>>,
    length: watch::Sender<usize>,
    /// Subscriptions begin at the first event whatever position they name.
    redelivers: bool,
}

impl MemoryLog {
    pub fn of(records: Vec<Recorded>) -> Arc<Self> {
        let length = watch::Sender::new(records.len());
        Arc::new(Self { records: Mutex::new(Arc::new(records)), length, redelivers: false })
    }

    pub fn that_redelivers(records: Vec<Recorded>) -> Arc<Self> {
        let length = watch::Sender::new(records.len());
        Arc::new(Self { records: Mutex::new(Arc::new(records)), length, redelivers: true })
    }

    pub fn push(&self, record: Recorded) {
        let mut records = self.records.lock().unwrap();
        Arc::make_mut(&mut records).push(record);
        self.length.send_replace(records.len());
    }

    fn all(&self) -> Arc<Vec<Recorded>> {
        Arc::clone(&self.records.lock().unwrap())
    }

    pub fn page(&self, after: Option<Position>, limit: usize) -> Vec<Recorded> {
        let begin = usize::try_from(after.map_or(0, |position| position.0)).unwrap();
        self.all().iter().skip(begin).take(limit).cloned().collect()
    }
}

struct Following {
    records: Arc<Vec<Recorded>>,
    length: watch::Receiver<usize>,
    log: std::sync::Weak<MemoryLog>,
    next: usize,
    caught_up: bool,
}

impl Subscription for Following {
    fn next(&mut self) -> BoxFuture<'_, Result<Delivery, LogError>> {
        Box::pin(async {
            loop {
                if self.next < self.records.len() {
                    let end = (self.next + BATCH).min(self.records.len());
                    let events = self.records[self.next..end].to_vec();
                    self.next = end;
                    return Ok(Delivery::Events(events));
                }
                if !self.caught_up {
                    self.caught_up = true;
                    return Ok(Delivery::CaughtUp);
                }
                let gone = || LogError::Unavailable("the log is gone".into());
                self.length.changed().await.map_err(|_| gone())?;
                self.records = self.log.upgrade().ok_or_else(gone)?.all();
            }
        })
    }
}

/// `MemoryLog` behind a handle, so that a subscription can find it again.
pub struct Handle(pub Arc<MemoryLog>);

impl EventLog for Handle {
    fn append(&self, _: Append) -> BoxFuture<'_, Result<Appended, LogError>> {
        Box::pin(async { Err(LogError::Unavailable("this log is only read".into())) })
    }

    fn read_stream<'a>(
        &'a self,
        stream: &'a StreamName,
        from: Revision,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Recorded>, LogError>> {
        let all = self.0.all();
        let own = all.iter().filter(|record| record.stream == *stream && record.revision >= from);
        let own = own.take(limit).cloned().collect();
        Box::pin(async { Ok(own) })
    }

    fn read_all(
        &self,
        after: Option<Position>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Recorded>, LogError>> {
        let page = self.0.page(after, limit);
        Box::pin(async { Ok(page) })
    }

    fn subscribe(&self, after: Option<Position>) -> Box<dyn Subscription> {
        let after = after.filter(|_| !self.0.redelivers).map_or(0, |position| position.0);
        Box::new(Following {
            records: self.0.all(),
            length: self.0.length.subscribe(),
            log: Arc::downgrade(&self.0),
            next: usize::try_from(after).unwrap(),
            caught_up: false,
        })
    }

    fn head(&self) -> BoxFuture<'_, Result<Option<Position>, LogError>> {
        let head = self.0.all().last().map(|record| record.position);
        Box::pin(async move { Ok(head) })
    }
}
