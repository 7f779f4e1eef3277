//! What became of rebuilds of the views, for the figures.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

#[derive(Debug, Default)]
pub(crate) struct Rebuilds(Mutex<Told>);

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    pub running: bool,
    pub position: u64,
    pub seconds: f64,
    pub done: u64,
    pub failed: u64,
}

impl Rebuilds {
    pub(crate) fn begin(&self) {
        self.change(|told| *told = Told { running: true, position: 0, ..*told });
    }

    pub(crate) fn reached(&self, position: u64) {
        self.change(|told| told.position = position);
    }

    /// `None`: it failed.
    pub(crate) fn end(&self, took: Option<Duration>) {
        self.change(|told| {
            told.running = false;
            match took {
                Some(took) => (told.done, told.seconds) = (told.done + 1, took.as_secs_f64()),
                None => told.failed += 1,
            }
        });
    }

    pub(super) fn read(&self) -> Told {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Told)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
