//! The directions of ARCHITECTURE.md: who may depend on whom, held over what cargo itself says.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use serde_json::Value;

/// Every crate with the crates of this workspace that it may use, for any purpose, tests included.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("event-log", &[]),
    ("fake-cluster", &[]),
    ("event-log-kurrent", &["event-log", "fake-cluster"]),
    ("keyring", &[]),
    ("views", &["domain", "event-log", "keyring"]),
    ("app", &["domain", "event-log", "keyring", "views"]),
    ("graphql", &["domain", "event-log", "keyring", "views", "app"]),
    ("city", &["domain", "event-log", "keyring", "views", "app"]),
    (
        "server",
        &[
            "domain",
            "event-log",
            "event-log-kurrent",
            "fake-cluster",
            "keyring",
            "views",
            "app",
            "graphql",
            "city",
        ],
    ),
];

/// Tests over everything; nothing ships from it, so it may use any crate.
const TESTS: &str = "wardlog-tests";

/// What would let the domain do IO, tell the time, make ids of its own or wait.
const NOT_IN_DOMAIN: &[&str] = &[
    "axum",
    "fastrand",
    "futures-util",
    "getrandom",
    "hyper",
    "rand",
    "rusqlite",
    "tempfile",
    "tokio",
    "tracing",
];

/// Package → everything it names as a dependency.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let name = |value: &Value| value["name"].as_str().expect("a name").to_owned();
    packages
        .iter()
        .map(|package| {
            let used = package["dependencies"].as_array().expect("dependencies");
            (name(package), used.iter().map(name).collect())
        })
        .collect()
}

fn crates() -> impl Iterator<Item = &'static str> {
    MAY_USE.iter().map(|(name, _)| *name)
}

#[test]
fn every_crate_is_drawn() {
    let architecture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ARCHITECTURE.md");
    let text = fs::read_to_string(architecture).expect("ARCHITECTURE.md");
    let found = dependencies();
    for name in found.keys().filter(|name| *name != TESTS) {
        assert!(
            crates().any(|known| known == name),
            "`{name}` has no place among the directions of this test"
        );
        assert!(text.contains(&format!("`{name}`")), "ARCHITECTURE.md does not tell of `{name}`");
    }
    for name in crates() {
        assert!(found.contains_key(name), "`{name}` is drawn, but there is no such crate");
    }
}

#[test]
fn dependencies_go_one_way() {
    let found = dependencies();
    let mut offenders = Vec::new();
    for (name, may_use) in MAY_USE {
        for used in found.get(*name).into_iter().flatten() {
            // A crate may name itself, to test with another of its features.
            let ours = used != name && (crates().any(|known| known == used) || used == TESTS);
            if ours && !may_use.contains(&used.as_str()) {
                offenders.push(format!("`{name}` must not depend on `{used}`"));
            }
        }
    }
    assert!(offenders.is_empty(), "{}", offenders.join("\n"));
}

#[test]
fn the_directions_have_no_cycle() {
    // Each crate uses only those drawn before it.
    for (at, (name, may_use)) in MAY_USE.iter().enumerate() {
        for used in *may_use {
            let drawn = MAY_USE.iter().position(|(other, _)| other == used).expect("a crate of the map");
            assert!(drawn < at, "`{used}` must be drawn before `{name}`");
        }
    }
}

#[test]
fn the_domain_can_do_nothing_but_decide() {
    let found = dependencies();
    let forbidden: Vec<&String> =
        found["domain"].iter().filter(|used| NOT_IN_DOMAIN.contains(&used.as_str())).collect();
    assert!(forbidden.is_empty(), "`domain` must not depend on {forbidden:?}");
}
