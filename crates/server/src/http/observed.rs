//! Watches the engine: a span for every query and mutation, figures of their time and cost, a line for the slow ones.
//!
//! What is told of an operation: its type; the fields at its root, which are words of the schema; its name only when the
//! settings allow it, because a name is the sender's own word. Never the text, never a variable.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection};
use async_graphql::{Request, Response, Value};
use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::stream::BoxStream;
use graphql::engine::{Unfit, Weight};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tracing::{Instrument as _, Span, field::Empty};

use super::engine::{Asker, Engine, Executed};
use super::metrics::HttpMetrics;

/// Root fields of one operation that are told.
const MOST_ROOTS: usize = 5;
/// In place of a word that is not known.
const OTHER: &str = "other";

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Operation {
    operation: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Ended {
    operation: &'static str,
    outcome: &'static str,
}

/// Figures of operations.
#[derive(Clone, Debug)]
pub struct OperationMetrics {
    ended: Family<Ended, Counter>,
    seconds: Family<Operation, Histogram>,
    slow: Counter,
}

impl OperationMetrics {
    /// Registers `graphql_operations_total`, `graphql_operation_seconds` and `slow_operations_total`.
    pub fn register(registry: &mut Registry) -> Self {
        let seconds = || {
            Histogram::new([
                0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
            ])
        };
        let metrics = Self {
            ended: Family::default(),
            seconds: Family::new_with_constructor(seconds),
            slow: Counter::default(),
        };
        registry.register(
            "graphql_operations",
            "Queries and mutations by type and outcome: ok, errors, given_up (nobody waited any more)",
            metrics.ended.clone(),
        );
        registry.register(
            "graphql_operation_seconds",
            "Time in which queries and mutations were executed",
            metrics.seconds.clone(),
        );
        registry.register(
            "slow_operations",
            "Operations that took longer than the settings allow; the logs have them",
            metrics.slow.clone(),
        );
        metrics
    }
}

/// Words that may be told.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// Of the schema.
    pub fields: HashSet<String>,
    /// Names of operations.
    pub operations: HashSet<String>,
}

/// What of an operation may be told.
#[derive(Clone, Debug)]
struct Told {
    operation: &'static str,
    name: Option<String>,
    roots: String,
}

impl Words {
    fn told(&self, document: Option<&ExecutableDocument>, wanted: Option<&str>) -> Told {
        let mut operations = document.into_iter().flat_map(|document| document.operations.iter());
        let found = match wanted {
            Some(wanted) => operations.find(|(name, _)| name.is_some_and(|name| name.as_str() == wanted)),
            None => operations.next(),
        };
        let Some((name, definition)) = found else {
            return Told { operation: "unreadable", name: None, roots: String::new() };
        };
        let operation = match definition.node.ty {
            OperationType::Query => "query",
            OperationType::Mutation => "mutation",
            OperationType::Subscription => "subscription",
        };
        let known =
            |name: &str| if self.operations.contains(name) { name.to_owned() } else { OTHER.to_owned() };
        let mut roots = String::new();
        let selected = &definition.node.selection_set.node.items;
        for item in selected.iter().take(MOST_ROOTS) {
            let word = match &item.node {
                Selection::Field(field) => {
                    self.fields.get(field.node.name.node.as_str()).map_or(OTHER, |f| f)
                }
                Selection::FragmentSpread(_) | Selection::InlineFragment(_) => "…",
            };
            if !roots.is_empty() {
                roots.push(' ');
            }
            roots.push_str(word);
        }
        if selected.len() > MOST_ROOTS {
            roots.push_str(" …");
        }
        Told { operation, name: name.map(|name| known(name.as_str())), roots }
    }
}

/// An engine that is watched.
#[derive(Clone)]
pub struct Observed {
    inner: Arc<dyn Engine>,
    words: Arc<Words>,
    metrics: OperationMetrics,
    transport: HttpMetrics,
    slow: Duration,
}

impl std::fmt::Debug for Observed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Observed").field("slow", &self.slow).finish_non_exhaustive()
    }
}

impl Observed {
    /// Operations that take longer than `slow` are told in the logs.
    pub fn new(
        inner: Arc<dyn Engine>,
        words: Words,
        metrics: OperationMetrics,
        transport: HttpMetrics,
        slow: Duration,
    ) -> Self {
        Self { inner, words: Arc::new(words), metrics, transport, slow }
    }
}

impl Engine for Observed {
    fn weigh(&self, request: &mut Request, asker: &Asker) -> Result<Weight, Box<Unfit>> {
        self.inner.weigh(request, asker)
    }

    fn execute(&self, mut request: Request, asker: Asker) -> BoxFuture<'static, Executed> {
        let cost = self.inner.weigh(&mut request, &asker).ok().map(|weight| weight.cost);
        let told = self.words.told(graphql::engine::document(&request), request.operation_name.as_deref());
        // On a socket there is no request around it that tells the id.
        let around = if Span::current().is_none() {
            tracing::error_span!("operation", correlation_id = &*asker.correlation)
        } else {
            Span::none()
        };
        let span = around.in_scope(|| {
            tracing::info_span!(
                target: "graphql",
                "graphql",
                operation = told.operation,
                operation_name = told.name.as_deref().filter(|name| *name != OTHER),
                roots = told.roots,
                cost,
                errors = Empty,
            )
        });
        let work = self.inner.execute(request, asker).instrument(span.clone());
        let mut watch =
            Watch { observed: self.clone(), told, cost, begun: Instant::now(), span, ended: false };
        async move {
            let executed = work.await;
            watch.end(&executed.response);
            executed
        }
        .instrument(around)
        .boxed()
    }

    fn execute_stream(&self, request: Request, asker: Asker) -> BoxStream<'static, Response> {
        self.inner.execute_stream(request, asker)
    }

    fn position(&self) -> Option<u64> {
        self.inner.position()
    }

    fn sdl(&self) -> String {
        self.inner.sdl()
    }
}

/// From the begin of an operation to its end, or to the moment when nobody waits for it any more.
struct Watch {
    observed: Observed,
    told: Told,
    cost: Option<u64>,
    begun: Instant,
    span: Span,
    ended: bool,
}

impl Watch {
    fn end(&mut self, response: &Response) {
        self.ended = true;
        if !response.errors.is_empty() {
            self.span.record("errors", response.errors.len());
        }
        for error in &response.errors {
            let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
            self.observed.transport.reject_code(match code {
                Some(Value::String(code)) => code,
                _ => OTHER,
            });
        }
        self.count(if response.errors.is_empty() { "ok" } else { "errors" });
    }

    fn label(&self) -> Operation {
        Operation { operation: self.told.operation }
    }

    fn count(&self, outcome: &'static str) {
        let Told { operation, name, roots } = &self.told;
        let took = self.begun.elapsed();
        let metrics = &self.observed.metrics;
        metrics.ended.get_or_create(&Ended { operation, outcome }).inc();
        metrics.seconds.get_or_create(&self.label()).observe(took.as_secs_f64());
        if took > self.observed.slow {
            metrics.slow.inc();
            let (seconds, operation_name, cost) = (took.as_secs_f64(), name.as_deref(), self.cost);
            tracing::warn!(operation, operation_name, roots, cost, seconds, outcome, "slow operation");
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.ended {
            self.count("given_up");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(query: &str, name: Option<&str>) -> (&'static str, Option<String>, String) {
        let words = Words {
            fields: ["viewer", "log", "reportIncident"].map(str::to_owned).into(),
            operations: ["Board".to_owned()].into(),
        };
        let document = async_graphql::parser::parse_query(query).ok();
        let Told { operation, name, roots } = words.told(document.as_ref(), name);
        (operation, name, roots)
    }

    #[test]
    fn only_words_of_the_program_are_told() {
        assert_eq!(told("{ viewer { id } log { head } }", None), ("query", None, "viewer log".into()));
        assert_eq!(told("query Board { log }", None), ("query", Some("Board".into()), "log".into()));
        assert_eq!(told("query ZhangSan { log }", None), ("query", Some("other".into()), "log".into()));
        assert_eq!(told("{ ZhangSan: ZhangSi }", None), ("query", None, "other".into()));
        let two = "query A { log } mutation Board { reportIncident }";
        assert_eq!(told(two, Some("Board")), ("mutation", Some("Board".into()), "reportIncident".into()));
        assert_eq!(told(two, Some("ZhangSan")).0, "unreadable");
        assert_eq!(told("{ viewer { 张三 ", None).0, "unreadable");
        let many = "{ a: log b: log c: log d: log e: log f: log ...Z } fragment Z on Query { log }";
        assert_eq!(told(many, None).2, "log log log log log …");
    }
}
