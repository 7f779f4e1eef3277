//! Killed at any moment: what was acknowledged is there, nothing is there twice, nothing is half there.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    process::Stdio,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::{Value, json};

use crate::{
    binary,
    support::{
        Folder, Node, Street, fresh, node,
        street::{new, report},
        wait_for,
    },
};

/// Seed of the moments of death; a failure prints it with the round.
const SEED: u64 = 20_261;
const ROUNDS: usize = 8;
/// Incidents of an import; each has three commands.
const INCIDENTS: usize = 150;

/// An import with its command ids: three dependent commands for each incident.
fn commands(area: &str) -> (String, Vec<String>) {
    let (mut lines, mut ids) = (String::new(), Vec::new());
    for _ in 0..INCIDENTS {
        let incident = new("incident");
        let mut reported = report(&incident, area);
        reported["narrative"] = "深夜噪声扰民".into();
        let steps = [
            ("reportIncident", reported),
            ("triageIncident", json!({ "incident": incident, "kind": "DISTURBANCE" })),
            ("recordDisposition", json!({ "incident": incident, "code": "WARNED", "note": "当面告诫" })),
        ];
        for (command, mut input) in steps {
            let id = fresh().to_string();
            input["commandId"] = id.clone().into();
            lines += &json!({ "command": command, "input": input }).to_string();
            lines.push('\n');
            ids.push(id);
        }
    }
    (lines, ids)
}

/// Events of every command, from an export.
fn by_command(folder: &Folder) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for event in folder.export(&[]) {
        *counts.entry(event["command"].as_str().expect("a command").to_owned()).or_default() += 1;
    }
    counts
}

fn intact(folder: &Folder, when: &str) {
    let said = folder.done(&["verify"]);
    assert!(said.starts_with("intact: "), "{when}: {said}");
}

#[test]
fn an_import_that_is_killed_loses_nothing_that_it_has_acknowledged() {
    let folder = Folder::demo();
    let area = folder.export(&[])[7]["area"].as_str().expect("an area").to_owned();
    let (lines, ids) = commands(&area);
    let file = folder.write("commands.ndjson", &lines);
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut killed = 0;
    for round in 0..ROUNDS {
        let mut child = binary::command(&folder.data(), &["import", "--as", "officer", "--outcomes", &file])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary");
        // Dies at once when so many lines are acknowledged: in the midst of one of the following.
        let last_words = random.usize(1..ids.len() * 2 / 3);
        let mut acknowledged = 0;
        let mut outcomes = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut told = Vec::new();
        while let Some(Ok(line)) = outcomes.next() {
            let Ok(outcome) = serde_json::from_str::<Value>(&line) else { break };
            told.push(outcome);
            acknowledged += 1;
            if acknowledged == last_words {
                node::signal("KILL", child.id());
            }
        }
        // A later round, which has less left to do, may have been faster than its death.
        killed += u32::from(!child.wait().expect("its end").success());
        intact(&folder, &format!("seed {SEED}, round {round}"));
        let present = by_command(&folder);
        for outcome in told {
            let line = usize::try_from(outcome["line"].as_u64().expect("a number")).expect("a number");
            assert_ne!(outcome["outcome"], "failed", "seed {SEED}, round {round}: {outcome}");
            let command = &ids[line - 1];
            assert_eq!(
                present.get(command),
                Some(&1),
                "seed {SEED}, round {round}: line {line} is not there once"
            );
        }
    }
    assert!(killed > 0);
    // The same import to its end: every command once, whenever it was carried out.
    folder.done(&["import", "--as", "officer", &file]);
    let again = folder.done(&["import", "--as", "officer", "--outcomes", &file]);
    assert!(again.lines().all(|line| line.contains("\"unchanged\"")), "{again}");
    let present = by_command(&folder);
    assert!(ids.iter().all(|command| present.get(command) == Some(&1)));
    intact(&folder, "at the end");
    assert!(folder.done(&["rebuild"]).contains("equal to the present views"));
}

#[test]
fn a_server_that_is_killed_loses_nothing_that_it_has_acknowledged() {
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut folder = Folder::demo();
    for round in 0..3 {
        let node = Node::start(folder);
        let street = Street::of(&node);
        let last = random.usize(20..120);
        let (acknowledged, count) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    // Until the server is gone.
                    while let Some(command) = send(&node, &street) {
                        acknowledged.lock().expect("a list").push(command);
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            wait_for("commands", || (count.load(Ordering::Relaxed) >= last).then_some(()));
            node.signal("KILL");
        });
        folder = node.ended().1;
        intact(&folder, &format!("seed {SEED}, round {round}"));
        let present = by_command(&folder);
        for command in acknowledged.into_inner().expect("a list") {
            assert_eq!(present.get(&command), Some(&1), "seed {SEED}, round {round}: {command}");
        }
    }
    // The views go on from where they were, whatever was lost of them.
    let (folder, _) = Node::start(folder).stop();
    assert!(folder.done(&["rebuild"]).contains("equal to the present views"));
}

/// Id of a command that was acknowledged; nothing when the server is gone.
fn send(node: &Node, street: &Street) -> Option<String> {
    let command = fresh().to_string();
    let mut input = report(&new("incident"), street.area());
    input["commandId"] = command.clone().into();
    let query = node::mutation("reportIncident");
    let reply = node.try_ask("officer", "en", &query, &json!({ "input": input })).ok()?;
    let answer: Value = serde_json::from_str(&reply.body).ok()?;
    assert_eq!(answer["data"]["done"]["errors"], json!([]), "{answer}");
    Some(command)
}
