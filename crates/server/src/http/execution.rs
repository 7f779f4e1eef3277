//! How everything is executed, whatever it came by: within a time, and with an answer also to a panic.
//!
//! Dropping a future of this module stops the work behind it: the engine's, and the views' queries under it.

use std::panic::AssertUnwindSafe;

use async_graphql::{Request, Response, Value};
use axum::http::StatusCode;
use futures_util::FutureExt as _;
use tokio::time::Instant;

use super::App;
use super::engine::{Asker, Executed};
use super::problem::Problem;
use super::reasons;

/// What the requests that came together share: one batch has no more time than one request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    until: Instant,
}

impl Share {
    pub(super) fn new(app: &App) -> Self {
        Self { until: Instant::now() + app.settings.execution_time }
    }

    pub(super) fn is_over(self) -> bool {
        Instant::now() >= self.until
    }
}

/// Executes a query or a mutation that came alone.
pub(super) async fn run(app: &App, request: Request, asker: Asker) -> Result<Executed, Problem> {
    run_within(app, request, asker, Share::new(app)).await
}

/// Executes a query or a mutation within a share.
pub(super) async fn run_within(
    app: &App,
    request: Request,
    asker: Asker,
    share: Share,
) -> Result<Executed, Problem> {
    let payer = asker.clone();
    let work = AssertUnwindSafe(app.engine.execute(request, asker)).catch_unwind();
    match tokio::time::timeout_at(share.until, work).await {
        Ok(Ok(executed)) => Ok(executed),
        Ok(Err(_)) => {
            // Where it did, and for which request, has been told by then. Whoever found out how pays for it.
            app.engine.refused(&payer);
            Err(Problem::internal())
        }
        Err(_) => Err(timeout()),
    }
}

fn timeout() -> Problem {
    Problem::new(StatusCode::GATEWAY_TIMEOUT, &reasons::TIMEOUT)
}

/// Whether the request failed as a whole: it was not parsed, not valid, or its variables did not fit. An error of a
/// field names its path.
pub(super) fn is_request_error(response: &Response) -> bool {
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}
