//! Answers as they go over the wire, and the status codes of the two profiles.

use std::sync::Arc;

use async_graphql::Response as GraphqlResponse;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use graphql::engine::Unfit;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::http::engine::Executed;
use crate::http::execution::is_request_error;
use crate::http::media::Media;
use crate::http::metered::status_of;
use crate::http::problem::Problem;
use crate::http::settings::Profile;

/// Header fields of an answer, and a few more.
const HEADERS: usize = 20;

/// How far a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    /// The document cannot be read.
    Nothing,
    /// It was read, but is not valid, names no operation, or its variables do not fit.
    Read,
    Executed,
}

pub(super) struct Answer {
    pub(super) response: GraphqlResponse,
    data: Option<Arc<RawValue>>,
    pub(super) reached: Reached,
}

impl From<Executed> for Answer {
    fn from(Executed { response, data }: Executed) -> Self {
        let reached = if is_request_error(&response) { Reached::Read } else { Reached::Executed };
        Self { response, data, reached }
    }
}

impl From<Box<Unfit>> for Answer {
    fn from(unfit: Box<Unfit>) -> Self {
        let reached = if unfit.read { Reached::Read } else { Reached::Nothing };
        Self { response: unfit.response, data: None, reached }
    }
}

impl Answer {
    pub(super) fn wire(&self) -> Wire<'_> {
        let executed = self.reached == Reached::Executed;
        Wire { response: &self.response, data: self.data.as_deref(), executed }
    }
}

/// An answer as it goes over the wire: one that was not executed has no `data` at all.
pub(in crate::http) struct Wire<'a> {
    pub(in crate::http) response: &'a GraphqlResponse,
    /// In place of the response's.
    pub(in crate::http) data: Option<&'a RawValue>,
    pub(in crate::http) executed: bool,
}

impl Serialize for Wire<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        let mut map = serializer.serialize_map(None)?;
        if self.executed {
            match self.data {
                Some(data) => map.serialize_entry("data", data)?,
                None => map.serialize_entry("data", &self.response.data)?,
            }
        }
        if !self.response.errors.is_empty() {
            map.serialize_entry("errors", &self.response.errors)?;
        }
        if !self.response.extensions.is_empty() {
            map.serialize_entry("extensions", &self.response.extensions)?;
        }
        map.end()
    }
}

/// In which profile and type one request is answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    pub(super) profile: Profile,
    pub(super) media: Media,
}

impl Manner {
    pub(super) fn answer(self, answer: &Answer) -> Response {
        self.with_status(status_of(&answer.response).unwrap_or_else(|| self.status(answer)), answer)
    }

    /// Instead of a stream: whatever the type, the status says that there is none.
    pub(super) fn refusal(self, answer: &Answer) -> Response {
        self.with_status(status_of(&answer.response).unwrap_or(StatusCode::BAD_REQUEST), answer)
    }

    fn with_status(self, status: StatusCode, answer: &Answer) -> Response {
        // Grown bit by bit a large body would be copied several times.
        let mut body = Vec::with_capacity(answer.data.as_ref().map_or(256, |data| data.get().len() + 256));
        match serde_json::to_writer(&mut body, &answer.wire()) {
            Ok(()) => self.written(status, body, answer.response.http_headers.clone()),
            Err(_) => self.problem(Problem::internal()),
        }
    }

    /// A batch is answered whole: how its requests fared is said inside.
    pub(super) fn batch(self, body: Vec<u8>, headers: HeaderMap) -> Response {
        self.written(StatusCode::OK, body, headers)
    }

    pub(super) fn problem(self, problem: Problem) -> Response {
        let problem = problem.profile(self.profile);
        let media = self.media_of(problem.status());
        problem.media(media).into_response()
    }

    fn written(self, status: StatusCode, body: Vec<u8>, headers: HeaderMap) -> Response {
        let kind = self.media_of(status).content_type();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        // Room for all that come on the way out: a map that grows is made anew every time.
        *response.headers_mut() = HeaderMap::with_capacity(HEADERS);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        response.headers_mut().extend(headers);
        response
    }

    /// In the newer profile a failure is never plain JSON: that could come from anything on the way (chapter Body).
    fn media_of(self, status: StatusCode) -> Media {
        match self.profile {
            Profile::Draft if !status.is_success() && status != StatusCode::NOT_ACCEPTABLE => {
                Media::GraphqlResponse
            }
            Profile::Audited | Profile::Draft => self.media,
        }
    }

    fn status(self, answer: &Answer) -> StatusCode {
        match (self.profile, self.media, answer.reached) {
            (Profile::Audited, Media::Json, _) => StatusCode::OK,
            (Profile::Audited, Media::GraphqlResponse, Reached::Executed) => StatusCode::OK,
            (Profile::Audited, Media::GraphqlResponse, _) => StatusCode::BAD_REQUEST,
            (Profile::Draft, _, Reached::Nothing) => StatusCode::BAD_REQUEST,
            (Profile::Draft, _, Reached::Read) => StatusCode::UNPROCESSABLE_ENTITY,
            (Profile::Draft, Media::GraphqlResponse, Reached::Executed)
                if !answer.response.errors.is_empty() =>
            {
                partial_success()
            }
            (Profile::Draft, _, Reached::Executed) => StatusCode::OK,
        }
    }
}

/// Data and errors in one answer. Not registered anywhere; recommended beside `application/graphql-response+json` only
/// (GraphQL over HTTP, September 2026, chapters Status Codes and Partial success).
fn partial_success() -> StatusCode {
    StatusCode::from_u16(294).unwrap_or(StatusCode::OK)
}
