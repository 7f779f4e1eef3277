use std::io::Write as _;
use std::time::Duration;

use flate2::{Compression, write::GzEncoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use serde_json::json;

use super::bulk::{Call, District, NDJSON, TOWNSHIP, each, report};

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    compress_to_vec(text, CompressionLevel::Fastest)
}

#[tokio::test]
async fn compressed_bodies_are_taken_and_bombs_are_not() {
    let district = District::start().await;
    let officer = district.officer(1, TOWNSHIP).await;
    let post = async |coding: &str, body: &[u8]| {
        let headers = [NDJSON, ("authorization", officer.as_str()), ("content-encoding", coding)];
        district.send("POST", "/ingest", &headers, body).await
    };
    let lines = [report(1), report(2)].concat();
    for (coding, body, became) in
        [("gzip", gzip(lines.as_bytes()), "appended"), ("zstd", zstd(lines.as_bytes()), "unchanged")]
    {
        let reply = post(coding, &body).await;
        assert_eq!(each(&reply.outcomes().0, "outcome"), [became; 2], "{coding}");
        let reply = post(coding, lines.as_bytes()).await;
        assert_eq!((reply.status, reply.code().as_str()), (400, "content_encoding_invalid"));
    }
    // What was whole before the fault is done.
    let cut = gzip(lines.as_bytes());
    let (outcomes, trailer) = post("gzip", &cut[..cut.len() - 5]).await.outcomes();
    assert_eq!(each(&outcomes, "outcome"), ["unchanged"; 2]);
    assert_eq!((&trailer["complete"], &trailer["code"]), (&json!(false), &json!("content_encoding_invalid")));
    let before = district.head().await;
    for bomb in [vec![b'\n'; 70 << 20], vec![b'0'; 70 << 20]] {
        for (coding, body) in [("gzip", gzip(&bomb)), ("zstd", zstd(&bomb))] {
            assert!(body.len() < 1 << 20, "{}", body.len());
            let reply = post(coding, &body).await;
            assert_eq!((reply.status, reply.code().as_str()), (413, "body_too_large"), "{coding}");
        }
    }
    assert_eq!(district.head().await, before);
}

#[tokio::test]
async fn what_is_too_long_is_refused_before_it_is_read() {
    let district = District::with(|change| change.bulk.decoded_bytes = 1_000).await;
    let officer = district.officer(1, TOWNSHIP).await;
    let headers = [NDJSON, ("authorization", officer.as_str())];
    let call = Call::open(district.address, "POST", "/ingest", &headers, Some(1_001)).await;
    assert_eq!(call.reply().await.status, 413);
    // Without a length it is read as far as it may go: what came before is done.
    let mut call = Call::open(district.address, "POST", "/ingest", &headers, None).await;
    call.chunk(&report(1)).await;
    call.until_told(1).await;
    call.chunk(&"x".repeat(2_000)).await;
    let (outcomes, trailer) = call.reply().await.outcomes();
    assert_eq!((outcomes.len(), &trailer["code"]), (1, &json!("body_too_large")));
}

#[tokio::test]
async fn the_first_lines_are_done_and_the_rest_is_refused() {
    let district = District::with(|change| change.bulk.commands = 2).await;
    let officer = district.officer(1, TOWNSHIP).await;
    let lines = [report(1), report(2), report(3), report(4)].concat();
    let (outcomes, trailer) = district.upload("/ingest", &officer, &lines).await;
    assert_eq!(each(&outcomes, "outcome"), ["appended"; 2]);
    assert_eq!((&trailer["lines"], &trailer["code"]), (&json!(2), &json!("too_many_lines")));
    assert_eq!(trailer["complete"], false);
    let (_, trailer) =
        district.upload("/ingest", &officer, &[report(1), report(2), "\n \n".into()].concat()).await;
    assert_eq!(trailer["complete"], true);
}

#[tokio::test]
async fn only_who_is_signed_in_sends_and_only_what_no_page_can_send_unasked() {
    let district = District::start().await;
    let officer = district.officer(1, TOWNSHIP).await;
    let cookie = district.cookie(1).await;
    let origin = format!("http://{}", district.address);
    let (before, line) = (district.head().await, report(1));
    let (cookie, authorization) = (("cookie", cookie.as_str()), ("authorization", officer.as_str()));
    type Case<'a> = (&'a [(&'a str, &'a str)], u16, &'a str);
    let cases: [Case<'_>; 9] = [
        (&[NDJSON], 401, "unauthenticated"),
        (&[NDJSON, ("authorization", "Bearer wl_rubbish")], 401, "token_invalid"),
        (&[NDJSON, cookie], 403, "origin_refused"),
        (&[NDJSON, cookie, ("origin", "https://elsewhere.example")], 403, "origin_refused"),
        (&[NDJSON, cookie, ("sec-fetch-site", "cross-site")], 403, "origin_refused"),
        (&[authorization, ("content-type", "text/plain")], 415, "content_type_not_supported"),
        (&[authorization, ("content-type", "application/json")], 415, "content_type_not_supported"),
        (&[authorization, NDJSON, ("content-encoding", "br")], 415, "content_encoding_not_supported"),
        (&[authorization, NDJSON, ("accept", "text/html")], 406, "not_acceptable"),
    ];
    for (headers, status, code) in cases {
        let reply = district.send("POST", "/ingest", headers, line.as_bytes()).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{headers:?}");
    }
    let reply = district.send("POST", "/ingest?dryrun=true", &[NDJSON, authorization], line.as_bytes()).await;
    assert_eq!((reply.status, reply.code().as_str()), (400, "parameter_unknown"));
    let reply = district.send("GET", "/ingest", &[authorization], b"").await;
    assert_eq!((reply.status, reply.header("allow")), (405, Some("POST")));
    assert_eq!(district.head().await, before);
    let reply =
        district.send("POST", "/ingest", &[NDJSON, cookie, ("origin", &origin)], line.as_bytes()).await;
    assert_eq!(each(&reply.outcomes().0, "outcome"), ["appended"]);
}

#[tokio::test]
async fn a_spent_budget_stops_at_a_line_or_before_the_first() {
    // Two lines, and not quite a third.
    let district = District::with(|change| change.rates.cost_per_minute = 14).await;
    let officer = district.officer(1, TOWNSHIP).await;
    let before = district.head().await;
    let lines = [report(1), "rubbish\n".into(), report(2), report(3)].concat();
    let (outcomes, trailer) = district.upload("/ingest", &officer, &lines).await;
    assert_eq!(each(&outcomes, "code"), ["", "malformed_json", "rate_limited", "rate_limited"]);
    assert!(outcomes[0]["outcome"] == "appended" && trailer["failed"] == 3);
    let headers = [NDJSON, ("authorization", officer.as_str())];
    let reply = district.send("POST", "/ingest", &headers, lines.as_bytes()).await;
    assert_eq!((reply.status, reply.code().as_str()), (429, "rate_limited"));
    assert!(reply.header("retry-after").is_some_and(|seconds| seconds.parse::<u64>().is_ok()));
    assert_eq!(district.head().await, before + 1);
}

#[tokio::test]
async fn uploads_at_once_are_bounded_for_each_account() {
    let district = District::with(|change| change.bulk.at_once_of_account = 1).await;
    let (officer, other) = (district.officer(1, TOWNSHIP).await, district.officer(2, TOWNSHIP).await);
    let headers = [NDJSON, ("authorization", officer.as_str())];
    let mut open = Call::open(district.address, "POST", "/ingest", &headers, None).await;
    open.chunk(&report(1)).await;
    open.until_told(1).await;
    let reply = district.send("POST", "/ingest", &headers, report(2).as_bytes()).await;
    assert_eq!((reply.status, reply.code().as_str()), (429, "too_many_at_once"));
    district.upload("/ingest", &other, &report(3)).await;
    district.shutdown.begin();
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let district = District::with(|change| change.bulk.idle = Duration::from_millis(1)).await;
    let officer = district.officer(1, TOWNSHIP).await;
    let headers = [NDJSON, ("authorization", officer.as_str())];
    let call = Call::open(district.address, "POST", "/ingest", &headers, Some(100)).await;
    let reply = call.reply().await;
    assert_eq!((reply.status, reply.code().as_str()), (408, "body_too_slow"));
}

#[tokio::test]
async fn answers_that_find_no_room_break_off() {
    let district = District::with(|change| change.bulk.spool_bytes = 10).await;
    let officer = district.officer(1, TOWNSHIP).await;
    let headers = [NDJSON, ("authorization", officer.as_str())];
    let reply = district.send("POST", "/ingest", &headers, report(1).as_bytes()).await;
    assert!(!reply.whole, "{reply:?}");
}
