//! The status of every kind of answer, in both media types and both profiles.

use serde_json::{Value, json};
use server::http::Profile;

use super::client::Reply;
use super::fixture::{JSON, Server};

const PLAIN: (&str, &str) = ("accept", "application/json");
const MODERN: (&str, &str) = ("accept", "application/graphql-response+json");
const PLAIN_TYPE: &str = "application/json; charset=utf-8";
const MODERN_TYPE: &str = "application/graphql-response+json; charset=utf-8";

/// Body, and the statuses wanted: audited as JSON, audited in the newer type, draft as JSON, draft in the newer type.
type Case<'a> = (&'a str, [u16; 4]);

/// It was executed, and nothing failed.
const WHOLE: [Case<'_>; 3] = [
    (r#"{"query":"{ who }"}"#, [200, 200, 200, 200]),
    (r#"{"query":"mutation { change }"}"#, [200, 200, 200, 200]),
    (r#"{"query":"query Q($m: Boolean = false) { who @skip(if: $m) }"}"#, [200, 200, 200, 200]),
];
/// It was executed, and a field failed.
const PARTIAL: [Case<'_>; 2] = [
    (r#"{"query":"{ who half }"}"#, [200, 200, 200, 294]),
    // The field may not be null, so all of the data is.
    (r#"{"query":"{ who fails }"}"#, [200, 200, 200, 294]),
];
/// The document cannot be read.
const UNREAD: [Case<'_>; 2] =
    [(r#"{"query":"{"}"#, [200, 400, 400, 400]), (r#"{"query":""}"#, [200, 400, 400, 400])];
/// The document can be read, and not be executed.
const UNFIT: [Case<'_>; 6] = [
    // Not valid.
    (r#"{"query":"{ nothing }"}"#, [200, 400, 422, 422]),
    (r#"{"query":"{ greet }"}"#, [200, 400, 422, 422]),
    // No operation, or one that cannot be told.
    (r#"{"query":"query A { who } query B { who }"}"#, [200, 400, 422, 422]),
    (r#"{"query":"query A { who }","operationName":"B"}"#, [200, 400, 422, 422]),
    // Variables that do not fit.
    (r#"{"query":"query Q($n: Boolean!) { who @skip(if: $n) }"}"#, [200, 400, 422, 422]),
    (r#"{"query":"query Q($n: String!) { greet(name: $n) }","variables":{"n":1}}"#, [200, 400, 422, 422]),
];
/// JSON that is no GraphQL request.
const MALFORMED: [Case<'_>; 6] = [
    (r#"{"qeury":"{ who }"}"#, [400, 400, 422, 422]),
    (r#"{"query":1}"#, [400, 400, 422, 422]),
    (r#"{"query":"{ who }","operationName":7}"#, [400, 400, 422, 422]),
    (r#"{"query":"{ who }","variables":[7]}"#, [400, 400, 422, 422]),
    (r#"{"query":"{ who }","extensions":"x"}"#, [400, 400, 422, 422]),
    ("7", [400, 400, 422, 422]),
];
/// No JSON.
const NONSENSE: [Case<'_>; 3] = [("NONSENSE", [400; 4]), (r#"{"query":"#, [400; 4]), ("", [400; 4])];

struct Both {
    audited: Server,
    draft: Server,
}

impl Both {
    async fn start() -> Self {
        Self {
            audited: Server::start().await,
            draft: Server::with(|settings| settings.profile = Profile::Draft).await,
        }
    }

    /// The four answers to a body, in the order of [`Case`].
    async fn ask(&self, body: &str) -> [Reply; 4] {
        let ask =
            async |server: &Server, accept| server.send("POST", "/graphql", &[JSON, accept], body).await;
        [
            ask(&self.audited, PLAIN).await,
            ask(&self.audited, MODERN).await,
            ask(&self.draft, PLAIN).await,
            ask(&self.draft, MODERN).await,
        ]
    }

    /// `check` sees each body of an answer.
    async fn hold(&self, cases: &[Case<'_>], check: impl Fn(&Value)) {
        for (body, wanted) in cases {
            let replies = self.ask(body).await;
            assert_eq!(replies.each_ref().map(|reply| reply.status), *wanted, "{body}");
            for reply in &replies {
                check(&reply.json());
            }
            let types = replies.each_ref().map(|reply| reply.header("content-type").unwrap());
            // In the draft what fails is never plain JSON, whatever was asked for.
            let draft = if wanted[2] == 200 { PLAIN_TYPE } else { MODERN_TYPE };
            assert_eq!(types, [PLAIN_TYPE, MODERN_TYPE, draft, MODERN_TYPE], "{body}");
        }
    }
}

fn has_no_data(answer: &Value) {
    assert!(answer.get("data").is_none(), "{answer}");
    assert!(answer["errors"][0]["message"].is_string(), "{answer}");
}

#[tokio::test]
async fn what_is_executed_is_a_success() {
    Both::start().await.hold(&WHOLE, |answer| assert!(answer.get("errors").is_none(), "{answer}")).await;
}

#[tokio::test]
async fn data_with_errors_is_a_partial_success() {
    let check = |answer: &Value| {
        assert!(answer.get("data").is_some() && answer["errors"][0]["path"].is_array(), "{answer}");
    };
    Both::start().await.hold(&PARTIAL, check).await;
}

#[tokio::test]
async fn a_document_that_cannot_be_read_is_a_bad_request() {
    Both::start().await.hold(&UNREAD, has_no_data).await;
}

#[tokio::test]
async fn a_document_that_does_not_fit_is_unprocessable() {
    Both::start().await.hold(&UNFIT, has_no_data).await;
}

#[tokio::test]
async fn json_that_is_no_request_is_refused_in_every_type() {
    Both::start().await.hold(&MALFORMED, has_no_data).await;
}

#[tokio::test]
async fn what_is_no_json_is_a_bad_request() {
    Both::start().await.hold(&NONSENSE, has_no_data).await;
}

#[tokio::test]
async fn refusals_of_the_transport_have_the_same_status_in_both() {
    let both = Both::start().await;
    let query = r#"{"query":"{ who }"}"#;
    let encoded = ("content-encoding", "gzip");
    for (method, path, headers, body, status, code) in [
        ("GET", "/graphql?query=mutation%7Bchange%7D", vec![], "", 405, "mutation_by_get"),
        ("PUT", "/graphql", vec![JSON], query, 405, "method_not_allowed"),
        ("POST", "/graphql", vec![("content-type", "text/plain")], query, 415, "content_type_not_supported"),
        ("POST", "/graphql", vec![], query, 415, "content_type_not_supported"),
        ("POST", "/graphql", vec![JSON, encoded], query, 415, "content_encoding_not_supported"),
        ("POST", "/graphql", vec![JSON, ("authorization", "Bearer x")], query, 401, "token_invalid"),
        ("POST", "/graphql", vec![JSON], r#"{"query":"subscription { open }"}"#, 400, "subscription_by_http"),
        ("POST", "/graphql", vec![JSON], r#"{"query":"{ boom }"}"#, 500, "internal"),
    ] {
        for (server, kind) in [(&both.audited, PLAIN_TYPE), (&both.draft, MODERN_TYPE)] {
            let headers: Vec<_> = headers.iter().copied().chain([PLAIN]).collect();
            let reply = server.send(method, path, &headers, body).await;
            assert_eq!((reply.status, reply.code().as_str()), (status, code), "{method} {body}");
            assert_eq!(reply.header("content-type"), Some(kind), "{code}");
            assert_eq!(reply.header("allow").is_some(), status == 405, "{code}");
            assert_eq!(reply.header("accept-encoding").is_some(), headers.contains(&encoded), "{code}");
        }
    }
}

#[tokio::test]
async fn an_answer_in_a_type_that_we_do_not_have_is_refused() {
    let both = Both::start().await;
    for server in [&both.audited, &both.draft] {
        for accept in ["text/html", "application/json;q=0", "application/json;charset=gb18030", "image/*"] {
            let reply = server.query("mutation { change }", &[("accept", accept)]).await;
            assert_eq!((reply.status, reply.code().as_str()), (406, "not_acceptable"), "{accept}");
            assert_eq!(reply.header("content-type"), Some(PLAIN_TYPE));
        }
        assert_eq!(server.probe.executed(), 0);
    }
}

#[tokio::test]
async fn the_type_is_the_one_that_is_wanted_most() {
    let both = Both::start().await;
    let of = async |server: &Server, headers: &[(&str, &str)]| {
        let reply = server.query("{ who }", headers).await;
        reply.header("content-type").unwrap().to_owned()
    };
    for (accept, audited, draft) in [
        ("application/json", PLAIN_TYPE, PLAIN_TYPE),
        ("application/json; charset=utf-8", PLAIN_TYPE, PLAIN_TYPE),
        ("application/graphql-response+json; charset=utf-8", MODERN_TYPE, MODERN_TYPE),
        ("application/graphql-response+json, application/json;q=0.9", MODERN_TYPE, MODERN_TYPE),
        ("application/graphql-response+json;q=0.8, application/json;q=0.9", PLAIN_TYPE, PLAIN_TYPE),
        ("*/*", PLAIN_TYPE, MODERN_TYPE),
        ("text/html, */*;q=0.1", PLAIN_TYPE, MODERN_TYPE),
    ] {
        assert_eq!(of(&both.audited, &[("accept", accept)]).await, audited, "{accept}");
        assert_eq!(of(&both.draft, &[("accept", accept)]).await, draft, "{accept}");
    }
    assert_eq!(of(&both.audited, &[]).await, PLAIN_TYPE);
    assert_eq!(of(&both.draft, &[]).await, MODERN_TYPE);
}

#[tokio::test]
async fn a_body_is_utf8_whether_it_says_so_or_not() {
    let server = Server::start().await;
    let body = json!({ "query": "{ greet(name: \"警\") }" }).to_string();
    for kind in ["application/json", "Application/JSON; Charset=UTF-8", "application/json; charset=\"utf-8\""]
    {
        let reply = server.send("POST", "/graphql", &[("content-type", kind)], &body).await;
        assert_eq!(reply.json()["data"]["greet"], "hello 警", "{kind}");
    }
    for kind in ["application/json; charset=utf-16", "application/json; charset=gb18030"] {
        assert_eq!(server.send("POST", "/graphql", &[("content-type", kind)], &body).await.status, 415);
    }
}

#[tokio::test]
async fn refusals_are_told_in_chinese_to_who_wants_it() {
    let server = Server::start().await;
    let zh = ("accept-language", "zh-CN,zh;q=0.9,en;q=0.5");
    let ask = async |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        let english = server.send(method, path, headers, body).await;
        let mut headers = headers.to_vec();
        headers.push(zh);
        let chinese = server.send(method, path, &headers, body).await;
        assert_eq!(english.status, chinese.status, "{method} {path}");
        let (english, chinese) = (english.json(), chinese.json());
        let (english, chinese) = (&english["errors"][0], &chinese["errors"][0]);
        assert_eq!(english["extensions"], chinese["extensions"], "the same code and field");
        let said = (english["message"].as_str().unwrap(), chinese["message"].as_str().unwrap());
        assert!(said.0.is_ascii() && !said.1.is_ascii(), "{said:?}");
        english["extensions"].clone()
    };
    let long = format!("/graphql?query={}", "x".repeat(20_000));
    for (method, path, headers, body, told) in [
        ("POST", "/graphql", [JSON, PLAIN], "NONSENSE", json!({ "code": "body_not_json" })),
        (
            "POST",
            "/graphql",
            [JSON, PLAIN],
            r#"{"query":1}"#,
            json!({ "code": "parameter_invalid", "field": "query" }),
        ),
        ("POST", "/graphql", [JSON, PLAIN], "[]", json!({ "code": "batch_empty" })),
        (
            "POST",
            "/graphql",
            [("content-type", "text/plain"), PLAIN],
            "{}",
            json!({ "code": "content_type_not_supported" }),
        ),
        ("POST", "/graphql", [JSON, ("accept", "image/png")], "{}", json!({ "code": "not_acceptable" })),
        (
            "GET",
            "/graphql?query=mutation+%7Bchange%7D",
            [JSON, PLAIN],
            "",
            json!({ "code": "mutation_by_get" }),
        ),
        ("GET", &long, [JSON, PLAIN], "", json!({ "code": "address_too_long" })),
        ("PUT", "/graphql", [JSON, PLAIN], "", json!({ "code": "method_not_allowed" })),
        ("GET", "/tokens", [JSON, PLAIN], "", json!({ "code": "unauthenticated" })),
        ("GET", "/nowhere", [JSON, PLAIN], "", json!({ "code": "no_such_page" })),
    ] {
        assert_eq!(ask(method, path, &headers, body).await, told, "{method} {path:.40} {body}");
    }
    // Inside of a batch each is told by itself.
    let batch = server.send("POST", "/graphql", &[JSON, PLAIN, zh], r#"[{"query":1}]"#).await.json();
    assert_eq!(batch[0]["errors"][0]["message"], "参数`query`须为字符串。");
}
