//! A full disk and a failing one: a clear error, no acknowledgement that does not hold, a clean restart.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use event_log::sqlite::verify;
use event_log::{Append, Appended, EventLog as _, LogError, SqliteLog, SqliteOptions};

use super::support::{after, event, small, stream};

const LOG: &str = "LOG_FAULT_CHILD";

/// Runs as a child process under the shim: appends when told to on its input, and says how it went.
#[test]
fn child() {
    let Ok(path) = std::env::var(LOG) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let log = SqliteLog::open(Path::new(&path), small()).expect("a log");
    for line in std::io::stdin().lines() {
        let number: usize = line.expect("a line").parse().expect("a number");
        let events = vec![event(number as u128, 3_000), event(1 << 64 | number as u128, 3_000)];
        let append = Append { stream: stream(number), expected: after(None), events };
        match runtime.block_on(log.append(append)) {
            Ok(Appended::Done { position, .. }) => println!("\nanswer done {}", position.0),
            Ok(Appended::AlreadyThere { position, .. }) => println!("\nanswer already {}", position.0),
            Ok(other) => println!("\nanswer {other:?}"),
            Err(LogError::Full(_)) => println!("\nanswer full"),
            Err(LogError::Unknown(_)) => println!("\nanswer unknown"),
            Err(LogError::Unavailable(_)) => println!("\nanswer unavailable"),
            Err(error) => println!("\nanswer {error}"),
        }
    }
}

/// The child with its disk in our hand.
struct Process {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    full: PathBuf,
    failing: PathBuf,
}

impl Process {
    fn start(folder: &Path) -> Self {
        let shim = folder.join("shim.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fault/shim.c");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&shim)
            .arg(source)
            .arg("-ldl")
            .status()
            .expect("a C compiler");
        assert!(built.success(), "the shim does not build");
        let (full, failing) = (folder.join("full"), folder.join("failing"));
        let mut child = Command::new(std::env::current_exe().expect("a path"))
            .args(["it::fault::child", "--exact", "--nocapture", "--test-threads=1"])
            .env(LOG, folder.join("log.sqlite"))
            .env("LD_PRELOAD", &shim)
            .env("LOG_SHIM_FULL", &full)
            .env("LOG_SHIM_EIO", &failing)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a child");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("its output"));
        Self { child, input, output, full, failing }
    }

    /// Has stream `number` appended; answers the child's words.
    fn append(&mut self, number: usize) -> String {
        let input = self.input.as_mut().expect("its input");
        writeln!(input, "{number}").expect("a child that listens");
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).expect("its output") > 0, "the child has ended");
            if let Some(answer) = line.trim_end().strip_prefix("answer ") {
                return answer.to_owned();
            }
        }
    }

    fn done(&mut self, number: usize, position: u64) {
        assert_eq!(self.append(number), format!("done {position}"));
    }

    fn end(mut self) {
        drop(self.input.take());
        assert!(self.child.wait().expect("its end").success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn trigger(file: &Path) {
    std::fs::write(file, "").expect("a trigger");
}

#[test]
fn a_full_disk_refuses_and_recovers_without_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut process = Process::start(folder.path());
    for number in 0..40 {
        process.done(number, 2 * number as u64 + 2);
    }
    trigger(&process.full);
    for number in 40..45 {
        assert_eq!(process.append(number), "full");
    }
    std::fs::remove_file(&process.full).expect("room again");
    for number in 40..80 {
        process.done(number, 2 * number as u64 + 2);
    }
    process.end();
    assert_eq!(verify(&folder.path().join("log.sqlite"), |_, _| {}).expect("whole").events, 160);
}

#[test]
fn a_full_disk_survives_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut process = Process::start(folder.path());
    for number in 0..40 {
        process.done(number, 2 * number as u64 + 2);
    }
    trigger(&process.full);
    assert_eq!(process.append(40), "full");
    drop(process);
    std::fs::remove_file(folder.path().join("full")).expect("room again");
    assert_eq!(verify(&folder.path().join("log.sqlite"), |_, _| {}).expect("whole").events, 80);
    let mut process = Process::start(folder.path());
    process.done(40, 82);
    process.end();
}

#[test]
fn a_failed_sync_ends_all_acknowledgement_until_a_restart() {
    for appended in [1, 7, 30] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut process = Process::start(folder.path());
        for number in 0..appended {
            process.done(number, 2 * number as u64 + 2);
        }
        trigger(&process.failing);
        assert_eq!(process.append(appended), "unknown");
        assert_eq!(process.append(appended + 1), "unavailable");
        std::fs::remove_file(&process.failing).expect("a disk that works");
        assert_eq!(process.append(appended + 1), "unavailable", "a log that failed came back by itself");
        process.end();
        restart(folder.path(), appended);
    }
}

#[test]
fn a_failed_sync_and_a_crash_lose_nothing_acknowledged() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut process = Process::start(folder.path());
    for number in 0..12 {
        process.done(number, 2 * number as u64 + 2);
    }
    trigger(&process.failing);
    assert_eq!(process.append(12), "unknown");
    drop(process);
    std::fs::remove_file(folder.path().join("failing")).expect("a disk that works");
    restart(folder.path(), 12);
}

/// After the restart everything acknowledged is there, the unknown append is there whole or not at all, and its
/// repetition settles it.
fn restart(folder: &Path, appended: usize) {
    let verified = verify(&folder.join("log.sqlite"), |_, _| {}).expect("whole");
    let acknowledged = 2 * appended as u64;
    assert!([acknowledged, acknowledged + 2].contains(&verified.events), "{verified:?}");
    let mut process = Process::start(folder);
    let word = if verified.events == acknowledged { "done" } else { "already" };
    assert_eq!(process.append(appended), format!("{word} {}", acknowledged + 2));
    process.done(appended + 1, acknowledged + 4);
    process.end();
}

#[tokio::test]
async fn a_bounded_file_is_full_and_stays_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.sqlite");
    let options = SqliteOptions { max_pages: Some(60), ..small() };
    let log = SqliteLog::open(&path, options).expect("a log");
    let append = |number: usize| Append {
        stream: stream(number),
        expected: after(None),
        events: vec![event(number as u128, 3_000), event(1 << 64 | number as u128, 3_000)],
    };
    let mut number = 0;
    let refused = loop {
        match log.append(append(number)).await {
            Ok(Appended::Done { position, .. }) => assert_eq!(position.0, 2 * number as u64 + 2),
            Ok(other) => panic!("unexpected {other:?}"),
            Err(error) => break error,
        }
        number += 1;
    };
    assert!(matches!(refused, LogError::Full(_)), "{refused:?}");
    assert!(matches!(log.append(append(number)).await, Err(LogError::Full(_))));
    assert_eq!(log.stats().durable_head, 2 * number as u64);
    assert_eq!(log.read_all(None, 1_000).await.expect("events").len(), 2 * number);
    drop(log);
    assert_eq!(verify(&path, |_, _| {}).expect("whole").events, 2 * number as u64);
    let log = SqliteLog::open(&path, small()).expect("a log with more room");
    assert!(matches!(log.append(append(number)).await, Ok(Appended::Done { .. })));
}
