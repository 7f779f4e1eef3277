//! Signing in and out with a cookie.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::json;
use zeroize::Zeroizing;

use super::origin::{self, Source};
use super::problem::Problem;
use super::{App, body, graphql, media, reasons, who};
use crate::identity::{Authentication, Credential, IdentityError, Principal, SESSION_ABSOLUTE};

/// Most bytes of a name and a password.
const MOST: usize = 4096;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    name: String,
    #[serde(deserialize_with = "wiped")]
    password: Zeroizing<String>,
}

pub(super) fn wiped<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(deserializer).map(Zeroizing::new)
}

/// `POST /session` with `{"name", "password"}`: sets the cookie and says who is signed in.
pub(super) async fn sign_in(State(app): State<App>, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    if !media::is_json(&parts.headers) {
        return Err(graphql::not_json());
    }
    // Another page must not sign a visitor in under a name of its choice either.
    if origin::source(&parts.headers, &app.settings) == Source::Foreign {
        return Err(origin::refusal());
    }
    let bytes = body::read(&parts.headers, body, MOST, app.settings.body_time).await?;
    let given: Given =
        serde_json::from_slice(&bytes).map_err(|_| Problem::bad_request(&reasons::BODY_NO_SIGN_IN))?;
    let now = app.now();
    let signed_in = app.identity.sign_in(&given.name, given.password, now).await;
    let signed_in = signed_in.map_err(|error| refusal(&error, now))?;
    end_present(&app, &parts.headers).await;
    let cookie = app.settings.cookie.set(&signed_in.secret, SESSION_ABSOLUTE);
    Ok((StatusCode::OK, [(header::SET_COOKIE, cookie), json_type()], who(Some(&signed_in.principal)))
        .into_response())
}

/// A browser has one session: the one that it came with, whoever began it, does not outlive a sign-in.
async fn end_present(app: &App, headers: &HeaderMap) {
    let known = app.identity.authenticate(headers, app.settings.cookie, app.now()).await;
    if let Ok(Authentication::Known(known)) = known
        && let Credential::Session(secret) = &known.credential
        && let Err(error) = app.identity.sign_out(secret).await
    {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the session before a sign-in was not ended"
        );
    }
}

/// What a failed look at a password is answered with.
pub(super) fn refusal(error: &IdentityError, now: Timestamp) -> Problem {
    let wait = match error {
        IdentityError::Locked { until } => (until.as_second() - now.as_second()).max(1),
        _ => 0,
    };
    Problem::identity(error, wait)
}

/// `DELETE /session`: ends the session of the cookie, if there is one.
pub(super) async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    if let Some(known) = who::authenticate(&app, &headers).await?
        && let Credential::Session(secret) = &known.credential
    {
        if origin::source(&headers, &app.settings) != Source::Own {
            return Err(origin::refusal());
        }
        app.identity.sign_out(secret).await.map_err(|error| Problem::identity(&error, 0))?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, app.settings.cookie.clear())]).into_response())
}

/// `GET /session`: who is signed in; `{"principal": null}` for nobody.
pub(super) async fn show(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    let known = who::authenticate(&app, &headers).await?;
    let principal = known.as_ref().map(|known| &*known.principal);
    Ok(([json_type()], who(principal)).into_response())
}

pub(super) fn json_type() -> (header::HeaderName, String) {
    (header::CONTENT_TYPE, "application/json; charset=utf-8".to_owned())
}

fn who(principal: Option<&Principal>) -> String {
    let principal = principal.map(|principal| {
        json!({
            "id": principal.id,
            "name": principal.name,
            "roles": principal.roles,
            "areas": principal.areas,
            "organisations": principal.organisations,
            "person": principal.person,
            "readOnly": principal.read_only,
        })
    });
    json!({ "principal": principal }).to_string()
}
