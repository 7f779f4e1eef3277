//! What is wrong is told with a code, a field and a sentence in the asker's language, and leaves nothing behind.

use serde_json::{Value, json};

use crate::support::{
    Folder, Node, Street, day, fresh, http, minutes,
    street::{certificate, contract, incident, new, patrol, person, report, shift},
};

/// Born on such a day, somebody is old enough.
const GROWN: &str = "1985-04-02";

/// A node with its district, and the check that a bad input leaves nothing behind.
struct Desk {
    node: Node,
    street: Street,
}

impl Desk {
    fn new() -> Self {
        let node = Node::demo();
        let street = Street::of(&node);
        Self { node, street }
    }

    /// The command is refused with this code and field, in both languages, and nothing is recorded.
    fn refused(&self, who: &str, name: &str, input: Value, code: &str, field: Option<&str>) {
        let head = self.node.head();
        let told = |language| {
            let done = self.node.command_in(language, who, name, input.clone());
            let errors = done["errors"].as_array().expect("errors").clone();
            assert_eq!(errors.len(), 1, "{who}: {name} {input}: {done}");
            assert_eq!(errors[0]["code"], code, "{name}: {done}");
            assert_eq!(errors[0]["field"], json!(field), "{name}: {done}");
            assert!(done["position"].is_null(), "{done}");
            let text = |name: &str| errors[0][name].as_str().expect("a sentence").to_owned();
            (text("message"), text("messageZh"))
        };
        let (english, chinese) = told("en");
        assert!(english.len() > 10 && english.ends_with('.') && !english.contains('。'), "{english}");
        assert!(chinese.ends_with('。') && !chinese.contains('{'), "{chinese}");
        assert_eq!(told("zh-CN,en;q=0.5"), (chinese.clone(), chinese));
        self.node.nothing_recorded_since(head, name);
    }

    /// The request does not fit the schema: it is refused whole, with this code.
    fn misfit(&self, who: &str, name: &str, mut input: Value, words: &str, field: &str) {
        let head = self.node.head();
        input["commandId"] = fresh().to_string().into();
        let query = crate::support::node::mutation(name);
        let answer = self.node.answer(who, &query, &json!({ "input": input }));
        assert_eq!(answer["errors"][0]["extensions"]["code"], "bad_user_input", "{answer}");
        let message = answer["errors"][0]["message"].as_str().expect("a sentence");
        assert!(message.contains(words), "{answer}");
        assert_eq!(answer["errors"][0]["extensions"]["field"], field, "{answer}");
        self.node.nothing_recorded_since(head, name);
    }
}

#[test]
fn an_unknown_area() {
    let desk = Desk::new();
    let nowhere = format!("{}999", desk.street.district);
    let input = report(&new("incident"), &nowhere);
    desk.refused("chief", "reportIncident", input, "unknown_area", Some("area"));
    let input = json!({
        "area": nowhere, "organisation": desk.street.station, "duty": "PATROL", "payer": "STATE",
        "startsAt": minutes(60), "endsAt": minutes(120), "places": 1,
    });
    desk.refused("chief", "scheduleShift", input, "unknown_area", Some("area"));
    let input = report(&new("incident"), "42100");
    desk.misfit("chief", "reportIncident", input, "AreaCode", "area");
}

#[test]
fn an_overlapping_shift() {
    let desk = Desk::new();
    let street = &desk.street;
    let volunteer = person(&desk.node, street, "VOLUNTEER", street.committee(), GROWN);
    let first = shift(&desk.node, street, street.committee(), "COMMUNITY", (60, 180));
    let second = shift(&desk.node, street, street.committee(), "COMMUNITY", (179, 240));
    let third = shift(&desk.node, street, street.committee(), "COMMUNITY", (180, 240));
    let place = |shift: &str| json!({ "shift": shift, "person": volunteer });
    desk.node.must("committee", "assignShift", place(&first));
    desk.refused("committee", "assignShift", place(&second), "overlapping_shift", Some("person"));
    // What only touches does not overlap.
    desk.node.must("committee", "assignShift", place(&third));
}

#[test]
fn a_guard_without_a_valid_certificate_or_under_18() {
    let desk = Desk::new();
    let (node, street) = (&desk.node, &desk.street);
    let post = shift(node, street, street.company(), "MARKET", (600, 1_000));
    let place = |guard: &str| json!({ "shift": post, "person": guard });
    let guard = person(node, street, "GUARD", street.company(), GROWN);
    desk.refused("company", "assignShift", place(&guard), "guard_certificate", Some("person"));
    let held = certificate(node, &guard);
    node.must("company", "assignShift", place(&guard));
    let suspended = person(node, street, "GUARD", street.company(), GROWN);
    let credential = certificate(node, &suspended);
    node.must(
        "chief",
        "suspendCredential",
        json!({ "person": suspended, "credential": credential, "reason": "核查" }),
    );
    desk.refused("company", "assignShift", place(&suspended), "guard_certificate", Some("person"));
    assert_ne!(held, credential);
    // Nobody under 18 becomes a guard, or gets a certificate (Regulation on security services, art. 16).
    let child = new("person");
    let enrol = json!({
        "person": child, "area": street.area(), "name": "试验生", "birthDate": day(-17 * 365), "schooling": "SENIOR_MIDDLE",
    });
    node.must("chief", "enrolPerson", enrol);
    let role = json!({ "person": child, "organisation": street.company(), "role": "GUARD" });
    desk.refused("company", "grantRole", role, "guard_under_18", Some("person"));
    let certificate = json!({
        "person": child, "kind": "GUARD_CERTIFICATE", "number": "BA1", "validFrom": day(-3), "validUntil": day(300),
    });
    desk.refused("chief", "issueCredential", certificate, "guard_under_18", Some("person"));
}

#[test]
fn a_contract_without_licence_or_legality_review() {
    let desk = Desk::new();
    let (node, street) = (&desk.node, &desk.street);
    let agreement = contract(node, street);
    let the = |contract: &str| json!({ "contract": contract });
    desk.refused("committee", "activateContract", the(&agreement), "not_signed", Some("contract"));
    let sign = json!({ "contract": agreement, "signedOn": day(-2) });
    node.must("committee", "signContract", sign);
    desk.refused("committee", "activateContract", the(&agreement), "no_legality_review", Some("contract"));
    let review = |lawful: bool| json!({ "contract": agreement, "lawful": lawful, "findings": "已核查" });
    node.must("company", "reviewLegality", review(false));
    desk.refused("committee", "activateContract", the(&agreement), "found_unlawful", Some("contract"));
    node.must("company", "reviewLegality", review(true));
    let licence = json!({ "organisation": street.company(), "reason": "核查" });
    node.must("chief", "suspendLicence", licence);
    desk.refused("committee", "activateContract", the(&agreement), "no_licence", Some("contract"));
    let licence = json!({ "organisation": street.company() });
    node.must("chief", "reinstateLicence", licence);
    node.must("committee", "activateContract", the(&agreement));
}

#[test]
fn an_unlawful_task() {
    let desk = Desk::new();
    let (node, street) = (&desk.node, &desk.street);
    let agreement = contract(node, street);
    let post = new("post");
    node.must(
        "committee",
        "definePost",
        json!({
            "contract": agreement, "post": post, "area": street.area(), "name": "大门岗", "effectiveFrom": day(-2),
            "heads": 1, "weekdays": [1, 2, 3, 4, 5, 6, 7], "fromMinute": 480, "toMinute": 960, "ratePerHour": 2_500,
        }),
    );
    node.must("committee", "signContract", json!({ "contract": agreement, "signedOn": day(-2) }));
    node.must(
        "company",
        "reviewLegality",
        json!({ "contract": agreement, "lawful": true, "findings": "合法" }),
    );
    node.must("committee", "activateContract", json!({ "contract": agreement }));
    let order =
        |tasks: Value| json!({ "contract": agreement, "post": post, "tasks": tasks, "text": "值守大门" });
    for task in ["BODY_SEARCH", "DETENTION", "DEBT_COLLECTION", "INSULT_OR_BEATING"] {
        let tasks = json!(["GUARD_PLACE", task]);
        desk.refused("committee", "issuePostOrder", order(tasks), "unlawful_task", Some("tasks.1"));
    }
    node.must("committee", "issuePostOrder", order(json!(["GUARD_PLACE"])));
}

#[test]
fn negative_or_fractional_fen() {
    let desk = Desk::new();
    let (node, street) = (&desk.node, &desk.street);
    let agreement = contract(node, street);
    let post = |rate: Value| {
        json!({
            "contract": agreement, "area": street.area(), "name": "大门岗", "effectiveFrom": day(-2), "heads": 1,
            "weekdays": [1], "fromMinute": 480, "toMinute": 960, "ratePerHour": rate,
        })
    };
    desk.refused("committee", "definePost", post(json!(-1)), "negative_amount", Some("ratePerHour"));
    desk.misfit("committee", "definePost", post(json!(25.5)), "Fen", "ratePerHour");
    desk.misfit("committee", "definePost", post(json!("25.5")), "Fen", "ratePerHour");
    let item = |amount: Value| {
        json!({
            "contract": agreement, "effectiveFrom": day(5), "reason": "调整",
            "fixedItems": [{ "name": "装备", "amount": amount }],
        })
    };
    desk.refused(
        "committee",
        "amendContract",
        item(json!(-500)),
        "negative_amount",
        Some("fixedItems.0.amount"),
    );
    desk.misfit("committee", "amendContract", item(json!(0.01)), "Fen", "fixedItems.0.amount");
}

#[test]
fn times_that_run_backwards() {
    let desk = Desk::new();
    let (node, street) = (&desk.node, &desk.street);
    let input = json!({
        "area": street.area(), "organisation": street.committee(), "duty": "PATROL", "payer": "COMMUNITY",
        "startsAt": minutes(120), "endsAt": minutes(60), "places": 1,
    });
    desk.refused("committee", "scheduleShift", input, "times_run_backwards", Some("endsAt"));
    let noise = incident(node, street);
    let unit = unit_of_the_station(node);
    let step = |minute: i64| json!({ "incident": noise, "unit": unit, "occurredAt": minutes(minute) });
    node.must("officer", "dispatchUnit", json!({ "incident": noise, "unit": unit }));
    desk.refused("officer", "markUnitArrived", step(-30), "times_run_backwards", Some("occurredAt"));
    desk.refused("officer", "markUnitArrived", step(180), "in_the_future", Some("occurredAt"));
}

fn unit_of_the_station(node: &Node) -> String {
    let query = "{ teams(first: 1, filter: { kind: POLICE }) { edges { node { id } } } }";
    let data = node.ask("chief", query, &json!({}));
    data["teams"]["edges"][0]["node"]["id"].as_str().expect("a unit").to_owned()
}

#[test]
fn a_scan_for_a_retired_checkpoint() {
    let desk = Desk::new();
    let (node, street) = (&desk.node, &desk.street);
    let walker = person(node, street, "VOLUNTEER", street.committee(), GROWN);
    let (plan, run, checkpoint) = patrol(node, street, &walker);
    let retire = json!({
        "plan": plan, "checkpoint": checkpoint, "reason": "拆除", "occurredAt": minutes(-3),
    });
    node.must("officer", "retireCheckpoint", retire);
    let scan = json!({ "run": run, "checkpoint": checkpoint, "person": walker, "scan": new("scan") });
    desk.refused("committee", "scanCheckpoint", scan, "checkpoint_retired", Some("checkpoint"));
}

#[test]
fn closing_without_a_disposition() {
    let desk = Desk::new();
    let noise = incident(&desk.node, &desk.street);
    let close = json!({ "incident": noise });
    desk.refused("officer", "closeIncident", close.clone(), "closing_without_disposition", Some("incident"));
    let disposition = json!({ "incident": noise, "code": "RESOLVED_ON_SPOT" });
    desk.node.must("officer", "recordDisposition", disposition);
    desk.node.must("officer", "closeIncident", close);
}

#[test]
fn a_stale_revision() {
    let desk = Desk::new();
    let noise = incident(&desk.node, &desk.street);
    let first = json!({ "incident": noise, "kind": "DISTURBANCE", "expectedRevision": 0 });
    desk.node.must("officer", "triageIncident", first);
    let stale = json!({ "incident": noise, "priority": "URGENT", "expectedRevision": 0 });
    desk.refused("chief", "prioritiseIncident", stale, "stale_revision", Some("expectedRevision"));
    let known = json!({ "incident": noise, "priority": "URGENT", "expectedRevision": 1 });
    desk.node.must("chief", "prioritiseIncident", known);
}

#[test]
fn a_reused_command_id_with_other_content() {
    let desk = Desk::new();
    let command = fresh().to_string();
    let mut input = report(&new("incident"), desk.street.area());
    input["commandId"] = command.into();
    input["narrative"] = "楼上敲打不停".into();
    let first = desk.node.must("officer", "reportIncident", input.clone());
    // The same again is the same outcome.
    let again = desk.node.must("officer", "reportIncident", input.clone());
    assert_eq!(first["revision"], again["revision"]);
    input["narrative"] = "楼上敲打不止".into();
    desk.refused("officer", "reportIncident", input, "command_id_reused", Some("commandId"));
}

#[test]
fn a_body_over_the_limit() {
    let node = Node::demo();
    let head = node.head();
    let token = node.folder.token("chief").expect("a token");
    let bearer = format!("Bearer {token}");
    let headers = [("content-type", "application/json"), ("authorization", bearer.as_str())];
    let body = format!("{{\"query\":\"{{ viewer {{ id }} }}{}\"}}", " ".repeat(256 * 1024));
    let reply = http::send(node.address, "POST", "/graphql", &headers, body.as_bytes()).expect("an answer");
    assert_eq!(reply.status, 413);
    assert_eq!(reply.json()["errors"][0]["extensions"]["code"], "body_too_large");
    node.nothing_recorded_since(head, "a body over the limit");
    assert_eq!(node.get("/healthz").status, 200);
}

#[test]
fn of_malformed_ndjson_the_bad_lines_alone_fail() {
    let folder = Folder::demo();
    let head = folder.export(&[]).len().to_string();
    let area = folder.export(&[])[7]["area"].as_str().expect("an area").to_owned();
    let report = |id: &str| {
        let mut input = report(id, &area);
        input["commandId"] = fresh().to_string().into();
        json!({ "command": "reportIncident", "input": input }).to_string()
    };
    let incidents = [new("incident"), new("incident"), new("incident")];
    let [first, second, third] = incidents.each_ref().map(|id| report(id));
    let cut = &report(&new("incident"))[..60];
    let negative = json!({
        "command": "countHouseholds",
        "input": { "commandId": fresh().to_string(), "area": area, "households": -5, "on": day(-1) },
    });
    let lines = [
        first.as_str(),
        "not JSON",
        cut,
        "[1, 2]",
        "",
        second.as_str(),
        r#"{"command":"noSuchCommand","input":{}}"#,
        r#"{"command":"reportIncident","input":{}}"#,
        &negative.to_string(),
        third.as_str(),
    ];
    let file = folder.write("lines.ndjson", &lines.join("\n"));
    let output = folder.run(&["import", "--outcomes", &file]);
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let outcomes: Vec<Value> = String::from_utf8(output.stdout)
        .expect("text")
        .lines()
        .map(|line| serde_json::from_str(line).expect("an outcome"))
        .collect();
    let told: Vec<(u64, String)> = outcomes
        .iter()
        .map(|outcome| {
            let code = outcome["code"].as_str().or_else(|| outcome["outcome"].as_str()).expect("an outcome");
            (outcome["line"].as_u64().expect("a number"), code.to_owned())
        })
        .collect();
    let expected = [
        (1, "appended"),
        (2, "malformed_json"),
        (3, "malformed_json"),
        (4, "malformed_line"),
        (6, "appended"),
        (7, "unknown_command"),
        (8, "bad_user_input"),
        (9, "bad_user_input"),
        (10, "appended"),
    ];
    assert_eq!(told, expected.map(|(line, code)| (line, code.to_owned())), "{outcomes:#?}");
    // Of every other line all events are there, of these none. Lines about different things run beside each other.
    let mut subjects: Vec<String> = folder
        .export(&["--after", &head])
        .iter()
        .map(|event| event["subject"].as_str().expect("a subject").to_owned())
        .collect();
    subjects.sort();
    let mut incidents = incidents;
    incidents.sort();
    assert_eq!(subjects, incidents);
}
