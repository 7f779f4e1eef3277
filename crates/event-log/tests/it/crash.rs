//! `kill -9` at random moments: every acknowledged event is there, nothing is half-written.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use event_log::sqlite::verify;
use event_log::{Append, Appended, EventLog as _, Position, Revision, SqliteLog, SqliteReader};

use super::support::{Random, after, event, small, stream};

const LOG: &str = "LOG_CRASH_CHILD";
const ROUND: &str = "LOG_CRASH_ROUND";
const CLIENTS: usize = 12;
const ROUNDS: u64 = 20;
const SEED: u64 = 20_260_801;

/// Runs as a child process: appends without end and prints what was acknowledged, until it is killed.
#[test]
fn child() {
    let (Ok(path), Ok(round)) = (std::env::var(LOG), std::env::var(ROUND)) else { return };
    let round: u64 = round.parse().expect("a number");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let log = Arc::new(SqliteLog::open(Path::new(&path), small()).expect("a log"));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| tokio::spawn(append_for_ever(Arc::clone(&log), client, round)))
            .collect();
        for client in clients {
            client.await.expect("a client");
        }
    });
}

async fn append_for_ever(log: Arc<SqliteLog>, client: usize, round: u64) {
    let mut random = Random::new(round << 8 | client as u64);
    let known = log.read_stream(&stream(client), Revision(0), usize::MAX).await.expect("events");
    let mut last = known.last().map(|event| event.revision.0);
    for append in 0.. {
        let count = 1 + random.below(5);
        // The id says which append the event belongs to, the metadata repeat it, and the length says how many it has.
        let id = |at: usize| u128::from(round) << 64 | (client as u128) << 48 | append << 8 | at as u128;
        let events = (0..count).map(|at| event(id(at), count)).collect();
        match log.append(Append { stream: stream(client), expected: after(last), events }).await {
            Ok(Appended::Done { position, revision }) => {
                println!("\nacknowledged {} {} {}", position.0, id(count - 1), client);
                last = Some(revision.0);
            }
            other => panic!("unexpected {other:?}"),
        }
    }
}

/// Runs the child until it has acknowledged `appends`, kills it, and answers all it has acknowledged by then:
/// position, id, client.
fn run_and_kill(path: &Path, round: u64, appends: usize) -> Vec<(u64, u128, usize)> {
    let mut child = Command::new(std::env::current_exe().expect("a path"))
        .args(["it::crash::child", "--exact", "--nocapture", "--test-threads=1"])
        .env(LOG, path)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child");
    let mut output = BufReader::new(child.stdout.take().expect("its output"));
    let mut said = String::new();
    let mut seen = 0;
    while seen < appends {
        let start = said.len();
        assert!(output.read_line(&mut said).expect("its output") > 0, "the child ended by itself: {said}");
        seen += usize::from(said[start..].starts_with("acknowledged "));
    }
    child.kill().expect("killed");
    output.read_to_string(&mut said).expect("its last words");
    child.wait().expect("its end");
    // A line without its end may have been cut.
    let whole = said.rfind('\n').map_or("", |end| &said[..end]);
    whole.lines().filter_map(|line| line.strip_prefix("acknowledged ")).map(parse).collect()
}

fn parse(line: &str) -> (u64, u128, usize) {
    let mut words = line.split(' ');
    let mut word = || words.next().expect("a word");
    (word().parse().expect("a position"), word().parse().expect("an id"), word().parse().expect("a client"))
}

#[test]
fn killed_at_random_moments_it_keeps_what_it_acknowledged() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.sqlite");
    let mut random = Random::new(SEED);
    let mut acknowledged = Vec::new();
    for round in 1..=ROUNDS {
        let appends = 1 + random.below(400);
        acknowledged.extend(run_and_kill(&path, round, appends));
        let context = format!("seed {SEED}, round {round}, killed after {appends}");
        check(&path, &acknowledged, &context);
    }
}

fn check(path: &Path, acknowledged: &[(u64, u128, usize)], context: &str) {
    let verified = verify(path, |_, _| {}).unwrap_or_else(|error| panic!("{context}: {error}"));
    let events =
        SqliteReader::open(path).and_then(|reader| reader.read_all(None, usize::MAX)).expect("events");
    assert_eq!(verified.events as usize, events.len(), "{context}");
    for &(position, id, client) in acknowledged {
        let event = &events[position as usize - 1];
        assert_eq!(event.position, Position(position), "{context}");
        assert_eq!((event.id.as_u128(), &event.stream), (id, &stream(client)), "{context}");
    }
    let mut appends: HashMap<u128, (usize, usize)> = HashMap::new();
    for event in &events {
        appends.entry(event.id.as_u128() >> 8).or_insert((0, event.data.len())).0 += 1;
    }
    for (append, (found, sent)) in appends {
        assert_eq!(found, sent, "{context}: append {append:x} is half-written");
    }
}
