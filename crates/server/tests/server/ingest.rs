use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use super::bulk::{COMMUNITY, Call, District, NDJSON, TOWNSHIP, each, global, incident, line, report, uuid};

#[tokio::test]
async fn every_line_has_its_outcome_and_a_repeated_request_changes_nothing() {
    let district = District::start().await;
    let officer = district.officer(1, TOWNSHIP).await;
    let before = district.head().await;
    let unknown = line("abolishIncident", 5, json!({}));
    let unfit = line("reportIncident", 6, json!({ "area": "x" }));
    let refused = line("closeIncident", 7, json!({ "incident": global("incident", 99) }));
    let lines = [report(1), unknown, report(2), report(1), unfit, "{\"command\"\n".into(), refused].concat();
    let (outcomes, trailer) = district.upload("/ingest", &officer, &lines).await;
    let became = ["appended", "failed", "appended", "unchanged", "failed", "failed", "failed"];
    assert_eq!(each(&outcomes, "outcome"), became);
    let codes = ["", "unknown_command", "", "", "bad_user_input", "malformed_json", "not_found"];
    assert_eq!(each(&outcomes, "code"), codes);
    let numbers: Vec<_> = outcomes.iter().map(|outcome| outcome["line"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(outcomes[0]["id"], global("incident", 1));
    assert_eq!(outcomes[0]["position"], outcomes[3]["position"]);
    assert!(
        outcomes[0]["revision"] == 0 && outcomes[6]["messageZh"].as_str().is_some_and(|zh| !zh.is_empty())
    );
    let counts =
        ["lines", "appended", "unchanged", "failed", "checked"].map(|name| trailer[name].as_u64().unwrap());
    assert_eq!(
        (counts, &trailer["complete"], &trailer["dryRun"]),
        ([7, 2, 1, 4, 0], &json!(true), &json!(false))
    );
    assert_eq!(district.head().await, before + 2);
    let (again, _) = district.upload("/ingest", &officer, &lines).await;
    let became = ["unchanged", "failed", "unchanged", "unchanged", "failed", "failed", "failed"];
    assert_eq!(each(&again, "outcome"), became);
    assert_eq!(again[2]["position"], outcomes[2]["position"]);
    assert_eq!(district.head().await, before + 2);
}

#[tokio::test]
async fn lines_are_cut_as_editors_write_them() {
    let district = District::start().await;
    let officer = district.officer(1, TOWNSHIP).await;
    let long = line("reportIncident", 5, json!({ "narrative": "x".repeat(64 << 10) }));
    let mut body = b"\xef\xbb\xbf".to_vec();
    for piece in [report(1).replace('\n', "\r\n"), "\r\n  \n".into(), long, report(2).trim_end().into()] {
        body.extend_from_slice(piece.as_bytes());
    }
    let with_bytes = |more: &[u8]| [&b"{\"command\":\"\xff\"}\n"[..], &body, more].concat();
    let post = async |body: &[u8]| {
        let reply = district.send("POST", "/ingest", &[NDJSON, ("authorization", &officer)], body).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.outcomes().0
    };
    let outcomes = post(&body).await;
    assert_eq!(each(&outcomes, "outcome"), ["appended", "failed", "appended"]);
    assert_eq!(outcomes[1]["code"], "line_too_long");
    assert_eq!(outcomes.iter().map(|one| one["line"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 4, 5]);
    let outcomes = post(&with_bytes(b"\n\0\n[]\n42\nnull")).await;
    let codes = ["not_utf8", "malformed_json", "line_too_long", "", "malformed_json"];
    assert_eq!(each(&outcomes, "code")[..5], codes, "the mark is no part of the first line only");
    assert_eq!(each(&outcomes, "code")[5..], ["malformed_line"; 3]);
    let (none, trailer) = district.upload("/ingest", &officer, "").await;
    assert!(none.is_empty() && trailer["lines"] == 0 && trailer["complete"] == true);
}

fn shift(number: u128, commands: &mut Vec<String>) {
    let id = global("shift", number);
    let schedule = json!({
        "shift": id, "area": COMMUNITY, "organisation": global("organisation", 2), "duty": "PATROL",
        "payer": "COMMUNITY", "startsAt": "2026-08-02T08:00:00+08:00", "endsAt": "2026-08-02T12:00:00+08:00", "places": 2,
    });
    commands.push(line("scheduleShift", number * 10, schedule));
    commands.push(line("publishShift", number * 10 + 1, json!({ "shift": id })));
    commands.push(line("cancelShift", number * 10 + 2, json!({ "shift": id, "reason": "rain" })));
}

#[tokio::test]
async fn lines_about_the_same_thing_keep_their_order() {
    let district = District::start().await;
    let officer = district.officer(1, TOWNSHIP).await;
    let mut lines = Vec::new();
    for number in 1..=40 {
        shift(number, &mut lines);
    }
    let (outcomes, trailer) = district.upload("/ingest", &officer, &lines.concat()).await;
    assert!(each(&outcomes, "outcome").iter().all(|became| *became == "appended"), "{outcomes:#?}");
    assert_eq!(trailer["appended"], 120);
}

#[tokio::test]
async fn a_rehearsal_checks_every_line_and_does_nothing() {
    let district = District::start().await;
    let officer = district.officer(1, TOWNSHIP).await;
    let elsewhere = district.officer(2, "330903").await;
    district.upload("/ingest", &officer, &report(1)).await;
    let before = district.head().await;
    let close = line("closeIncident", 8, json!({ "incident": global("incident", 2) }));
    let lines = [report(1), report(2), report(3), close, line("closeIncident", 9, json!({}))].concat();
    for path in ["/ingest?dryRun=true", "/ingest?dryRun=true"] {
        let (outcomes, trailer) = district.upload(path, &officer, &lines).await;
        assert_eq!(each(&outcomes, "outcome"), ["unchanged", "checked", "checked", "failed", "failed"]);
        assert_eq!(outcomes[1]["id"], global("incident", 2));
        // Line 4 is refused because line 2 was not done; it says so.
        assert_eq!((&outcomes[3]["code"], &outcomes[3]["dependsOn"]), (&json!("not_found"), &json!(2)));
        assert!(outcomes[2]["dependsOn"].is_null() && trailer["dryRun"] == true && trailer["checked"] == 2);
    }
    let (outcomes, _) = district.upload("/ingest?dryRun=true", &elsewhere, &report(4)).await;
    assert_eq!(each(&outcomes, "code"), ["forbidden"]);
    assert_eq!(district.head().await, before);
}

fn event(id: &str, number: u128) -> Value {
    json!({
        "specversion": "1.0", "type": "wardlog.reportIncident", "source": "/devices/7", "id": id,
        "time": "2026-08-01T11:58:00+08:00", "datacontenttype": "application/json", "data": incident(number),
    })
}

#[tokio::test]
async fn a_device_that_repeats_an_event_appends_nothing() {
    let district = District::start().await;
    let (officer, other) = (district.officer(1, TOWNSHIP).await, district.officer(2, TOWNSHIP).await);
    let post = async |token: &str, kind: &str, body: &Value| {
        let headers = [("content-type", kind), ("authorization", token)];
        let reply = district.send("POST", "/ingest", &headers, body.to_string().as_bytes()).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.outcomes().0
    };
    let batch = "application/cloudevents-batch+json; charset=UTF-8";
    let mut old = event("c", 3);
    old["specversion"] = "0.3".into();
    let events = json!([event("a", 1), event("b", 2), event("a", 1), old, 7]);
    let outcomes = post(&officer, batch, &events).await;
    assert_eq!(each(&outcomes, "outcome"), ["appended", "appended", "unchanged", "failed", "failed"]);
    assert_eq!(each(&outcomes, "code")[3..], ["specversion_not_supported", "bad_event"]);
    let before = district.head().await;
    let single = post(&officer, "application/cloudevents+json", &event("a", 1)).await;
    assert_eq!(each(&single, "outcome"), ["unchanged"]);
    // The same id with another content, and the same event of another sender, are other commands.
    let changed = post(&officer, "application/cloudevents+json", &event("a", 4)).await;
    assert_eq!(each(&changed, "code"), ["command_id_reused"]);
    let taken = post(&other, "application/cloudevents+json", &event("a", 1)).await;
    assert_eq!(each(&taken, "outcome"), ["failed"]);
    assert_eq!(district.head().await, before);
    assert!(post(&officer, batch, &json!([])).await.is_empty());
    let reported = district.node.views.read_now(|views| {
        views.one::<views::rows::IncidentRow>(&views::Scope::everything(), uuid(1).as_bytes())
    });
    let at = reported.unwrap().unwrap().reported_at.to_string();
    assert_eq!(at, "2026-08-01T11:58:00+08:00");
}

#[tokio::test]
async fn a_batch_that_is_no_array_is_refused_and_one_that_breaks_off_keeps_what_was_done() {
    let district = District::start().await;
    let officer = district.officer(1, TOWNSHIP).await;
    let headers = [("content-type", "application/cloudevents-batch+json"), ("authorization", &officer)];
    let before = district.head().await;
    for body in [event("a", 1).to_string(), "".into(), "[".into(), "nonsense".into()] {
        let reply = district.send("POST", "/ingest", &headers, body.as_bytes()).await;
        assert_eq!((reply.status, reply.code().as_str()), (400, "batch_malformed"), "{body}");
    }
    assert_eq!(district.head().await, before);
    let body = format!("[{},{}", event("a", 1), event("b", 2));
    let (outcomes, trailer) = district.send("POST", "/ingest", &headers, body.as_bytes()).await.outcomes();
    assert_eq!(each(&outcomes, "outcome"), ["appended"]);
    assert_eq!((&trailer["complete"], &trailer["code"]), (&json!(false), &json!("batch_malformed")));
    assert_eq!(district.head().await, before + 1);
}

#[tokio::test]
async fn outcomes_are_told_while_lines_still_arrive() {
    let district = District::start().await;
    let officer = district.officer(1, TOWNSHIP).await;
    let headers = [NDJSON, ("authorization", officer.as_str())];
    let mut call = Call::open(district.address, "POST", "/ingest", &headers, None).await;
    for number in 1..=3 {
        call.chunk(&report(number)).await;
        call.until_told(usize::try_from(number).unwrap()).await;
    }
    call.stream.write_all(b"0\r\n\r\n").await.unwrap();
    assert_eq!(call.reply().await.outcomes().1["appended"], 3);
}

#[tokio::test]
async fn who_hangs_up_keeps_what_was_acknowledged_and_may_send_all_again() {
    let district = District::start().await;
    let officer = district.officer(1, TOWNSHIP).await;
    let headers = [NDJSON, ("authorization", officer.as_str())];
    let before = district.head().await;
    let lines = [report(1), report(2), report(3)].concat();
    let length = lines.len();
    let mut call = Call::open(district.address, "POST", "/ingest", &headers, Some(length)).await;
    // All but the end of the third line: it is whole as JSON, but not as a line.
    call.stream.write_all(&lines.as_bytes()[..length - 1]).await.unwrap();
    call.until_told(2).await;
    drop(call);
    let (outcomes, _) = district.upload("/ingest", &officer, &lines).await;
    assert_eq!(each(&outcomes, "outcome"), ["unchanged", "unchanged", "appended"]);
    assert_eq!(district.head().await, before + 3);
}

#[tokio::test]
async fn a_stopping_server_says_where_to_go_on() {
    let district = District::start().await;
    let officer = district.officer(1, TOWNSHIP).await;
    let headers = [NDJSON, ("authorization", officer.as_str())];
    let mut call = Call::open(district.address, "POST", "/ingest", &headers, None).await;
    call.chunk(&report(1)).await;
    call.until_told(1).await;
    district.shutdown.begin();
    let (outcomes, trailer) = call.reply().await.outcomes();
    assert_eq!((outcomes.len(), &trailer["code"]), (1, &json!("stopping")));
}
