//! Logs: a line for every request, a correlation id on every line of one, and nothing that anybody has said.

use serde_json::{Value, json};

use crate::support::{
    Folder, Node, Street, fresh, http, openmetrics::Exposition, socket::Socket, street::report, wait_for,
};

/// What people and machines say in this test. Words that stand nowhere else.
const SAID: [&str; 8] = [
    "欧阳志测",
    "13907166171",
    "42100219850402731X",
    "沙市区志测路五十一号",
    "MarkedByHand",
    "marked-by-machine",
    "标记口令一二三四五六",
    "marked.header.value",
];

/// A word in every form in which a careless line may hold it.
fn forms(word: &str) -> Vec<String> {
    let percent: String = word.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let escaped: String = word
        .chars()
        .map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{{{:x}}}", u32::from(c)) })
        .collect();
    let json: String = word
        .chars()
        .map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) })
        .collect();
    vec![
        word.to_owned(),
        percent.clone(),
        percent.to_lowercase(),
        escaped,
        json,
        format!("{:?}", word.as_bytes()),
    ]
}

fn nothing_said(logs: &str) {
    for word in SAID {
        for form in forms(word) {
            let line = logs.lines().find(|line| line.contains(&form));
            assert!(line.is_none(), "`{word}` is in the logs: {}", line.unwrap_or_default());
        }
    }
}

/// Every way in, with marked words wherever there is room for words.
fn speak(node: &Node, street: &Street) {
    speak_in_commands(node, street);
    speak_in_requests(node);
    speak_by_socket(node);
}

fn speak_in_commands(node: &Node, street: &Street) {
    let [name, phone, number, address, ..] = SAID;
    let mut input = report(&crate::support::street::new("incident"), street.area());
    for (field, text) in
        [("reporterName", name), ("reporterPhone", phone), ("address", address), ("narrative", number)]
    {
        input[field] = text.into();
    }
    node.must("officer", "reportIncident", input.clone());
    // Refused by a rule, and by the shape of the input.
    input["commandId"] = Value::Null;
    input["area"] = "999999".into();
    node.command("officer", "reportIncident", input.clone());
    for field in ["area", "kind", "occurredAt", "incident", "drill", "commandId"] {
        for text in [name, phone] {
            let mut wrong = input.clone();
            wrong["commandId"] = fresh().to_string().into();
            wrong[field] = text.into();
            let query = crate::support::node::mutation("reportIncident");
            node.answer("officer", &query, &json!({ "input": wrong }));
        }
    }
}

fn speak_in_requests(node: &Node) {
    let [name, phone, _, _, hand, machine, password, header] = SAID;
    let token = format!("Bearer {}", node.folder.token("officer").expect("a token"));
    let json = ("content-type", "application/json");
    let send = |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        // Some are answered by closing the connection.
        let _ = http::send(node.address, method, path, headers, body.as_bytes());
    };
    let hostile = [
        format!("{{ area(code: \"{phone}\") {{ name }} }}"),
        format!("{{ node(id: \"{phone}\") {{ id }} }}"),
        format!("query {hand} {{ viewer {{ roles }} }}"),
        format!("{{ {hand}: viewer {{ roles }} }}"),
        format!("{{ {hand} }}"),
        format!("{{ viewer {{ roles }} # {name}\n }}"),
        format!("{{ viewer {{ roles }} \"{name}"),
        format!("query($x: {hand}) {{ viewer {{ roles }} }}"),
        format!("{{ incidents(first: 1, after: \"{phone}\") {{ totalCount }} }}"),
    ];
    for query in &hostile {
        let body = json!({
            "query": query, "operationName": if query.contains("query M") { Value::Null } else { hand.into() },
            "variables": { hand: name, "x": phone }, "extensions": { hand: name },
        });
        for authorization in [&token, &format!("Bearer {machine}"), &format!("Basic {header}")] {
            let headers = [
                json,
                ("authorization", authorization),
                ("user-agent", hand),
                ("x-request-id", phone),
                ("x-forwarded-for", header),
                ("cookie", &format!("__Host-wardlog={machine}; other={hand}")),
                ("accept-language", header),
                ("referer", &format!("http://{header}/{phone}")),
                ("wardlog-at-least", phone),
                ("traceparent", phone),
            ];
            send("POST", "/graphql", &headers, &body.to_string());
        }
    }
    for path in ["/graphql?query={viewer}&x=", "/nowhere/", "/session?name=", "/assets/", "/metrics?"] {
        for method in ["GET", "POST", "DELETE", hand] {
            send(method, &format!("{path}{phone}"), &[("origin", header), ("authorization", &token)], "");
        }
    }
    for body in [json!({ "name": name, "password": password }).to_string(), format!("{{\"name\": \"{name}\"")]
    {
        send("POST", "/session", &[json, ("origin", header)], &body);
        send("POST", "/graphql", &[("content-type", header)], &body);
        send("POST", "/graphql", &[json, ("accept", header)], &body);
        send("POST", "/graphql", &[json, ("content-encoding", header)], &body);
    }
}

fn speak_by_socket(node: &Node) {
    let [name, phone, _, _, hand, ..] = SAID;
    let mut socket = Socket::open(node, "officer");
    let mut say = |id: &str, payload: Value| {
        socket.say(&json!({ "id": id, "type": "subscribe", "payload": payload }));
    };
    say(hand, json!({ "query": format!("{{ area(code: \"{phone}\") {{ name }} }}"), "operationName": hand }));
    say(
        "b",
        json!({ "query": format!("subscription {hand} {{ incidentChanged(areaPrefix: \"{name}\") {{ position }} }}") }),
    );
    say("c", json!({ "query": "{ viewer { roles } }", "variables": { hand: name } }));
    socket.say(&json!({ "type": "ping", "payload": { hand: name } }));
    // Not a message of the protocol: the socket ends.
    socket.say(&json!({ "type": hand, "payload": name }));
    while matches!(socket.hear(), crate::support::socket::Heard::Message(_)) {}
}

#[test]
fn nobody_finds_in_the_logs_what_somebody_said() {
    for options in [&["--log-json"][..], &[]] {
        let node = Node::start_in(Folder::demo(), options, &[("WARDLOG_LOG_FILTER", "trace")]);
        let street = Street::of(&node);
        speak(&node, &street);
        // Faults have the longest lines.
        node.signal("HUP");
        wait_for("the rebuilt views", || node.logs().contains("rebuilt views are live").then_some(()));
        let token = node.folder.token("officer").expect("a token");
        let (_, logs) = node.stop();
        let answered = logs.lines().filter(|line| line.contains("answered")).count();
        assert!(answered > 50, "hardly anything was told: {answered} requests");
        nothing_said(&logs);
        assert!(!logs.contains(&token) && !logs.contains("query="), "a secret or a query string");
    }
}

#[test]
fn every_request_has_a_line_and_every_line_of_it_the_same_id() {
    let node = Node::start_in(
        Folder::demo(),
        &["--log-json"],
        &[("WARDLOG_LOG_FILTER", "warn,server=info,app=debug,graphql=info")],
    );
    let token = format!("Bearer {}", node.folder.token("officer").expect("a token"));
    let ask = |path: &str, headers: &[(&str, &str)], body: &str| {
        let id = fresh().to_string();
        let method = if body.is_empty() { "GET" } else { "POST" };
        let headers =
            [&[("x-request-id", id.as_str()), ("content-type", "application/json")], headers].concat();
        let reply = http::send(node.address, method, path, &headers, body.as_bytes()).expect("an answer");
        assert_eq!(reply.header("x-request-id"), Some(id.as_str()));
        let of = |line: &Value| {
            let spans = line["spans"].as_array().cloned().unwrap_or_default();
            spans.into_iter().find(|span| span["correlation_id"] == id.as_str())
        };
        wait_for("the line of the request", || {
            let line = node.lines("answered").into_iter().find(|line| of(line).is_some())?;
            Some((line["fields"].clone(), of(&line).expect("a span"), line["level"].clone()))
        })
    };
    let query = json!({ "query": "{ viewer { roles } }" }).to_string();
    let (fields, span, level) = ask("/graphql", &[("authorization", &token)], &query);
    assert_eq!((&fields["status"], &level), (&json!(200), &json!("INFO")));
    assert!(fields["micros"].is_u64() && fields["code"].is_null(), "{fields}");
    let expected = (&json!("POST"), &json!("/graphql"), &json!("token"));
    assert_eq!((&span["method"], &span["route"], &span["principal"]), expected);
    let (fields, span, _) = ask("/graphql", &[], "{");
    assert_eq!((&fields["status"], &fields["code"]), (&json!(400), &json!("body_not_json")));
    assert!(span["principal"].is_null());
    let (fields, span, _) = ask("/nowhere/13907166171", &[], "");
    assert_eq!((&fields["status"], &span["route"]), (&json!(404), &json!("other")));
    let (_, span, _) = ask("/session", &[], "");
    assert_eq!(span["principal"], "anonymous");
}

#[test]
fn the_filter_says_what_is_told() {
    let node = Node::start_in(
        Folder::demo(),
        &["--log-json"],
        &[("WARDLOG_LOG_FILTER", "info,server::request=off")],
    );
    assert_eq!(node.get("/session").status, 200);
    let (_, logs) = node.stop();
    assert!(logs.contains("\"stopped\"") && !logs.contains("\"answered\""), "{logs}");
}

#[test]
fn a_slow_operation_is_told_with_its_roots() {
    let folder = Folder::demo();
    let settings = "[telemetry]\nslow_seconds = 0.0\noperations = [\"Roles\"]\n";
    std::fs::write(folder.beside("wardlog.toml"), settings).expect("settings");
    let node = Node::start(folder);
    node.ask("officer", "query Roles { viewer { roles } log { head } }", &json!({}));
    node.ask("officer", "query MarkedByHand { log { head } }", &json!({}));
    let told = wait_for("two lines", || {
        let lines = node.lines("slow operation");
        let fields: Vec<Value> = lines.iter().map(|line| line["fields"].clone()).collect();
        let own = |roots: &str| fields.iter().find(|fields| fields["roots"] == roots).cloned();
        Some((own("viewer log")?, own("log")?))
    });
    assert_eq!((&told.0["operation"], &told.0["operation_name"]), (&json!("query"), &json!("Roles")));
    assert!(told.0["seconds"].is_f64(), "{told:?}");
    assert_eq!(told.1["operation_name"], "other");
    let figures = Exposition::parse(&node.get("/metrics").body);
    assert!(figures.value("wardlog_slow_operations_total", &[]) >= 2.0);
}
