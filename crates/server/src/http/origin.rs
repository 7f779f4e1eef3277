//! Whether a browser sends a request from our own pages. Only what comes with a cookie has to prove it: a browser adds
//! the cookie by itself, a token it does not.

use axum::http::{HeaderMap, StatusCode, Uri, header};

use super::problem::Problem;
use super::reasons;
use super::settings::Settings;
use crate::identity::SessionCookie;

/// What the headers say about where the request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Own,
    Foreign,
    /// Not a browser of our days, or a request that browsers send without an origin (a link, an address typed in).
    Untold,
}

pub(super) fn source(headers: &HeaderMap, settings: &Settings) -> Source {
    if let Some(origin) = headers.get(header::ORIGIN) {
        let own = origin.to_str().is_ok_and(|origin| is_own(origin, headers, settings));
        return if own { Source::Own } else { Source::Foreign };
    }
    match headers.get("sec-fetch-site").map(|site| site.as_bytes()) {
        None | Some(b"none") => Source::Untold,
        Some(b"same-origin") => Source::Own,
        Some(_) => Source::Foreign,
    }
}

fn is_own(origin: &str, headers: &HeaderMap, settings: &Settings) -> bool {
    if let Some(own) = &settings.origin {
        return origin.eq_ignore_ascii_case(own);
    }
    let scheme = match settings.cookie {
        SessionCookie::Secure => "https",
        SessionCookie::Loopback => "http",
    };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    match (origin.parse::<Uri>(), host) {
        (Ok(uri), Some(host)) => {
            uri.scheme_str() == Some(scheme)
                && uri.authority().is_some_and(|authority| authority.as_str().eq_ignore_ascii_case(host))
        }
        _ => false,
    }
}

pub(super) fn refusal() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, &reasons::ORIGIN_REFUSED)
}
