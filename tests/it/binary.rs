//! The binary as people start it. `tests/run` builds it before the tests; by hand: `cargo build --package server`.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

/// The binary of the same build folder and profile as this test.
pub fn path() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let profile = test.ancestors().nth(2).expect("the folder of the profile");
    let binary = profile.join(format!("wardlog{}", std::env::consts::EXE_SUFFIX));
    assert!(binary.is_file(), "the binary is not built: cargo build --package server");
    binary
}

/// A command of the binary on a data folder, without settings of this machine.
pub fn command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(path());
    for (name, _) in std::env::vars_os() {
        if ["WARDLOG_", "OTEL_"].iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    // Where no settings file lies.
    let folder = data.parent().expect("a folder around the data folder");
    command.args(arguments).arg("--data").arg(data).current_dir(folder).stdin(Stdio::null());
    command
}

/// A server that runs until it is dropped.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    /// Starts `serve` on a free port and waits until it answers queries.
    pub fn start(data: &Path) -> Self {
        let mut child = command(data, &["serve", "--listen", "127.0.0.1:0", "--log-json"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary");
        let mut lines = BufReader::new(child.stderr.take().expect("its logs")).lines();
        let mut said = String::new();
        let address = loop {
            let Some(line) = lines.next() else {
                panic!("the server has ended: {:?}\n{said}", child.wait());
            };
            let line = line.expect("a line");
            let fields =
                serde_json::from_str::<Value>(&line).map(|log| log["fields"].clone()).unwrap_or_default();
            if fields["message"] == "serving" {
                break fields["address"].as_str().and_then(|text| text.parse().ok()).expect("an address");
            }
            said += &line;
            said.push('\n');
        };
        // Whatever else it says must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn wrong_usage_is_told_apart_from_failure() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let code = |arguments: &[&str]| command(&data, arguments).output().expect("the binary").status.code();
    assert_eq!(code(&["serve", "--no-such-option"]), Some(2));
    // There is no log yet: nothing to verify, and none is begun by mistake.
    assert_eq!(code(&["verify"]), Some(1));
    assert!(!data.join("log.db").exists());
}

#[test]
fn a_server_on_an_empty_folder_is_alive() {
    use std::io::{Read as _, Write as _};
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder.path().join("data"));
    let mut socket = std::net::TcpStream::connect(server.address).expect("a server that listens");
    socket
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .expect("a request");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("ok\n"), "{answer}");
}
