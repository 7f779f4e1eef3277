//! Rejections are data for the asker; faults are for the operator.

use domain::{DecodeError, EncodeError, Rejection};
use event_log::LogError;
use views::ViewsError;

/// Why a command did not become events.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A rule says no. Nothing was appended.
    #[error("{0:?}")]
    Rejected(Rejection),
    #[error("the log: {0}")]
    Log(#[from] LogError),
    #[error("the views: {0}")]
    Views(#[from] ViewsError),
    #[error("the keyring: {0}")]
    Keyring(#[from] keyring::KeyringError),
    #[error(transparent)]
    Encode(#[from] EncodeError),
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error("{0}")]
    Stream(#[from] event_log::StreamNameError),
}

impl From<Rejection> for AppError {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl AppError {
    /// The rejection, when it is one.
    pub fn rejection(&self) -> Option<&Rejection> {
        match self {
            Self::Rejected(rejection) => Some(rejection),
            _ => None,
        }
    }
    /// The stable code: of the rejection, or of the fault. A fault is nobody's mistake but the platform's.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Rejected(rejection) => rejection.code(),
            Self::Log(LogError::Unknown(_)) => "outcome_unknown",
            Self::Log(LogError::Unavailable(_)) => "unavailable",
            Self::Log(LogError::Full(_)) => "log_full",
            Self::Log(LogError::Malformed(_)) => "too_large",
            Self::Views(views) => code_of_views(views),
            Self::Log(LogError::Damaged(_))
            | Self::Keyring(_)
            | Self::Encode(_)
            | Self::Decode(_)
            | Self::Stream(_) => "internal",
        }
    }
}

fn code_of_views(fault: &ViewsError) -> &'static str {
    match fault {
        ViewsError::Cursor => "bad_cursor",
        ViewsError::Behind { .. } | ViewsError::Stopped(_) | ViewsError::Log(LogError::Unavailable(_)) => {
            "unavailable"
        }
        ViewsError::Sqlite(_)
        | ViewsError::Row { .. }
        | ViewsError::Fold { .. }
        | ViewsError::Log(_)
        | ViewsError::File(_)
        | ViewsError::Foreign(_) => "internal",
    }
}
