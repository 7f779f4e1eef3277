//! What the head of an upload says about its body.

use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use domain::Rejection;

use crate::bulk::inflate::Coding;
use crate::bulk::intake::Form;
use crate::http::media::quality;
use crate::http::problem::Problem;
use crate::http::reasons;

/// Asks for a rehearsal, as the parameter `dryRun` does.
const DRY_RUN: &str = "wardlog-dry-run";
const FORMS: &str = "application/x-ndjson, application/cloudevents-batch+json, application/cloudevents+json";
const CODINGS: &str = "gzip, zstd, identity";

/// How the body is to be read, and whether anything is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub form: Form,
    pub coding: Coding,
    pub dry_run: bool,
}

impl Asked {
    pub(super) fn of(headers: &HeaderMap, uri: &Uri) -> Result<Self, Problem> {
        let form = form(headers).ok_or_else(|| {
            let told = Rejection::new(&reasons::CONTENT_UNKNOWN).with("known", FORMS);
            Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, told).header(header::ACCEPT, FORMS)
        })?;
        let coding = coding(headers).ok_or_else(|| {
            let told = Rejection::new(&reasons::CODING_UNKNOWN).with("known", CODINGS);
            Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, told).header(header::ACCEPT_ENCODING, CODINGS)
        })?;
        if !accepts(headers) {
            return Err(Problem::new(StatusCode::NOT_ACCEPTABLE, &reasons::NOT_ACCEPTABLE_LINES));
        }
        Ok(Self { form, coding, dry_run: dry_run(headers, uri)? })
    }
}

/// The only header of its name; nothing when it is repeated or no text.
fn single<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    let mut all = headers.get_all(name).iter();
    let value = all.next()?.to_str().ok()?;
    if all.next().is_some() { None } else { Some(value) }
}

fn form(headers: &HeaderMap) -> Option<Form> {
    let mut parts = single(headers, &header::CONTENT_TYPE)?.split(';').map(str::trim);
    let form = match parts.next()?.to_ascii_lowercase().as_str() {
        "application/x-ndjson" => Form::Lines,
        "application/cloudevents-batch+json" => Form::Events,
        "application/cloudevents+json" => Form::Event,
        _ => return None,
    };
    let in_utf8 = parts.filter_map(|part| part.split_once('=')).all(|(name, value)| {
        !name.trim().eq_ignore_ascii_case("charset")
            || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    in_utf8.then_some(form)
}

fn coding(headers: &HeaderMap) -> Option<Coding> {
    if headers.contains_key(header::CONTENT_ENCODING) {
        Coding::named(single(headers, &header::CONTENT_ENCODING)?)
    } else {
        Some(Coding::Identity)
    }
}

fn accepts(headers: &HeaderMap) -> bool {
    let mut ranges = headers
        .get_all(header::ACCEPT)
        .iter()
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .map(quality)
        .peekable();
    ranges.peek().is_none()
        || ranges.any(|(range, quality)| {
            quality > 0 && matches!(range.as_str(), "*/*" | "application/*" | "application/x-ndjson")
        })
}

/// A misspelt wish for a rehearsal must not become the real thing.
fn dry_run(headers: &HeaderMap, uri: &Uri) -> Result<bool, Problem> {
    let invalid = || Problem::bad_request(&reasons::NO_DRY_RUN);
    let flag = |text: &str| match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(invalid()),
    };
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri)
        .map_err(|_| Problem::bad_request(&reasons::QUERY_STRING_INVALID))?;
    let mut wanted = None;
    for (name, value) in &pairs.0 {
        if name != "dryRun" {
            return Err(Problem::bad_request(&reasons::PARAMETER_UNKNOWN));
        }
        if wanted.replace(flag(value)?).is_some() {
            return Err(Problem::bad_request(&reasons::GIVEN_TWICE));
        }
    }
    let by_header = headers.get(DRY_RUN).map(|value| value.to_str().map_err(|_| invalid()).and_then(flag));
    Ok(wanted.unwrap_or(false) || by_header.transpose()?.unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    fn asked(uri: &str, given: &[(&'static str, &str)]) -> Result<Asked, &'static str> {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        Asked::of(&headers, &uri.parse().unwrap()).map_err(|problem| problem.code())
    }

    const LINES: (&str, &str) = ("content-type", "application/x-ndjson");

    #[test]
    fn the_type_says_what_a_body_is_made_of() {
        for (value, form) in [
            ("application/x-ndjson", Form::Lines),
            ("Application/X-NDJSON; charset=UTF-8", Form::Lines),
            ("application/cloudevents-batch+json; charset=\"utf-8\"", Form::Events),
            ("application/cloudevents+json", Form::Event),
        ] {
            assert_eq!(asked("/ingest", &[("content-type", value)]).unwrap().form, form, "{value}");
        }
        for value in [
            "text/plain",
            "application/json",
            "application/cloudevents+avro",
            "application/x-ndjson; charset=gbk",
        ] {
            assert_eq!(
                asked("/ingest", &[("content-type", value)]),
                Err("content_type_not_supported"),
                "{value}"
            );
        }
        assert_eq!(asked("/ingest", &[]), Err("content_type_not_supported"));
        assert_eq!(asked("/ingest", &[LINES, LINES]), Err("content_type_not_supported"));
    }

    #[test]
    fn one_known_coding_is_undone() {
        let coded = |value| asked("/ingest", &[LINES, ("content-encoding", value)]).map(|asked| asked.coding);
        assert_eq!(coded("gzip"), Ok(Coding::Gzip));
        assert_eq!(coded("ZSTD"), Ok(Coding::Zstd));
        assert_eq!(coded("identity"), Ok(Coding::Identity));
        for value in ["br", "gzip, gzip", "deflate"] {
            assert_eq!(coded(value), Err("content_encoding_not_supported"), "{value}");
        }
    }

    #[test]
    fn a_rehearsal_is_asked_for_exactly() {
        let dry = |uri: &str, header: Option<&str>| {
            let mut given = vec![LINES];
            given.extend(header.map(|value| (DRY_RUN, value)));
            asked(uri, &given).map(|asked| asked.dry_run)
        };
        assert_eq!(dry("/ingest", None), Ok(false));
        assert_eq!(dry("/ingest?dryRun=true", None), Ok(true));
        assert_eq!(dry("/ingest?dryRun=false", Some("true")), Ok(true));
        assert_eq!(dry("/ingest?dryrun=true", None), Err("parameter_unknown"));
        assert_eq!(dry("/ingest?dryRun=yes", None), Err("parameter_invalid"));
        assert_eq!(dry("/ingest?dryRun=true&dryRun=true", None), Err("parameter_repeated"));
        assert_eq!(dry("/ingest", Some("1")), Err("parameter_invalid"));
    }

    #[test]
    fn the_answer_must_be_wanted() {
        for value in ["*/*", "application/*;q=0.1", "text/html, application/x-ndjson"] {
            assert!(asked("/ingest", &[LINES, ("accept", value)]).is_ok(), "{value}");
        }
        for value in ["text/html", "application/json", "application/x-ndjson;q=0"] {
            assert_eq!(asked("/ingest", &[LINES, ("accept", value)]), Err("not_acceptable"), "{value}");
        }
    }

    proptest! {
        #[test]
        fn no_head_is_too_strange(kind in "[ -~]{0,40}", coding in "[ -~]{0,20}", accept in "[ -~]{0,40}", dry in "[ -~]{0,10}") {
            let given = [("content-type", kind.as_str()), ("content-encoding", &coding), ("accept", &accept), (DRY_RUN, &dry)];
            let _ = asked("/ingest", &given);
            let _ = asked("/ingest", &[LINES, ("accept", &accept), (DRY_RUN, &dry)]);
        }
    }
}
