//! Several requests in one body, executed one after the other, answered in the same order.
//!
//! A batch has the time of one request, and comes from one asker. Each of its requests is checked and paid for as if
//! it had come alone. There are no subscriptions in it, no files, and nothing of one request is seen by another.

use axum::http::HeaderMap;
use domain::Rejection;
use serde_json::Value;

use super::answer::{Answer, Manner};
use super::{Method, permitted};
use crate::http::engine::Asker;
use crate::http::execution::{Share, run_within};
use crate::http::problem::Problem;
use crate::http::reasons;
use crate::http::{App, params};
use axum::http::StatusCode;
use axum::response::Response;

/// Whether the batch may be taken at all.
pub(super) fn check(items: &[Value], most: usize) -> Result<(), Problem> {
    if most == 0 {
        return Err(Problem::malformed(&reasons::BATCH_OFF));
    }
    if items.is_empty() {
        return Err(Problem::malformed(&reasons::BATCH_EMPTY));
    }
    if items.len() > most {
        return Err(Problem::malformed(Rejection::new(&reasons::BATCH_TOO_LONG).with("limit", most)));
    }
    if !items.iter().all(Value::is_object) {
        return Err(Problem::malformed(&reasons::BATCH_ITEM));
    }
    Ok(())
}

/// Executes a batch that was checked.
pub(super) async fn answer(app: &App, items: Vec<Value>, asker: &Asker, manner: Manner) -> Response {
    let share = Share::new(app);
    let mut body = vec![b'['];
    let mut headers = HeaderMap::new();
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            body.push(b',');
        }
        let written = match one(app, item, asker.clone(), share).await {
            Ok(answer) => {
                // The last word counts: what is left after it is what is left.
                for (name, value) in &answer.response.http_headers {
                    headers.insert(name, value.clone());
                }
                serde_json::to_writer(&mut body, &answer.wire())
            }
            Err(problem) => {
                app.metrics.reject(problem.code());
                serde_json::to_writer(&mut body, &problem.body(asker.language))
            }
        };
        if written.is_err() {
            return manner.problem(Problem::internal());
        }
    }
    body.push(b']');
    manner.batch(body, headers)
}

async fn one(app: &App, item: Value, asker: Asker, share: Share) -> Result<Answer, Problem> {
    if share.is_over() {
        return Err(Problem::new(StatusCode::GATEWAY_TIMEOUT, &reasons::NOT_EXECUTED));
    }
    let Value::Object(object) = item else {
        return Err(Problem::malformed(&reasons::BATCH_ITEM));
    };
    let mut request = params::from_object(object, &app.settings.documents)?;
    match params::operation(&*app.engine, &mut request, &asker) {
        Ok(operation) => permitted(&*app.engine, &asker, operation, Method::Post)?,
        Err(unfit) => return Ok(Answer::from(unfit)),
    }
    Ok(Answer::from(run_within(app, request, asker, share).await?))
}
