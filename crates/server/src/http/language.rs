use axum::http::{HeaderMap, header};
use domain::Language;

use super::media::quality;

/// The language that `Accept-Language` wants most, of those that we have.
pub(super) fn wanted(headers: &HeaderMap) -> Option<Language> {
    let mut best: Option<(u16, Language)> = None;
    for value in headers.get_all(header::ACCEPT_LANGUAGE) {
        for range in value.to_str().unwrap_or_default().split(',') {
            let (tag, weight) = quality(range);
            let language = match tag.split('-').next() {
                Some("zh") => Language::ZhCn,
                Some("en") => Language::En,
                _ => continue,
            };
            if weight > best.map_or(0, |(most, _)| most) {
                best = Some((weight, language));
            }
        }
    }
    best.map(|(_, language)| language)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_most_wanted_language_that_we_have() {
        let of = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(value));
            wanted(&headers)
        };
        assert_eq!(of("zh-CN,zh;q=0.9,en;q=0.8"), Some(Language::ZhCn));
        assert_eq!(of("de, en-GB;q=0.7, zh;q=0.3"), Some(Language::En));
        assert_eq!(of("de"), None);
        assert_eq!(of("zh;q=0"), None);
    }
}
