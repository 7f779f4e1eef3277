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
}

/// What `Accept` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    /// The type of one answer; nothing when it allows neither.
    pub(super) media: Option<Media>,
    pub(super) stream: Stream,
}

/// How much `text/event-stream` is wanted. Only where it is named: `*/*` does not mean a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    No,
    /// For what has no other answer: a subscription.
    Possible,
    /// More than one answer, so also for a query.
    Preferred,
}

impl Accepted {
    /// Without the header, and where both types of one answer are equally wanted, `first` wins; before that, the one
    /// that is named more exactly, and of two that are named the newer one.
    pub(super) fn of(headers: &HeaderMap, first: Media) -> Self {
        let mut named = false;
        let (mut json, mut graphql, mut stream) = (Wish::default(), Wish::default(), Wish::default());
        for value in headers.get_all(header::ACCEPT) {
            named = true;
            for range in value.to_str().unwrap_or_default().split(',') {
                if !in_utf8(range) {
                    continue;
                }
                let (essence, quality) = quality(range);
                match essence.as_str() {
                    "application/json" => json.consider(2, quality),
                    "application/graphql-response+json" => graphql.consider(2, quality),
                    "text/event-stream" => stream.consider(2, quality),
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
            return Self { media: Some(first), stream: Stream::No };
        }
        let media = match (json.quality, graphql.quality) {
            (0, 0) => None,
            (j, g) if g > j => Some(Media::GraphqlResponse),
            (j, g) if j > g => Some(Media::Json),
            _ if graphql.exactness == Some(2) => Some(Media::GraphqlResponse),
            _ if json.exactness == Some(2) => Some(Media::Json),
            _ => Some(first),
        };
        let stream = match stream.quality {
            0 => Stream::No,
            quality if quality > json.quality.max(graphql.quality) => Stream::Preferred,
            _ => Stream::Possible,
        };
        Self { media, stream }
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
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Ok(value) = value.to_str() else { return false };
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") && in_utf8(value)
}

/// Whether the body is as it was written: nothing is unpacked here, so nothing can be packed to burst.
pub(super) fn is_unpacked(headers: &HeaderMap) -> bool {
    headers.get_all(header::CONTENT_ENCODING).iter().all(|value| {
        value
            .to_str()
            .is_ok_and(|value| value.split(',').all(|coding| coding.trim().eq_ignore_ascii_case("identity")))
    })
}

/// Whether the parameters of a media type name no other charset than UTF-8.
fn in_utf8(value: &str) -> bool {
    value.split(';').skip(1).filter_map(|part| part.trim().split_once('=')).all(|(name, value)| {
        !name.trim().eq_ignore_ascii_case("charset")
            || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn of(value: &'static str, first: Media) -> Accepted {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(value));
        Accepted::of(&headers, first)
    }

    fn accepted(value: &'static str) -> Option<Media> {
        of(value, Media::Json).media
    }

    #[test]
    fn the_answer_is_what_was_asked_for() {
        let none = Accepted::of(&HeaderMap::new(), Media::Json);
        assert_eq!(none, Accepted { media: Some(Media::Json), stream: Stream::No });
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
        assert_eq!(accepted(""), None);
    }

    #[test]
    fn a_weight_that_is_none_counts_as_zero() {
        for value in ["1.001", "0.1234", "2", "-1", "x", ""] {
            assert_eq!(quality(&format!("a/b;q={value}")).1, 0, "{value}");
        }
        assert_eq!(quality("A/B ; Q=0.05").1, 50);
        assert_eq!(quality("a/b;charset=utf-8;q=1.000"), ("a/b".to_owned(), 1000));
    }

    #[test]
    fn answers_are_in_utf8_alone() {
        assert_eq!(accepted("application/json; charset=UTF-8"), Some(Media::Json));
        assert_eq!(accepted("application/json; charset=\"utf-8\""), Some(Media::Json));
        assert_eq!(accepted("application/json; charset=gb18030"), None);
        assert_eq!(
            accepted("application/json; charset=gb18030, application/graphql-response+json;q=0.1"),
            Some(Media::GraphqlResponse)
        );
    }

    #[test]
    fn what_comes_first_decides_only_where_nothing_else_does() {
        let newer = |value| of(value, Media::GraphqlResponse).media;
        assert_eq!(newer("*/*"), Some(Media::GraphqlResponse));
        assert_eq!(newer("application/json, */*;q=0.1"), Some(Media::Json));
        assert_eq!(newer("application/json, */*"), Some(Media::Json));
    }

    #[test]
    fn a_stream_is_made_only_where_it_is_named() {
        let stream = |value| of(value, Media::Json).stream;
        assert_eq!(stream("*/*"), Stream::No);
        assert_eq!(stream("text/*"), Stream::No);
        assert_eq!(stream("text/event-stream"), Stream::Preferred);
        assert_eq!(stream("text/event-stream;q=0"), Stream::No);
        assert_eq!(stream("application/json, text/event-stream"), Stream::Possible);
        assert_eq!(stream("application/json;q=0.5, text/event-stream;q=0.6"), Stream::Preferred);
        assert_eq!(of("text/event-stream", Media::Json).media, None);
    }
}
