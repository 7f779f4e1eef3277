use clap::Args;
use event_log::{LogError, sqlite::verify};

use super::{Failure, Outcome, progress};
use crate::node::Place;

/// `wardlog verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {}

/// Reads every record; works beside a running server.
pub(crate) fn run(place: &Place, _args: &VerifyArgs) -> Outcome {
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
