//! What a failed call means for the one who called, and for the client that made it.

use event_log::{LogError, Revision};
use eventstore::{CurrentRevision, Error};

/// What a fault says.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The stream is elsewhere: an answer, not a fault.
    Conflict { actual: Option<Revision> },
    /// There is no such stream: an answer as well.
    NoStream,
    /// It did not reach a server that could do it; the client has switched, or must be replaced.
    NotDone { renew: bool, why: String },
    /// It may have been done; the client can not be trusted any more.
    Unclear(String),
    /// Trying again changes nothing.
    Final(LogError),
}

impl Fault {
    /// What people are told; never holds credentials, which the client keeps to itself.
    pub(crate) fn why(&self) -> String {
        match self {
            Self::Conflict { .. } => "the stream is elsewhere".to_owned(),
            Self::NoStream => "there is no such stream".to_owned(),
            Self::NotDone { why, .. } | Self::Unclear(why) => why.clone(),
            Self::Final(error) => error.to_string(),
        }
    }

    pub(crate) const fn renews(&self) -> bool {
        matches!(self, Self::Unclear(_) | Self::NotDone { renew: true, .. })
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::WrongExpectedVersion { current, .. } => Self::Conflict {
                actual: match current {
                    CurrentRevision::Current(revision) => Some(Revision(revision)),
                    CurrentRevision::NoStream => None,
                },
            },
            Error::ResourceNotFound => Self::NoStream,
            // The client turns to the leader that the answer named, but gives the error to the caller all the same.
            Error::NotLeaderException(leader) => Self::NotDone {
                renew: false,
                why: format!("the leader is {}:{} now", leader.host, leader.port),
            },
            Error::ConnectionClosed => {
                Self::NotDone { renew: true, why: "the client has given up".to_owned() }
            }
            Error::GrpcConnectionError(cause) => Self::NotDone { renew: true, why: cause.to_string() },
            Error::AccessDenied => Self::Final(LogError::Unavailable(
                "the cluster refuses the credentials of the connection string".to_owned(),
            )),
            Error::ResourceDeleted => {
                Self::Final(LogError::Damaged("the stream was deleted in the cluster".to_owned()))
            }
            Error::UnsupportedFeature => Self::Final(LogError::Unavailable(
                "the server does not know a call that is needed; it is too old".to_owned(),
            )),
            Error::Grpc { code, message } if is_refusal(code as i32) => {
                Self::Final(LogError::Malformed(message))
            }
            Error::DeadlineExceeded => Self::Unclear("the server did not answer in time".to_owned()),
            other => Self::Unclear(other.to_string()),
        }
    }
}

/// Codes of gRPC by which a server says that it did nothing and will not: InvalidArgument, OutOfRange.
const fn is_refusal(code: i32) -> bool {
    matches!(code, 3 | 11)
}
