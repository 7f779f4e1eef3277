//! Following the log for ever: pumps that end, fail or fall silent are replaced, from the last event handed on.

use std::sync::Arc;

use event_log::{Delivery, LogError, Position, Recorded, Subscription};
use futures_util::future::BoxFuture;
use tokio::time::timeout;

use crate::backoff::Backoff;
use crate::fault::Fault;
use crate::log::Inner;
use crate::pump::{Pump, Said};
use crate::stats::count;

/// Most events of one delivery.
const BATCH: usize = 512;

pub(crate) struct Following {
    log: Arc<Inner>,
    /// Everything up to here was handed on or is not ours; where the next pump begins.
    looked_at: Option<Position>,
    pump: Option<Pump>,
    backoff: Backoff,
    mark: Mark,
    /// Said after what was collected before it.
    fault: Option<Fault>,
}

/// The mark of having caught up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// The head at the beginning is not known yet.
    Unknown,
    /// Due once everything up to here is handed on.
    At(Option<Position>),
    Given,
}

impl Following {
    pub(crate) fn new(log: Arc<Inner>, after: Option<Position>) -> Self {
        let backoff = Backoff::new(log.options.renewal);
        Self { log, looked_at: after, pump: None, backoff, mark: Mark::Unknown, fault: None }
    }

    async fn deliver(&mut self) -> Result<Delivery, LogError> {
        loop {
            if self.is_caught_up().await {
                self.mark = Mark::Given;
                return Ok(Delivery::CaughtUp);
            }
            if let Some(fault) = self.fault.take() {
                self.restart(fault).await?;
            }
            let events = self.collect().await?;
            if !events.is_empty() {
                self.backoff.reset();
                if let Some(last) = events.iter().rfind(|event| self.log.is_ours(&event.stream)) {
                    self.log.counters.seen(last.position.0);
                }
                return Ok(Delivery::Events(events));
            }
        }
    }

    async fn is_caught_up(&mut self) -> bool {
        if self.mark == Mark::Unknown
            && let Ok(head) = self.log.head().await
        {
            self.mark = Mark::At(head);
        }
        match self.mark {
            Mark::At(head) => self.looked_at >= head,
            Mark::Unknown | Mark::Given => false,
        }
    }

    /// What has come, or nothing when the pump has to be replaced or has only moved on over what is not ours.
    async fn collect(&mut self) -> Result<Vec<Recorded>, LogError> {
        let pump = match &mut self.pump {
            Some(pump) => pump,
            None => {
                let settings = self.log.options.settings.clone();
                self.pump.insert(Pump::start(settings, self.log.followed(), self.looked_at)?)
            }
        };
        let mut said = Vec::with_capacity(BATCH);
        let came = timeout(self.log.options.silence, pump.said.recv_many(&mut said, BATCH)).await;
        match came {
            Ok(0) => self.fault = Some(Fault::Unclear("the subscription's stream ended".to_owned())),
            Ok(_) => {}
            Err(_) => self.watch().await,
        }
        let mut events = Vec::new();
        for said in said {
            match said {
                Said::Event(event) if self.looked_at.is_some_and(|at| event.position <= at) => {}
                Said::Event(event) => {
                    self.looked_at = Some(event.position);
                    events.push(*event);
                }
                Said::Checkpoint(at) => self.looked_at = self.looked_at.max(Some(at)),
                Said::Fault(fault) => self.fault = Some(fault),
            }
        }
        Ok(events)
    }

    /// The watchdog: silence is right only when there is nothing to say.
    async fn watch(&mut self) {
        let head = self.log.head().await;
        if head.is_ok_and(|head| head > self.looked_at) {
            self.fault = Some(Fault::Unclear("the subscription fell silent".to_owned()));
        }
    }

    async fn restart(&mut self, fault: Fault) -> Result<(), LogError> {
        self.pump = None;
        if let Fault::Final(error) = fault {
            return Err(error);
        }
        count(&self.log.counters.restarts, 1);
        tracing::info!(why = fault.why(), after = self.looked_at.map(|at| at.0), "following the log anew");
        tokio::time::sleep(self.backoff.next()).await;
        Ok(())
    }
}

impl Subscription for Following {
    fn next(&mut self) -> BoxFuture<'_, Result<Delivery, LogError>> {
        Box::pin(self.deliver())
    }
}
