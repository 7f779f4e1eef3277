//! One document of an issuer: over https, without following anything, in bounded time and size.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url, header};

/// Longest time for a whole answer.
const TIME: Duration = Duration::from_secs(5);
const CONNECT_TIME: Duration = Duration::from_secs(3);
/// Most bytes of a document.
const MOST: usize = 256 * 1024;

/// A document, and how many seconds it may be kept.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) body: Vec<u8>,
    pub(super) max_age: Option<i64>,
}

/// Why there is no document; for the operator.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("the issuer cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    #[error("the issuer answered {0}")]
    Status(StatusCode),
    #[error("the issuer answered more than {MOST} bytes")]
    TooLarge,
    #[error("the issuer's {0} cannot be read")]
    Shape(&'static str),
    #[error("the issuer's discovery document is of another issuer")]
    OtherIssuer,
    #[error("the issuer names its keys at an address that is not https")]
    Insecure,
}

/// Whether an address of an issuer is good: https, or anything on this machine when `here` allows it.
pub(super) fn is_safe(url: &Url, here: bool) -> bool {
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    plain && url.has_host() && (url.scheme() == "https" || (here && url.scheme() == "http" && is_here(url)))
}

/// Whether an address is on this machine.
pub(super) fn is_here(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => {
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        None => false,
    }
}

/// # Errors
/// The system's certificates cannot be read.
pub(super) fn client(issuer: &Url) -> Result<Client, FetchError> {
    let mut builder = Client::builder()
        .redirect(Policy::none())
        .timeout(TIME)
        .connect_timeout(CONNECT_TIME)
        .pool_max_idle_per_host(1)
        .referer(false)
        .user_agent("wardlog");
    builder = if is_here(issuer) { builder.no_proxy() } else { builder.https_only(true) };
    builder.build().map_err(FetchError::Unreachable)
}

pub(super) async fn get(client: &Client, url: Url) -> Result<Fetched, FetchError> {
    let asked = client.get(url).header(header::ACCEPT, "application/json").send().await;
    let mut answer = asked.map_err(FetchError::Unreachable)?;
    if answer.status() != StatusCode::OK {
        return Err(FetchError::Status(answer.status()));
    }
    if answer.content_length().is_some_and(|length| length > MOST as u64) {
        return Err(FetchError::TooLarge);
    }
    let max_age = answer.headers().get(header::CACHE_CONTROL).and_then(|value| max_age(value.to_str().ok()?));
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(FetchError::Unreachable)? {
        if body.len() + chunk.len() > MOST {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Fetched { body, max_age })
}

/// Seconds that `Cache-Control` allows; 0 for `no-store` and `no-cache`.
fn max_age(value: &str) -> Option<i64> {
    let mut seconds = None;
    for word in value.split(',').map(str::trim) {
        if word.eq_ignore_ascii_case("no-store") || word.eq_ignore_ascii_case("no-cache") {
            return Some(0);
        }
        let (name, given) = word.split_once('=').unwrap_or((word, ""));
        if name.eq_ignore_ascii_case("max-age") {
            seconds = given.trim_matches('"').parse().ok();
        }
    }
    seconds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_a_document_may_be_kept() {
        for (value, seconds) in [
            ("public, max-age=600", Some(600)),
            ("Max-Age=\"5\"", Some(5)),
            ("max-age=600, no-cache", Some(0)),
            ("no-store", Some(0)),
            ("max-age=-", None),
            ("max-age=99999999999999999999", None),
            ("private", None),
            ("", None),
        ] {
            assert_eq!(max_age(value), seconds, "{value}");
        }
    }

    #[test]
    fn only_https_or_this_machine() {
        let safe = |text: &str, here| is_safe(&Url::parse(text).unwrap(), here);
        assert!(safe("https://id.example/realms/ward", false));
        assert!(safe("http://127.0.0.1:9000", true) && safe("http://[::1]:9000", true));
        for text in [
            "http://id.example",
            "http://127.0.0.1.example",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "https://name@id.example",
            "https://:secret@id.example",
            "https://id.example/#part",
        ] {
            assert!(!safe(text, true), "{text}");
        }
        assert!(!safe("http://127.0.0.1:9000", false));
    }
}
