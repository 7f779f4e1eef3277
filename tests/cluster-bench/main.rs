//! A load through two nodes on a fake cluster whose leader dies twice: every acknowledged command is looked for in the
//! cluster afterwards, and the longest time without an acknowledgement around each death is printed. Decides nothing.
//!
//! `cluster-bench WARDLOG FOLDER COMMANDS-A-SECOND`

use std::{
    error::Error,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use fake_cluster::Cluster;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use uuid::Uuid;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const AREA: &str = "421002";
const SECONDS: u64 = 30;
/// When the leader dies.
const DEATHS: [u64; 2] = [10, 20];
/// Connections to each node; each has one command under way.
const CONNECTIONS: usize = 64;
const MUTATION: &str = "mutation($input: ReportIncidentInput!) { done: reportIncident(input: $input) { position errors { code } } }";

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = "cluster-bench WARDLOG FOLDER COMMANDS-A-SECOND";
    let wardlog = PathBuf::from(arguments.next().ok_or(usage)?);
    let folder = PathBuf::from(arguments.next().ok_or(usage)?);
    let rate: u32 = arguments.next().ok_or(usage)?.parse()?;
    let mut cluster = Cluster::start(3);
    std::fs::write(folder.join("log"), cluster.address())?;
    let bench = Bench { wardlog, folder };
    let token = bench.prepare()?;
    let nodes = [bench.serve("one")?, bench.serve("two")?];
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let load = Arc::new(Load {
        token,
        begun: Instant::now(),
        acknowledged: Mutex::default(),
        again: AtomicUsize::new(0),
    });
    let period = Duration::from_secs(1) * u32::try_from(2 * CONNECTIONS)? / rate;
    let senders: Vec<_> = (0..2 * CONNECTIONS)
        .map(|number| {
            runtime.spawn(Arc::clone(&load).send(
                number,
                nodes.each_ref().map(|node| node.address.clone()),
                period,
            ))
        })
        .collect();
    for (dead, at) in DEATHS.into_iter().enumerate() {
        std::thread::sleep((load.begun + Duration::from_secs(at)).saturating_duration_since(Instant::now()));
        cluster.kill(dead);
        cluster.elect(Some(dead + 1));
    }
    for sender in senders {
        runtime.block_on(sender)??;
    }
    report(&cluster, &load);
    Ok(())
}

/// What was acknowledged, and the gaps.
fn report(cluster: &Cluster, load: &Load) {
    let mut acknowledged = load.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).clone();
    acknowledged.sort_by_key(|(at, _)| *at);
    let lost = acknowledged.iter().filter(|(_, id)| cluster.store().ids(id).is_empty()).count();
    let doubled = acknowledged.iter().filter(|(_, id)| cluster.store().ids(id).len() > 1).count();
    let rate = acknowledged.len() as u64 / SECONDS;
    println!("acknowledged: {} ({rate}/s), lost: {lost}, doubled: {doubled}", acknowledged.len());
    println!("sent again: {}", load.again.load(Ordering::Relaxed));
    for at in DEATHS {
        let around = Duration::from_secs(at)..Duration::from_secs(at + 9);
        let times: Vec<Duration> =
            acknowledged.iter().map(|(time, _)| *time).filter(|time| around.contains(time)).collect();
        let gap = times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(Duration::from_secs(9));
        println!(
            "death of the leader at {at} s: longest time without an acknowledgement {:.2} s (target <= 5)",
            gap.as_secs_f64()
        );
    }
}

struct Load {
    token: String,
    begun: Instant,
    acknowledged: Mutex<Vec<(Duration, String)>>,
    again: AtomicUsize,
}

impl Load {
    /// One command each period, to one node and, when that does not acknowledge it, to the other.
    async fn send(self: Arc<Self>, number: usize, addresses: [String; 2], period: Duration) -> Outcome<()> {
        let mut streams: [Option<TcpStream>; 2] = [None, None];
        let mut next = self.begun + period.mul_f64(number as f64 / (2 * CONNECTIONS) as f64);
        for round in 0_u32.. {
            tokio::time::sleep_until(next.into()).await;
            if self.begun.elapsed() > Duration::from_secs(SECONDS) {
                return Ok(());
            }
            next += period;
            let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{number} {round}").as_bytes());
            let incident = format!("incident-{id}");
            let request = self.request(&incident, id);
            for turn in number.. {
                let at = turn % 2;
                match exchange(&mut streams[at], &addresses[at], &request).await {
                    Ok(answer)
                        if answer["errors"].is_null() && answer["data"]["done"]["errors"] == json!([]) =>
                    {
                        break;
                    }
                    Ok(_) => {}
                    Err(_) => streams[at] = None,
                }
                self.again.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            self.acknowledged
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((self.begun.elapsed(), incident));
        }
        Ok(())
    }

    fn request(&self, incident: &str, command: Uuid) -> String {
        let input = json!({
            "commandId": command, "incident": incident, "area": AREA, "kind": "NOISE", "channel": "PHONE",
            "priority": "ROUTINE", "selfInitiated": false, "drill": false,
        });
        let body = json!({ "query": MUTATION, "variables": { "input": input } }).to_string();
        format!(
            "POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             accept: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        )
    }
}

async fn exchange(stream: &mut Option<TcpStream>, address: &str, request: &str) -> Outcome<Value> {
    if stream.is_none() {
        *stream = Some(TcpStream::connect(address).await?);
    }
    let stream = stream.as_mut().ok_or("no connection")?;
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err("the connection has ended".into());
        }
        let Some(head) = bytes.windows(4).position(|part| part == b"\r\n\r\n") else { continue };
        let text = std::str::from_utf8(&bytes[..head])?.to_ascii_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let end = head + 4 + length.unwrap_or(0);
        if bytes.len() >= end {
            return Ok(serde_json::from_slice(&bytes[head + 4..end])?);
        }
    }
}

/// A node that ends with its value.
struct Node {
    child: Child,
    address: String,
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Bench {
    wardlog: PathBuf,
    folder: PathBuf,
}

impl Bench {
    fn command(&self, node: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.wardlog);
        let data = self.folder.join(node);
        command.args(arguments).arg("--data").arg(&data).arg("--log-file").arg(self.folder.join("log"));
        command.arg("--master-key").arg(self.folder.join("master-key")).current_dir(&self.folder);
        command
    }

    fn done(&self, node: &str, arguments: &[&str]) -> Outcome<String> {
        let mut child = self.command(node, arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        writeln!(child.stdin.take().ok_or("no input")?, "a long password of the bench")?;
        let output = child.wait_with_output()?;
        if !output.status.success() {
            return Err(format!("wardlog {arguments:?}: {}", output.status).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The areas, and an officer with a token that both nodes know.
    fn prepare(&self) -> Outcome<String> {
        let areas = "code,level,name,parent_code\n42,province,湖北省,\n4210,prefecture,荆州市,42\n421002,county,沙市区,4210\n";
        std::fs::write(self.folder.join("areas.csv"), areas)?;
        self.done("one", &["import", "areas.csv"])?;
        let account =
            ["account", "add", "officer", "--role", "station_officer", "--area", AREA, "--password-stdin"];
        let organisation = format!("organisation-{}", Uuid::from_u128(7));
        self.done("one", &[&account[..], &["--organisation", &organisation]].concat())?;
        let said = self.done("one", &["token", "create", "officer", "--name", "bench"])?;
        std::fs::create_dir_all(self.folder.join("two"))?;
        copy(&self.folder, "identity.db")?;
        let secret = said.lines().find_map(|line| line.split_once("(shown once): "));
        Ok(secret.ok_or("no token")?.1.to_owned())
    }

    fn serve(&self, node: &str) -> Outcome<Node> {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--log-json", "--cost-per-minute", "1000000000"];
        let mut child = self.command(node, &arguments).stderr(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stderr.take().ok_or("no logs")?).lines();
        let address = loop {
            let line = lines.next().ok_or("the server has ended")??;
            let fields = serde_json::from_str::<Value>(&line).unwrap_or_default()["fields"].clone();
            if fields["message"] == "serving" {
                break fields["address"].as_str().ok_or("no address")?.to_owned();
            }
        };
        // Read on, so that it is never held up by its logs.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Node { child, address })
    }
}

fn copy(folder: &Path, name: &str) -> Outcome<()> {
    std::fs::copy(folder.join("one").join(name), folder.join("two").join(name))?;
    Ok(())
}
