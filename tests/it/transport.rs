//! The settings of GraphQL over HTTP, from the command line, the file and their defaults. (What they do is told by the
//! tests of the server.)

use std::fs;

use serde_json::{Value, json};

use crate::support::{Folder, Node, http, socket::Socket};

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

/// Documents by their id: those of the platform, those of a folder, and nothing else where only they are allowed.
#[test]
fn documents_are_named_by_their_ids() {
    let mut folder = Folder::demo();
    let own = folder.beside("documents");
    fs::create_dir(&own).expect("a folder");
    fs::write(own.join("roles.graphql"), "{ viewer { roles } }").expect("a file");
    let id_of_roles = "sha256:51a3132c420354c7ee3d4051e51ba98249280c53d985474252695ceeab75f9ac";
    let manifest: Value =
        serde_json::from_str(include_str!("../../crates/graphql/operations/manifest.json")).expect("JSON");
    let viewer = manifest["operations"].as_array().expect("operations");
    let viewer = viewer.iter().find(|one| one["name"] == "viewer").expect("one")["id"].clone();
    for only in [false, true] {
        let mut options = vec!["--documents", own.to_str().expect("a path")];
        options.extend(only.then_some("--only-persisted"));
        let node = Node::start_with(folder, &options);
        let token = format!("Bearer {}", node.folder.token("chief").expect("a token"));
        let headers = [
            ("content-type", "application/json"),
            ("accept", "application/graphql-response+json"),
            ("authorization", &token),
        ];
        let ask = |body: Value| {
            let body = body.to_string();
            let reply = http::send(node.address, "POST", "/graphql", &headers, body.as_bytes());
            let reply = reply.expect("an answer");
            let json = reply.json();
            (
                reply.status,
                json["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned(),
                json,
            )
        };
        let (status, _, answer) = ask(json!({ "documentId": viewer }));
        assert_eq!((status, &answer["errors"]), (200, &Value::Null), "{answer}");
        assert!(answer["data"]["viewer"].is_object(), "{answer}");
        let path = format!("/graphql?documentId={}", viewer.as_str().expect("text"));
        let reply = http::send(node.address, "GET", &path, &headers[1..], &[]).expect("an answer");
        assert!(reply.status == 200 && reply.json()["data"]["viewer"].is_object());
        let (status, _, answer) = ask(json!({ "documentId": id_of_roles }));
        assert_eq!(
            (status, &answer["data"]["viewer"]["roles"][0]),
            (200, &json!("STATION_CHIEF")),
            "{answer}"
        );
        let (status, code, _) = ask(json!({ "documentId": "sha256:00" }));
        assert_eq!((status, code.as_str()), (400, "document_unknown"));
        let (status, code, _) = ask(json!({ "documentId": viewer, "query": "{ viewer { roles } }" }));
        assert_eq!((status, code.as_str()), (400, "parameter_invalid"));
        let (status, code, _) = ask(json!({ "documentId": 1 }));
        assert_eq!((status, code.as_str()), (400, "parameter_invalid"));
        // The exact text of a known document is known.
        assert_eq!(ask(json!({ "query": "{ viewer { roles } }" })).0, 200);
        let (status, code, _) = ask(json!({ "query": "{ viewer { id } }" }));
        let refused = if only { (400, "only_persisted_documents") } else { (200, "") };
        assert_eq!((status, code.as_str()), refused);
        let mut socket = Socket::open(&node, "chief");
        socket.say(&json!({ "id": "1", "type": "subscribe", "payload": { "documentId": "x" } }));
        let answer = socket.message();
        assert_eq!(
            (&answer["type"], &answer["payload"][0]["extensions"]["code"]),
            (&json!("error"), &json!("document_unknown"))
        );
        socket.say(&json!({ "id": "1", "type": "subscribe", "payload": { "documentId": viewer } }));
        assert!(socket.next("1")["viewer"].is_object());
        drop(socket);
        folder = node.stop().0;
    }
    let output = folder.run(&["serve", "--documents", "/nowhere/at/all"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nowhere/at/all"));
}
