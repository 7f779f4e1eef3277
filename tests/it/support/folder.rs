//! A data folder of one test.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::binary;

/// Password of the accounts of the demo.
pub const PASSWORD: &str = "wardlog-demo-2026";
/// Who asks without an account.
pub const NOBODY: &str = "anonymous";
/// Accounts of the demo, and those that the fixture adds.
const ACCOUNTS: [&str; 11] = [
    "chief",
    "chief2",
    "officer",
    "committee",
    "committee2",
    "company",
    "company2",
    "guard",
    "volunteer",
    "auditor",
    "admin",
];

/// A folder that is removed with its value.
pub struct Folder {
    folder: TempDir,
}

impl Folder {
    /// An empty one.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    /// The small demo with an API token for every account, and with the chief of another district.
    pub fn demo() -> Self {
        let made = Self::empty();
        copy(&fixture(), made.folder.path());
        made
    }

    /// The data folder itself.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A path beside the data folder.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The token of an account; none for nobody.
    pub fn token(&self, account: &str) -> Option<String> {
        if account == NOBODY {
            return None;
        }
        let text = fs::read_to_string(self.beside("tokens.json")).expect("tokens");
        let tokens: BTreeMap<String, String> = serde_json::from_str(&text).expect("tokens");
        Some(tokens.get(account).unwrap_or_else(|| panic!("no token of `{account}`")).clone())
    }

    /// Runs the binary to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        binary::command(&self.data(), arguments).output().expect("the binary")
    }

    /// Runs the binary, which must succeed; gives its standard output.
    pub fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {:?}\n{errors}", output.status);
        String::from_utf8(output.stdout).expect("text")
    }

    /// Writes a file beside the data folder and tells its path.
    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.beside(name);
        fs::write(&path, text).expect("a file");
        path.into_os_string().into_string().expect("a path in UTF-8")
    }

    /// All events as CloudEvents, in the order of the log.
    pub fn export(&self, options: &[&str]) -> Vec<Value> {
        let text = self.done(&[&["export"], options].concat());
        text.lines().map(|line| serde_json::from_str(line).expect("a CloudEvent")).collect()
    }
}

/// The last secret or password that the binary has shown.
pub fn shown_once(text: &str) -> String {
    let line = text.lines().find(|line| line.contains("(shown once): ")).expect("a secret");
    line.rsplit(": ").next().expect("a secret").to_owned()
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a kind").is_dir() {
            copy(&entry.path(), &target);
        } else {
            // Keeps the mode: the master key must stay private.
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// Something made once of the demo of today, whatever the number of processes that the tests run in.
pub fn once(name: &str, make: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let home = fixture().parent().expect("the folder around it").to_owned();
    let lock = File::create(home.join(format!("{name}.lock"))).expect("a lock");
    lock.lock().expect("the lock");
    let (made, mark) = (home.join(name), home.join(format!("{name}.mark")));
    let wanted = fs::read_to_string(home.join("mark")).expect("the mark of the demo");
    if fs::read_to_string(&mark).is_ok_and(|known| known == wanted) {
        return fs::read(made).expect("what was made");
    }
    let bytes = make();
    fs::write(&made, &bytes).expect("a file");
    fs::write(mark, wanted).expect("the mark");
    bytes
}

/// The demo is loaded once a day and build, whatever the number of processes that the tests run in.
fn fixture() -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("demo");
    fs::create_dir_all(&home).expect("a folder");
    let lock = File::create(home.join("lock")).expect("a lock");
    lock.lock().expect("the lock");
    let built = fs::metadata(binary::path()).and_then(|data| data.modified()).expect("the binary");
    let wanted = format!("{} {built:?} {}", super::now().strftime("%Y-%m-%d"), ACCOUNTS.len());
    let (loaded, mark) = (home.join("loaded"), home.join("mark"));
    if fs::read_to_string(&mark).is_ok_and(|known| known == wanted) {
        return loaded;
    }
    let _ = fs::remove_file(&mark);
    if loaded.exists() {
        fs::remove_dir_all(&loaded).expect("the old demo");
    }
    fs::create_dir_all(&loaded).expect("a folder");
    load(&loaded);
    fs::write(mark, wanted).expect("the mark");
    loaded
}

fn load(loaded: &Path) {
    let data = loaded.join("data");
    let run = |arguments: &[&str]| {
        let output = binary::command(&data, arguments).output().expect("the binary");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    run(&["demo", "--load-only", "--scenario", "shashi-small"]);
    add_chief_of_another_district(&data);
    let secret = |account: &str| shown_once(&run(&["token", "create", account, "--name", "tests"]));
    let tokens: BTreeMap<&str, String> = ACCOUNTS.iter().map(|account| (*account, secret(account))).collect();
    fs::write(loaded.join("tokens.json"), serde_json::to_string(&tokens).expect("JSON")).expect("tokens");
}

fn add_chief_of_another_district(data: &Path) {
    // 普陀区 of Zhoushan; a station of which the log knows nothing.
    let station = super::fresh().to_string();
    let account = ["account", "add", "chief2", "--role", "station_chief", "--area", "330903"];
    let arguments = [&account[..], &["--organisation", &station, "--password-stdin"]].concat();
    let mut child = binary::command(data, &arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the binary");
    writeln!(child.stdin.take().expect("its input"), "{PASSWORD}").expect("a password");
    assert!(child.wait().expect("its end").success());
}
