//! Merging a full segment of the tail into the stream index, in slices, inside the transactions of appends.
//!
//! A slice goes in key order, so neighbours share pages. Only the last slice of a segment moves
//! `index_state.indexed`; after a crash in between, the segment is merged again, and rows that are there already
//! are left alone.

use std::sync::Arc;

use rusqlite::Connection;

use super::tail::{Segment, Tail};

/// Rows merged for every event appended while a segment waits: two, so that the merge of a segment ends long
/// before the next one is full.
const ROWS_PER_EVENT: usize = 2;
/// Fewer rows wait until they are worth it: one slow commit in hundreds instead of every commit a bit slower.
const SLICE_MIN: usize = 512;
/// More rows would hold the group up for too long.
const SLICE_MAX: usize = 4_096;

/// A segment on its way into the index.
#[derive(Debug)]
struct Merge {
    segment: Arc<Segment>,
    /// Entries of the segment by key.
    order: Vec<u32>,
    done: usize,
}

/// What a transaction merged; becomes true with [`Merger::committed`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slice {
    rows: usize,
    finishes: bool,
}

#[derive(Debug)]
pub(super) struct Merger {
    tail_events: usize,
    current: Option<Merge>,
    owed: usize,
}

impl Merger {
    pub(super) fn new(tail_events: usize) -> Self {
        Self { tail_events: tail_events.max(1), current: None, owed: 0 }
    }

    /// Freezes the active segment if it is full and none is being merged.
    pub(super) fn freeze(&mut self, tail: &mut Tail) {
        if self.current.is_some() || tail.active.len() < self.tail_events {
            return;
        }
        let segment = Arc::new(std::mem::take(&mut tail.active));
        tail.frozen = Some(Arc::clone(&segment));
        self.current = Some(Merge { segment, order: Vec::new(), done: 0 });
        self.owed = 0;
    }

    /// Merges the rows owed for `events` appended events in the open transaction.
    pub(super) fn slice(&mut self, conn: &Connection, events: usize) -> rusqlite::Result<Slice> {
        let Some(merge) = &mut self.current else { return Ok(Slice::default()) };
        self.owed += events * ROWS_PER_EVENT;
        let left = merge.segment.len() - merge.done;
        if self.owed < SLICE_MIN.min(left) {
            return Ok(Slice::default());
        }
        let entries = merge.segment.entries();
        if merge.order.is_empty() {
            merge.order = (0..u32::try_from(entries.len()).unwrap_or(u32::MAX)).collect();
            merge.order.sort_unstable_by_key(|&at| {
                let entry = &entries[at as usize];
                (entry.key.stream_hash(), entry.revision, entry.position)
            });
        }
        let rows = self.owed.min(SLICE_MAX).min(left);
        let mut insert = conn.prepare_cached(
            "INSERT OR IGNORE INTO stream_index (stream_hash, revision, position) VALUES (?1, ?2, ?3)",
        )?;
        for &at in &merge.order[merge.done..merge.done + rows] {
            let entry = &entries[at as usize];
            insert.execute((
                entry.key.stream_hash(),
                entry.revision.cast_signed(),
                entry.position.cast_signed(),
            ))?;
        }
        let finishes = rows == left;
        if let (true, Some(last)) = (finishes, entries.last()) {
            conn.prepare_cached("UPDATE index_state SET indexed = ?1 WHERE id = 1")?
                .execute([last.position.cast_signed()])?;
        }
        Ok(Slice { rows, finishes })
    }

    /// The transaction of the slice is durable.
    pub(super) fn committed(&mut self, slice: Slice, tail: &mut Tail) {
        let Some(merge) = &mut self.current else { return };
        merge.done += slice.rows;
        self.owed = self.owed.saturating_sub(slice.rows);
        if slice.finishes {
            tail.frozen = None;
            self.current = None;
        }
    }
}
