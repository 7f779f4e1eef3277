use domain::Rejection;
use jiff::Timestamp;

/// What can go wrong with accounts and credentials.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Refused, with a sentence for the asker: nothing was changed.
    #[error("{0:?}")]
    Rejected(Rejection),
    /// Too many failed tries: none is looked at before `until`.
    #[error("locked until {until}")]
    Locked { until: Timestamp },
    /// More sign-ins at once than there is memory for hashing: try again.
    #[error("too many sign-ins at once")]
    Busy,
    #[error("the accounts' file could not be read or written")]
    Store(#[from] rusqlite::Error),
    #[error("the accounts' file {path} could not be made")]
    File { path: String, source: std::io::Error },
    #[error("{path} is not a file of accounts")]
    Foreign { path: String },
    #[error("the accounts' file is of form {found}, newer than this program knows ({known})")]
    TooNew { found: i64, known: i64 },
    #[error("the accounts' file holds {what} that cannot be read")]
    Damaged { what: &'static str },
    /// The keys of a token's issuer are not to be had: nothing can be said about the token now.
    #[error("the issuer of a token cannot be asked for its keys")]
    IssuerUnavailable,
    #[error("the client for issuers could not be made")]
    Issuers(#[from] super::oidc::FetchError),
    #[error("the system gave no random bytes")]
    Random(#[from] getrandom::Error),
    #[error("the password could not be hashed: {0}")]
    Hash(String),
    #[error("the work was stopped before its end")]
    Stopped,
}

/// A result of this module.
pub type Result<T> = std::result::Result<T, IdentityError>;

impl From<Rejection> for IdentityError {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}
