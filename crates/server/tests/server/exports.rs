use base64::Engine as _;
use serde_json::{Value, json};
use server::identity::AccountRole;
use sha2::{Digest as _, Sha256};

use super::bulk::{COMMUNITY, District, NOW, TOWNSHIP, global, incident, report, uuid};

async fn get(district: &District, path: &str, token: &str) -> super::bulk::Reply {
    let reply = district.send("GET", path, &[("authorization", token)], b"").await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    assert!(reply.whole, "{path}");
    let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(&reply.body));
    for name in ["repr-digest", "content-digest"] {
        assert_eq!(reply.header(name), Some(format!("sha-256=:{digest}:").as_str()), "{path}");
    }
    reply
}

/// The rows of an export of JSON, whose trailer must be right.
async fn rows(district: &District, path: &str, token: &str) -> Vec<Value> {
    let reply = get(district, path, token).await;
    let text = reply.text();
    let mut lines: Vec<&str> = text.lines().collect();
    let trailer: Value = serde_json::from_str(lines.pop().unwrap()).unwrap();
    let before: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let digest: String = Sha256::digest(before).iter().map(|byte| format!("{byte:02x}")).collect();
    let position = district.node.views.position().to_string();
    assert_eq!(trailer, json!({ "rows": lines.len(), "sha256": digest, "position": position }));
    assert_eq!(reply.header("wardlog-rows"), Some(lines.len().to_string().as_str()));
    assert_eq!(reply.header("wardlog-position"), Some(position.as_str()));
    lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn district() -> (District, String) {
    let district = District::start().await;
    let officer = district.officer(1, TOWNSHIP).await;
    let lines: String = (1..=5).map(report).collect();
    let (_, trailer) = district.upload("/ingest", &officer, &lines).await;
    assert_eq!(trailer["appended"], 5);
    (district, officer)
}

#[tokio::test]
async fn an_export_is_a_file_with_its_digest_and_number_of_rows() {
    let (district, officer) = district().await;
    let found = rows(&district, "/export/incidents.ndjson", &officer).await;
    assert_eq!(found.len(), 5);
    assert_eq!(found[0]["areaCode"], COMMUNITY);
    assert_eq!(found[0]["reportedAt"], NOW);
    assert!(found.iter().all(|row| row["narrative"].is_null() && row["reopenedCount"] == 0));
    let csv = get(&district, "/export/incidents.csv", &officer).await;
    let text = csv.text();
    let mut lines = text.split("\r\n");
    let columns = "\u{feff}id,phase,areaCode,kind,channel,priority,selfInitiated,drill,reportedAt,";
    assert!(lines.next().unwrap().starts_with(columns), "{text}");
    assert_eq!(lines.filter(|line| !line.is_empty()).count(), 5);
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    let name = format!(
        "attachment; filename=\"wardlog-incidents-2026-08-01-{}.csv\"",
        district.node.views.position()
    );
    assert_eq!(csv.header("content-disposition"), Some(name.as_str()));
    assert!(rows(&district, "/export/contracts.ndjson", &officer).await.is_empty());
}

#[tokio::test]
async fn an_export_has_what_its_asker_sees_and_its_filters_let_through() {
    let (district, officer) = district().await;
    let (elsewhere, auditor) =
        (district.officer(2, "330903").await, district.account(3, &[AccountRole::Auditor], "").await);
    let theft = json!({ "kind": "THEFT", "reporterName": "李四", "narrative": "=1+1" });
    let mut input = incident(9);
    input.as_object_mut().unwrap().extend(theft.as_object().unwrap().clone());
    district.command("reportIncident", input).await;
    assert!(rows(&district, "/export/incidents.ndjson", &elsewhere).await.is_empty());
    for token in [&officer, &auditor] {
        assert_eq!(rows(&district, "/export/incidents.ndjson", token).await.len(), 6);
        assert_eq!(rows(&district, "/export/incidents.ndjson?kind=THEFT", token).await.len(), 1);
        let none = format!("/export/incidents.ndjson?open=false&areaPrefix={COMMUNITY}");
        assert!(rows(&district, &none, token).await.is_empty());
    }
    for token in [&officer, &elsewhere, &auditor] {
        for path in ["/export/incidents.ndjson", "/export/events.ndjson", "/export/events.csv"] {
            let told = get(&district, path, token).await.text();
            assert!(
                !told.contains("李四") && !told.contains("sealed\":\"") && !told.contains("1+1"),
                "{told}"
            );
        }
    }
}

#[tokio::test]
async fn events_are_those_of_what_the_asker_sees() {
    let (district, officer) = district().await;
    let auditor = district.account(3, &[AccountRole::Auditor], "").await;
    let elsewhere = district.officer(2, "330903").await;
    let all = rows(&district, "/export/events.ndjson", &auditor).await;
    assert_eq!(all.len() as u64, district.head().await);
    assert!(rows(&district, "/export/events.ndjson", &elsewhere).await.is_empty());
    // The township's officer sees no event of the areas around it.
    let own = rows(&district, "/export/events.ndjson", &officer).await;
    let above =
        |event: &&Value| ["area-42", "area-4210", "area-421002"].iter().any(|area| event["subject"] == *area);
    assert_eq!(own.len(), all.len() - all.iter().filter(above).count());
    assert!(own.iter().all(|event| event["time"] == NOW), "in local time: {own:#?}");
    let reported = rows(&district, "/export/events.ndjson?kind=IncidentReported", &officer).await;
    assert_eq!(reported.len(), 5);
    let one = format!("/export/events.ndjson?id={}&from=2026-08-01T12:00:00+08:00", global("incident", 3));
    let one = rows(&district, &one, &officer).await;
    assert_eq!((one.len(), &one[0]["command"]), (1, &json!(uuid(10_003))));
    let later = "/export/events.ndjson?from=2026-08-01T12:00:01%2B08:00";
    assert!(rows(&district, later, &auditor).await.is_empty());
}

#[tokio::test]
async fn what_is_asked_wrongly_is_refused() {
    let (district, officer) = district().await;
    let cookie = district.cookie(1).await;
    let cases = [
        ("/export/persons.csv", 404, "export_unknown"),
        ("/export/incidents.xlsx", 404, "export_unknown"),
        ("/export/incidents.csv?phase=NEW", 400, "bad_filter"),
        ("/export/incidents.csv?state=REPORTED", 400, "bad_filter"),
        ("/export/incidents.csv?areaPrefix=421002&areaPrefix=421003", 400, "bad_filter"),
        ("/export/events.csv?id=nothing", 400, "bad_filter"),
        ("/export/incidents.csv?%ff=%ff", 400, "bad_filter"),
    ];
    for (path, status, code) in cases {
        let reply = district.send("GET", path, &[("authorization", &officer)], b"").await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{path}");
    }
    for (path, headers, status, code) in [
        ("/export/incidents.csv", vec![], 401, "unauthenticated"),
        ("/export", vec![], 401, "unauthenticated"),
        (
            "/export/incidents.csv",
            vec![("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site")],
            403,
            "origin_refused",
        ),
        (
            "/export/incidents.csv",
            vec![("authorization", officer.as_str()), ("wardlog-at-least", "x")],
            400,
            "parameter_invalid",
        ),
    ] {
        let reply = district.send("GET", path, &headers, b"").await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{path} {headers:?}");
    }
    let reply = district.send("GET", "/export/incidents.csv", &[("cookie", &cookie)], b"").await;
    assert_eq!(reply.status, 200);
    let reply = district.send("POST", "/export/incidents.csv", &[("authorization", &officer)], b"x").await;
    assert_eq!(reply.status, 405);
}

#[tokio::test]
async fn an_export_is_bounded_in_size_and_in_cost() {
    let district = District::with(|change| {
        change.bulk.export_bytes = 1_000;
        change.rates.cost_per_minute = 1_600;
    })
    .await;
    let officer = district.officer(1, TOWNSHIP).await;
    let lines: String = (1..=9).map(report).collect();
    district.upload("/ingest", &officer, &lines).await;
    let ask = async |path: &str| district.send("GET", path, &[("authorization", &officer)], b"").await;
    let reply = ask("/export/incidents.ndjson").await;
    assert_eq!((reply.status, reply.code().as_str()), (400, "export_too_large"));
    assert_eq!(ask("/export/incidents.ndjson?kind=THEFT").await.status, 200);
    assert_eq!(ask("/export/incidents.ndjson?kind=THEFT").await.status, 200);
    let reply = ask("/export/incidents.ndjson?kind=THEFT").await;
    assert_eq!((reply.status, reply.code().as_str()), (429, "rate_limited"));
    assert!(reply.header("retry-after").is_some());
}

#[tokio::test]
async fn no_export_is_begun_without_room() {
    let district = District::with(|change| change.bulk.spool_bytes = 10).await;
    let officer = district.officer(1, TOWNSHIP).await;
    let reply = district.send("GET", "/export/incidents.csv", &[("authorization", &officer)], b"").await;
    assert_eq!((reply.status, reply.code().as_str()), (503, "busy"));
}
