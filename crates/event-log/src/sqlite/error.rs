//! From SQLite's errors to those of the port.

use rusqlite::{Error, ErrorCode};

use crate::LogError;

pub(super) fn code(error: &Error) -> Option<ErrorCode> {
    match error {
        Error::SqliteFailure(failure, _) => Some(failure.code),
        _ => None,
    }
}

/// Whether the file is not SQLite's, or not whole.
fn is_damage(error: &Error) -> bool {
    matches!(code(error), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
        || matches!(
            error,
            Error::FromSqlConversionFailure(..)
                | Error::InvalidColumnType(..)
                | Error::IntegralValueOutOfRange(..)
        )
}

/// The answer to a read, or to an append that certainly left nothing behind.
pub(super) fn refused(error: &Error) -> LogError {
    if code(error) == Some(ErrorCode::DiskFull) {
        LogError::Full(error.to_string())
    } else if is_damage(error) {
        LogError::Damaged(error.to_string())
    } else {
        LogError::Unavailable(error.to_string())
    }
}

impl From<Error> for LogError {
    fn from(error: Error) -> Self {
        refused(&error)
    }
}

/// A failure of the file system outside SQLite.
pub(super) fn io(what: &str, error: &std::io::Error) -> LogError {
    if error.kind() == std::io::ErrorKind::StorageFull {
        LogError::Full(format!("{what}: {error}"))
    } else {
        LogError::Unavailable(format!("{what}: {error}"))
    }
}
