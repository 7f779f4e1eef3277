//! Ends a spin of the client. When the stream of a subscription ends cleanly, the client (1.2) asks it again and again
//! without ever yielding; no timer and no abort reaches it there. What it does on every round is to warn through
//! `tracing`. On a thread that does nothing but follow, a subscriber of events turns that warning into an unwinding,
//! which leaves the client's loop, drops its future and is caught where the thread began.
//!
//! Everything else goes on to the subscriber that was there before.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::with_default;
use tracing::{Dispatch, Event, Level, Metadata, Subscriber, dispatcher};

/// Where the client warns.
const TARGET: &str = "kurrentdb::commands";
/// What it says in the loop.
const WORDS: &str = "Received an unknown subscription message";

/// The stream of a subscription ended.
struct StreamEnded;

/// Runs `follow`; `None` when the stream of its subscription ended, or it panicked.
pub(crate) fn until_end<T>(follow: impl FnOnce() -> T) -> Option<T> {
    let before = dispatcher::get_default(Dispatch::clone);
    catch_unwind(AssertUnwindSafe(|| with_default(Unspin { before }, follow))).ok()
}

struct Unspin {
    before: Dispatch,
}

fn is_the_warning(metadata: &Metadata<'_>) -> bool {
    metadata.is_event() && *metadata.level() == Level::WARN && metadata.target() == TARGET
}

impl Subscriber for Unspin {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_the_warning(metadata) || self.before.enabled(metadata)
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.before.new_span(span)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.before.record(span, values);
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.before.record_follows_from(span, follows);
    }

    fn event(&self, event: &Event<'_>) {
        if is_the_warning(event.metadata()) {
            let mut words = Words(false);
            event.record(&mut words);
            if words.0 {
                // Not a panic: no hook prints it. The client holds no lock here.
                resume_unwind(Box::new(StreamEnded));
            }
        }
        if self.before.enabled(event.metadata()) {
            self.before.event(event);
        }
    }

    fn enter(&self, span: &Id) {
        self.before.enter(span);
    }

    fn exit(&self, span: &Id) {
        self.before.exit(span);
    }

    fn clone_span(&self, span: &Id) -> Id {
        self.before.clone_span(span)
    }

    fn try_close(&self, span: Id) -> bool {
        self.before.try_close(span)
    }
}

/// Whether the message is the one.
struct Words(bool);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0 |= field.name() == "message" && format!("{value:?}") == WORDS;
    }
}
