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
}
