//! The one thread that writes: gather a group, judge and insert it in one transaction, commit, answer.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};
use tokio::sync::mpsc::UnboundedReceiver;

use super::checkpoint::Checkpointer;
use super::error::{code, refused};
use super::group::{Group, remember};
use super::heads::Heads;
use super::merge::{Merger, Slice};
use super::options::SqliteOptions;
use super::request::{Answers, GroupFigures, Request};
use super::shared::Shared;
use super::tail::Segment;
use crate::{Appended, LogError};

pub(super) struct Writer {
    // Dropped in this order: the connection is the last of this log, and the lock outlives it.
    pub(super) checkpointer: Checkpointer,
    pub(super) conn: Connection,
    pub(super) _lock: File,
    pub(super) shared: Arc<Shared>,
    pub(super) options: SqliteOptions,
    pub(super) heads: Heads,
    pub(super) merger: Merger,
    pub(super) pending: Segment,
    pub(super) next_position: u64,
}

/// Why a group did not become durable.
enum Failure {
    /// Before the commit: nothing of it is in the log.
    Before(rusqlite::Error),
    /// In the commit.
    Commit(rusqlite::Error),
}

impl Writer {
    /// Runs until the last sender is gone and everything in the queue is answered.
    pub(super) fn run(mut self, mut queue: UnboundedReceiver<Request>) {
        let mut waiting = Vec::new();
        loop {
            if waiting.is_empty() && queue.blocking_recv_many(&mut waiting, self.options.group_events) == 0 {
                break;
            }
            let rest = waiting.split_off(self.share(&waiting));
            let group = std::mem::replace(&mut waiting, rest);
            self.handle(group);
        }
    }

    /// How many of the waiting appends go into one group: at least one.
    fn share(&self, waiting: &[Request]) -> usize {
        let (mut events, mut bytes) = (0, 0);
        let count = waiting.iter().take_while(|request| {
            let fits = events < self.options.group_events && bytes < self.options.group_bytes;
            events += request.events.len();
            bytes += request.bytes;
            fits
        });
        count.count().max(1)
    }

    fn handle(&mut self, group: Vec<Request>) {
        if let Err(error) = self.shared.check() {
            return Self::fail(group, &error);
        }
        match self.commit(&group) {
            Ok((answers, slice, commit)) => {
                let figures = GroupFigures { appends: group.len(), events: self.pending.len(), commit };
                self.publish(slice, commit);
                let done =
                    group.iter().zip(&answers).filter(|(_, answer)| matches!(answer, Appended::Done { .. }));
                let bytes = done.map(|(request, _)| request.bytes).sum();
                Answers::send(group, answers.into_iter().map(Ok).collect(), figures);
                self.maintain(bytes);
            }
            Err(failure) => {
                let error = self.roll_back(failure);
                Self::fail(group, &error);
            }
        }
    }

    /// The transaction of the group. On `Ok` it is durable; the time is that of the commit alone.
    fn commit(&mut self, requests: &[Request]) -> Result<(Vec<Appended>, Slice, Duration), Failure> {
        self.pending.clear();
        self.conn
            .prepare_cached("BEGIN IMMEDIATE")
            .and_then(|mut begin| begin.execute([]))
            .map_err(Failure::Before)?;
        let mut group = Group {
            conn: &self.conn,
            shared: &self.shared,
            heads: &self.heads,
            pending: &mut self.pending,
            next_position: self.next_position,
        };
        let answers = group.run(requests).map_err(Failure::Before)?;
        let slice = self.merger.slice(&self.conn, self.pending.len()).map_err(Failure::Before)?;
        let started = Instant::now();
        self.conn
            .prepare_cached("COMMIT")
            .and_then(|mut commit| commit.execute([]))
            .map_err(Failure::Commit)?;
        Ok((answers, slice, started.elapsed()))
    }

    /// Makes a durable group visible: first to readers, then to subscriptions, then its callers get their answers.
    fn publish(&mut self, slice: Slice, commit: Duration) {
        let counters = &self.shared.counters;
        let count = self.pending.len() as u64;
        {
            let mut tail = self.shared.tail_mut();
            for entry in self.pending.entries() {
                tail.active.push(entry.key, entry.revision, entry.position);
            }
            self.merger.committed(slice, &mut tail);
            self.merger.freeze(&mut tail);
            let length = tail.active.len() + tail.frozen.as_ref().map_or(0, |frozen| frozen.len());
            counters.tail_events.store(length as u64, Relaxed);
        }
        remember(&mut self.heads, &self.pending);
        if count > 0 {
            self.next_position += count;
            counters.committed(count, commit);
            self.shared.head.send_replace(self.next_position - 1);
        }
    }

    fn maintain(&mut self, bytes: usize) {
        self.shared.counters.event_bytes.fetch_add(bytes as u64, Relaxed);
        let looked = self.checkpointer.after_commit(&self.conn, bytes).map(|looked| {
            let counters = &self.shared.counters;
            if let Some(pages) = looked.pages {
                counters.wal_pages.store(pages.into(), Relaxed);
            }
            counters.checkpoints.fetch_add(looked.starts_over.into(), Relaxed);
        });
        if let Err(error) = looked {
            self.shared.break_off(&format!("a checkpoint failed: {error}"));
        }
    }

    /// Undoes what is left of a failed transaction and says what its callers are to be told.
    fn roll_back(&mut self, failure: Failure) -> LogError {
        self.pending.clear();
        let undone = self.conn.is_autocommit() || self.conn.execute_batch("ROLLBACK").is_ok();
        let (error, in_commit) = match &failure {
            Failure::Before(error) => (error, false),
            Failure::Commit(error) => (error, true),
        };
        // No room, or another process that holds the write lock: both leave the log as it was, and may pass.
        let passing = matches!(code(error), Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy));
        if passing && undone {
            return refused(error);
        }
        self.shared.break_off(&error.to_string());
        if in_commit { LogError::Unknown(error.to_string()) } else { refused(error) }
    }

    fn fail(group: Vec<Request>, error: &LogError) {
        let outcomes = group.iter().map(|_| Err(error.clone())).collect();
        Answers::send(group, outcomes, GroupFigures::default());
    }
}

impl Drop for Writer {
    /// Also when the writer panics: nobody may wait for what can not come.
    fn drop(&mut self) {
        self.shared.close();
    }
}
