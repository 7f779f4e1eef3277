//! Accounts are those of all nodes on a log, whichever node they were made, changed or used on.

use serde_json::json;

use super::{Moved, start};
use crate::support::{Folder, Node, folder::shown_once, http, openmetrics::Exposition, wait_for};

/// Status of a question with a token.
fn with_token(node: &Node, token: &str) -> u16 {
    let authorization = format!("Bearer {token}");
    let headers = [("content-type", "application/json"), ("authorization", authorization.as_str())];
    let body = json!({ "query": "{ viewer { id } }" }).to_string();
    http::send(node.address, "POST", "/graphql", &headers, body.as_bytes()).expect("an answer").status
}

/// Signs in; the cookie, if that was possible.
fn sign_in(node: &Node, name: &str, password: &str) -> Option<String> {
    let body = json!({ "name": name, "password": password }).to_string();
    let headers = [("content-type", "application/json")];
    let reply = http::send(node.address, "POST", "/session", &headers, body.as_bytes()).expect("an answer");
    let cookie = reply.header("set-cookie")?.split(';').next()?.to_owned();
    (reply.status < 300).then_some(cookie)
}

fn is_signed_in(node: &Node, cookie: &str) -> bool {
    let reply = http::send(node.address, "GET", "/session", &[("cookie", cookie)], &[]).expect("an answer");
    reply.body.contains("zhang")
}

#[test]
fn an_account_made_at_one_node_is_good_at_every_node_until_it_ends_at_one() {
    let moved = Moved::demo();
    let (one, other) = (moved.node(), moved.node());
    // Beside the running server, in its folder.
    let made = one.folder.done(&["account", "add", "zhang", "--role", "auditor"]);
    let password = shown_once(&made);
    let token = shown_once(&one.folder.done(&["token", "create", "zhang", "--name", "export"]));
    wait_for("the token at the other node", || (with_token(&other, &token) == 200).then_some(()));
    let cookie = sign_in(&other, "zhang", &password).expect("a session");
    wait_for("the session at the first", || is_signed_in(&one, &cookie).then_some(()));
    // A node that was not there yet.
    let third = moved.node();
    wait_for("the token at the third", || (with_token(&third, &token) == 200).then_some(()));
    // What ends at one node ends at all, also at one that was away meanwhile.
    let (away, _) = third.stop();
    one.folder.done(&["account", "disable", "zhang"]);
    wait_for("the end of the account here", || (with_token(&other, &token) == 401).then_some(()));
    let third = start(away);
    for node in [&one, &other, &third] {
        wait_for("the end of the account", || {
            (with_token(node, &token) == 401 && !is_signed_in(node, &cookie)).then_some(())
        });
        assert_eq!(sign_in(node, "zhang", &password), None);
    }
    // In the cluster lies no name and no password, and of each account its last state only.
    let store = moved.cluster.store();
    let mut accounts = std::collections::BTreeSet::new();
    for record in store.all(0).into_iter().filter(|record| record.stream.starts_with("account-")) {
        let text = String::from_utf8_lossy(record.data()).into_owned();
        assert!(!text.contains("zhang") && !text.contains("argon2"), "{text}");
        accounts.insert(record.stream.clone());
    }
    for account in &accounts {
        wait_for("what the account was before to be cut off", || {
            (store.stream(account).len() == 1).then_some(())
        });
    }
    assert!(accounts.len() > 1, "{accounts:?}");
}

#[test]
fn what_changes_while_the_cluster_is_away_is_told_when_it_is_back() {
    let mut moved = Moved::demo();
    let (one, other) = (moved.node(), moved.node());
    let token = shown_once(&one.folder.done(&["token", "create", "chief", "--name", "export"]));
    wait_for("the token at the other node", || (with_token(&other, &token) == 200).then_some(()));
    for index in 0..3 {
        moved.cluster.kill(index);
    }
    one.folder.done(&["account", "disable", "chief"]);
    wait_for("the end here", || (with_token(&one, &token) == 401).then_some(()));
    assert_eq!(with_token(&other, &token), 200, "it can not know yet");
    for index in 0..3 {
        moved.cluster.revive(index);
    }
    moved.cluster.elect(Some(0));
    wait_for("the end there", || (with_token(&other, &token) == 401).then_some(()));
}

fn untold(node: &Node) -> f64 {
    Exposition::parse(&node.get("/metrics").body).value("wardlog_cluster_untold_accounts", &[])
}

/// The roles of who is signed in.
fn roles(node: &Node, cookie: &str) -> serde_json::Value {
    let reply = http::send(node.address, "GET", "/session", &[("cookie", cookie)], &[]).expect("an answer");
    reply.json()["principal"]["roles"].clone()
}

/// Two nodes that do not hear of each other: each change holds, and how many wait is to be seen.
#[test]
fn a_role_taken_away_at_one_node_and_a_password_set_at_another_both_hold() {
    let mut moved = Moved::demo();
    let (one, other) = (moved.node(), moved.node());
    let add = ["account", "add", "zhang", "--role", "administrator", "--role", "auditor"];
    let password = shown_once(&one.folder.done(&add));
    let cookie = wait_for("the account at the other node", || sign_in(&other, "zhang", &password));
    wait_for("everything to be told", || (untold(&one) == 0.0 && untold(&other) == 0.0).then_some(()));
    for index in 0..3 {
        moved.cluster.kill(index);
    }
    one.folder.done(&["account", "grant", "zhang", "--role", "auditor"]);
    let new = shown_once(&other.folder.done(&["account", "password", "zhang"]));
    let says = |node: &Node, text: &str| node.lines(text).len();
    let (begun, over) = (
        "the accounts can not be told to the other nodes; it is tried again all the time",
        "over: the accounts can not be told to the other nodes",
    );
    for node in [&one, &other] {
        wait_for("it to be counted and said", || {
            (untold(node) == 1.0 && says(node, begun) > 0).then_some(())
        });
    }
    for index in 0..3 {
        moved.cluster.revive(index);
    }
    moved.cluster.elect(Some(0));
    for node in [&one, &other] {
        let cookie = wait_for("the new password", || sign_in(node, "zhang", &new));
        wait_for("the role to be gone", || (roles(node, &cookie) == json!(["auditor"])).then_some(()));
        wait_for("everything to be told", || (untold(node) == 0.0).then_some(()));
        wait_for("its end to be said", || (says(node, over) > 0).then_some(()));
        assert_eq!(says(node, begun), says(node, over), "each outage once");
    }
    for node in [&one, &other] {
        assert_eq!(sign_in(node, "zhang", &password), None);
        wait_for("the session of the old password to end", || (!is_signed_in(node, &cookie)).then_some(()));
    }
}

/// As the runbook has it for a cluster that was lost.
fn without_views(folder: &Folder) {
    for entry in std::fs::read_dir(folder.data()).expect("a folder") {
        let entry = entry.expect("an entry");
        if entry.file_name().to_string_lossy().starts_with("views-") {
            std::fs::remove_file(entry.path()).expect("a file");
        }
    }
}

#[test]
fn a_restored_log_is_told_what_it_has_lost_of_accounts() {
    let moved = Moved::demo();
    let (one, other) = (moved.node(), moved.node());
    let password = shown_once(&one.folder.done(&["account", "add", "zhang", "--role", "auditor"]));
    let token = shown_once(&one.folder.done(&["token", "create", "zhang", "--name", "export"]));
    wait_for("the token at the other node", || (with_token(&other, &token) == 200).then_some(()));
    wait_for("everything to be told", || (untold(&one) == 0.0 && untold(&other) == 0.0).then_some(()));
    let backup = moved.cluster.store().saved();
    // After the backup: one account ends, another is made.
    one.folder.done(&["account", "disable", "zhang"]);
    let later = shown_once(&one.folder.done(&["account", "add", "li", "--role", "auditor"]));
    wait_for("the end at the other node", || (with_token(&other, &token) == 401).then_some(()));
    let cookie = wait_for("the later account at the other node", || sign_in(&other, "li", &later));
    wait_for("its session at the first", || (roles(&one, &cookie) == json!(["auditor"])).then_some(()));
    wait_for("everything to be told", || (untold(&one) == 0.0 && untold(&other) == 0.0).then_some(()));
    let (folder, _) = one.stop();
    drop(other);
    moved.cluster.store().restore(&backup);
    without_views(&folder);
    let one = start(folder);
    // A node that comes new knows nothing but the log.
    let new = moved.node();
    for node in [&one, &new] {
        wait_for("the later account", || (roles(node, &cookie) == json!(["auditor"])).then_some(()));
        wait_for("the end to be told again", || (with_token(node, &token) == 401).then_some(()));
        assert_eq!(sign_in(node, "zhang", &password), None);
    }
    assert_eq!(one.lines("the log was restored from a backup; accounts are told anew").len(), 1);
}
