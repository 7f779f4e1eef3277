//! One's own API tokens. They are made and listed by who has signed in with a password, so that a token that leaked
//! makes no further ones; a token may end itself.

use std::str::FromStr as _;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::time::plus_seconds;
use domain::{AreaCode, OrganisationId, Rejection};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::problem::Problem;
use super::session::json_type;
use super::{App, body, graphql, media, reasons as of_transport, who};
use crate::identity::{
    AccountRole, Grant, IdentityError, Means, NewToken, TOKEN_DEFAULT_LIFE, Token, reasons,
};

/// Most bytes of a wish: 200 areas and organisations fit.
const MOST: usize = 16 * 1024;

/// What is left out is what the owner holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Wish {
    name: String,
    expires_at: Option<Timestamp>,
    roles: Option<Vec<AccountRole>>,
    areas: Option<Vec<String>>,
    organisations: Option<Vec<String>>,
    #[serde(default)]
    read_only: bool,
}

impl Wish {
    /// # Errors
    /// An area or an organisation that is none.
    fn grant(&self, owner: Grant) -> Result<Grant, Rejection> {
        for area in self.areas.iter().flatten() {
            AreaCode::from_str(area)
                .map_err(|_| Rejection::new(&reasons::AREA_PREFIX_INVALID).field("areas"))?;
        }
        let organisations = self.organisations.as_ref().map(|wanted| {
            let id = |text: &String| OrganisationId::from_str(text).map(|organisation| organisation.0);
            wanted.iter().map(id).collect::<Result<Vec<Uuid>, _>>()
        });
        let organisations = organisations
            .transpose()
            .map_err(|_| Rejection::new(&reasons::ORGANISATION_INVALID).field("organisations"))?;
        Ok(Grant {
            roles: self.roles.clone().unwrap_or(owner.roles),
            areas: self.areas.clone().unwrap_or(owner.areas),
            organisations: organisations.unwrap_or(owner.organisations),
        })
    }
}

/// `POST /tokens` with `{"name", "expiresAt"?, "roles"?, "areas"?, "organisations"?, "readOnly"?}`: the secret is in
/// this answer and nowhere else.
pub(super) async fn make(State(app): State<App>, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    if !media::is_json(&parts.headers) {
        return Err(graphql::not_json());
    }
    let owner = who::owner(&app, &parts.headers, true).await?;
    let bytes = body::read(&parts.headers, body, MOST, app.settings.body_time).await?;
    let wish: Wish =
        serde_json::from_slice(&bytes).map_err(|_| Problem::bad_request(&of_transport::BODY_NO_TOKEN))?;
    let (secret, token) =
        create(&app, owner.account, wish).await.map_err(|error| Problem::identity(&error, 0))?;
    let answer = json!({ "token": shown(&token), "secret": secret });
    Ok((StatusCode::CREATED, [json_type()], answer.to_string()).into_response())
}

async fn create(app: &App, owner: Uuid, wish: Wish) -> Result<(String, Token), IdentityError> {
    let now = app.now();
    let grant = wish.grant(app.identity.account(owner).await?.grant)?;
    let mut id = [0_u8; 16];
    getrandom::fill(&mut id)?;
    let new = NewToken {
        id: uuid::Builder::from_random_bytes(id).into_uuid(),
        owner,
        name: wish.name,
        grant,
        read_only: wish.read_only,
        expires_at: wish.expires_at.unwrap_or_else(|| plus_seconds(now, TOKEN_DEFAULT_LIFE)),
    };
    let (secret, token) = app.identity.create_token(new, now).await?;
    Ok((secret.reveal().to_owned(), token))
}

/// `GET /tokens`: one's own, newest first, without their secrets.
pub(super) async fn list(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    let owner = who::owner(&app, &headers, false).await?;
    let found = app.identity.tokens(owner.account).await;
    let tokens = found.map_err(|error| Problem::identity(&error, 0))?;
    let tokens: Vec<Value> = tokens.iter().map(shown).collect();
    Ok(([json_type()], json!({ "tokens": tokens }).to_string()).into_response())
}

/// `DELETE /tokens/{id}`: ends one of one's own at once, also on open sockets.
pub(super) async fn revoke(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = Uuid::try_parse(&id).unwrap_or_default();
    let known = who::authenticate(&app, &headers).await?.ok_or_else(who::nobody)?;
    let owner = match known.means {
        Means::Token(own) if own == id => known.principal.id,
        Means::Token(_) | Means::Session(_) | Means::Issued => {
            who::owner(&app, &headers, true).await?.account
        }
    };
    let revoked = app.identity.revoke_token(id, Some(owner), app.now()).await;
    revoked.map_err(|error| Problem::identity(&error, 0))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn shown(token: &Token) -> Value {
    json!({
        "id": token.id,
        "name": token.name,
        "roles": token.grant.roles,
        "areas": token.grant.areas,
        "organisations": token.grant.organisations,
        "readOnly": token.read_only,
        "createdAt": token.created_at,
        "expiresAt": token.expires_at,
        "usedAt": token.used_at,
        "revokedAt": token.revoked_at,
    })
}
