//! `/metrics`: strictly OpenMetrics, exactly what the catalogue says, and no more series than the program has words.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::support::{
    Folder, NOBODY, Node, PASSWORD, Street, fresh, http,
    openmetrics::Exposition,
    socket::Socket,
    street::{new, report},
};

fn figures(node: &Node) -> Exposition {
    let reply = node.get("/metrics");
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!((reply.status, reply.header("content-type")), (200, Some(kind)));
    // For a second opinion; see tests/run.
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    // Whole at any time, whichever test comes last.
    let written = folder.join(format!("metrics-{}.tmp", std::process::id()));
    std::fs::write(&written, &reply.body).expect("a file");
    std::fs::rename(written, folder.join("metrics.txt")).expect("a file");
    Exposition::parse(&reply.body)
}

/// A line of the catalogue: name, type, labels, what it tells.
fn catalogue() -> BTreeMap<String, (String, BTreeSet<String>, String)> {
    let text = include_str!("../../deploy/metrics.md");
    let cells = |line: &str| -> Option<Vec<String>> {
        let inside = line.strip_prefix("| `")?.strip_suffix(" |")?;
        Some(inside.split(" | ").map(|cell| cell.replace('`', "")).collect())
    };
    let labels = |cell: &str| cell.split(", ").filter(|l| !l.is_empty()).map(str::to_owned).collect();
    // Those of a cluster are held by the tests of one.
    let lines = text.lines().filter(|line| !line.contains("`wardlog_cluster_")).filter_map(cells);
    lines
        .map(|cells| (cells[0].clone(), (cells[1].clone(), labels(cells[2].trim()), cells[3].clone())))
        .collect()
}

/// Something of everything that is counted.
fn live(node: &Node) -> Socket {
    let street = Street::of(node);
    let mut told = report(&new("incident"), street.area());
    told["reporterName"] = "欧阳度测".into();
    node.must("officer", "reportIncident", told);
    // Refused by a rule, by the engine, by the transport.
    let unknown = node.command("officer", "closeIncident", json!({ "incident": new("incident") }));
    assert_ne!(unknown["errors"], json!([]));
    node.answer("officer", "{ nothingOfTheKind }", &json!({}));
    node.answer(NOBODY, "{ viewer { roles } }", &json!({}));
    assert_eq!(node.get("/nowhere").status, 404);
    for password in [PASSWORD, "not the password"] {
        let body = json!({ "name": "chief", "password": password }).to_string();
        let headers = [("content-type", "application/json")];
        http::send(node.address, "POST", "/session", &headers, body.as_bytes()).expect("an answer");
    }
    let mut socket = Socket::open(node, "chief");
    socket.subscribe("one", "subscription { incidentChanged { position } }");
    socket.settle();
    socket
}

#[test]
fn the_catalogue_and_the_figures_say_the_same() {
    let node = Node::demo();
    let _socket = live(&node);
    let told = figures(&node);
    let catalogue = catalogue();
    let exposed: BTreeSet<&String> = told.0.keys().collect();
    let listed: BTreeSet<&String> = catalogue.keys().collect();
    let missing: Vec<_> = listed.difference(&exposed).collect();
    let unlisted: Vec<String> = exposed
        .difference(&listed)
        .map(|name| format!("| `{name}` | {} |  | {} |", told.0[*name].kind, told.0[*name].help))
        .collect();
    assert!(missing.is_empty(), "deploy/metrics.md lists what is not there: {missing:?}");
    assert!(unlisted.is_empty(), "deploy/metrics.md lacks:\n{}", unlisted.join("\n"));
    for (name, (kind, labels, help)) in catalogue {
        let metric = &told.0[&name];
        let told = metric.help.trim_end_matches('.');
        assert_eq!((&metric.kind, told), (&kind, help.as_str()), "{name}");
        for sample in &metric.samples {
            let mut own: BTreeSet<String> = sample.labels.keys().cloned().collect();
            own.remove("le");
            assert_eq!(own, labels, "{name}: {sample:?}");
        }
    }
}

#[test]
fn figures_move_with_what_happens() {
    let node = Node::demo();
    let before = figures(&node);
    let socket = live(&node);
    let after = figures(&node);
    let more = |name: &str, labels: &[(&str, &str)]| after.value(name, labels) - before.value(name, labels);
    assert!(more("wardlog_append_seconds_count", &[]) >= 1.0);
    assert!(more("wardlog_append_group_events_sum", &[]) >= 1.0);
    assert!(more("wardlog_commit_seconds_count", &[]) >= 1.0);
    let done = [("command", "reportIncident"), ("outcome", "done")];
    assert_eq!(more("wardlog_commands_total", &done), 1.0);
    let refused = [("command", "closeIncident"), ("outcome", "not_found")];
    assert_eq!(more("wardlog_commands_total", &refused), 1.0);
    assert!(more("wardlog_keyring_sealed_total", &[]) >= 1.0);
    assert_eq!(more("wardlog_rejected_total", &[("reason", "unauthenticated")]), 1.0);
    assert!(after.value("wardlog_log_head", &[]) > before.value("wardlog_log_head", &[]));
    assert_eq!(after.value("wardlog_views_stopped", &[]), 0.0);
    assert_eq!(after.value("wardlog_websockets_open", &[]), 1.0);
    assert_eq!(after.value("wardlog_subscriptions_open", &[]), 1.0);
    for name in ["wardlog_disk_free_bytes", "process_resident_memory_bytes", "process_open_fds"] {
        assert!(after.value(name, &[]) > 0.0, "{name}");
    }
    assert!(after.value("wardlog_database_bytes", &[("database", "log")]) > 0.0);
    assert!(after.value("process_cpu_seconds_total", &[]) > 0.0);
    drop(socket);
}

/// Requests that nobody should send, each made up of words of its own.
fn strange(node: &Node, random: &mut fastrand::Rng) {
    let mut word = || -> String { std::iter::repeat_with(|| random.alphabetic()).take(9).collect() };
    let token = format!("Bearer {}", node.folder.token("officer").expect("a token"));
    let json = ("content-type", "application/json");
    let send = |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        // Some are answered by closing the connection.
        let _ = http::send(node.address, method, path, headers, body.as_bytes());
    };
    for method in ["GET", "POST", "PUT", "DELETE"] {
        send(method, &format!("/{}", word()), &[], "");
        send(method, &format!("/graphql/{}", word()), &[], "");
        send(method, &format!("/assets/{}", word()), &[], "");
        send(method, &format!("/graphql?query={}", word()), &[], "");
    }
    send(&word().to_uppercase(), "/graphql", &[], "");
    send("POST", "/graphql", &[("content-type", &format!("text/{}", word()))], "{}");
    send("POST", "/graphql", &[json], &word());
    for query in [
        format!("query {} {{ viewer {{ roles }} }}", word()),
        format!("{{ {}: viewer {{ roles }} }}", word()),
        format!("{{ {} }}", word()),
        format!("mutation {{ {} }}", word()),
        format!("{} {{ viewer }}", word()),
        format!("query {}($x: {}!) {{ viewer {{ roles }} }}", word(), word()),
    ] {
        let name = word();
        let (id, trace) = (fresh().to_string(), format!("00-{:032x}-{:016x}-01", random_id(&name), 7));
        for authorization in [token.clone(), format!("Bearer wl_{}", word())] {
            let headers =
                [json, ("authorization", &authorization), ("x-request-id", &id), ("traceparent", &trace)];
            let body = json!({ "query": query, "operationName": null, "extensions": { name.as_str(): 1 } });
            send("POST", "/graphql", &headers, &body.to_string());
        }
    }
    let mut input = report(&new("incident"), &word());
    input["commandId"] = fresh().to_string().into();
    node.answer("officer", &crate::support::node::mutation("reportIncident"), &json!({ "input": input }));
    let body = json!({ "name": word(), "password": word() }).to_string();
    send("POST", "/session", &[json], &body);
}

fn random_id(word: &str) -> u128 {
    word.bytes().fold(1, |id, byte| id * 131 + u128::from(byte))
}

#[test]
fn a_sender_makes_no_new_series() {
    let node = Node::start(Folder::demo());
    let mut random = fastrand::Rng::with_seed(8);
    let mut series = Vec::new();
    // The first reading does not count itself.
    figures(&node);
    for _ in 0..3 {
        strange(&node, &mut random);
        series.push(figures(&node).series());
    }
    // The policies may have counted something of theirs in between.
    let own = |series: &BTreeSet<String>| -> BTreeSet<String> {
        series.iter().filter(|name| !name.starts_with("wardlog_policy")).cloned().collect()
    };
    let new: Vec<String> = own(&series[2]).difference(&own(&series[0])).cloned().collect();
    assert!(new.is_empty(), "the words of a sender became series: {new:#?}");
    assert!(series[2].len() < 2_000, "{}", series[2].len());
}
