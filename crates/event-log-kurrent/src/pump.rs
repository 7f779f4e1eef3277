//! One try at following the cluster: a thread, a runtime and a client of its own, so that whatever the client does there
//! harms nobody else. It hands on what comes and ends when the stream does.

use std::thread;

use event_log::{LogError, Position, Recorded};
use eventstore::{Client, ClientSettings, SubscribeToAllOptions, SubscriptionEvent, SubscriptionFilter};
use tokio::runtime::Builder;
use tokio::sync::{mpsc, oneshot};

use crate::fault::Fault;
use crate::read::place;
use crate::record::recorded;
use crate::unspin::until_end;

/// Events on their way; the server is held back when the reader is slow.
const QUEUE: usize = 1_024;

/// What the cluster said.
#[derive(Debug)]
pub(crate) enum Said {
    Event(Box<Recorded>),
    /// Everything up to here was looked at, ours or not.
    Checkpoint(Position),
    /// It failed.
    Fault(Fault),
}

/// The reader's end. Dropping it ends the thread.
pub(crate) struct Pump {
    pub(crate) said: mpsc::Receiver<Said>,
    _stop: oneshot::Sender<()>,
}

impl Pump {
    /// # Errors
    /// No thread can be started.
    pub(crate) fn start(
        settings: ClientSettings,
        filter: SubscriptionFilter,
        after: Option<Position>,
    ) -> Result<Self, LogError> {
        let (sender, said) = mpsc::channel(QUEUE);
        let (stop, stopped) = oneshot::channel::<()>();
        let run = move || {
            let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
            // Ended by the stream, by the reader, or by a panic: the sender is dropped, which tells the reader.
            let _ = until_end(|| {
                runtime.block_on(async {
                    tokio::select! {
                        () = follow(settings, filter, after, sender) => {}
                        _ = stopped => {}
                    }
                });
            });
            // The client's tasks never end by themselves.
            runtime.shutdown_background();
        };
        thread::Builder::new()
            .name("log-follow".to_owned())
            .spawn(run)
            .map_err(|cause| LogError::Unavailable(format!("no thread can be started: {cause}")))?;
        Ok(Self { said, _stop: stop })
    }
}

async fn follow(
    settings: ClientSettings,
    filter: SubscriptionFilter,
    after: Option<Position>,
    said: mpsc::Sender<Said>,
) {
    let client = match Client::new(settings) {
        Ok(client) => client,
        Err(cause) => {
            let fault = Fault::NotDone { renew: true, why: cause.to_string() };
            let _ = said.send(Said::Fault(fault)).await;
            return;
        }
    };
    let options = SubscribeToAllOptions::default().position(place(after)).filter(filter);
    let mut subscription = client.subscribe_to_all(&options).await;
    loop {
        let next = match subscription.next_subscription_event().await {
            Ok(SubscriptionEvent::EventAppeared(event)) => match recorded(event.get_original_event()) {
                Ok(event) => Said::Event(Box::new(event)),
                Err(error) => Said::Fault(Fault::Final(error)),
            },
            Ok(SubscriptionEvent::Checkpoint(at)) => Said::Checkpoint(Position(at.commit)),
            Ok(_) => continue,
            Err(error) => Said::Fault(error.into()),
        };
        let ends = matches!(next, Said::Fault(_));
        if said.send(next).await.is_err() || ends {
            return;
        }
    }
}
