//! One's own password and one's own sessions.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::problem::Problem;
use super::session::{self, wiped};
use super::{App, body, graphql, media, reasons, who};
use crate::identity::SESSION_ABSOLUTE;

/// Most bytes of two passwords.
const MOST: usize = 4096;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Change {
    #[serde(deserialize_with = "wiped")]
    password: Zeroizing<String>,
    #[serde(deserialize_with = "wiped")]
    new_password: Zeroizing<String>,
}

/// `PUT /session/password` with `{"password", "newPassword"}`: ends every session, this one too, and sets the cookie of
/// a new one.
pub(super) async fn change_password(
    State(app): State<App>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    if !media::is_json(&parts.headers) {
        return Err(graphql::not_json());
    }
    let owner = who::owner(&app, &parts.headers, true).await?;
    let bytes = body::read(&parts.headers, body, MOST, app.settings.body_time).await?;
    let given: Change =
        serde_json::from_slice(&bytes).map_err(|_| Problem::bad_request(&reasons::BODY_NO_NEW_PASSWORD))?;
    let now = app.now();
    let changed = app.identity.change_password(owner.account, given.password, given.new_password, now).await;
    let signed_in = changed.map_err(|error| session::refusal(&error, now))?;
    let cookie = app.settings.cookie.set(&signed_in.secret, SESSION_ABSOLUTE);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// `GET /sessions`: one's own, newest first.
pub(super) async fn list(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    let owner = who::owner(&app, &headers, false).await?;
    let now = app.now();
    let found = app.identity.sessions(owner.account, now).await;
    let sessions = found.map_err(|error| session::refusal(&error, now))?;
    let sessions: Vec<_> = sessions
        .iter()
        .map(|session| {
            json!({
                "id": session.id,
                "beganAt": session.began_at,
                "seenAt": session.seen_at,
                "endsAt": session.ends_at,
                "current": session.id == owner.session,
            })
        })
        .collect();
    Ok(([session::json_type()], json!({ "sessions": sessions }).to_string()).into_response())
}

/// `DELETE /sessions/{id}`: ends one of one's own.
pub(super) async fn end(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let owner = who::owner(&app, &headers, true).await?;
    // What is no id is the id of nothing.
    let id = Uuid::try_parse(&id).unwrap_or_default();
    let ended = app.identity.end_session(owner.account, id).await;
    ended.map_err(|error| Problem::identity(&error, 0))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `DELETE /sessions`: ends all of one's own, this one too.
pub(super) async fn end_all(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    let owner = who::owner(&app, &headers, true).await?;
    let ended = app.identity.sign_out_everywhere(owner.account, app.now()).await;
    ended.map_err(|error| Problem::identity(&error, 0))?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, app.settings.cookie.clear())]).into_response())
}
