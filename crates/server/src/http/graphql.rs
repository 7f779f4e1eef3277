//! GraphQL over HTTP.

mod answer;
mod batch;

use std::net::{IpAddr, SocketAddr};

use async_graphql::parser::types::OperationType;
use axum::body::Body;
use axum::extract::{ConnectInfo, Extension, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Request, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use domain::Rejection;
use serde_json::{Map, Value};

use super::engine::{Asker, Engine};
use super::execution::{Share, run_within};
use super::front::RequestId;
use super::media::{self, Accepted, Media, Stream};
use super::metered::status_of;
use super::origin::{self, Source};
use super::params;
use super::problem::Problem;
use super::reasons;
use super::settings::{Profile, Settings};
use super::{App, body, language, sse, who, ws};
use crate::identity::Authenticated;

use answer::{Answer, Manner};

pub(super) use super::execution::{is_request_error, run};
pub(super) use answer::Wire;

/// Longest address, in bytes. A longer query goes by `POST`.
const LONGEST_ADDRESS: usize = 16 * 1024;

/// Whether the method may change something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Get,
    Post,
}

/// What was asked.
enum Asked {
    One(Map<String, Value>),
    Batch(Vec<Value>),
}

/// `GET /graphql`: a query in the address, an event stream, or the way up to a WebSocket.
pub(super) async fn get(
    State(app): State<App>,
    Extension(id): Extension<RequestId>,
    request: Request<Body>,
) -> Response {
    let (mut parts, _) = request.into_parts();
    if ws::is_upgrade(&parts.headers) {
        return ws::upgrade(app, id, &mut parts).await.into_response();
    }
    let asked = from_address(&parts.uri).map(Asked::One);
    Reception { app, id, method: Method::Get }.answer(&parts, asked).await
}

/// `POST /graphql`: one request or a batch, in JSON.
pub(super) async fn post(
    State(app): State<App>,
    Extension(id): Extension<RequestId>,
    request: Request<Body>,
) -> Response {
    let (parts, body) = request.into_parts();
    let asked = read(&app, &parts, body).await;
    Reception { app, id, method: Method::Post }.answer(&parts, asked).await
}

/// Every other method; the router adds `Allow`.
pub(super) async fn other_method(State(app): State<App>, headers: HeaderMap) -> Response {
    let profile = app.settings.profile;
    let media = accepted(&headers, profile).media.unwrap_or_default();
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, &reasons::METHOD_UNKNOWN);
    Manner { profile, media }.problem(problem)
}

async fn read(app: &App, parts: &Parts, body: Body) -> Result<Asked, Problem> {
    let headers = &parts.headers;
    if !media::is_json(headers) {
        return Err(not_json());
    }
    if !media::is_unpacked(headers) {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, &reasons::BODY_CODED)
            .header(header::ACCEPT_ENCODING, "identity"));
    }
    let Settings { body_bytes, body_time, .. } = app.settings;
    let bytes = body::read_in(app.0.bodies.place(peer(parts)), headers, body, body_bytes, body_time).await?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => Ok(Asked::One(object)),
        Ok(Value::Array(items)) => {
            batch::check(&items, app.settings.batch.into())?;
            Ok(Asked::Batch(items))
        }
        Ok(_) => Err(Problem::malformed(&reasons::BODY_NO_OBJECT)),
        Err(_) => Err(Problem::bad_request(&reasons::BODY_NO_JSON)),
    }
}

pub(super) fn not_json() -> Problem {
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, &reasons::CONTENT_NO_JSON)
}

fn from_address(uri: &Uri) -> Result<Map<String, Value>, Problem> {
    if uri.path_and_query().is_some_and(|address| address.as_str().len() > LONGEST_ADDRESS) {
        let told = Rejection::new(&reasons::ADDRESS_TOO_LONG).with("limit", LONGEST_ADDRESS);
        return Err(Problem::new(StatusCode::URI_TOO_LONG, told));
    }
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
        .map_err(|_| Problem::bad_request(&reasons::QUERY_STRING_INVALID))?;
    let mut object = Map::new();
    for (name, text) in pairs {
        let value = match name.as_str() {
            "query" => Value::String(text),
            // Given and empty is the same as not given.
            "documentId" | "operationName" | "variables" | "extensions" if text.is_empty() => Value::Null,
            "documentId" | "operationName" => Value::String(text),
            "variables" | "extensions" => {
                serde_json::from_str(&text).map_err(|_| params::wrong(&name, &reasons::PARAMETER_NO_JSON))?
            }
            _ => continue,
        };
        if object.insert(name, value).is_some() {
            return Err(Problem::malformed(&reasons::GIVEN_TWICE));
        }
    }
    Ok(object)
}

/// What `Accept` asks for under a profile.
fn accepted(headers: &HeaderMap, profile: Profile) -> Accepted {
    let first = match profile {
        Profile::Audited => Media::Json,
        Profile::Draft => Media::GraphqlResponse,
    };
    Accepted::of(headers, first)
}

/// One HTTP request on its way to an answer.
struct Reception {
    app: App,
    id: RequestId,
    method: Method,
}

impl Reception {
    async fn answer(&self, parts: &Parts, asked: Result<Asked, Problem>) -> Response {
        let profile = self.app.settings.profile;
        let accepted = accepted(&parts.headers, profile);
        let manner = Manner { profile, media: accepted.media.unwrap_or_default() };
        // A batch has many answers, each to its request: a stream has no place for that.
        let answerable = accepted.media.is_some()
            || (accepted.stream != Stream::No && !matches!(asked, Ok(Asked::Batch(_))));
        if !answerable {
            return manner.problem(not_acceptable());
        }
        let outcome = match asked {
            Ok(Asked::One(object)) => self.one(parts, object, accepted.stream, manner).await,
            Ok(Asked::Batch(items)) => self.batch(parts, items, manner).await,
            Err(problem) => Err(problem),
        };
        outcome.unwrap_or_else(|problem| manner.problem(problem))
    }

    async fn one(
        &self,
        parts: &Parts,
        object: Map<String, Value>,
        stream: Stream,
        manner: Manner,
    ) -> Result<Response, Problem> {
        let app = &self.app;
        let mut request = params::from_object(object, &app.settings.documents)?;
        let known = who::authenticate(app, &parts.headers).await?;
        // Before anything is done in somebody's name, be it counted against them.
        self.check_origin(&parts.headers, known.as_deref(), false)?;
        let asker = asker(parts, known.as_deref(), &self.id);
        let operation = params::operation(&*app.engine, &mut request, &asker);
        let is_subscription = matches!(operation, Ok(OperationType::Subscription));
        let streams = match stream {
            Stream::No => false,
            Stream::Possible => is_subscription,
            Stream::Preferred => true,
        };
        self.check_origin(&parts.headers, known.as_deref(), streams)?;
        let operation = match operation {
            Ok(operation) => operation,
            // What does not fit is told in the stream, because who made it sees no other answer.
            Err(unfit) if streams && unfit.read && status_of(&unfit.response).is_none() => {
                return Ok(sse::refused(&unfit.response));
            }
            Err(unfit) if streams => return Ok(manner.refusal(&Answer::from(unfit))),
            Err(unfit) => return Ok(manner.answer(&Answer::from(unfit))),
        };
        if !(streams && is_subscription) {
            permitted(&*app.engine, &asker, operation, self.method)?;
        }
        if streams {
            return sse::open(app, parts, request, is_subscription, asker, known);
        }
        let response = run_within(app, request, asker, Share::new(app)).await?;
        Ok(manner.answer(&Answer::from(response)))
    }

    async fn batch(&self, parts: &Parts, items: Vec<Value>, manner: Manner) -> Result<Response, Problem> {
        let known = who::authenticate(&self.app, &parts.headers).await?;
        self.check_origin(&parts.headers, known.as_deref(), false)?;
        let asker = asker(parts, known.as_deref(), &self.id);
        Ok(batch::answer(&self.app, items, &asker, manner).await)
    }

    /// A page of another origin must neither change anything nor ask in somebody's name.
    fn check_origin(
        &self,
        headers: &HeaderMap,
        known: Option<&Authenticated>,
        streams: bool,
    ) -> Result<(), Problem> {
        if !known.is_some_and(Authenticated::by_cookie) {
            return Ok(());
        }
        match origin::source(headers, &self.app.settings) {
            Source::Own => Ok(()),
            // A link, or an address typed in: nothing is changed, and no other page sees the answer. A stream is
            // opened by scripts alone.
            Source::Untold if self.method == Method::Get && !streams => Ok(()),
            Source::Untold | Source::Foreign => Err(origin::refusal()),
        }
    }
}

fn not_acceptable() -> Problem {
    Problem::new(StatusCode::NOT_ACCEPTABLE, &reasons::NOT_ACCEPTABLE)
}

/// What may be executed by this method with one answer; it costs something to find out.
fn permitted(
    engine: &dyn Engine,
    asker: &Asker,
    operation: OperationType,
    method: Method,
) -> Result<(), Problem> {
    fitting(operation, method).inspect_err(|_| engine.refused(asker))
}

fn fitting(operation: OperationType, method: Method) -> Result<(), Problem> {
    match operation {
        OperationType::Mutation if method == Method::Get => {
            Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, &reasons::MUTATION_BY_GET)
                .header(header::ALLOW, "POST"))
        }
        OperationType::Subscription => Err(Problem::bad_request(&reasons::SUBSCRIPTION_BY_HTTP)),
        OperationType::Query | OperationType::Mutation => Ok(()),
    }
}

/// The other end of the connection.
pub(super) fn peer(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip())
}

/// Asks for an answer that shows at least this position: what a mutation answered, on any node.
const AT_LEAST: &str = "wardlog-at-least";

pub(super) fn asker(parts: &Parts, authenticated: Option<&Authenticated>, id: &RequestId) -> Asker {
    let headers = &parts.headers;
    let principal = authenticated.map(|known| known.principal.clone());
    let preferred = principal.as_ref().and_then(|principal| principal.language);
    Asker {
        principal,
        peer: peer(parts),
        language: language::wanted(headers).or(preferred).unwrap_or_default(),
        at_least: headers.get(AT_LEAST).and_then(|value| value.to_str().ok()?.parse().ok()),
        ..Asker::anonymous(id.0.clone())
    }
}
