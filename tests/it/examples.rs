//! The commands of the READMEs on uploads and exports do what is said beside them.

use std::{fs, path::Path, process::Command};

use crate::support::Node;

/// The shell blocks of a section, in their order.
fn blocks(readme: &str, section: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(readme);
    let text = fs::read_to_string(path).expect("a README");
    let (_, rest) = text.split_once(&format!("\n## {section}\n")).expect("the section");
    let section = rest.split("\n## ").next().expect("its text");
    section
        .split("```sh\n")
        .skip(1)
        .map(|rest| rest.split("```").next().expect("an end").to_owned())
        .collect()
}

#[test]
fn the_commands_of_the_readme_work() {
    let english = blocks("README.md", "Uploads and exports");
    assert_eq!(english, blocks("README.zh-CN.md", "批量上传与导出"), "both have the same commands");
    let node = Node::demo();
    let folder = tempfile::tempdir().expect("a folder");
    let token = node.folder.token("officer").expect("a token");
    let address = format!("http://{}", node.address);
    let mut said = Vec::new();
    for block in &english {
        let block = block.replace("http://127.0.0.1:8080", &address);
        let script = format!("set -e\ncurl() {{ command curl --fail-with-body -sS \"$@\"; }}\n{block}");
        let done =
            Command::new("sh").args(["-c", &script]).env("TOKEN", &token).current_dir(&folder).output();
        let done = done.expect("a shell");
        let text = String::from_utf8(done.stdout).expect("text");
        assert!(done.status.success(), "{block}\n{text}\n{}", String::from_utf8_lossy(&done.stderr));
        said.push(text);
    }
    let [upload, dry, events, exports] = &said[..] else { panic!("{} blocks", said.len()) };
    assert!(upload.contains("\"appended\":2") && upload.contains("\"complete\":true"), "{upload}");
    assert!(dry.contains("\"unchanged\":2") && dry.contains("\"dryRun\":true"), "{dry}");
    assert!(events.contains("\"appended\":1") && events.contains("\"failed\":0"), "{events}");
    assert!(exports.contains("\"exports\":[") && exports.contains("IncidentReported"), "{exports}");
    let files = fs::read_dir(&folder)
        .expect("a folder")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let csv: Vec<String> = files.filter(|name| name.starts_with("wardlog-incidents-")).collect();
    assert_eq!(csv.len(), 1);
    assert!(fs::read(folder.path().join(&csv[0])).expect("a file").starts_with(b"\xef\xbb\xbfid,"));
}
