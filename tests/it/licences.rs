//! Every dependency has a licence that deny.toml allows, and none is allowed that nobody needs.

use std::{
    collections::{BTreeSet, HashSet},
    fs,
    path::Path,
    process::Command,
};

use serde_json::Value;

/// `(name, licence)` of every package that a build for this machine takes.
fn packages() -> Vec<(String, String)> {
    let host = Command::new("rustc").arg("-vV").output().expect("rustc");
    let host = String::from_utf8(host.stdout).expect("UTF-8");
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let resolved: HashSet<&str> = metadata["resolve"]["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .filter_map(|node| node["id"].as_str())
        .collect();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .filter(|package| package["id"].as_str().is_some_and(|id| resolved.contains(id)))
        .map(|package| {
            (format!("{} {}", text(&package["name"]), text(&package["version"])), text(&package["license"]))
        })
        .collect()
}

fn allowed() -> BTreeSet<String> {
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../deny.toml")).expect("deny.toml");
    let settings: toml::Table = text.parse().expect("TOML");
    let list = settings["licenses"]["allow"].as_array().expect("a list");
    list.iter().map(|licence| licence.as_str().expect("text").to_owned()).collect()
}

/// Licences under which a package can be used, of those allowed; empty when it can not. Takes the SPDX expressions that
/// packages use: OR, AND and brackets, and the old `/` for OR.
fn choices(expression: &str, allowed: &BTreeSet<String>) -> BTreeSet<String> {
    let expression = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = expression.split_whitespace().collect();
    let mut rest = words.as_slice();
    let found = any(&mut rest, allowed);
    assert!(rest.is_empty(), "not an expression of licences: {expression}");
    found.unwrap_or_default()
}

/// `None`: not allowed.
type Choice = Option<BTreeSet<String>>;

fn any(rest: &mut &[&str], allowed: &BTreeSet<String>) -> Choice {
    let mut found = all(rest, allowed);
    while let Some(("OR", tail)) = rest.split_first().map(|(word, tail)| (*word, tail)) {
        *rest = tail;
        let other = all(rest, allowed);
        found = match (found, other) {
            (Some(one), Some(other)) => Some(&one | &other),
            (one, other) => one.or(other),
        };
    }
    found
}

fn all(rest: &mut &[&str], allowed: &BTreeSet<String>) -> Choice {
    let mut found = one(rest, allowed);
    while let Some(("AND", tail)) = rest.split_first().map(|(word, tail)| (*word, tail)) {
        *rest = tail;
        let other = one(rest, allowed);
        found = found.zip(other).map(|(one, other)| &one | &other);
    }
    found
}

fn one(rest: &mut &[&str], allowed: &BTreeSet<String>) -> Choice {
    let (first, tail) = rest.split_first().expect("a licence");
    *rest = tail;
    if *first == "(" {
        let found = any(rest, allowed);
        assert_eq!(rest.first(), Some(&")"), "a bracket is open");
        *rest = &rest[1..];
        return found;
    }
    let mut licence = (*first).to_owned();
    if let ["WITH", exception, tail @ ..] = *rest {
        licence = format!("{licence} WITH {exception}");
        *rest = tail;
    }
    allowed.contains(&licence).then(|| BTreeSet::from([licence]))
}

#[test]
fn every_licence_is_allowed() {
    let allowed = allowed();
    let packages = packages();
    let offenders: Vec<String> = packages
        .iter()
        .filter(|(_, licence)| licence.is_empty() || choices(licence, &allowed).is_empty())
        .map(|(name, licence)| format!("{name}: {licence}"))
        .collect();
    assert!(offenders.is_empty(), "deny.toml does not allow:\n{}", offenders.join("\n"));
    let used: BTreeSet<String> =
        packages.iter().flat_map(|(_, licence)| choices(licence, &allowed)).collect();
    let idle: Vec<&String> = allowed.difference(&used).collect();
    assert!(idle.is_empty(), "deny.toml allows what nobody needs: {idle:?}");
}

#[test]
fn expressions_are_understood() {
    let allowed =
        BTreeSet::from(["MIT", "BSD-3-Clause", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned));
    let can = |expression: &str| !choices(expression, &allowed).is_empty();
    assert!(can("MIT OR GPL-3.0") && can("Unlicense/MIT") && can("(MIT OR Apache-2.0) AND BSD-3-Clause"));
    assert!(can("Apache-2.0 WITH LLVM-exception"));
    assert!(!can("MIT AND GPL-3.0") && !can("Apache-2.0") && !can("(GPL-3.0 OR Apache-2.0) AND MIT"));
}
