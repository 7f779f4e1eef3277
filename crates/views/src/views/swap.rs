//! The live views are built anew and swapped in, while queries go on.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    thread::JoinHandle,
};

use event_log::Recorded;

use super::{Readers, Views};
use crate::{ViewsError, compare, file, rebuild, runner, store::Store};

type Runner = Option<JoinHandle<Store>>;

impl Views {
    /// Builds a new file beside the live one, compares the two at the same position, and swaps the new one in. Queries
    /// go on all the time; commits to the live views pause during the comparison. Blocking: call off the runtime.
    ///
    /// Views that have stopped come back with the new file, without a comparison: theirs can not be trusted. They go on
    /// at the position that queries saw last, so that subscriptions are told of all that came after it.
    ///
    /// # Errors
    /// When the build fails or the two differ (`Foreign` names the tables); the live file then stays.
    pub fn rebuild_and_swap(&self, progress: impl FnMut(u64)) -> Result<rebuild::Rebuilt, ViewsError> {
        let mut runner = self.runner.lock().unwrap_or_else(PoisonError::into_inner);
        let live = self.readers().file.clone();
        let until = self.progress.failure().map(|_| self.position());
        let (built, mut done) = self.build(&live, until, progress)?;
        let old = self.stop_runner(&mut runner);
        let mut store = Store::open(&built, self.options.calendar.clone(), true)?;
        // It may have stopped only now.
        let broken = self.progress.failure().is_some();
        let outcome = match old {
            _ if broken => Ok(()),
            Some(old) => self.level(&mut store, old, &live, &built),
            None => Err(ViewsError::Stopped("the runner was not running".into())),
        };
        done.position = store.position();
        match outcome {
            Ok(()) => {
                self.exchange(built);
                self.resume(&mut runner, store)?;
                if broken {
                    // The next start must not find it. Queries that still read it end with it.
                    file::remove(&live)?;
                }
                Ok(done)
            }
            Err(cause) => {
                drop(store);
                file::remove(&built)?;
                self.resume(&mut runner, Store::open(&live, self.options.calendar.clone(), true)?)?;
                Err(cause)
            }
        }
    }

    /// A whole new file under the name that is free, with the events up to `until`.
    fn build(
        &self,
        live: &Path,
        until: Option<u64>,
        progress: impl FnMut(u64),
    ) -> Result<(PathBuf, rebuild::Rebuilt), ViewsError> {
        let (building, built) = (file::building(live), file::beside(live));
        let wanted = |record: &Recorded| until.is_none_or(|until| record.position.0 <= until);
        let read = |after, limit| {
            let mut records = self.runtime.block_on(self.log.read_all(after, limit))?;
            records.retain(wanted);
            Ok(records)
        };
        let done = rebuild::rebuild_file(&building, &self.options.calendar, read, progress)?;
        file::remove(&built)?;
        std::fs::rename(&building, &built)?;
        Ok((built, done))
    }

    fn exchange(&self, built: PathBuf) {
        let readers = Readers { file: built, idle: Mutex::new(Vec::new()) };
        *self.readers.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(readers);
    }

    /// Brings both to the same position and compares them: the live file may be a little ahead of the new one.
    fn level(&self, new: &mut Store, mut old: Store, live: &Path, built: &Path) -> Result<(), ViewsError> {
        let target = old.position().max(new.position());
        for store in [&mut old, &mut *new] {
            while store.position() < target {
                let after = runner::position(store.position());
                let limit = usize::try_from(target - store.position()).unwrap_or(usize::MAX).min(4_096);
                let records = self.runtime.block_on(self.log.read_all(after, limit))?;
                for record in records.iter().filter(|record| record.position.0 <= target) {
                    store.apply(&crate::Envelope::read(record)?)?;
                }
                store.commit()?;
            }
        }
        drop(old);
        let differing = compare::differences(live, built)?;
        if differing.is_empty() {
            Ok(())
        } else {
            Err(ViewsError::Foreign(format!(
                "the rebuilt views differ from the live ones in: {}",
                differing.join(", ")
            )))
        }
    }

    fn stop_runner(&self, runner: &mut Runner) -> Option<Store> {
        self.progress.stop.store(true, Ordering::Release);
        self.progress.position.send_modify(|_| {});
        runner.take().and_then(|thread| thread.join().ok())
    }

    fn resume(&self, runner: &mut Runner, store: Store) -> Result<(), ViewsError> {
        self.progress.begin(store.position());
        let (log, progress) = (Arc::clone(&self.log), Arc::clone(&self.progress));
        *runner = Some(runner::start(store, log, progress, self.runtime.clone())?);
        Ok(())
    }

    /// Stops following the log; everything folded so far is committed. Blocking.
    pub fn close(&self) {
        let mut runner = self.runner.lock().unwrap_or_else(PoisonError::into_inner);
        let store = self.stop_runner(&mut runner);
        let readers = self.readers();
        readers.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let Some(store) = store else { return };
        let wanted = self.options.file();
        // A rebuilt file takes the name of the live one; of one that went before it nothing is left.
        let outcome = if readers.file == wanted {
            file::remove(&file::beside(&wanted))
        } else {
            file::rename(store, &readers.file, &wanted)
        };
        if let Err(cause) = outcome {
            tracing::warn!(%cause, "the rebuilt views take their place at the next start");
        }
    }
}
