use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use async_graphql::Request;
use jiff::Timestamp;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use server::budget::{Budget, Rates};
use server::http::{Asker, Check, HttpMetrics, Line, Parts, SchemaEngine, Settings, Shutdown, router, serve};
use server::identity::oidc::IssuerSettings;
use server::identity::{
    Account, AccountRole, Grant, Identity, NewAccount, NewToken, SessionCookie, TOKEN_DEFAULT_LIFE,
};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::client::{Reply, Socket, send};
use super::schema::{Probe, schema};

pub const PASSWORD: &str = "correct horse battery";
pub const JSON: (&str, &str) = ("content-type", "application/json");

/// A clock that stands still unless a test moves it.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_800_000_000)))
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }

    pub fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

pub fn secret(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

pub fn grant(areas: &[&str]) -> Grant {
    Grant {
        roles: vec![AccountRole::StationOfficer, AccountRole::Auditor],
        areas: areas.iter().map(|area| (*area).to_owned()).collect(),
        organisations: vec![Uuid::from_u128(7), Uuid::from_u128(8)],
    }
}

pub fn new_account(number: u128, name: &str) -> NewAccount {
    NewAccount {
        id: Uuid::from_u128(number),
        name: name.to_owned(),
        password: secret(PASSWORD),
        grant: grant(&["421000"]),
        person: None,
        language: None,
    }
}

pub fn new_token(number: u128, owner: &Account, now: Timestamp) -> NewToken {
    NewToken {
        id: Uuid::from_u128(number),
        owner: owner.id,
        name: "nightly export".to_owned(),
        grant: owner.grant.clone(),
        read_only: false,
        expires_at: Timestamp::from_second(now.as_second() + TOKEN_DEFAULT_LIFE).unwrap(),
    }
}

/// The accounts in a folder of their own.
pub async fn identity() -> (TempDir, Identity) {
    let folder = tempfile::tempdir().unwrap();
    let identity = Identity::open(&folder.path().join("identity.db")).await.unwrap();
    (folder, identity)
}

/// Nobody gets to see the schema.
fn fit(request: Request, asker: &Asker) -> Request {
    if asker.principal.is_some() { request } else { request.disable_introspection() }
}

/// A running server.
pub struct Server {
    pub address: SocketAddr,
    pub identity: Identity,
    pub clock: TestClock,
    pub probe: Probe,
    pub ready: Arc<AtomicBool>,
    /// Makes the handler of `/readyz` panic.
    pub broken: Arc<AtomicBool>,
    pub stop: Option<oneshot::Sender<()>>,
    pub ended: JoinHandle<std::io::Result<()>>,
    folder: TempDir,
}

impl Server {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::trusting(Vec::new(), change).await
    }

    /// One that takes the bearer tokens of these issuers too.
    pub async fn trusting(issuers: Vec<IssuerSettings>, change: impl FnOnce(&mut Settings)) -> Self {
        let probe = Probe::default();
        let engine = schema(probe.clone());
        // What most tests ask is not what is counted in them.
        let budget = Budget::of_process(Rates { cost_per_minute: 1_000_000_000, at_once: 1_000 });
        Self::built((engine, probe), budget, issuers, change).await
    }

    /// With this budget.
    pub async fn paid(budget: Budget) -> Self {
        let probe = Probe::default();
        Self::built((schema(probe.clone()), probe), budget, Vec::new(), |_| {}).await
    }

    /// Over another schema.
    pub async fn over(engine: graphql::Engine) -> Self {
        let budget = Budget::of_process(Rates { cost_per_minute: 1_000_000_000, at_once: 1_000 });
        Self::built((engine, Probe::default()), budget, Vec::new(), |_| {}).await
    }

    async fn built(
        (engine, probe): (graphql::Engine, Probe),
        budget: Budget,
        issuers: Vec<IssuerSettings>,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity::open_trusting(&folder.path().join("identity.db"), issuers).await.unwrap();
        let clock = TestClock::new();
        let ready = Arc::new(AtomicBool::new(true));
        let broken = Arc::new(AtomicBool::new(false));
        let mut settings = Settings { cookie: SessionCookie::Loopback, ..Settings::default() };
        change(&mut settings);
        let mut registry = Registry::with_prefix("wardlog");
        let metrics = HttpMetrics::register(&mut registry);
        let (told, seen, breaks) = (clock.clone(), Arc::clone(&ready), Arc::clone(&broken));
        let parts = Parts {
            engine: Arc::new(SchemaEngine::new(engine, fit)),
            identity: identity.clone(),
            clock: Arc::new(move || told.now()),
            readiness: Arc::new(move || {
                assert!(!breaks.load(Ordering::SeqCst), "a sentence about somebody");
                vec![Check::new("log", seen.load(Ordering::SeqCst), "position 7")]
            }),
            registry: Arc::new(registry),
            metrics,
            settings,
            budget: Arc::new(budget),
            shutdown: Shutdown::new(),
            bulk: None,
        };
        let line = Line::of(&parts);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(serve(listener, router(parts), line, async {
            let _ = stopped.await;
        }));
        Self { address, identity, clock, probe, ready, broken, stop: Some(stop), ended, folder }
    }

    pub async fn account(&self, number: u128, name: &str) -> Account {
        self.identity.create_account(new_account(number, name), self.clock.now()).await.unwrap()
    }

    /// `Bearer wl_…` of a new token.
    pub async fn bearer(&self, owner: &Account) -> String {
        let new = new_token(owner.id.as_u128() + 1000, owner, self.clock.now());
        let (secret, _) = self.identity.create_token(new, self.clock.now()).await.unwrap();
        format!("Bearer {}", secret.reveal())
    }

    /// `wardlog=…` of a new session.
    pub async fn cookie(&self, name: &str) -> String {
        let signed_in = self.identity.sign_in(name, secret(PASSWORD), self.clock.now()).await.unwrap();
        format!("wardlog={}", signed_in.secret.reveal())
    }

    /// Takes the tokens away from under the accounts, so that looking at one fails.
    pub fn break_tokens(&self) {
        let database = rusqlite::Connection::open(self.folder.path().join("identity.db")).unwrap();
        database.execute_batch("PRAGMA foreign_keys = OFF; DROP TABLE token;").unwrap();
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        send(self.address, "GET", path, headers, b"").await
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        send(self.address, method, path, headers, body.as_bytes()).await
    }

    /// A request as most clients send it.
    pub async fn query(&self, query: &str, headers: &[(&str, &str)]) -> Reply {
        let mut all = vec![JSON];
        all.extend_from_slice(headers);
        self.send("POST", "/graphql", &all, &json!({ "query": query }).to_string()).await
    }

    pub async fn data(&self, query: &str, headers: &[(&str, &str)]) -> Value {
        let reply = self.query(query, headers).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()["data"].clone()
    }

    pub async fn socket(&self, headers: &[(&str, &str)]) -> Socket {
        Socket::open(self.address, Some("graphql-transport-ws"), headers).await.unwrap()
    }

    /// A socket that is past its `connection_init`.
    pub async fn ready_socket(&self) -> Socket {
        let mut socket = self.socket(&[]).await;
        socket.init(json!({})).await;
        socket
    }

    /// Waits until the figures have this line.
    pub async fn figure(&self, line: &str) {
        let seen = async {
            while !self.get("/metrics", &[]).await.body.lines().any(|found| found == line) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), seen).await.unwrap_or_else(|_| {
            panic!("the figures never had {line}");
        });
    }
}
