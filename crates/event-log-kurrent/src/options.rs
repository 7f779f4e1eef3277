//! What the adapter is told: where the cluster is, and how patient to be.

use std::fmt;
use std::time::Duration;

use eventstore::ClientSettings;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Settings of a [`KurrentLog`](crate::KurrentLog).
#[derive(Clone)]
pub struct KurrentOptions {
    /// Where the cluster is and how it is spoken to, as the connection string says.
    pub(crate) settings: ClientSettings,
    /// Stream categories that belong to this log; others in the cluster are neither read nor delivered. Empty: all
    /// that are not the server's own.
    pub categories: Vec<String>,
    /// Categories that subscriptions deliver as well, in the one order; they count as nobody's in reads of everything and
    /// in the head. Only beside `categories` that are named.
    pub followed: Vec<String>,
    /// Longest time one attempt of a call may take.
    pub deadline: Duration,
    /// Longest time that a call tries again before it gives up.
    pub budget: Duration,
    /// A subscription that says nothing for this long is compared with the head of the log.
    pub silence: Duration,
    /// Shortest time between two clients; grows up to 16 times while they fail.
    pub renewal: Duration,
    /// Time of nothing but failures after which calls are refused at once until a probe succeeds.
    pub tolerance: Duration,
}

/// Why a connection string is refused. Never holds the string itself: it may carry a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    #[error(
        "the connection string is not understood; it reads kurrentdb://user:password@host:2113,…?tls=true"
    )]
    Invalid,
    #[error("the file `{0}` can not be read as certificates or a key in PEM")]
    Certificate(String),
    #[error("the connection string must ask for the leader: leave `nodePreference` out")]
    NotTheLeader,
}

/// The settings of the client print the credentials: they are left out.
impl fmt::Debug for KurrentOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KurrentOptions").field("hosts", &self.hosts()).finish_non_exhaustive()
    }
}

impl KurrentOptions {
    /// From a connection string: `esdb://` or `kurrentdb://`, with `+discover` for a name that resolves to all nodes,
    /// and the parameters of the client (`tls`, `tlsVerifyCert`, `tlsCaFile`, `userCertFile`, `userKeyFile`, …).
    ///
    /// # Errors
    /// The string is not understood, names files that are not there, or prefers other nodes than the leader: what was
    /// acknowledged must be read back.
    pub fn parse(connection: &str) -> Result<Self, OptionsError> {
        let settings: ClientSettings = connection.trim().parse().map_err(|_| OptionsError::Invalid)?;
        if settings.node_preference() != eventstore::NodePreference::Leader {
            return Err(OptionsError::NotTheLeader);
        }
        // The client panics over an authority's file that is no PEM, and says nothing of one without a certificate.
        let checked = |file: &String, holds: fn(&str) -> bool| {
            if holds(file) { Ok(()) } else { Err(OptionsError::Certificate(file.clone())) }
        };
        if let Some((certificate, key)) = settings.user_certificate() {
            checked(certificate, holds_certificates)?;
            checked(key, |file| PrivateKeyDer::from_pem_file(file).is_ok())?;
        }
        if let Some(authority) = settings.tls_ca_file() {
            checked(authority, holds_certificates)?;
        }
        Ok(Self {
            settings,
            categories: Vec::new(),
            followed: Vec::new(),
            deadline: Duration::from_secs(3),
            budget: Duration::from_secs(10),
            silence: Duration::from_secs(2),
            renewal: Duration::from_millis(100),
            tolerance: Duration::from_secs(3),
        })
    }

    /// Whether a log's address names a cluster rather than a file.
    pub fn is_cluster(address: &str) -> bool {
        let scheme = address.split_once("://").map_or("", |(scheme, _)| scheme);
        let scheme = scheme.strip_suffix("+discover").unwrap_or(scheme);
        matches!(scheme, "esdb" | "kurrentdb" | "kurrent" | "kdb")
    }

    /// The hosts of the connection string, for people: no credentials.
    pub fn hosts(&self) -> String {
        let hosts = self.settings.hosts().iter().map(|host| format!("{}:{}", host.host, host.port));
        hosts.collect::<Vec<_>>().join(",")
    }
}

/// Whether a file can be read, and holds certificates and nothing broken.
fn holds_certificates(file: &str) -> bool {
    let Ok(certificates) = CertificateDer::pem_file_iter(file) else { return false };
    let mut roots = RootCertStore::empty();
    let added = certificates.map(|found| found.ok().is_some_and(|found| roots.add(found).is_ok()));
    let added: Vec<bool> = added.collect();
    !added.is_empty() && added.into_iter().all(|added| added)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shows_the_credentials() {
        let options = KurrentOptions::parse("esdb://clerk:s3cret@127.0.0.1:2113?tls=false").unwrap();
        let shown = format!("{options:?} {}", options.hosts());
        assert!(!shown.contains("clerk") && !shown.contains("s3cret"), "{shown}");
        for wrong in ["esdb://clerk:s3cret@:x", "esdb://clerk:s3cret@a?tls=maybe", "clerk:s3cret"] {
            let refused = KurrentOptions::parse(wrong).unwrap_err();
            assert!(!format!("{refused} {refused:?}").contains("s3cret"), "{refused}");
        }
    }
}
