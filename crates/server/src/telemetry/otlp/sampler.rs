//! Which traces are exported: a share of all.

use opentelemetry::{
    Context, KeyValue,
    trace::{Link, SpanKind, TraceContextExt as _, TraceId, TraceState},
};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, ShouldSample};

/// A sender can keep its requests out of the traces (`traceparent` without the flag), but not force them in.
#[derive(Clone, Debug)]
pub(super) struct Share(Sampler);

impl Share {
    pub(super) const fn of(ratio: f64) -> Self {
        Self(Sampler::TraceIdRatioBased(ratio))
    }
}

impl ShouldSample for Share {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let known = parent.map(|context| context.span().span_context().clone());
        let decided =
            |decision, trace_state| SamplingResult { decision, attributes: Vec::new(), trace_state };
        match known.filter(|parent| parent.is_valid()) {
            Some(parent) if !parent.is_sampled() => decided(SamplingDecision::Drop, TraceState::default()),
            // A span of ours: its trace has been chosen already.
            Some(parent) if !parent.is_remote() => {
                decided(SamplingDecision::RecordAndSample, TraceState::default())
            }
            // The id is the sender's, who could choose one that is always in: so chance decides, and a part of a trace
            // may be missing here. What the sender says of its state goes nowhere.
            Some(_) => {
                let ours = TraceId::from(u128::from(getrandom::u64().unwrap_or_default()));
                let chosen = self.0.should_sample(parent_less(), ours, name, kind, attributes, links);
                decided(chosen.decision, TraceState::default())
            }
            None => {
                let chosen = self.0.should_sample(parent_less(), trace_id, name, kind, attributes, links);
                decided(chosen.decision, TraceState::default())
            }
        }
    }
}

const fn parent_less() -> Option<&'static Context> {
    None
}
