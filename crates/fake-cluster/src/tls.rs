//! Certificates of a cluster: an authority of its own, the nodes' certificate for 127.0.0.1, and one for a client.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair};
use tonic::transport::{Certificate, Identity, ServerTlsConfig};

/// What the nodes show and whom they trust.
#[derive(Debug)]
pub(crate) struct Papers {
    folder: PathBuf,
    authority: String,
    certificate: String,
    key: String,
}

impl Papers {
    pub(crate) fn write(folder: &Path) -> Self {
        // The nodes do not choose by themselves where a build has two; whoever was first has chosen.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let named = |name: &str| {
            let mut params = CertificateParams::new([name.to_owned()]).unwrap();
            // An authority that is called like those it signs for would look like one of them.
            params.distinguished_name = DistinguishedName::new();
            params.distinguished_name.push(DnType::CommonName, name);
            params
        };
        let mut params = named("authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let signed = |name| {
            let key = KeyPair::generate().unwrap();
            let certificate = named(name).signed_by(&key, &authority).unwrap();
            (certificate.pem(), key.serialize_pem())
        };
        let (certificate, key) = signed("127.0.0.1");
        let (user, user_key) = signed("wardlog");
        let authority = authority.pem();
        for (name, text) in [("ca.pem", &authority), ("user.pem", &user), ("user.key", &user_key)] {
            std::fs::write(folder.join(name), text).unwrap();
        }
        Self { folder: folder.to_owned(), authority, certificate, key }
    }

    pub(crate) fn server(&self) -> ServerTlsConfig {
        ServerTlsConfig::new()
            .identity(Identity::from_pem(&self.certificate, &self.key))
            .client_ca_root(Certificate::from_pem(&self.authority))
    }

    /// Of a connection string.
    pub(crate) fn parameters(&self) -> String {
        let file = |name| self.folder.join(name).display().to_string();
        let (ca, user, key) = (file("ca.pem"), file("user.pem"), file("user.key"));
        format!("tls=true&tlsCaFile={ca}&userCertFile={user}&userKeyFile={key}")
    }
}
