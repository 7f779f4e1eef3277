//! Where the log is, as the settings name it. A connection string may carry a password: nothing here shows it.

use std::fmt;

use zeroize::Zeroizing;

/// The text of a setting that names a log. Shown by nothing, also when it is wrong.
#[derive(Clone, PartialEq, Eq)]
pub struct LogText(Zeroizing<String>);

impl From<String> for LogText {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

#[cfg(feature = "kurrent")]
impl LogText {
    /// The folder of `sqlite:DIR`.
    pub(crate) fn folder(&self) -> Option<&str> {
        self.0.strip_prefix("sqlite:").filter(|folder| !folder.is_empty())
    }

    /// `cluster`: the one that the settings name.
    pub(crate) fn is_the_set_cluster(&self) -> bool {
        *self.0 == "cluster"
    }
}

impl<'de> serde::Deserialize<'de> for LogText {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl fmt::Debug for LogText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogText(redacted)")
    }
}

/// Where the log is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LogAddress {
    /// In the data folder.
    #[default]
    File,
    /// A cluster, by its connection string.
    Cluster(LogText),
}

impl LogAddress {
    /// `sqlite`, or the connection string of a cluster.
    ///
    /// # Errors
    /// It is neither; the sentence does not repeat it.
    pub fn parse(text: &LogText) -> Result<Self, &'static str> {
        match text.0.trim() {
            "sqlite" => Ok(Self::File),
            other if is_cluster(other) && cfg!(feature = "kurrent") => {
                Ok(Self::Cluster(LogText::from(other.to_owned())))
            }
            other if is_cluster(other) => {
                Err("this build knows no cluster: it was built without the feature `kurrent`")
            }
            _ => Err(
                "the log is neither `sqlite` nor a connection string (esdb://…, kurrentdb://…); a filter of log \
                 lines is set by WARDLOG_LOG_FILTER",
            ),
        }
    }

    /// The connection string, for the client alone.
    #[cfg(feature = "kurrent")]
    pub(super) fn connection(&self) -> Option<&str> {
        match self {
            Self::File => None,
            Self::Cluster(text) => Some(text.0.trim()),
        }
    }

    pub const fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }
}

fn is_cluster(text: &str) -> bool {
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    matches!(scheme.strip_suffix("+discover").unwrap_or(scheme), "esdb" | "kurrentdb" | "kurrent" | "kdb")
}

/// Whether an argument shows a password to everybody who lists the processes of the machine.
pub(crate) fn shows_password(argument: &str) -> bool {
    let address =
        argument.split_once('=').filter(|(name, _)| name.starts_with("--")).map_or(argument, |(_, v)| v);
    is_cluster(address)
        && address.split_once("://").is_some_and(|(_, rest)| {
            rest.split(['/', '?'])
                .next()
                .and_then(|authority| authority.rsplit_once('@'))
                .is_some_and(|(user, _)| user.contains(':'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_file_or_a_cluster_and_never_shown() {
        let parse = |text: &str| LogAddress::parse(&LogText::from(text.to_owned()));
        assert_eq!(parse(" sqlite "), Ok(LogAddress::File));
        for text in ["esdb://a:b@h:1", "kurrentdb+discover://h", "kdb://h?tls=false"] {
            let parsed = parse(text);
            assert_eq!(parsed.is_ok(), cfg!(feature = "kurrent"), "{text}");
            assert!(!format!("{parsed:?}").contains("://"), "{parsed:?}");
        }
        for wrong in ["debug", "http://s3cret@h", "esdb:s3cret", ""] {
            let refused = parse(wrong).unwrap_err();
            assert!(!refused.contains("s3cret"), "{refused}");
        }
    }

    #[test]
    fn a_password_in_an_argument_is_seen() {
        assert!(shows_password("--log=esdb://a:b@h:2113?tls=true"));
        assert!(shows_password("kurrentdb://a:b@h1,h2"));
        assert!(!shows_password("esdb://h:2113"));
        assert!(!shows_password("--log-file=a:b@c"));
    }
}
