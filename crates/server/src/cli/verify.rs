use clap::Args;
use event_log::{LogError, sqlite::verify};

use super::{Failure, Outcome, Settings, progress};
use crate::node::Place;

/// `wardlog verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {}

/// Reads every record; works beside a running server.
pub(crate) async fn run(settings: &Settings, _args: &VerifyArgs) -> Outcome {
    let place = settings.place(&settings.data);
    #[cfg(feature = "kurrent")]
    if settings.log.is_cluster() {
        return cluster(settings, &place).await;
    }
    file(&place)
}

fn file(place: &Place) -> Outcome {
    place.must_exist()?;
    let bar = progress::bar(0, "verifying");
    let verified = verify(&place.log(), |done, of| {
        bar.set_length(of);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    match verified {
        Ok(verified) => {
            println!(
                "intact: {} events in {} streams, every digest and the order checked, {} index rows checked",
                verified.events, verified.streams, verified.index_rows
            );
            Ok(())
        }
        Err(LogError::Damaged(what)) => Err(Failure::found(format!("the log is damaged: {what}"))),
        Err(cause) => Err(cause.into()),
    }
}

/// The adapter checks digest and order of what it reads.
#[cfg(feature = "kurrent")]
async fn cluster(settings: &Settings, place: &Place) -> Outcome {
    use event_log::EventLog as _;
    let log = crate::log::look(place, &settings.log).await?;
    let bar = progress::bar(log.head().await?.map_or(0, |head| head.0), "verifying");
    let (mut events, mut after) = (0, None);
    loop {
        let page = match log.read_all(after, 4_096).await {
            Err(LogError::Damaged(what)) => {
                return Err(Failure::found(format!("the log is damaged: {what}")));
            }
            page => page?,
        };
        let Some(last) = page.last() else { break };
        (events, after) = (events + page.len(), Some(last.position));
        bar.set_position(last.position.0);
    }
    bar.finish_and_clear();
    println!("intact: {events} events, every digest and the order checked");
    Ok(())
}
