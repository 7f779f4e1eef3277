//! GraphQL over HTTP.

use std::panic::AssertUnwindSafe;

use async_graphql::parser::types::OperationType;
use async_graphql::{Request as GraphqlRequest, ServerError, Value};
use axum::body::Body;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use serde::{Serialize, Serializer};
use serde_json::Map;

use super::engine::Asker;
use super::front::RequestId;
use super::media::{self, Media};
use super::origin::{self, Source};
use super::problem::Problem;
use super::{App, body, language, params, ws};
use crate::identity::{Authenticated, Authentication};

/// Whether the method may change something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Get,
    Post,
}

/// `GET /graphql`: a query in the address, or the way up to a WebSocket.
pub(super) async fn get(
    State(app): State<App>,
    Extension(id): Extension<RequestId>,
    request: Request<Body>,
) -> Response {
    let (mut parts, _) = request.into_parts();
    if ws::is_upgrade(&parts.headers) {
        return ws::upgrade(app, id, &mut parts).await.into_response();
    }
    let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
    let object = match query {
        Ok(Query(pairs)) => from_pairs(pairs),
        Err(_) => Err(Problem::bad_request("query_string_invalid", "The query string cannot be read.")),
    };
    answer(&app, &id, &parts.headers, Method::Get, object).await
}

/// `POST /graphql`.
pub(super) async fn post(
    State(app): State<App>,
    Extension(id): Extension<RequestId>,
    request: Request<Body>,
) -> Response {
    let (parts, body) = request.into_parts();
    let object = read(&app, &parts.headers, body).await;
    answer(&app, &id, &parts.headers, Method::Post, object).await
}

async fn read(app: &App, headers: &HeaderMap, body: Body) -> Result<Map<String, serde_json::Value>, Problem> {
    if !media::is_json(headers) {
        return Err(not_json());
    }
    let bytes = body::read(headers, body, app.settings.body_bytes, app.settings.body_time).await?;
    match serde_json::from_slice(&bytes) {
        Ok(serde_json::Value::Object(object)) => Ok(object),
        Ok(serde_json::Value::Array(_)) => Err(Problem::bad_request(
            "batch_not_supported",
            "One request at a time: a batch is not supported.",
        )),
        Ok(_) => Err(Problem::bad_request("body_not_an_object", "The body must be a JSON object.")),
        Err(_) => Err(Problem::bad_request("body_not_json", "The body is not JSON in UTF-8.")),
    }
}

pub(super) fn not_json() -> Problem {
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "content_type_not_supported",
        "The body must be sent as application/json.",
    )
}

fn from_pairs(pairs: Vec<(String, String)>) -> Result<Map<String, serde_json::Value>, Problem> {
    let mut object = Map::new();
    for (name, text) in pairs {
        let value = match name.as_str() {
            "query" | "operationName" => serde_json::Value::String(text),
            "variables" | "extensions" => serde_json::from_str(&text).map_err(|_| {
                Problem::bad_request("parameter_invalid", format!("The parameter `{name}` must be JSON."))
            })?,
            _ => continue,
        };
        if object.insert(name, value).is_some() {
            return Err(Problem::bad_request("parameter_repeated", "A parameter is given twice."));
        }
    }
    Ok(object)
}

async fn answer(
    app: &App,
    id: &RequestId,
    headers: &HeaderMap,
    method: Method,
    object: Result<Map<String, serde_json::Value>, Problem>,
) -> Response {
    let Some(media) = Media::accepted(headers) else {
        let message = "Answers are application/graphql-response+json or application/json.";
        return Problem::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", message).into_response();
    };
    match execute(app, id, headers, method, object).await {
        Ok(Answer { response, executed }) => write(response, executed, media),
        Err(problem) => problem.media(media).into_response(),
    }
}

struct Answer {
    response: async_graphql::Response,
    /// Otherwise it failed before: no `data` is in the answer.
    executed: bool,
}

impl Answer {
    fn failed(error: ServerError) -> Self {
        Self { response: async_graphql::Response::from_errors(vec![error]), executed: false }
    }
}

async fn execute(
    app: &App,
    id: &RequestId,
    headers: &HeaderMap,
    method: Method,
    object: Result<Map<String, serde_json::Value>, Problem>,
) -> Result<Answer, Problem> {
    let mut request = params::from_object(object?)?;
    let authenticated = authenticate(app, headers).await?;
    if let Some(known) = &authenticated {
        check_origin(app, headers, method, known)?;
    }
    match params::operation(&mut request) {
        Err(error) => return Ok(Answer::failed(error)),
        Ok(Some(OperationType::Mutation)) if method == Method::Get => {
            let message = "A mutation must be sent by POST.";
            return Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "mutation_by_get", message)
                .header(header::ALLOW, "POST"));
        }
        Ok(Some(OperationType::Subscription)) => {
            let message = "A subscription needs a WebSocket (graphql-transport-ws) on this address.";
            return Err(Problem::bad_request("subscription_by_http", message));
        }
        Ok(_) => {}
    }
    let asker = asker(headers, authenticated.as_deref(), id);
    let response = run(app, request, asker).await?;
    Ok(Answer { executed: !is_request_error(&response), response })
}

/// Executes a query or a mutation within its time; a panic becomes an answer.
pub(super) async fn run(
    app: &App,
    request: GraphqlRequest,
    asker: Asker,
) -> Result<async_graphql::Response, Problem> {
    let correlation = asker.correlation.clone();
    let work = AssertUnwindSafe(app.engine.execute(request, asker)).catch_unwind();
    match tokio::time::timeout(app.settings.execution_time, work).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(_)) => {
            tracing::error!(request_id = &*correlation, "a resolver panicked");
            Err(Problem::internal())
        }
        Err(_) => {
            let message = "The request took too long and was given up.";
            Err(Problem::new(StatusCode::GATEWAY_TIMEOUT, "timeout", message))
        }
    }
}

/// Who asks; an error when a token is sent that is not good.
pub(super) async fn authenticate(
    app: &App,
    headers: &HeaderMap,
) -> Result<Option<std::sync::Arc<Authenticated>>, Problem> {
    let outcome = app.identity.authenticate(headers, app.settings.cookie, app.now()).await;
    match outcome {
        Ok(Authentication::Known(authenticated)) => Ok(Some(authenticated)),
        Ok(Authentication::Anonymous) => Ok(None),
        Ok(Authentication::Refused) => Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "token_invalid",
            "The token is unknown, revoked or expired.",
        )
        .header(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")),
        Err(error) => Err(Problem::identity(&error, domain::Language::En, 0)),
    }
}

/// A page of another origin must neither change anything nor ask in somebody's name.
fn check_origin(
    app: &App,
    headers: &HeaderMap,
    method: Method,
    known: &Authenticated,
) -> Result<(), Problem> {
    if !known.by_cookie() {
        return Ok(());
    }
    match (origin::source(headers, &app.settings), method) {
        (Source::Own, _) | (Source::Untold, Method::Get) => Ok(()),
        (Source::Foreign, _) | (Source::Untold, Method::Post) => Err(origin::refusal()),
    }
}

/// Asks for an answer that shows at least this position: what a mutation answered, on any node.
const AT_LEAST: &str = "wardlog-at-least";

pub(super) fn asker(headers: &HeaderMap, authenticated: Option<&Authenticated>, id: &RequestId) -> Asker {
    let principal = authenticated.map(|known| known.principal.clone());
    let preferred = principal.as_ref().and_then(|principal| principal.language);
    Asker {
        principal,
        language: language::wanted(headers).or(preferred).unwrap_or_default(),
        correlation: id.0.clone(),
        at_least: headers.get(AT_LEAST).and_then(|value| value.to_str().ok()?.parse().ok()),
    }
}

/// Whether the request failed as a whole: it was not parsed, not valid, or its variables did not fit. An error of a
/// field names its path.
pub(super) fn is_request_error(response: &async_graphql::Response) -> bool {
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// An answer as it goes over the wire: one that was not executed has no `data` at all.
pub(super) struct Wire<'a> {
    pub(super) response: &'a async_graphql::Response,
    pub(super) executed: bool,
}

impl Serialize for Wire<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        let mut map = serializer.serialize_map(None)?;
        if self.executed {
            map.serialize_entry("data", &self.response.data)?;
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

fn write(response: async_graphql::Response, executed: bool, media: Media) -> Response {
    let status = match media {
        Media::GraphqlResponse if !executed => StatusCode::BAD_REQUEST,
        Media::GraphqlResponse | Media::Json => StatusCode::OK,
    };
    let Ok(body) = serde_json::to_vec(&Wire { response: &response, executed }) else {
        return Problem::internal().media(media).into_response();
    };
    let mut written = (status, [(header::CONTENT_TYPE, media.content_type())], body).into_response();
    written.headers_mut().extend(response.http_headers);
    written
}
