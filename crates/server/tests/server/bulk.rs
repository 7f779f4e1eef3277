//! A small district behind a real application, served over real sockets, for uploads and exports.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use app::{Config, Viewer};
use domain::{AreaCode, OrganisationId, PersonId};
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use server::budget::{Budget, Rates};
use server::http::{
    BulkParts, BulkSettings, HttpMetrics, Line, Parts, SchemaEngine, Settings, Shutdown, router, serve,
};
use server::identity::{AccountRole, Grant, Identity, NewAccount, Principal, SessionCookie};
use server::node::{Node, Place};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use super::fixture::{new_account, new_token};

pub const NOW: &str = "2026-08-01T12:00:00+08:00";
pub const TOWNSHIP: &str = "421002001";
pub const COMMUNITY: &str = "421002001001";
pub const NDJSON: (&str, &str) = ("content-type", "application/x-ndjson");

/// A fixed UUID.
pub fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(0x0198_f2f0_0000_7000_8000_0000_0000_0000 + number)
}

pub fn global(category: &str, number: u128) -> String {
    format!("{category}-{}", uuid(number))
}

/// What may be changed before it starts.
pub struct Change {
    pub bulk: BulkSettings,
    pub rates: Rates,
}

pub struct District {
    pub address: SocketAddr,
    pub node: Arc<Node>,
    pub shutdown: Shutdown,
    identity: Identity,
    _folder: TempDir,
}

impl District {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Change)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(&folder.path().join("data"), None, "Asia/Shanghai");
        let now: domain::When = NOW.parse().unwrap();
        let node = Arc::new(Node::open(place, Arc::new(move || now.at), Config::default()).unwrap());
        let identity = Identity::open(&node.place.identity()).await.unwrap();
        let mut changed = Change { bulk: BulkSettings::default(), rates: Rates::default() };
        change(&mut changed);
        let mut registry = Registry::default();
        let (metrics, shutdown) = (HttpMetrics::register(&mut registry), Shutdown::new());
        let schema = graphql::engine(&node.app, false);
        let engine =
            SchemaEngine::new(schema, |request, asker| match asker.principal.as_deref().map(viewer) {
                Some(viewer) => request.data(viewer),
                None => request,
            });
        let parts = Parts {
            engine: Arc::new(engine),
            identity: identity.clone(),
            clock: Arc::new(move || now.at),
            readiness: Arc::new(Vec::new),
            registry: Arc::new(registry),
            metrics,
            settings: Settings { cookie: SessionCookie::Loopback, ..Settings::default() },
            // Time stands still: what is spent stays spent.
            budget: Arc::new(Budget::new(changed.rates, Arc::new(|| Duration::ZERO))),
            shutdown: shutdown.clone(),
            bulk: Some(BulkParts {
                app: Arc::clone(&node.app),
                viewer,
                folder: node.place.data.clone(),
                settings: changed.bulk,
            }),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let line = Line::of(&parts);
        tokio::spawn(serve(listener, router(parts), line, std::future::pending()));
        let district = Self { address, node, shutdown, identity, _folder: folder };
        district.fill().await;
        district
    }

    async fn fill(&self) {
        for (code, name) in [
            ("42", "湖北省"),
            ("4210", "荆州市"),
            ("421002", "沙市区"),
            (TOWNSHIP, "崇文街道"),
            (COMMUNITY, "凤台坊社区"),
        ] {
            self.command("registerArea", json!({ "area": code, "name": name })).await;
        }
        let committee = json!({
            "organisation": global("organisation", 2), "kind": "COMMITTEE", "name": "凤台坊居委会", "area": TOWNSHIP,
        });
        self.command("registerOrganisation", committee).await;
    }

    /// As the platform; must succeed.
    pub async fn command(&self, name: &str, mut input: Value) {
        input["commandId"] = json!(Uuid::new_v5(&uuid(0), format!("{name}{input}").as_bytes()));
        let command = graphql::prepare_command(name, input).unwrap();
        command.run(&self.node.app, &Viewer::platform()).await.unwrap();
    }

    /// `Bearer wl_…` of an officer of an area.
    pub async fn officer(&self, number: u128, area: &str) -> String {
        self.account(number, &[AccountRole::StationOfficer], area).await
    }

    pub async fn account(&self, number: u128, roles: &[AccountRole], area: &str) -> String {
        let now: domain::When = NOW.parse().unwrap();
        let grant = Grant {
            roles: roles.to_vec(),
            areas: if area.is_empty() { vec![] } else { vec![area.to_owned()] },
            organisations: vec![],
        };
        let new = NewAccount { grant, ..new_account(number, &format!("account{number}")) };
        let owner = self.identity.create_account(new, now.at).await.unwrap();
        let (secret, _) =
            self.identity.create_token(new_token(number + 1_000, &owner, now.at), now.at).await.unwrap();
        format!("Bearer {}", secret.reveal())
    }

    /// `wardlog=…` of a new session.
    pub async fn cookie(&self, number: u128) -> String {
        let now: domain::When = NOW.parse().unwrap();
        let password = super::fixture::secret(super::fixture::PASSWORD);
        let signed_in = self.identity.sign_in(&format!("account{number}"), password, now.at).await.unwrap();
        format!("wardlog={}", signed_in.secret.reveal())
    }

    pub async fn head(&self) -> u64 {
        use event_log::EventLog as _;
        self.node.log.head().await.unwrap().map_or(0, |position| position.0)
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut call = Call::open(self.address, method, path, headers, Some(body.len())).await;
        // The server may answer and close before it has read everything.
        let _ = call.stream.write_all(body).await;
        call.reply().await
    }

    /// An upload of lines that must be answered; the outcomes and the trailer.
    pub async fn upload(&self, path: &str, token: &str, lines: &str) -> (Vec<Value>, Value) {
        let reply = self.send("POST", path, &[NDJSON, ("authorization", token)], lines.as_bytes()).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.outcomes()
    }
}

pub fn viewer(principal: &Principal) -> Viewer {
    Viewer::new(
        principal.id,
        principal.roles.iter().copied(),
        principal.areas.iter().map(|area| area.parse::<AreaCode>().unwrap()).collect(),
        principal.organisations.iter().copied().map(OrganisationId).collect(),
        principal.person.map(PersonId),
    )
}

/// A request on its way.
pub struct Call {
    pub stream: TcpStream,
    read: Vec<u8>,
}

impl Call {
    /// Sends a head; without a length the body goes in chunks.
    pub async fn open(
        address: SocketAddr,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        length: Option<usize>,
    ) -> Self {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
        match length {
            Some(0) => {}
            Some(length) => head += &format!("content-length: {length}\r\n"),
            None => head += "transfer-encoding: chunked\r\n",
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
        Self { stream, read: Vec::new() }
    }

    pub async fn chunk(&mut self, text: &str) {
        let chunk = format!("{:x}\r\n{text}\r\n", text.len());
        self.stream.write_all(chunk.as_bytes()).await.unwrap();
    }

    /// Reads until the answer holds so many outcomes.
    pub async fn until_told(&mut self, outcomes: usize) {
        while String::from_utf8_lossy(&self.read).matches("\"line\":").count() < outcomes {
            let count = self.stream.read_buf(&mut self.read).await.unwrap();
            assert!(count > 0, "the answer has ended: {}", String::from_utf8_lossy(&self.read));
        }
    }

    pub async fn reply(mut self) -> Reply {
        let _ = self.stream.read_to_end(&mut self.read).await;
        Reply::of(&self.read)
    }
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Whether the body came to its end.
    pub whole: bool,
}

impl Reply {
    fn of(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("the head of an answer");
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut reply = Self { status, headers, body: bytes[end + 4..].to_vec(), whole: true };
        match reply.header("content-length").map(|length| length.parse::<usize>().unwrap()) {
            Some(length) => reply.whole = reply.body.len() == length,
            None => (reply.body, reply.whole) = unchunked(&reply.body),
        }
        reply
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// Code of a refusal.
    pub fn code(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The outcomes and the trailer, whose digest must be right.
    pub fn outcomes(&self) -> (Vec<Value>, Value) {
        assert!(self.whole, "{self:?}");
        let text = self.text();
        let mut lines: Vec<&str> = text.lines().collect();
        let trailer: Value = serde_json::from_str(lines.pop().expect("a trailer")).unwrap();
        assert_eq!(trailer["trailer"], true, "{text}");
        let told: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let digest: String = Sha256::digest(told).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(trailer["sha256"], digest);
        (lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect(), trailer)
    }
}

fn unchunked(mut bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        let Some(end) = bytes.windows(2).position(|two| two == b"\r\n") else { return (body, false) };
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap(), 16).unwrap();
        let Some(chunk) = bytes.get(end + 2..end + 2 + length) else { return (body, false) };
        if length == 0 {
            return (body, true);
        }
        body.extend_from_slice(chunk);
        bytes = bytes.get(end + 4 + length..).unwrap_or_default();
    }
}

/// A line of a command.
pub fn line(command: &str, id: u128, mut input: Value) -> String {
    input["commandId"] = json!(uuid(id));
    format!("{}\n", json!({ "command": command, "input": input }))
}

/// The line that reports an incident.
pub fn report(number: u128) -> String {
    line("reportIncident", 10_000 + number, incident(number))
}

/// The input of a plain report.
pub fn incident(number: u128) -> Value {
    json!({
        "incident": global("incident", number), "area": COMMUNITY, "kind": "NOISE", "channel": "PHONE",
        "priority": "ROUTINE", "selfInitiated": false, "drill": false,
    })
}

/// The value of a field of each outcome.
pub fn each<'a>(outcomes: &'a [Value], field: &str) -> Vec<&'a str> {
    outcomes.iter().map(|outcome| outcome[field].as_str().unwrap_or_default()).collect()
}
