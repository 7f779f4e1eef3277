//! An OpenID Connect issuer on this machine, with keys of its own, that does what a test says.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PSS_SHA256, RsaKeyPair,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// What the issuer does when it is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Well,
    Down,
    /// Never answers.
    Silent,
    Huge,
    /// Sends whoever asks for its keys to where they really are.
    Redirects,
    Garbled,
    /// Its discovery document is another issuer's.
    Poses,
    /// Its discovery document names keys by plain http elsewhere.
    Insecure,
}

struct Inside {
    address: SocketAddr,
    keys: Mutex<Vec<Value>>,
    mood: Mutex<Mood>,
    caching: Mutex<Option<String>>,
    asked: AtomicUsize,
    told: Notify,
}

#[derive(Clone)]
pub struct Issuer(Arc<Inside>);

impl Issuer {
    pub async fn start(keys: Vec<Value>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = Self(Arc::new(Inside {
            address: listener.local_addr().unwrap(),
            keys: Mutex::new(keys),
            mood: Mutex::new(Mood::Well),
            caching: Mutex::new(None),
            asked: AtomicUsize::new(0),
            told: Notify::new(),
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys_of))
            .route("/elsewhere", get(elsewhere))
            .with_state(issuer.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        issuer
    }

    pub fn name(&self) -> String {
        format!("http://{}", self.0.address)
    }

    pub fn publish(&self, keys: Vec<Value>) {
        *self.0.keys.lock().unwrap() = keys;
    }

    pub fn is(&self, mood: Mood) {
        *self.0.mood.lock().unwrap() = mood;
    }

    pub fn says_caching(&self, value: &str) {
        *self.0.caching.lock().unwrap() = Some(value.to_owned());
    }

    /// How often its keys were asked for.
    pub fn asked(&self) -> usize {
        self.0.asked.load(Ordering::SeqCst)
    }

    /// Until its keys have been asked for so many times.
    pub async fn is_asked(&self, times: usize) {
        loop {
            let told = self.0.told.notified();
            if self.asked() >= times {
                return;
            }
            told.await;
        }
    }

    fn mood(&self) -> Mood {
        *self.0.mood.lock().unwrap()
    }
}

async fn discovery(State(issuer): State<Issuer>) -> Response {
    let name = issuer.name();
    let document = match issuer.mood() {
        Mood::Poses => json!({ "issuer": "http://127.0.0.1:1", "jwks_uri": format!("{name}/keys") }),
        Mood::Insecure => json!({ "issuer": name, "jwks_uri": "http://id.example/keys" }),
        _ => json!({ "issuer": name, "jwks_uri": format!("{name}/keys") }),
    };
    axum::Json(document).into_response()
}

async fn keys_of(State(issuer): State<Issuer>) -> Response {
    let mood = issuer.mood();
    issuer.0.asked.fetch_add(1, Ordering::SeqCst);
    issuer.0.told.notify_waiters();
    match mood {
        Mood::Down => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Mood::Silent => std::future::pending().await,
        Mood::Huge => " ".repeat(300 * 1024).into_response(),
        Mood::Redirects => (StatusCode::FOUND, [(header::LOCATION, "/elsewhere")]).into_response(),
        Mood::Garbled => "{\"keys\": [".into_response(),
        Mood::Well | Mood::Poses | Mood::Insecure => set(&issuer),
    }
}

async fn elsewhere(State(issuer): State<Issuer>) -> Response {
    set(&issuer)
}

fn set(issuer: &Issuer) -> Response {
    let mut response = axum::Json(json!({ "keys": *issuer.0.keys.lock().unwrap() })).into_response();
    if let Some(caching) = &*issuer.0.caching.lock().unwrap() {
        response.headers_mut().insert(header::CACHE_CONTROL, caching.parse().unwrap());
    }
    response
}

/// A key pair of a test.
pub enum Signer {
    Rsa(Box<RsaKeyPair>),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Signer {
    /// One of two fixed keys: making one takes seconds.
    pub fn rsa(number: usize) -> Self {
        let text = [include_str!("../keys/test-only-rsa-1.pem"), include_str!("../keys/test-only-rsa-2.pem")]
            [number];
        let body: String = text
            .lines()
            .skip_while(|line| !line.starts_with("---"))
            .filter(|l| !l.starts_with("---"))
            .collect();
        Self::Rsa(Box::new(RsaKeyPair::from_pkcs8(&STANDARD.decode(body).unwrap()).unwrap()))
    }

    pub fn ec() -> Self {
        let (random, method) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let made = EcdsaKeyPair::generate_pkcs8(method, &random).unwrap();
        Self::Ec(EcdsaKeyPair::from_pkcs8(method, made.as_ref(), &random).unwrap())
    }

    pub fn ed() -> Self {
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::Ed(Ed25519KeyPair::from_pkcs8(made.as_ref()).unwrap())
    }

    /// Its public half, as issuers publish it.
    pub fn jwk(&self, id: &str) -> Value {
        match self {
            Self::Rsa(pair) => {
                let public: ring::signature::RsaPublicKeyComponents<Vec<u8>> = pair.public().into();
                json!({ "kty": "RSA", "kid": id, "use": "sig", "n": b64(&public.n), "e": b64(&public.e) })
            }
            Self::Ec(pair) => {
                let point = pair.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "kid": id, "x": b64(&point[1..33]), "y": b64(&point[33..]) })
            }
            Self::Ed(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "kid": id, "x": b64(pair.public_key().as_ref()) })
            }
        }
    }

    pub fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let padding: &dyn ring::signature::RsaEncoding =
                    if algorithm == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                pair.sign(padding, &random, message, &mut signature).unwrap();
                signature
            }
            Self::Ec(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// A token with this header and these claims.
    pub fn token(&self, header: &Value, claims: &Value) -> String {
        self.token_of(&header.to_string(), &claims.to_string())
    }

    /// The same with parts that may be anything.
    pub fn token_of(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", b64(header.as_bytes()), b64(claims.as_bytes()));
        let algorithm = serde_json::from_str::<Value>(header).unwrap_or_default()["alg"].to_string();
        let signature = self.sign(algorithm.trim_matches('"'), signed.as_bytes());
        format!("{signed}.{}", b64(&signature))
    }
}

pub fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
