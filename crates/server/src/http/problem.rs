//! Refusals of the transport, in the shape of a GraphQL answer: a code for programs, a sentence for people.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Language, Reason, Rejection};
use serde_json::json;

use super::media::Media;
use super::settings::Profile;
use crate::identity::{IdentityError, reasons};

/// A request that was not executed.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// The transport's parameters do not fit, though they could be read.
    malformed: bool,
    media: Media,
    header: Option<(HeaderName, String)>,
}

/// The code of a refusal, for the figures.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused(pub(super) &'static str);

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), malformed: false, media: Media::Json, header: None }
    }

    pub(super) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// Parameters that can be read and make no well-formed GraphQL request: 400 or 422, as the profile says.
    pub(super) fn malformed(code: &'static str, message: impl Into<String>) -> Self {
        Self { malformed: true, ..Self::bad_request(code, message) }
    }

    /// For now there is no more of something; soon there may be.
    pub(super) fn unavailable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message).header(header::RETRY_AFTER, "5")
    }

    /// Nothing about the cause: that is in the logs, under the request's id.
    pub(super) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "The server failed; its logs have the request id.",
        )
    }

    pub(super) fn rejection(status: StatusCode, rejection: &Rejection, language: Language) -> Self {
        Self::new(status, rejection.code(), rejection.message(language))
    }

    #[must_use]
    pub(super) fn media(mut self, media: Media) -> Self {
        self.media = media;
        self
    }

    #[must_use]
    pub(super) fn profile(mut self, profile: Profile) -> Self {
        if self.malformed && profile == Profile::Draft {
            self.status = StatusCode::UNPROCESSABLE_ENTITY;
        }
        self
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    #[must_use]
    pub(super) fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.header = Some((name, value.into()));
        self
    }

    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    /// In the shape of a GraphQL answer.
    pub(super) fn body(&self) -> serde_json::Value {
        json!({ "errors": [{ "message": self.message, "extensions": { "code": self.code } }] })
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// What a failure of the accounts looks like from outside.
    pub(super) fn identity(error: &IdentityError, language: Language, wait: i64) -> Self {
        match error {
            IdentityError::Rejected(rejection) => {
                let is = |reason: &Reason| rejection.code() == reason.code;
                let status = if is(&reasons::SIGN_IN_FAILED) {
                    StatusCode::UNAUTHORIZED
                } else if is(&reasons::TOKEN_UNKNOWN) || is(&reasons::SESSION_UNKNOWN) {
                    StatusCode::NOT_FOUND
                } else {
                    StatusCode::BAD_REQUEST
                };
                Self::rejection(status, rejection, language)
            }
            IdentityError::Locked { .. } => {
                let rejection = Rejection::new(&reasons::SIGN_IN_LOCKED).with("seconds", wait);
                Self::rejection(StatusCode::TOO_MANY_REQUESTS, &rejection, language)
                    .header(header::RETRY_AFTER, wait.to_string())
            }
            IdentityError::IssuerUnavailable => {
                let rejection = Rejection::new(&reasons::ISSUER_UNAVAILABLE);
                Self::rejection(StatusCode::SERVICE_UNAVAILABLE, &rejection, language)
                    .header(header::RETRY_AFTER, "30")
            }
            IdentityError::Busy => {
                let rejection = Rejection::new(&reasons::SIGN_IN_BUSY);
                Self::rejection(StatusCode::SERVICE_UNAVAILABLE, &rejection, language)
                    .header(header::RETRY_AFTER, "5")
            }
            other => {
                tracing::error!(error = other as &dyn std::error::Error, "the accounts failed");
                Self::internal()
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let kind = self.media.content_type();
        let mut response =
            (self.status, [(header::CONTENT_TYPE, kind)], self.body().to_string()).into_response();
        response.extensions_mut().insert(Refused(self.code));
        if let Some((name, value)) = self.header
            && let Ok(value) = HeaderValue::from_str(&value)
        {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
