//! A running server.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use serde_json::{Value, json};

use super::{Folder, Reply, http, wait_for};
use crate::binary;

/// A server on a folder of its own; ends with its value.
pub struct Node {
    pub folder: Folder,
    pub address: SocketAddr,
    child: Child,
    logs: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Node {
    /// Serves the small demo.
    pub fn demo() -> Self {
        Self::start(Folder::demo())
    }

    /// Starts `serve` on a free port and waits until it is ready.
    pub fn start(folder: Folder) -> Self {
        Self::start_with(folder, &[])
    }

    pub fn start_with(folder: Folder, options: &[&str]) -> Self {
        Self::start_in(folder, &[&["--log-json"], options].concat(), &[])
    }

    /// With the variables of an environment; lines for people unless the options say `--log-json`.
    pub fn start_in(folder: Folder, options: &[&str], environment: &[(&str, &str)]) -> Self {
        let node = Self::start_unready_in(folder, options, environment);
        wait_for("the server to be ready", || (node.get("/readyz").status == 200).then_some(()));
        node
    }

    /// Waits until it listens, whether it is ready or not.
    pub fn start_unready(folder: Folder, options: &[&str]) -> Self {
        Self::start_unready_in(folder, &[&["--log-json"], options].concat(), &[])
    }

    fn start_unready_in(folder: Folder, options: &[&str], environment: &[(&str, &str)]) -> Self {
        let arguments = [&["serve", "--listen", "127.0.0.1:0"], options].concat();
        let mut child = binary::command(&folder.data(), &arguments)
            .envs(environment.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary");
        let logs = Arc::new(Mutex::new(String::new()));
        let (lines, kept) = (BufReader::new(child.stderr.take().expect("its logs")), Arc::clone(&logs));
        let reader = std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let mut kept = kept.lock().expect("logs");
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        let address = wait_for("the server to listen", || {
            let said = logs.lock().expect("logs").clone();
            if let Some(status) = child.try_wait().expect("a child") {
                panic!("the server has ended: {status}\n{said}");
            }
            said.lines().find_map(address_in)
        });
        Self { folder, address, child, logs, reader: Some(reader) }
    }

    /// What it has written to standard error so far.
    pub fn logs(&self) -> String {
        self.logs.lock().expect("logs").clone()
    }

    /// Those of its log lines that say this message.
    pub fn lines(&self, message: &str) -> Vec<Value> {
        let lines = self.logs();
        let read = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        read.filter(|line| line["fields"]["message"] == message).collect()
    }

    pub fn get(&self, path: &str) -> Reply {
        http::send(self.address, "GET", path, &[], &[]).expect("an answer")
    }

    /// Sends a GraphQL request as an account.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn try_ask(
        &self,
        who: &str,
        language: &str,
        query: &str,
        variables: &Value,
    ) -> std::io::Result<Reply> {
        let token = self.folder.token(who).map(|token| format!("Bearer {token}"));
        let mut headers = vec![("content-type", "application/json"), ("accept-language", language)];
        if let Some(token) = &token {
            headers.push(("authorization", token));
        }
        let body = json!({ "query": query, "variables": variables }).to_string();
        http::send(self.address, "POST", "/graphql", &headers, body.as_bytes())
    }

    /// The whole answer to a query.
    pub fn answer(&self, who: &str, query: &str, variables: &Value) -> Value {
        self.try_ask(who, "en", query, variables).expect("an answer").json()
    }

    /// The data of a query that must succeed.
    pub fn ask(&self, who: &str, query: &str, variables: &Value) -> Value {
        let mut answer = self.answer(who, query, variables);
        assert!(answer["errors"].is_null(), "{who}: {query} {variables}: {answer}");
        answer["data"].take()
    }

    /// The payload of a command: `position`, `revision` and `errors`.
    pub fn command(&self, who: &str, name: &str, input: Value) -> Value {
        self.command_in("en", who, name, input)
    }

    pub fn command_in(&self, language: &str, who: &str, name: &str, mut input: Value) -> Value {
        if input["commandId"].is_null() {
            input["commandId"] = super::fresh().to_string().into();
        }
        let (query, variables) = (mutation(name), json!({ "input": input }));
        let mut answer = self.try_ask(who, language, &query, &variables).expect("an answer").json();
        assert!(answer["errors"].is_null(), "{who}: {name} {variables}: {answer}");
        answer["data"]["done"].take()
    }

    /// A command that must succeed.
    pub fn must(&self, who: &str, name: &str, input: Value) -> Value {
        let done = self.command(who, name, input.clone());
        assert_eq!(done["errors"], json!([]), "{who}: {name} {input}");
        done
    }

    /// What a mutation answers that opens personal fields; it must succeed.
    pub fn revealing(&self, who: &str, name: &str, mut input: Value, selection: &str) -> Value {
        if input["commandId"].is_null() {
            input["commandId"] = super::fresh().to_string().into();
        }
        let kind = format!("{}Input", name[..1].to_uppercase() + &name[1..]);
        let query = format!(
            "mutation($input: {kind}!) {{ done: {name}(input: $input) {{ {selection} position errors {{ code field }} }} }}"
        );
        let mut data = self.ask(who, &query, &json!({ "input": input }));
        assert_eq!(data["done"]["errors"], json!([]), "{who}: {name}");
        data["done"].take()
    }

    /// Opens all personal fields of one subject.
    pub fn reveal(&self, who: &str, id: &str, selection: &str) -> Value {
        let input = json!({ "id": id, "purpose": "INSPECTION", "reason": "试验" });
        self.revealing(who, "reveal", input, selection)
    }

    /// Position of the last event.
    pub fn head(&self) -> u64 {
        let data = self.ask("auditor", "{ log { head } }", &json!({}));
        data["log"]["head"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// Asserts that after a position nobody but the platform's own policies has recorded anything.
    pub fn nothing_recorded_since(&self, head: u64, why: &str) {
        let events = self.folder.export(&["--after", &head.to_string()]);
        let policies = "00000000-0000-0000-0000-000000000000";
        let by_others: Vec<&Value> = events.iter().filter(|event| event["actor"] != policies).collect();
        assert!(by_others.is_empty(), "{why}: {by_others:#?}");
    }

    /// Its id in the system.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, name: &str) {
        signal(name, self.child.id());
    }

    /// Waits for its end, which something else has brought about.
    pub fn ended(mut self) -> (ExitStatus, Folder, String) {
        let status = wait_for("the server to end", || self.child.try_wait().expect("a child"));
        if let Some(reader) = self.reader.take() {
            reader.join().expect("its logs");
        }
        let logs = self.logs();
        // What is left of the value has nothing to kill any more.
        let folder = std::mem::replace(&mut self.folder, Folder::empty());
        (status, folder, logs)
    }

    /// Ends it gently; it must succeed.
    pub fn stop(self) -> (Folder, String) {
        self.signal("TERM");
        let (status, folder, logs) = self.ended();
        assert_eq!(status.code(), Some(0), "{logs}");
        (folder, logs)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in the line that says where it listens, in either form.
fn address_in(line: &str) -> Option<SocketAddr> {
    let Ok(line) = serde_json::from_str::<Value>(line) else {
        return line.split_once("serving address=")?.1.split(' ').next()?.parse().ok();
    };
    let fields = &line["fields"];
    (fields["message"] == "serving").then_some(())?;
    fields["address"].as_str()?.parse().ok()
}

/// A mutation that asks for everything that every payload has.
pub fn mutation(name: &str) -> String {
    let input = format!("{}Input", name[..1].to_uppercase() + &name[1..]);
    format!(
        "mutation($input: {input}!) {{ done: {name}(input: $input) {{ position revision errors {{ code field message messageZh }} }} }}"
    )
}

/// Sends a signal to a process that this test has started.
pub fn signal(name: &str, process: u32) {
    let line = format!("kill -{name} {process}");
    let status = Command::new("sh").args(["-c", &line]).status().expect("a shell");
    assert!(status.success(), "{line}");
}
