//! The few pages that the server brings itself. They load nothing from elsewhere.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Language;

use super::problem::Problem;
use super::reasons;
use super::{assets, language};

/// GraphiQL sets styles on elements and embeds fonts and pictures; scripts and connections are only ours.
const PAGE_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Words of the pages: name, English, Chinese.
const WORDS: [(&str, &str, &str); 13] = [
    ("lang", "en", "zh-CN"),
    (
        "tagline",
        "Public security resources: patrol shifts, incidents, contracts.",
        "公共安全资源平台：班次、警情、保安服务合同。",
    ),
    ("name", "Name", "用户名"),
    ("password", "Password", "密码"),
    ("token", "or a token", "或使用令牌"),
    ("sign_in", "Sign in", "登录"),
    ("sign_out", "Sign out", "退出"),
    ("signed_in_as", "Signed in as", "当前用户："),
    ("nobody", "Nobody is signed in", "未登录"),
    ("noscript", "Signing in needs JavaScript.", "登录需要启用 JavaScript。"),
    ("ide", "GraphQL workbench", "GraphQL 查询工具"),
    ("state", "State of this server", "服务器状态"),
    ("figures", "Figures for operators", "运行指标"),
];

static LANDING: LazyLock<[String; 2]> = LazyLock::new(|| in_both(assets::LANDING));
static IDE: LazyLock<[String; 2]> = LazyLock::new(|| in_both(assets::IDE));

fn in_both(page: &str) -> [String; 2] {
    [
        assets::fill(page, &WORDS.map(|(name, en, _)| (name, en))),
        assets::fill(page, &WORDS.map(|(name, _, zh)| (name, zh))),
    ]
}

fn page(pages: &'static [String; 2], headers: &HeaderMap) -> Response {
    let [en, zh] = pages;
    let text = match language::wanted(headers).unwrap_or_default() {
        Language::En => en,
        Language::ZhCn => zh,
    };
    let head = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (header::VARY, "accept-language"),
    ];
    (head, text.as_str()).into_response()
}

/// `GET /`: sign-in and ways on.
pub(super) async fn landing(headers: HeaderMap) -> Response {
    page(&LANDING, &headers)
}

/// `GET /ide`: GraphiQL.
pub(super) async fn ide(headers: HeaderMap) -> Response {
    page(&IDE, &headers)
}

/// `GET /assets/{name}`. The address carries the version, so the file never changes under it.
pub(super) async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = assets::find(&name) else { return not_found().await };
    let tag = format!("\"{}\"", asset.version);
    let known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|value| matches!(value.trim(), "*") || value.trim().trim_start_matches("W/") == tag);
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, asset.content_type)], asset.bytes).into_response()
    };
    let kept = HeaderValue::from_static("public, max-age=31536000, immutable");
    response.headers_mut().insert(header::CACHE_CONTROL, kept);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

pub(super) async fn not_found() -> Response {
    Problem::new(StatusCode::NOT_FOUND, &reasons::PAGE_UNKNOWN).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_left_open_and_nothing_comes_from_elsewhere() {
        for page in LANDING.iter().chain(IDE.iter()) {
            assert!(!page.contains("@{"), "{page}");
            assert!(!page.contains("//"), "{page}");
        }
    }
}
