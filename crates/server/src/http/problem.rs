//! Refusals of the transport, in the shape of a GraphQL answer: a code for programs, a sentence for people.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Language, Reason, Rejection};
use serde_json::json;

use super::media::Media;
use super::reasons;
use super::settings::Profile;
use crate::identity::{IdentityError, reasons as of_accounts};

/// A request that was not executed.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    told: Box<Told>,
    /// The transport's parameters do not fit, though they could be read.
    malformed: bool,
    media: Media,
    header: Option<(HeaderName, String)>,
}

/// What a refusal says, in either language.
#[derive(Clone, Debug)]
pub(super) enum Told {
    Reason(Rejection),
    /// With a sentence that was made elsewhere.
    Sentence {
        code: &'static str,
        field: Option<String>,
        en: String,
        zh: String,
    },
}

impl From<Rejection> for Told {
    fn from(rejection: Rejection) -> Self {
        Self::Reason(rejection)
    }
}

impl From<&'static Reason> for Told {
    fn from(reason: &'static Reason) -> Self {
        Self::Reason(reason.into())
    }
}

impl Told {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Reason(rejection) => rejection.code(),
            Self::Sentence { code, .. } => code,
        }
    }

    pub(super) fn message(&self, language: Language) -> String {
        match (self, language) {
            (Self::Reason(rejection), _) => rejection.message(language),
            (Self::Sentence { en, .. }, Language::En) => en.clone(),
            (Self::Sentence { zh, .. }, Language::ZhCn) => zh.clone(),
        }
    }

    /// As an error of a GraphQL answer.
    pub(super) fn error(&self, language: Language) -> serde_json::Value {
        let field = match self {
            Self::Reason(rejection) => rejection.field.as_deref(),
            Self::Sentence { field, .. } => field.as_deref(),
        };
        let mut extensions = json!({ "code": self.code() });
        if let Some(field) = field {
            extensions["field"] = field.into();
        }
        json!({ "message": self.message(language), "extensions": extensions })
    }

    /// In the shape of a GraphQL answer.
    fn body(&self, language: Language) -> serde_json::Value {
        json!({ "errors": [self.error(language)] })
    }
}

/// Travels with a refusal: its code for the figures, and what it says, for who reads another language.
#[derive(Clone, Debug)]
pub(super) struct Refused(Box<Told>);

impl Refused {
    pub(super) fn code(&self) -> &'static str {
        self.0.code()
    }

    /// The answer in the language that the request wants.
    pub(super) fn tell(&self, response: &mut Response, language: Language) {
        *response.body_mut() = self.0.body(language).to_string().into();
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
}

impl Problem {
    pub(super) fn new(status: StatusCode, told: impl Into<Told>) -> Self {
        let told = Box::new(told.into());
        Self { status, told, malformed: false, media: Media::Json, header: None }
    }

    pub(super) fn bad_request(told: impl Into<Told>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, told)
    }

    /// Parameters that can be read and make no well-formed GraphQL request: 400 or 422, as the profile says.
    pub(super) fn malformed(told: impl Into<Told>) -> Self {
        Self { malformed: true, ..Self::bad_request(told) }
    }

    /// For now there is no more of something; soon there may be.
    pub(super) fn unavailable(told: impl Into<Told>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, told).header(header::RETRY_AFTER, "5")
    }

    /// Nothing about the cause: that is in the logs, under the request's id.
    pub(super) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, &reasons::INTERNAL)
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

    pub(super) fn told(&self) -> &Told {
        &self.told
    }

    pub(super) fn code(&self) -> &'static str {
        self.told.code()
    }

    pub(super) fn body(&self, language: Language) -> serde_json::Value {
        self.told.body(language)
    }

    /// What a failure of the accounts looks like from outside.
    pub(super) fn identity(error: &IdentityError, wait: i64) -> Self {
        match error {
            IdentityError::Rejected(rejection) => {
                let is = |reason: &Reason| rejection.code() == reason.code;
                let status = if is(&of_accounts::SIGN_IN_FAILED) {
                    StatusCode::UNAUTHORIZED
                } else if is(&of_accounts::TOKEN_UNKNOWN) || is(&of_accounts::SESSION_UNKNOWN) {
                    StatusCode::NOT_FOUND
                } else {
                    StatusCode::BAD_REQUEST
                };
                Self::new(status, rejection.clone())
            }
            IdentityError::Locked { .. } => {
                let rejection = Rejection::new(&of_accounts::SIGN_IN_LOCKED).with("seconds", wait);
                Self::new(StatusCode::TOO_MANY_REQUESTS, rejection)
                    .header(header::RETRY_AFTER, wait.to_string())
            }
            IdentityError::IssuerUnavailable => {
                let rejection = Rejection::new(&of_accounts::ISSUER_UNAVAILABLE);
                Self::new(StatusCode::SERVICE_UNAVAILABLE, rejection).header(header::RETRY_AFTER, "30")
            }
            IdentityError::Busy => {
                let rejection = Rejection::new(&of_accounts::SIGN_IN_BUSY);
                Self::new(StatusCode::SERVICE_UNAVAILABLE, rejection).header(header::RETRY_AFTER, "5")
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
        let body = self.body(Language::default()).to_string();
        let mut response = (self.status, [(header::CONTENT_TYPE, kind)], body).into_response();
        response.extensions_mut().insert(Refused(self.told));
        if let Some((name, value)) = self.header
            && let Ok(value) = HeaderValue::from_str(&value)
        {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
