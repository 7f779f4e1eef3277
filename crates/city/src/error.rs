//! Why a scenario or an import could not be carried out.

use app::AppError;

/// A load ends at the first of these; what was appended before stays, and the load can be run again.
#[derive(Debug, thiserror::Error)]
pub enum CityError {
    /// A command that had to be accepted was refused, or failed.
    #[error("{command} at {at}: {cause}")]
    Failed {
        command: &'static str,
        /// Server time of the scenario.
        at: jiff::Timestamp,
        cause: AppError,
    },
    /// A command that had to be refused was not, or for another reason.
    #[error("{command} at {at} should have been refused as `{wanted}`, but was {outcome}")]
    NotRefused { command: &'static str, at: jiff::Timestamp, wanted: &'static str, outcome: String },
    /// The same command sent twice has appended twice.
    #[error("{command} at {at} has appended again when it was repeated")]
    AppendedAgain { command: &'static str, at: jiff::Timestamp },
    /// The application itself failed, outside of a command.
    #[error(transparent)]
    App(#[from] AppError),
    /// A plan that makes no sense, or data of the crate that is not as expected.
    #[error("the plan: {0}")]
    Plan(String),
    /// The file of areas could not be read at all.
    #[error("the file of areas: {0}")]
    Csv(#[from] csv::Error),
}

impl From<event_log::LogError> for CityError {
    fn from(cause: event_log::LogError) -> Self {
        Self::App(cause.into())
    }
}

impl From<views::ViewsError> for CityError {
    fn from(cause: views::ViewsError) -> Self {
        Self::App(cause.into())
    }
}

impl From<keyring::KeyringError> for CityError {
    fn from(cause: keyring::KeyringError) -> Self {
        Self::App(cause.into())
    }
}
