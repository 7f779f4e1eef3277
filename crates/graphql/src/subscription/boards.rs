//! The duty board of a station, again and again.

use std::{collections::HashSet, sync::Arc, time::Duration};

use async_graphql::Result;
use futures_util::stream::{self, Stream};
use uuid::Uuid;
use views::{Changed, ChangedRow, Heard, rows::OrganisationRow};

use super::follow::Follower;
use crate::board::{DutyBoard, board};

/// Changes that come within this time after another share one board.
const SETTLE: Duration = Duration::from_millis(250);

/// Boards of a station: one at once, then one after the changes that touch its shifts or incidents have settled. Who
/// resumes gets the first one when anything has been recorded since.
pub(super) fn boards(follower: Follower, station: OrganisationRow) -> impl Stream<Item = Result<DutyBoard>> {
    let boards = Boards { follower, station: Arc::new(station), shown: HashSet::new(), begun: false };
    stream::unfold(Some(boards), |boards| async move {
        let mut boards = boards?;
        match boards.next().await? {
            Ok(board) => Some((Ok(board), Some(boards))),
            Err(error) => Some((Err(error), None)),
        }
    })
}

struct Boards {
    follower: Follower,
    station: Arc<OrganisationRow>,
    /// What the last board has looked at: a row that leaves the station's areas changes the board too.
    shown: HashSet<Uuid>,
    begun: bool,
}

impl Boards {
    async fn next(&mut self) -> Option<Result<DutyBoard>> {
        let first = !std::mem::replace(&mut self.begun, true);
        let at_once =
            first && (!self.follower.resumes || self.follower.app.views().position() > self.follower.at);
        if !at_once {
            if self.follower.is_over() {
                return None;
            }
            self.settle().await?;
        }
        Some(self.take().await)
    }

    async fn take(&mut self) -> Result<DutyBoard> {
        let (scope, now) = (self.follower.viewer.scope.clone(), self.follower.app.now());
        let station = Arc::clone(&self.station);
        let read =
            self.follower.app.views().read(move |views| board(views, &scope, &station.jurisdiction, now));
        let board = read.await.map_err(|cause| self.follower.fail(cause))?;
        self.shown = board.looked_at();
        self.follower.at = self.follower.at.max(board.stands_at());
        self.follower.tells(board.stands_at());
        Ok(board)
    }

    /// Waits for a change that touches the station, and then until the burst it came in is over.
    async fn settle(&mut self) -> Option<()> {
        loop {
            match self.follower.next().await {
                Heard::Changed(changed) if self.touches(&changed) => break,
                Heard::Changed(_) if self.follower.is_over() => return None,
                Heard::Changed(_) => {}
                // A board is a state: whatever was missed, the next one has it.
                Heard::Missed => break,
                Heard::Ended => return None,
            }
        }
        let pause = tokio::time::sleep(SETTLE);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => return Some(()),
                heard = self.follower.next() => if matches!(heard, Heard::Ended) { return None },
            }
        }
    }

    fn touches(&self, changed: &Changed) -> bool {
        let id = match &changed.row {
            ChangedRow::Shift(row) => row.id.0,
            ChangedRow::Incident(row) => row.id.0,
            ChangedRow::Run(_) | ChangedRow::Contract(_) => return false,
        };
        let here = self.station.jurisdiction.iter().any(|prefix| prefix.contains(&changed.parties.area));
        self.shown.contains(&id) || (here && self.follower.viewer.scope.covers(&changed.parties))
    }
}
