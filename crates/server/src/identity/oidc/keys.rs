//! The keys of an issuer (RFC 7517), and which of them a token means.
//!
//! A key is used for what it says it is for, with the algorithm that fits its type: a public key never becomes a shared
//! secret, and a key of one algorithm never verifies another.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use serde_json::{Map, Value};

use super::{Algorithm, Why, strict};

/// Most keys of a set.
const MOST: usize = 100;
/// Bits of an RSA key's modulus.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The keys that can verify something here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct KeySet {
    keys: Vec<Key>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    id: Option<String>,
    /// The one algorithm that the key is kept for, when it says so.
    algorithm: Option<Algorithm>,
    material: Material,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// An uncompressed point.
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl KeySet {
    /// Reads a set. Keys of other kinds, for other uses, or out of shape are left out, as RFC 7517, section 5 has it.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let set = strict::object(bytes)?;
        let Some(Value::Array(listed)) = set.get("keys") else { return None };
        if listed.len() > MOST {
            return None;
        }
        Some(Self { keys: listed.iter().filter_map(|key| Key::read(key.as_object()?)).collect() })
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether a token with this header could mean one of these keys.
    pub(super) fn has(&self, id: Option<&str>, algorithm: Algorithm) -> bool {
        self.meant(id, algorithm).next().is_some()
    }

    /// # Errors
    /// No key is meant, more than one is, or the signature is not by it.
    pub(super) fn verify(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
        signed: &str,
        signature: &[u8],
    ) -> Result<(), Why> {
        let mut meant = self.meant(id, algorithm);
        let key = meant.next().ok_or(Why::Key)?;
        // Two keys of one name: which one counts is nobody's guess to make.
        if meant.next().is_some() {
            return Err(Why::Key);
        }
        if key.has_signed(algorithm, signed.as_bytes(), signature) { Ok(()) } else { Err(Why::Signature) }
    }

    /// Those of this name and fit for the algorithm; without a name all that fit.
    fn meant(&self, id: Option<&str>, algorithm: Algorithm) -> impl Iterator<Item = &Key> {
        self.keys
            .iter()
            .filter(move |key| id.is_none_or(|id| key.id.as_deref() == Some(id)) && key.fits(algorithm))
    }
}

impl Key {
    fn read(jwk: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        // Whoever publishes a private key has lost it.
        let private = ["d", "p", "q", "k"].iter().any(|name| jwk.contains_key(*name));
        let verifies = match jwk.get("key_ops") {
            None => true,
            Some(Value::Array(uses)) => uses.iter().any(|operation| operation == "verify"),
            Some(_) => false,
        };
        let for_signatures = jwk.get("use").is_none_or(|purpose| purpose == "sig");
        if private || !verifies || !for_signatures {
            return None;
        }
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        let material = match (text("kty")?, text("crv")) {
            ("RSA", None) => rsa(bytes("n")?, bytes("e")?)?,
            ("EC", Some("P-256")) => Material::P256(point(&bytes("x")?, &bytes("y")?)?),
            ("OKP", Some("Ed25519")) => Material::Ed25519(bytes("x").filter(|x| x.len() == 32)?),
            _ => return None,
        };
        let id = match jwk.get("kid") {
            None => None,
            Some(Value::String(id)) => Some(id.clone()),
            Some(_) => return None,
        };
        // A key for an algorithm that is not known here is for nothing here.
        let algorithm = match jwk.get("alg") {
            None => None,
            Some(name) => Some(Algorithm::named(name.as_str()?)?),
        };
        Some(Self { id, algorithm, material })
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        let kind = match (&self.material, algorithm) {
            (Material::Rsa { .. }, Algorithm::Rs256 | Algorithm::Ps256)
            | (Material::P256(_), Algorithm::Es256)
            | (Material::Ed25519(_), Algorithm::EdDsa) => true,
            (Material::Rsa { .. } | Material::P256(_) | Material::Ed25519(_), _) => false,
        };
        kind && self.algorithm.is_none_or(|kept_for| kept_for == algorithm)
    }

    fn has_signed(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let with = |method: &'static dyn VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(method, key).verify(message, signature).is_ok()
        };
        let with_rsa = |method: &'static RsaParameters, n: &[u8], e: &[u8]| {
            RsaPublicKeyComponents { n, e }.verify(method, message, signature).is_ok()
        };
        match (&self.material, algorithm) {
            (Material::Rsa { modulus, exponent }, Algorithm::Rs256) => {
                with_rsa(&RSA_PKCS1_2048_8192_SHA256, modulus, exponent)
            }
            (Material::Rsa { modulus, exponent }, Algorithm::Ps256) => {
                with_rsa(&RSA_PSS_2048_8192_SHA256, modulus, exponent)
            }
            (Material::P256(point), Algorithm::Es256) => with(&ECDSA_P256_SHA256_FIXED, point),
            (Material::Ed25519(key), Algorithm::EdDsa) => with(&ED25519, key),
            (Material::Rsa { .. } | Material::P256(_) | Material::Ed25519(_), _) => false,
        }
    }
}

fn rsa(modulus: Vec<u8>, exponent: Vec<u8>) -> Option<Material> {
    // Some issuers write leading zeroes, which RFC 7518, section 6.3.1 forbids and the library does not take.
    let trimmed = |bytes: Vec<u8>| bytes.into_iter().skip_while(|byte| *byte == 0).collect::<Vec<u8>>();
    let (modulus, exponent) = (trimmed(modulus), trimmed(exponent));
    let bits = modulus.len() * 8 - modulus.first()?.leading_zeros() as usize;
    (RSA_BITS.contains(&bits) && (1..=8).contains(&exponent.len()))
        .then_some(Material::Rsa { modulus, exponent })
}

fn point(x: &[u8], y: &[u8]) -> Option<Vec<u8>> {
    (x.len() == 32 && y.len() == 32).then(|| [&[4], x, y].concat())
}
