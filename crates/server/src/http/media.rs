//! Media types of GraphQL over HTTP: what may come in, what may go out.

use axum::http::{HeaderMap, header};

/// What an answer is written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/json`: 200 for every well-formed request, also a failed one.
    #[default]
    Json,
    /// `application/graphql-response+json`: the status says whether it was executed.
    GraphqlResponse,
}

impl Media {
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }

    /// What `Accept` asks for; nothing when it allows neither. Without the header it is JSON. Equally wanted: the
    /// one that is named more exactly, then the newer one.
    pub(super) fn accepted(headers: &HeaderMap) -> Option<Self> {
        let mut named = false;
        let mut json = Wish::default();
        let mut graphql = Wish::default();
        for value in headers.get_all(header::ACCEPT) {
            named = true;
            for range in value.to_str().unwrap_or_default().split(',') {
                let (essence, quality) = quality(range);
                match essence.as_str() {
                    "application/json" => json.consider(2, quality),
                    "application/graphql-response+json" => graphql.consider(2, quality),
                    "application/*" => {
                        json.consider(1, quality);
                        graphql.consider(1, quality);
                    }
                    "*/*" => {
                        json.consider(0, quality);
                        graphql.consider(0, quality);
                    }
                    _ => {}
                }
            }
        }
        if !named {
            return Some(Self::Json);
        }
        match (json.quality, graphql.quality) {
            (0, 0) => None,
            (j, g) if g > j => Some(Self::GraphqlResponse),
            (j, g) if j > g => Some(Self::Json),
            _ if graphql.exactness == Some(2) => Some(Self::GraphqlResponse),
            _ => Some(Self::Json),
        }
    }
}

/// How much a type is wanted, by the most exact range that matches it (RFC 9110, 12.5.1).
#[derive(Default)]
struct Wish {
    exactness: Option<u8>,
    /// Thousandths.
    quality: u16,
}

impl Wish {
    fn consider(&mut self, exactness: u8, quality: u16) {
        if self.exactness.is_none_or(|known| exactness >= known) {
            self.exactness = Some(exactness);
            self.quality = quality;
        }
    }
}

/// A range of `Accept` or `Accept-Language` in lower case, and its weight in thousandths.
pub(super) fn quality(range: &str) -> (String, u16) {
    let mut parts = range.split(';');
    let essence = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
    let weight = parts
        .filter_map(|part| part.trim().split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
        .map_or(Some(1000), |(_, value)| thousandths(value.trim()));
    (essence, weight.unwrap_or(0))
}

/// `0`, `0.5`, `1.000`.
fn thousandths(value: &str) -> Option<u16> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
    }
}

/// Whether the body is JSON in UTF-8. Nothing else is executed: a form, plain text or a missing type could come from
/// a page of another origin without the browser asking first.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let mut parts = value.split(';');
    let essence = parts.next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
        && parts.filter_map(|part| part.trim().split_once('=')).all(|(name, value)| {
            !name.trim().eq_ignore_ascii_case("charset")
                || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn accepted(value: &'static str) -> Option<Media> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(value));
        Media::accepted(&headers)
    }

    #[test]
    fn the_answer_is_what_was_asked_for() {
        assert_eq!(Media::accepted(&HeaderMap::new()), Some(Media::Json));
        assert_eq!(accepted("*/*"), Some(Media::Json));
        assert_eq!(accepted("application/*"), Some(Media::Json));
        assert_eq!(accepted("application/graphql-response+json"), Some(Media::GraphqlResponse));
        assert_eq!(
            accepted("application/json;q=0.9, application/graphql-response+json"),
            Some(Media::GraphqlResponse)
        );
        assert_eq!(accepted("application/graphql-response+json;q=0.2, */*;q=0.9"), Some(Media::Json));
        assert_eq!(accepted("application/json;q=0, */*"), Some(Media::GraphqlResponse));
        assert_eq!(accepted("text/html"), None);
        assert_eq!(accepted("application/json;q=0"), None);
        assert_eq!(accepted("text/html,application/xhtml+xml,*/*;q=0.8"), Some(Media::Json));
    }
}
