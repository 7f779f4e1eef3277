//! The engine behind a till: what a request costs is taken from the asker's budget before anything is executed, and
//! every answer tells what is left.
//!
//! The one place for all transports: queries and mutations, each element of a batch, subscriptions; what a subscription
//! tells is charged where it is handed out ([`super::fanout`]), to each who gets it, and what it reads for nothing while it
//! catches up. The fields are those of draft-ietf-httpapi-ratelimit-headers-11.

use std::sync::Arc;

use async_graphql::{ErrorExtensionValues, Name, Request, Response, ServerError, Value};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use domain::{Language, Reason, Rejection};
use futures_util::future::{BoxFuture, FutureExt as _, ready};
use futures_util::stream::{self, BoxStream, StreamExt as _};
use graphql::Toll;
use graphql::engine::{REASONS, REFUSED, Unfit, Weight};

use super::HttpMetrics;
use super::engine::{Asker, Engine, Executed};
use super::metrics::Charged;
use crate::budget::{Budget, Left, Payer, Rates, Turn, WINDOW, Wait};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

const RATE_LIMITED: Reason = Reason {
    code: "rate_limited",
    en: "Too much was asked within a minute: try again in {seconds} seconds.",
    zh: "一分钟内的请求成本过高，请在{seconds}秒后重试。",
};
const TOO_MANY_AT_ONCE: Reason = Reason {
    code: "too_many_at_once",
    en: "At most {limit} requests of one account are executed at once: wait for one of them.",
    zh: "每个账号最多同时执行{limit}个请求，请稍后重试。",
};

/// What is allowed: cost within a minute, and requests at once.
fn policy(limit: u64, at_once: usize) -> String {
    let window = WINDOW.as_secs();
    format!("\"cost\";q={limit};w={window}, \"at-once\";q={at_once};qu=\"concurrent-requests\"")
}

/// The policy for an answer that was given before anybody was asked to pay.
pub(super) fn tell_policy(headers: &mut HeaderMap, budget: &Budget) {
    if !headers.contains_key(RATE_LIMIT_POLICY) {
        let Rates { cost_per_minute, at_once } = budget.rates();
        set(headers, RATE_LIMIT_POLICY, &policy(cost_per_minute, at_once));
    }
}

/// The status of an answer that says when to come again; whatever the media type.
pub(super) fn status_of(response: &Response) -> Option<StatusCode> {
    let [error] = response.errors.as_slice() else { return None };
    let code = error.extensions.as_ref()?.get("code")?;
    let later = [RATE_LIMITED.code, TOO_MANY_AT_ONCE.code].iter().any(|later| *code == Value::from(*later));
    later.then_some(StatusCode::TOO_MANY_REQUESTS)
}

/// An engine that charges.
pub(super) struct Metered {
    engine: Arc<dyn Engine>,
    till: Till,
}

/// Where askers pay. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Till {
    budget: Arc<Budget>,
    metrics: HttpMetrics,
}

impl Metered {
    pub(super) fn new(engine: Arc<dyn Engine>, till: Till) -> Self {
        Self { engine, till }
    }

    /// Weighs, takes a turn and charges; nothing is charged for what is not begun.
    fn admit(&self, request: &mut Request, asker: &Asker) -> Result<Admitted, Box<Unfit>> {
        let weight = self.weigh(request, asker)?;
        let till = &self.till;
        let turn = till.budget.begin(asker.payer()).ok_or_else(|| later(till.crowd(asker, weight.cost)))?;
        match till.budget.charge(asker.payer(), weight.cost) {
            Ok(left) => {
                till.note(kind(&weight), weight.cost);
                Ok(Admitted { turn, left, cost: weight.cost })
            }
            Err(wait) => Err(later(till.wait(asker, weight.cost, wait))),
        }
    }
}

/// A request that may be executed.
struct Admitted {
    turn: Turn,
    left: Left,
    cost: u64,
}

impl Engine for Metered {
    /// What it takes to read a document must be there before it is read; a document that is refused has taken it.
    fn weigh(&self, request: &mut Request, asker: &Asker) -> Result<Weight, Box<Unfit>> {
        let till = &self.till;
        let payer = asker.payer();
        if let Err(wait) = till.budget.afford(payer, REFUSED) {
            return Err(later(till.wait(asker, REFUSED, wait)));
        }
        self.engine.weigh(request, asker).map_err(|mut unfit| {
            if let Some(reason) = refusal_of(&unfit.response) {
                till.metrics.reject(reason);
            }
            let left = till.budget.charge(payer, REFUSED).unwrap_or_else(|wait| wait.left);
            till.tell(&mut unfit.response, asker, REFUSED, left);
            unfit
        })
    }

    /// It was read for nothing.
    fn refused(&self, asker: &Asker) {
        // Who has not that much left pays nothing, and is told so by the next request.
        let _ = self.till.budget.charge(asker.payer(), REFUSED);
    }

    fn execute(&self, mut request: Request, asker: Asker) -> BoxFuture<'static, Executed> {
        let Admitted { turn, left, cost } = match self.admit(&mut request, &asker) {
            Ok(admitted) => admitted,
            Err(unfit) => return ready(unfit.response.into()).boxed(),
        };
        let till = self.till.clone();
        let answer = self.engine.execute(request, asker.clone());
        async move {
            let mut answer = answer.await;
            drop(turn);
            // A document that is not valid costs no less than one that cannot be read.
            let more = if answer.was_executed() { 0 } else { REFUSED.saturating_sub(cost) };
            let left = match more {
                0 => left,
                more => till.budget.charge(asker.payer(), more).unwrap_or_else(|wait| wait.left),
            };
            till.tell(&mut answer.response, &asker, cost + more, left);
            answer
        }
        .boxed()
    }

    fn execute_stream(&self, mut request: Request, asker: Asker) -> BoxStream<'static, Response> {
        // What stays open is bounded by the transport; only its beginning takes a turn.
        if let Err(unfit) = self.admit(&mut request, &asker) {
            return stream::once(ready(unfit.response)).boxed();
        }
        request.data.insert(self.till.toll(asker.payer()));
        self.engine.execute_stream(request, asker)
    }

    fn position(&self) -> Option<u64> {
        self.engine.position()
    }

    fn sdl(&self) -> String {
        self.engine.sdl()
    }
}

impl Till {
    pub(super) fn new(budget: Arc<Budget>, metrics: HttpMetrics) -> Self {
        Self { budget, metrics }
    }

    /// Charges what a subscription reads and does not tell.
    fn toll(&self, payer: Payer) -> Toll {
        let till = self.clone();
        Toll::new(self.budget.reading(payer), move |cost| {
            till.note("resume", cost);
            till.budget.owe(payer, cost)
        })
    }

    /// Charges what a subscription tells; how the asker stands then, for who has an account.
    ///
    /// # Errors
    /// The last answer of the subscription, when there is not enough left for it.
    pub(super) fn event(&self, cost: u64, asker: &Asker) -> Result<Option<Value>, Box<Response>> {
        match self.budget.charge(asker.payer(), cost) {
            Ok(left) => {
                self.note("event", cost);
                Ok(matches!(asker.payer(), Payer::Account(_)).then(|| standing(cost, left)))
            }
            Err(wait) => Err(Box::new(self.wait(asker, cost, wait))),
        }
    }

    /// There is not enough left.
    fn wait(&self, asker: &Asker, cost: u64, wait: Wait) -> Response {
        self.metrics.reject(RATE_LIMITED.code);
        let told = Rejection::new(&RATE_LIMITED).with("seconds", wait.seconds);
        let mut response = refusal(&told, asker.language, wait.seconds);
        self.tell(&mut response, asker, cost, Left { resets_in: wait.seconds, ..wait.left });
        response
    }

    /// Too much runs already.
    fn crowd(&self, asker: &Asker, cost: u64) -> Response {
        self.metrics.reject(TOO_MANY_AT_ONCE.code);
        let told = Rejection::new(&TOO_MANY_AT_ONCE).with("limit", self.budget.rates().at_once);
        let mut response = refusal(&told, asker.language, 1);
        self.tell(&mut response, asker, cost, self.budget.left(asker.payer()));
        response
    }

    fn note(&self, operation: &'static str, cost: u64) {
        self.metrics.cost.get_or_create(&Charged { operation }).observe(to_float(cost));
    }

    /// What is left: in the header fields, and for who is signed in in the extensions.
    fn tell(&self, response: &mut Response, asker: &Asker, cost: u64, left: Left) {
        set(&mut response.http_headers, RATE_LIMIT_POLICY, &policy(left.limit, self.budget.rates().at_once));
        let service = format!("\"cost\";r={};t={}", left.remaining, left.resets_in);
        set(&mut response.http_headers, RATE_LIMIT, &service);
        if matches!(asker.payer(), Payer::Account(_)) {
            response.extensions.insert("cost".to_owned(), standing(cost, left));
        }
    }
}

/// `extensions.cost`.
fn standing(cost: u64, left: Left) -> Value {
    let told = [
        ("requested", cost),
        ("remaining", left.remaining),
        ("limit", left.limit),
        ("resetsInSeconds", left.resets_in),
    ];
    Value::Object(told.into_iter().map(|(name, number)| (Name::new(name), Value::from(number))).collect())
}

/// Nothing is wrong with the request but its time.
fn later(response: Response) -> Box<Unfit> {
    Box::new(Unfit { response, read: true })
}

fn refusal(told: &Rejection, language: Language, seconds: u64) -> Response {
    let mut error = ServerError::new(told.message(language), None);
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", told.code());
    extensions.set("retryAfterSeconds", seconds);
    error.extensions = Some(extensions);
    let mut response = Response::from_errors(vec![error]);
    set(&mut response.http_headers, header::RETRY_AFTER, &seconds.to_string());
    response
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// The limit that a request has passed, for the figures.
fn refusal_of(response: &Response) -> Option<&'static str> {
    let code = response.errors.first()?.extensions.as_ref()?.get("code")?;
    let known = REASONS.iter().map(|reason| reason.code);
    known.chain(["bad_query"]).find(|known| *code == Value::from(*known))
}

fn kind(weight: &Weight) -> &'static str {
    use async_graphql::parser::types::OperationType;
    match weight.operation {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}

#[expect(clippy::cast_precision_loss, reason = "a histogram is floating point by definition")]
fn to_float(cost: u64) -> f64 {
    cost as f64
}
