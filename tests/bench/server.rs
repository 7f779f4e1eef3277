//! The binary under measurement, as a process of its own.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::Outcome;

/// A server, stopped at the end.
pub struct Server {
    child: Child,
    pub address: &'static str,
    /// Of a chief of the station.
    pub token: String,
}

impl Server {
    /// Starts one on a loaded folder. What an account may cost is not what is measured.
    pub fn start(folder: &Path, station: &str) -> Outcome<Self> {
        let token = account(folder, "bench", station)?;
        let address = "127.0.0.1:18089";
        let child = Command::new(binary()?)
            .args(["serve", "--listen", address, "--cost-per-minute", "4000000000", "--data"])
            .arg(folder)
            // A line for each request is not what is measured either.
            .env("WARDLOG_LOG_FILTER", "warn,server=info,server::request=off")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let server = Self { child, address, token };
        wait_until_ready(address, Duration::from_secs(60))?;
        Ok(server)
    }

    /// Peak resident memory, in MB.
    pub fn resident(&self) -> Outcome<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmHWM")).ok_or("no VmHWM")?;
        let kilobytes: f64 = line.split_whitespace().nth(1).ok_or("no figure")?.parse()?;
        Ok(kilobytes / 1_024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn binary() -> Outcome<std::path::PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("wardlog"))
}

/// Makes an account of a chief and answers a token of it.
pub fn account(folder: &Path, name: &str, station: &str) -> Outcome<String> {
    let run = |arguments: &[&str]| -> Outcome<String> {
        let done = Command::new(binary()?).args(arguments).arg("--data").arg(folder).output()?;
        let text = String::from_utf8(done.stdout)?;
        if done.status.success() {
            Ok(text)
        } else {
            Err(String::from_utf8_lossy(&done.stderr).into_owned().into())
        }
    };
    run(&["account", "add", name, "--role", "station_chief", "--area", "421002", "--organisation", station])?;
    let made = run(&["token", "create", name, "--name", "bench"])?;
    let token = made.split("wl_").nth(1).and_then(|rest| rest.split_whitespace().next()).ok_or("no token")?;
    Ok(format!("wl_{token}"))
}

pub fn wait_until_ready(address: &str, at_most: Duration) -> Outcome<()> {
    let begun = Instant::now();
    while begun.elapsed() < at_most {
        if std::net::TcpStream::connect(address).is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err("the server did not get ready".into())
}
