//! The settings of GraphQL over HTTP, from the command line, the file and their defaults. (What they do is told by the
//! tests of the server.)

use std::fs;

use crate::support::{Folder, Node, http};

/// What a started server answers: to a document that is not valid, and to a batch.
fn statuses(node: &Node) -> (u16, u16) {
    let headers = [("content-type", "application/json"), ("accept", "application/graphql-response+json")];
    let status = |body: &str| {
        http::send(node.address, "POST", "/graphql", &headers, body.as_bytes()).expect("an answer").status
    };
    (status(r#"{"query":"{ nothing }"}"#), status(r#"[{"query":"{ __typename }"}]"#))
}

#[test]
fn the_profile_and_batches_are_settings() {
    let started = |file: Option<&str>, options: &[&str]| {
        let folder = Folder::empty();
        if let Some(text) = file {
            fs::write(folder.beside("wardlog.toml"), text).expect("a file");
        }
        statuses(&Node::start_with(folder, options))
    };
    assert_eq!(started(None, &[]), (400, 200));
    assert_eq!(started(None, &["--graphql-profile", "draft", "--batch", "0"]), (422, 422));
    let file = "graphql_profile = \"draft\"\nbatch = 0\n";
    assert_eq!(started(Some(file), &[]), (422, 422));
    // The command line comes first.
    assert_eq!(started(Some(file), &["--graphql-profile", "audited", "--batch", "1"]), (400, 200));
}

#[test]
fn settings_that_do_not_fit_are_refused() {
    let folder = Folder::empty();
    for options in [["--graphql-profile", "newest"], ["--batch", "11"], ["--batch", "-1"]] {
        let output = folder.run(&["serve", options[0], options[1]]);
        assert_eq!(output.status.code(), Some(2), "{options:?}");
    }
    for text in ["graphql_profile = \"newest\"", "batch = 11", "batch = -1"] {
        fs::write(folder.beside("wardlog.toml"), text).expect("a file");
        let output = folder.run(&["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(output.status.code(), Some(1), "{text}");
        let name = text.split(' ').next().expect("a name");
        assert!(String::from_utf8_lossy(&output.stderr).contains(name), "{text}: {output:?}");
    }
}
