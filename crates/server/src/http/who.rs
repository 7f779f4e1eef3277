//! Who asks, as the handlers need it: from the headers to somebody, or to an answer that says what is missing.

use std::str::FromStr as _;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use domain::OrganisationId;
use uuid::Uuid;

use super::origin::{self, Source};
use super::problem::Problem;
use super::{App, reasons};
use crate::identity::{Authenticated, Authentication, Means, Principal, reasons as of_accounts};

/// Names the one organisation that a request speaks for; also a field of the payload of `connection_init`.
pub(super) const ACTING: &str = "wardlog-acting-organisation";

/// RFC 6750, section 3: nothing was sent to say who asks.
const CHALLENGE: &str = "Bearer realm=\"wardlog\"";
/// The same, section 3.1: what was sent is not good. One sentence for every cause.
const INVALID: &str = "Bearer realm=\"wardlog\", error=\"invalid_token\", \
                       error_description=\"The token is malformed, unknown, revoked or expired\"";

/// Who asks; an error when a token is sent that is not good.
pub(super) async fn authenticate(
    app: &App,
    headers: &HeaderMap,
) -> Result<Option<Arc<Authenticated>>, Problem> {
    let told = |principal| _ = tracing::Span::current().record("principal", principal);
    let known = match app.identity.authenticate(headers, app.settings.cookie, app.now()).await {
        Ok(Authentication::Known(known)) => known,
        Ok(Authentication::Anonymous) => {
            told("anonymous");
            return Ok(None);
        }
        Ok(Authentication::Refused(why)) => {
            // Beside `token_invalid`, which is what the sender is told.
            app.metrics.reject(why);
            return Err(invalid());
        }
        Err(error) => {
            return Err(Problem::identity(&error, 0));
        }
    };
    told(known.means.word());
    let mut named = headers.get_all(ACTING).iter();
    let Some(value) = named.next() else { return Ok(Some(known)) };
    if named.next().is_some() {
        return Err(not_an_organisation());
    }
    let principal = speaking_for(&known.principal, value)?;
    Ok(Some(Arc::new(Authenticated { principal: Arc::new(principal), ..(*known).clone() })))
}

/// A bearer token that is not good.
fn invalid() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, &reasons::TOKEN_INVALID).header(header::WWW_AUTHENTICATE, INVALID)
}

fn not_an_organisation() -> Problem {
    Problem::bad_request(&reasons::ACTING_INVALID)
}

fn speaking_for(principal: &Principal, value: &HeaderValue) -> Result<Principal, Problem> {
    let organisation = value.to_str().ok().and_then(|text| OrganisationId::from_str(text).ok());
    let organisation = organisation.ok_or_else(not_an_organisation)?;
    principal
        .acting_for(organisation.0)
        .ok_or_else(|| Problem::new(StatusCode::FORBIDDEN, &of_accounts::ACTING_REFUSED))
}

/// The same for the payload of a `connection_init`; `None` when it names no organisation of the asker.
pub(super) fn speaking_as_told(
    principal: &Arc<Principal>,
    payload: &serde_json::Map<String, serde_json::Value>,
) -> Option<Arc<Principal>> {
    let Some((_, told)) = payload.iter().find(|(name, _)| name.eq_ignore_ascii_case(ACTING)) else {
        return Some(Arc::clone(principal));
    };
    let organisation = told.as_str().and_then(|text| OrganisationId::from_str(text).ok())?;
    principal.acting_for(organisation.0).map(Arc::new)
}

/// Who has signed in here with a password: what concerns credentials is not done with a token.
#[derive(Debug)]
pub(super) struct Owner {
    pub(super) account: Uuid,
    pub(super) session: Uuid,
}

/// # Errors
/// 401 for nobody, 403 for a token, and for a page of another origin.
pub(super) async fn owner(app: &App, headers: &HeaderMap, changes: bool) -> Result<Owner, Problem> {
    let known = authenticate(app, headers).await?.ok_or_else(nobody)?;
    let Means::Session(session) = known.means else {
        return Err(Problem::new(StatusCode::FORBIDDEN, &reasons::SESSION_NEEDED));
    };
    own_page(app, headers, changes)?;
    Ok(Owner { account: known.principal.id, session })
}

/// A page of another origin neither changes nor reads anything in somebody's name.
pub(super) fn own_page(app: &App, headers: &HeaderMap, changes: bool) -> Result<(), Problem> {
    match origin::source(headers, &app.settings) {
        Source::Own => Ok(()),
        Source::Untold if !changes => Ok(()),
        Source::Untold | Source::Foreign => Err(origin::refusal()),
    }
}

/// Nobody has signed in.
pub(super) fn nobody() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, &reasons::UNAUTHENTICATED)
        .header(header::WWW_AUTHENTICATE, CHALLENGE)
}
