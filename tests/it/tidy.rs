//! What no compiler checks: sizes of files and functions, nothing left undone, no path of somebody's machine.
//!
//! Reads every file that git knows or would add; without git, every file outside of the folders that builds make.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Most lines of a source file that is not a test.
const FILE_LINES: usize = 500;
/// Most lines of a function, its signature and its last brace included.
const FUNCTION_LINES: usize = 70;
/// Pages of others, kept as they were published.
const VENDORED: &[&str] = &[".min.js", ".min.css", ".production.min.js"];
/// Written by tools.
const LOCKS: &[&str] = &["Cargo.lock", "package-lock.json"];

/// A text file of the tree, with its path as git writes it.
struct Text {
    path: String,
    text: String,
}

impl Text {
    fn is_source(&self) -> bool {
        [".rs", ".js", ".mjs"].iter().any(|ending| self.path.ends_with(ending))
    }

    fn is_test(&self) -> bool {
        self.path.starts_with("tests/")
            || self.path.contains("/tests/")
            || self.path.contains("/benches/")
            || self.path.ends_with("/tests.rs")
            || self.path.ends_with("/testing.rs")
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn paths() -> Vec<String> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output();
    match listed {
        Ok(output) if output.status.success() && !output.stdout.is_empty() => {
            let names = String::from_utf8(output.stdout).expect("names in UTF-8");
            names.split_terminator('\0').map(str::to_owned).collect()
        }
        _ => {
            let mut found = Vec::new();
            walk(&root(), "", &mut found);
            found
        }
    }
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("a name in UTF-8");
        let built = matches!(name.as_str(), ".git" | "target" | "node_modules" | "data") && prefix.is_empty();
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() && !built && name != "node_modules" {
            walk(&entry.path(), &format!("{prefix}{name}/"), found);
        } else if kind.is_file() {
            found.push(format!("{prefix}{name}"));
        }
    }
}

/// Every text that somebody here wrote.
fn texts() -> Vec<Text> {
    let ours = |path: &String| {
        !VENDORED.iter().any(|ending| path.ends_with(ending))
            && !LOCKS.iter().any(|lock| path.ends_with(lock))
    };
    // A file that git still lists may be gone already; one that is not UTF-8 is no text.
    let read = |path: String| Some(Text { text: fs::read_to_string(root().join(&path)).ok()?, path });
    let texts: Vec<Text> = paths().into_iter().filter(ours).filter_map(read).collect();
    assert!(texts.iter().any(|text| text.path == "tests/it/tidy.rs"), "the tree was not found");
    texts
}

/// Fails with every offender on a line of its own.
fn none(rule: &str, offenders: &[String]) {
    assert!(offenders.is_empty(), "{rule}; {} offenders:\n{}", offenders.len(), offenders.join("\n"));
}

#[test]
fn no_source_file_is_too_long() {
    let mut offenders = Vec::new();
    for text in texts().iter().filter(|text| text.is_source() && !text.is_test()) {
        let lines = text.text.lines().count();
        if lines > FILE_LINES {
            offenders.push(format!("{}: {lines} lines", text.path));
        }
    }
    none(&format!("a source file has at most {FILE_LINES} lines"), &offenders);
}

#[test]
fn no_function_is_too_long() {
    let mut offenders = Vec::new();
    for text in texts().iter().filter(|text| text.is_source()) {
        for (line, name, length) in functions(&text.text) {
            if length > FUNCTION_LINES {
                offenders.push(format!("{}:{line}: `{name}` has {length} lines", text.path));
            }
        }
    }
    none(&format!("a function has at most {FUNCTION_LINES} lines"), &offenders);
}

#[test]
fn modules_are_named_after_what_they_hold() {
    let nameless: Vec<String> = paths().into_iter().filter(|path| path.ends_with("/mod.rs")).collect();
    none("a module is `foo.rs` beside `foo/`", &nameless);
}

#[test]
fn nothing_is_left_undone() {
    // In two parts, so that this file does not offend.
    let marks = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("#[ig", "nore"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
    ];
    let mut offenders = Vec::new();
    for text in &texts() {
        for (number, line) in text.text.lines().enumerate() {
            for mark in marks.iter().filter(|mark| has_word(line, mark)) {
                offenders.push(format!("{}:{}: {mark}", text.path, number + 1));
            }
        }
    }
    none("nothing is left for later in the code", &offenders);
}

#[test]
fn no_path_of_a_machine_is_written_down() {
    let mut offenders = Vec::new();
    for text in &texts() {
        for (number, line) in text.text.lines().enumerate() {
            if let Some(path) = machine_path(line) {
                offenders.push(format!("{}:{}: {path}", text.path, number + 1));
            }
        }
    }
    none("paths are relative, or named by a setting", &offenders);
}

/// `(line, name, lines)` of every function, by rustfmt's layout: a function ends with the first brace that stands where
/// its first line begins.
fn functions(text: &str) -> Vec<(usize, String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = indent(line);
        let here = |line: &&str| indent == self::indent(line) && !line.trim().is_empty();
        let closed = |line: &str| line.ends_with('}') || line.ends_with(';');
        if closed(line) {
            continue;
        }
        // A signature of several lines that ends in `;` has no body.
        let body = lines[at..].iter().position(|line| here(line) && line.ends_with('{'));
        let bodiless = lines[at..].iter().position(|line| here(line) && line.ends_with(';'));
        if body.is_none() || bodiless.is_some_and(|bodiless| Some(bodiless) < body) {
            continue;
        }
        let end = lines[at..].iter().position(|line| here(line) && line.trim_start().starts_with('}'));
        found.push((at + 1, name, end.map_or(lines.len() - at, |end| end + 1)));
    }
    found
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The name of the function that begins in this line, in Rust or JavaScript.
fn function_name(line: &str) -> Option<String> {
    let mut words = line.split_whitespace().peekable();
    const BEFORE: &[&str] = &[
        "pub",
        "async",
        "const",
        "unsafe",
        "extern",
        "\"C\"",
        "export",
        "default",
        "pub(crate)",
        "pub(super)",
    ];
    while words.next_if(|word| BEFORE.contains(word) || word.starts_with("pub(")).is_some() {}
    let keyword = words.next()?;
    if !matches!(keyword, "fn" | "function" | "function*") {
        return None;
    }
    let name: String = words.next()?.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// Whether the mark stands there by itself, not within a longer word.
fn has_word(line: &str, mark: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(mark).any(|(at, _)| {
        let whole_word = mark.chars().all(char::is_alphanumeric);
        let before = part(line[..at].chars().next_back());
        let after = whole_word && part(line[at + mark.len()..].chars().next());
        !before && !after
    })
}

/// The first path that only some machine has: a home, or a folder that a work place makes at the root.
fn machine_path(line: &str) -> Option<&str> {
    line.match_indices('/').find_map(|(at, _)| {
        let before = line[..at].chars().next_back();
        if before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.') {
            return None;
        }
        let rest = &line[at + 1..];
        let mut parts = rest.split('/');
        let (first, second) = (parts.next()?, parts.next()?);
        let lower = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase());
        let length = match first {
            "work" | "farm" | "root" => first.len(),
            "home" if lower(second) && parts.next().is_some() => first.len() + 1 + second.len(),
            _ => return None,
        };
        Some(&line[at..at + length + 2])
    })
}

#[test]
fn functions_are_measured() {
    let text = "\
impl A {
    fn short() {}
    pub(crate) async fn one<'a>(
        &self,
    ) -> B {
        if c {
        }
    }
    fn declared(
        &self,
    ) -> B;
}
export async function two(a) {
}
";
    let found: Vec<_> =
        functions(text).into_iter().map(|(line, name, length)| format!("{line} {name} {length}")).collect();
    assert_eq!(found, ["3 one 6", "13 two 2"]);
}

#[test]
fn words_and_paths_are_recognised() {
    assert!(has_word("// XYZ: later", "XYZ"));
    assert!(!has_word("mktemp aXYZ XYZb", "XYZ"));
    let path = |parts: &[&str]| parts.join("/");
    assert_eq!(machine_path(&path(&["see ", "work", "a"])), Some(path(&["", "work", ""]).as_str()));
    assert_eq!(
        machine_path(&path(&["see ", "home", "anna", "a"])),
        Some(path(&["", "home", "anna", ""]).as_str())
    );
    assert_eq!(machine_path("crates/work/a ./root/a http://x.y/farm/b"), None);
}
