//! An upload needs as much memory for ten thousand lines as for a hundred.

use std::fs;

use serde_json::json;

use crate::support::{Node, fresh, http, street::report};

/// More than this the longest upload may not need beside a short one, in KiB: what is decoded, read ahead, waiting and
/// not told yet is bounded, whatever the number of lines.
const MORE: u64 = 24 * 1024;

/// Highest resident memory of the server since the last call, in KiB.
fn peak(node: &Node) -> u64 {
    let status =
        fs::read_to_string(format!("/proc/{}/status", node.process())).expect("the status of a process");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("its peak");
    line.split_whitespace().nth(1).and_then(|text| text.parse().ok()).expect("a number")
}

fn upload(node: &Node, lines: &str) -> u64 {
    // 5: the peak begins anew (proc_pid_clear_refs(5)).
    fs::write(format!("/proc/{}/clear_refs", node.process()), "5").expect("a new peak");
    let token = format!("Bearer {}", node.folder.token("officer").expect("a token"));
    let headers = [("content-type", "application/x-ndjson"), ("authorization", token.as_str())];
    let reply = http::upload(node.address, "/ingest?dryRun=true", &headers, lines.as_bytes());
    let last = reply.lines().last().expect("a trailer");
    let count = lines.lines().count();
    assert!(last.contains(&format!("\"lines\":{count}")) && last.contains("\"complete\":true"), "{last}");
    assert!(last.contains(&format!("\"checked\":{count}")), "{last}");
    peak(node)
}

#[test]
fn memory_does_not_grow_with_the_number_of_lines() {
    let node = Node::start_with(crate::support::Folder::demo(), &["--cost-per-minute", "100000000"]);
    let street = crate::support::Street::of(&node);
    let lines = |count: usize| -> String {
        let line = |_| {
            let mut input = report(&crate::support::street::new("incident"), street.area());
            input["commandId"] = json!(fresh());
            // 6 KiB each: ten thousand are nearly as much as an upload may have.
            input["narrative"] = "长".repeat(300).into();
            let padding = " ".repeat(5_000);
            format!("{{\"command\":\"reportIncident\",{padding}\"input\":{input}}}\n")
        };
        (0..count).map(line).collect()
    };
    // Twice each, so that what is only made once is made.
    upload(&node, &lines(100));
    let few = upload(&node, &lines(100));
    let many = upload(&node, &lines(10_000));
    assert!(many <= few + MORE, "{few} KiB for a hundred lines, {many} KiB for ten thousand");
    println!("{few} KiB for a hundred lines, {many} KiB for ten thousand");
}
