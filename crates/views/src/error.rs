//! What can go wrong with the views.

/// Faults of the views. A fold that can not handle an event stops and names it.
#[derive(Debug, thiserror::Error)]
pub enum ViewsError {
    #[error("views store: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("views row of `{table}` can not be read: {cause}")]
    Row { table: &'static str, cause: serde_json::Error },
    #[error("the fold stopped at position {position} ({kind}): {cause}")]
    Fold { position: u64, kind: String, cause: String },
    #[error("the log: {0}")]
    Log(#[from] event_log::LogError),
    /// The sentence goes into logs: it leaves out the number that somebody has asked for.
    #[error("the views did not reach the wanted position in time; they are at {reached}")]
    Behind { wanted: u64, reached: u64 },
    #[error("the views have stopped: {0}")]
    Stopped(String),
    #[error("views file: {0}")]
    File(#[from] std::io::Error),
    #[error("{0}")]
    Foreign(String),
    #[error("the cursor is not one of this list")]
    Cursor,
}
