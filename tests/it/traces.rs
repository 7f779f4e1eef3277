//! Traces: one from the request to the views, with the sender's span above it and nothing personal in it; and a collector
//! that is away or hangs takes nothing from anybody.

use serde_json::json;

use crate::support::{
    Folder, Node, Street,
    collector::{Collector, Manner, Span},
    fresh, http,
    node::mutation,
    openmetrics::Exposition,
    street::report,
    wait_for,
};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

/// What this test tells of people. Words that stand nowhere else.
const MARKED: [&str; 5] =
    ["欧阳迹测", "13907166093", "沙市区迹测路七十九号", "MarkedOperation", "MarkedAgent"];

fn serve(environment: &[(&str, &str)]) -> Node {
    Node::start_in(Folder::demo(), &["--log-json"], environment)
}

/// Reports an incident with everything that may be personal in it, under the sender's trace.
fn tell(node: &Node, street: &Street) -> String {
    let mut input = report(&crate::support::street::new("incident"), street.area());
    input["commandId"] = fresh().to_string().into();
    for (field, text) in [("reporterName", MARKED[0]), ("reporterPhone", MARKED[1]), ("address", MARKED[2])] {
        input[field] = text.into();
    }
    let query = mutation("reportIncident").replacen("mutation(", &format!("mutation {}(", MARKED[3]), 1);
    let body = json!({ "query": query, "variables": { "input": input }, "operationName": MARKED[3] });
    let id = fresh().to_string();
    let token = format!("Bearer {}", node.folder.token("officer").expect("a token"));
    let headers = [
        ("content-type", "application/json"),
        ("authorization", &token),
        ("user-agent", MARKED[4]),
        ("x-request-id", &id),
        ("traceparent", &format!("00-{TRACE}-{PARENT}-01")),
        ("tracestate", "vendor=some"),
    ];
    let reply = http::send(node.address, "POST", "/graphql", &headers, body.to_string().as_bytes());
    let reply = reply.expect("an answer");
    assert_eq!(reply.json()["data"]["done"]["errors"], json!([]), "{reply:?}");
    assert_eq!(reply.header("x-request-id"), Some(id.as_str()));
    id
}

fn only<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let found: Vec<&Span> = spans.iter().filter(|span| span.name == name).collect();
    assert_eq!(found.len(), 1, "{name}: {spans:#?}");
    found[0]
}

#[test]
fn a_command_is_one_trace_from_the_request_to_the_views() {
    let collector = Collector::start(Manner::Takes);
    let node = serve(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint)]);
    let street = Street::of(&node);
    let id = tell(&node, &street);
    let spans = collector.trace(TRACE, "POST /graphql");

    let mut parent = PARENT.to_owned();
    for name in ["POST /graphql", "graphql", "command", "decide", "append"] {
        let span = only(&spans, name);
        assert_eq!(span.parent, parent, "{name}: {spans:#?}");
        parent.clone_from(&span.id);
    }
    let waited = only(&spans, "views.wait");
    assert_eq!(waited.parent, only(&spans, "decide").id);
    assert!(waited.attributes["wardlog.position"].parse::<u64>().is_ok());

    let request = only(&spans, "POST /graphql");
    assert_eq!((request.kind, request.status), (2, 0), "a server's span, and no error");
    let expected = [
        ("http.request.method", "POST"),
        ("http.response.status_code", "200"),
        ("http.route", "/graphql"),
        ("wardlog.correlation_id", id.as_str()),
        ("wardlog.principal", "token"),
    ];
    let told: Vec<(&str, &str)> =
        request.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(told, expected);
    let graphql = &only(&spans, "graphql").attributes;
    assert_eq!(graphql["graphql.operation.type"], "mutation");
    assert_eq!(graphql["wardlog.graphql.roots"], "reportIncident");
    assert!(!graphql.contains_key("graphql.operation.name"), "a name that nobody has allowed");
    let command = &only(&spans, "command").attributes;
    assert_eq!(command["wardlog.command"], "reportIncident");
    assert_eq!(command["wardlog.outcome"], "done");
    assert_eq!(only(&spans, "decide").attributes["wardlog.aggregate"], "incident");
    let append = &only(&spans, "append").attributes;
    assert_eq!(append["wardlog.stream.category"], "incident");
    assert_eq!(append["wardlog.outcome"], "done");
    for counted in ["wardlog.append.events", "wardlog.group.events", "wardlog.group.appends"] {
        assert!(append[counted].parse::<u64>().is_ok_and(|count| count >= 1), "{append:?}");
    }

    let resource = &request.resource;
    assert_eq!(resource["service.name"], "wardlog");
    assert!(resource.contains_key("service.version") && resource.contains_key("service.instance.id"));
    assert!(collector.paths().iter().all(|path| path == "/v1/traces"));
    nothing_personal(&collector, &node.folder.token("officer").expect("a token"));
    let (_, logs) = node.stop();
    assert!(logs.contains("\"stopped\""), "{logs}");
}

fn nothing_personal(collector: &Collector, token: &str) {
    let bytes = collector.bytes();
    for marked in MARKED.iter().chain([&token]) {
        let found = bytes.windows(marked.len()).any(|window| window == marked.as_bytes());
        assert!(!found, "`{marked}` has left the process");
    }
    assert!(collector.spans().iter().all(|span| span.events == 0 && !span.name.contains("readyz")));
}

#[test]
fn what_waits_is_exported_at_the_end_and_a_sender_can_stay_out() {
    let collector = Collector::start(Manner::Takes);
    let node =
        serve(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint), ("OTEL_SERVICE_NAME", "ward-7")]);
    let ask = |parent: &str| {
        let headers = [("traceparent", parent)];
        http::send(node.address, "GET", "/session", &headers, &[]).expect("an answer");
    };
    ask(&format!("00-{TRACE}-{PARENT}-00"));
    ask("00-rubbish");
    let other = "4bf92f3577b34da6a3ce929d0e0e4736";
    ask(&format!("00-{other}-{PARENT}-01"));
    node.stop();
    let spans = collector.spans();
    assert!(spans.iter().all(|span| span.trace != TRACE), "{spans:#?}");
    let asked: Vec<&Span> = spans.iter().filter(|span| span.name == "GET /session").collect();
    assert_eq!(asked.len(), 2, "{spans:#?}");
    assert!(asked.iter().any(|span| span.trace == other && span.parent == PARENT));
    assert!(asked.iter().all(|span| span.resource["service.name"] == "ward-7"));
}

#[test]
fn a_share_of_the_traces_is_exported() {
    let collector = Collector::start(Manner::Takes);
    let settings = format!("[telemetry]\notlp_endpoint = \"{}\"\nsample_ratio = 0.5\n", collector.endpoint);
    let folder = Folder::demo();
    std::fs::write(folder.beside("wardlog.toml"), settings).expect("settings");
    let node = Node::start(folder);
    // Ids that a share by the trace's id would always take: a sender can not force its traces in. That all or none of
    // them are taken by chance happens once in 2^63 runs.
    for number in 1..=64 {
        let parent = format!("00-0af7651916cd43dd{number:016x}-{PARENT}-01");
        http::send(node.address, "GET", "/session", &[("traceparent", &parent)], &[]).expect("an answer");
    }
    node.stop();
    let traces: std::collections::BTreeSet<String> = collector
        .spans()
        .into_iter()
        .map(|span| span.trace)
        .filter(|trace| trace.starts_with("0af7651916cd43dd"))
        .collect();
    assert!((1..64).contains(&traces.len()), "{traces:?}");
}

#[test]
fn a_collector_that_hangs_holds_nobody_up() {
    let collector = Collector::start(Manner::Hangs);
    let node =
        serve(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint), ("OTEL_BSP_MAX_QUEUE_SIZE", "20")]);
    let figures = || Exposition::parse(&node.get("/metrics").body);
    let mut asked = 0;
    while figures().value("wardlog_spans_dropped_total", &[("reason", "no_room")]) < 5.0 {
        assert_eq!(node.get("/session").status, 200);
        asked += 1;
        assert!(asked < 100, "nothing was dropped");
        assert!(figures().value("wardlog_spans_waiting", &[]) <= 20.0);
    }
    assert_eq!(figures().value("wardlog_spans_exported_total", &[]), 0.0);
    node.stop();
}

#[test]
fn a_collector_that_is_away_is_counted_and_told_once() {
    // A port that was free a moment ago, and refuses.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("http://{}", closed.local_addr().expect("an address"));
    drop(closed);
    let node = serve(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]);
    wait_for("spans that are not taken", || {
        assert_eq!(node.get("/session").status, 200);
        let figures = Exposition::parse(&node.get("/metrics").body);
        (figures.value("wardlog_spans_dropped_total", &[("reason", "not_taken")]) > 0.0).then_some(())
    });
    assert_eq!(node.lines("traces were not exported: the collector does not take them").len(), 1);
    node.stop();
}

#[test]
fn a_setting_that_is_wrong_is_said_before_anything_begins() {
    let folder = Folder::empty();
    for (name, value, said) in [
        ("OTEL_TRACES_SAMPLER_ARG", "often", "from 0 to 1"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.5", "from 0 to 1"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "not an address", "traces"),
        ("WARDLOG_LOG_FILTER", "server=loud", "WARDLOG_LOG_FILTER"),
    ] {
        let mut command = crate::binary::command(&folder.data(), &["serve", "--listen", "127.0.0.1:0"]);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9").env(name, value);
        let output = command.output().expect("the binary");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{name}={value}: {told}");
        assert!(told.contains(said), "{name}={value}: {told}");
    }
}
