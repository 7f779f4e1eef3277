//! Log, data folder and keys that do not belong together are refused, with a sentence and an exit code of its own.

use std::process::Output;

use fake_cluster::Cluster;

use super::{Moved, copied, on_cluster, start};
use crate::support::{Folder, Node};

fn serve(folder: &Folder, options: &[&str]) -> Output {
    folder.run(&[&["serve", "--listen", "127.0.0.1:0"], options].concat())
}

fn refused(output: &Output, code: i32, words: &str) {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}");
    let last = said.lines().last().unwrap_or_default();
    assert!(last.starts_with("wardlog: ") && last.contains(words), "{words}: {said}");
}

#[test]
fn logs_folders_and_keys_that_do_not_belong_together_are_refused() {
    let moved = Moved::demo();
    let folder = moved.folder();
    let cluster = on_cluster(&folder);
    let cluster = cluster.each_ref().map(String::as_str);
    refused(&serve(&moved.from.source, &cluster), 4, "log.db");
    let (folder, _) = start(folder).stop();
    let cluster = on_cluster(&folder);
    let cluster = cluster.each_ref().map(String::as_str);
    refused(&serve(&folder, &[]), 4, "belongs to the log of a cluster");
    refused(&folder.run(&["verify"]), 4, "belongs to the log of a cluster");
    assert!(folder.done(&[&["verify"], &cluster[..]].concat()).starts_with("intact: "));
    // Another cluster, empty and then with a log of its own.
    let other = Cluster::start(1);
    let elsewhere = folder.write("elsewhere", &other.address());
    refused(&serve(&folder, &["--log-file", &elsewhere]), 4, "another log");
    let new = Folder::empty();
    let at = new.write("log", &other.address());
    let (new, _) = Node::start_with(new, &["--log-file", &at]).stop();
    refused(&serve(&folder, &["--log-file", &elsewhere]), 4, "another log");
    // The key of another installation, with and without a keyring that is there already.
    let key = folder.beside("data.master-key");
    std::fs::copy(new.beside("data.master-key"), &key).expect("a copy");
    refused(&serve(&folder, &cluster), 4, "master key");
    std::fs::remove_file(folder.data().join("keyring.db")).expect("no keyring");
    refused(&serve(&folder, &cluster), 4, "master key");
    assert!(!folder.data().join("keyring.db").exists(), "nothing is made for a wrong key");
    // A keyring that is gone is filled from the cluster.
    std::fs::copy(moved.from.source.beside("data.master-key"), &key).expect("the key");
    let node = start(folder);
    let own = node.ask("guard", "{ viewer { person { name { state } } } }", &serde_json::json!({}));
    assert_eq!(own["viewer"]["person"]["name"]["state"], "VISIBLE");
    // Views whose log nobody knows.
    let (folder, _) = node.stop();
    let stray = copied(&folder);
    std::fs::remove_file(stray.data().join("log-id")).expect("no name");
    let cluster = on_cluster(&stray);
    refused(&serve(&stray, &cluster.each_ref().map(String::as_str)), 4, "another log");
}

#[test]
fn a_password_is_shown_by_nothing() {
    let folder = Folder::empty();
    let secret = "s3cret-word";
    let said = |output: Output| {
        let both = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&both).into_owned())
    };
    let with = |arguments: &[&str]| said(serve(&folder, arguments));
    let away =
        format!("esdb://clerk:{secret}@127.0.0.1:9?tls=false&maxDiscoverAttempts=1&discoveryInterval=10");
    let wrong = format!("http://clerk:{secret}@127.0.0.1");
    let odd = format!("esdb://clerk:{secret}@127.0.0.1:9?tls=perhaps");
    let (code, text) = with(&["-vv", "--log", &away]);
    assert_eq!(code, Some(5), "{text}");
    assert!(text.contains("lists processes") && !text.contains(secret), "{text}");
    for (address, code) in [(&wrong, 1), (&odd, 1)] {
        let (ended, text) = with(&["-vv", "--log", address]);
        assert_eq!(ended, Some(code), "{text}");
        assert!(!text.contains(secret), "{text}");
    }
    // In a settings file that is wrong elsewhere, and wrong in that very line.
    for text in
        [format!("log = \"{away}\"\nlisten = 3\n"), format!("log = \"{away}\nlisten = \"127.0.0.1:0\"\n")]
    {
        let path = folder.write("settings.toml", &text);
        let (ended, text) = with(&["--config", &path]);
        assert!(ended == Some(1) && text.contains("line ") && !text.contains(secret), "{text}");
    }
    let mut command = crate::binary::command(&folder.data(), &["serve", "--help"]);
    let (_, help) = said(command.env("WARDLOG_LOG", &away).output().expect("the binary"));
    assert!(help.contains("WARDLOG_LOG") && !help.contains(secret), "{help}");
    let mut command = crate::binary::command(&folder.data(), &["serve", "-vv"]);
    let (ended, text) = said(command.env("WARDLOG_LOG", &away).output().expect("the binary"));
    assert!(ended == Some(5) && !text.contains(secret) && !text.contains("lists processes"), "{text}");
}
