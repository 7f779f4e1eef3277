//! Something that is tried again and again: said once when it begins to fail, and once when that is over.

use std::fmt::Display;

#[derive(Debug)]
pub(super) struct Outage {
    what: &'static str,
    lasts: bool,
}

impl Outage {
    pub(super) const fn new(what: &'static str) -> Self {
        Self { what, lasts: false }
    }

    /// It has failed, again or for the first time.
    pub(super) fn goes_on(&mut self, cause: &dyn Display) {
        if self.lasts {
            tracing::debug!(%cause, "{}", self.what);
        } else {
            tracing::warn!(%cause, "{}; it is tried again all the time", self.what);
        }
        self.lasts = true;
    }

    /// It works.
    pub(super) fn is_over(&mut self) {
        if self.lasts {
            tracing::info!("over: {}", self.what);
        }
        self.lasts = false;
    }
}
