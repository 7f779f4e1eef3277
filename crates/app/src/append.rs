//! Appends whose outcome is not known at once.

use std::time::Duration;

use event_log::{Append, Appended, EventLog, LogError};

/// How often an append of unknown outcome is repeated with the same event ids.
const REPEATS: u32 = 5;

/// Repeats an append of unknown outcome with the same ids: the log recognises what it has already. What may have been
/// done once is unknown, and not undone, when the log can not be asked again.
pub(crate) async fn certainly(log: &dyn EventLog, append: Append) -> Result<Appended, LogError> {
    let mut pause = Duration::from_millis(20);
    let mut outcome = log.append(append.clone()).await;
    for _ in 0..REPEATS {
        let Err(LogError::Unknown(cause)) = outcome else { return outcome };
        tracing::warn!(cause, "repeating an append of unknown outcome");
        tokio::time::sleep(pause).await;
        pause *= 2;
        outcome = match log.append(append.clone()).await {
            Err(LogError::Unavailable(cause)) => Err(LogError::Unknown(cause)),
            outcome => outcome,
        };
    }
    outcome
}
