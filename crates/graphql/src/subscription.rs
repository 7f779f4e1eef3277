//! Subscriptions over the changes of the views. A receiver that falls too far behind is told so and ended: it resumes
//! by subscribing again and reading what it shows anew.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use app::{App, Viewer};
use async_graphql::{Context, Error, Result, SimpleObject, Subscription as SubscriptionRoot};
use domain::{AreaCode, Language, OrganisationId};
use futures_util::stream::{self, Stream};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use views::{
    Change, Row, ViewsError,
    rows::{IncidentRow, OrganisationRow, ShiftRow},
};

use crate::{
    board::{DutyBoard, board},
    context::{asker, language},
    error::{Correlation, coded, report},
    incident::Incident,
    node::Noun,
    scalar::Position,
    shift::Shift,
};

/// Changes that come within this time after another share one board.
const SETTLE: Duration = Duration::from_millis(250);

/// An incident that has changed.
#[derive(Debug, SimpleObject)]
pub struct IncidentChange {
    /// Position of the views after the change.
    position: Position,
    /// The incident as it is now.
    incident: Incident,
}

/// A shift that has changed.
#[derive(Debug, SimpleObject)]
pub struct ShiftChange {
    /// Position of the views after the change.
    position: Position,
    /// The shift as it is now.
    shift: Shift,
}

/// The root of all subscriptions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subscription;

/// What changes, as it changes.
#[SubscriptionRoot]
impl Subscription {
    /// Every change of an incident in the asker's scope, from now on.
    async fn incident_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in this area or inside it.")] area_prefix: Option<AreaCode>,
    ) -> Result<impl Stream<Item = Result<IncidentChange>>> {
        let follower = Follower::new(ctx).await?;
        let keep = move |row: &IncidentRow| area_prefix.is_none_or(|prefix| prefix.contains(&row.area));
        Ok(rows::<Incident, _>(follower, keep, |position, incident| IncidentChange { position, incident }))
    }

    /// Every change of a shift in the asker's scope, from now on.
    async fn shift_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in this area or inside it.")] area_prefix: Option<AreaCode>,
        #[graphql(desc = "Only those of this organisation.")] organisation: Option<OrganisationId>,
    ) -> Result<impl Stream<Item = Result<ShiftChange>>> {
        let follower = Follower::new(ctx).await?;
        let keep = move |row: &ShiftRow| {
            area_prefix.is_none_or(|prefix| prefix.contains(&row.area))
                && organisation.is_none_or(|organisation| organisation == row.organisation)
        };
        Ok(rows::<Shift, _>(follower, keep, |position, shift| ShiftChange { position, shift }))
    }

    /// The duty board of a police station: at once, and again after every change that touches it.
    async fn duty_board(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the police station.")] station: OrganisationId,
    ) -> Result<impl Stream<Item = Result<DutyBoard>>> {
        let follower = Follower::new(ctx).await?;
        let found = asker(ctx).await?.find::<crate::organisation::Organisation>(ctx, station.0.as_bytes())?;
        let station = found.ok_or_else(|| coded("not_found", "There is no such police station."))?;
        Ok(boards(follower, station.0))
    }
}

/// Somebody who follows the changes.
struct Follower {
    app: Arc<App>,
    viewer: Viewer,
    changes: Receiver<Change>,
    correlation: Option<Arc<str>>,
    language: Language,
    ended: bool,
}

impl Follower {
    async fn new(ctx: &Context<'_>) -> Result<Self> {
        let asker = asker(ctx).await?;
        Ok(Self {
            app: Arc::clone(asker.app),
            viewer: asker.viewer.clone(),
            changes: asker.app.views().changes(),
            correlation: ctx.data_opt::<Correlation>().map(|correlation| Arc::clone(&correlation.0)),
            language: language(ctx),
            ended: false,
        })
    }

    /// The next change; `None` when there will be no more.
    async fn next(&mut self) -> Option<Result<Change>> {
        match self.changes.recv().await {
            Ok(change) => Some(Ok(change)),
            Err(RecvError::Closed) => None,
            Err(RecvError::Lagged(_)) => Some(Err(self.end(lagged()))),
        }
    }

    /// The last thing this follower says.
    fn end(&mut self, error: Error) -> Error {
        self.ended = true;
        error
    }

    fn fail(&mut self, cause: ViewsError) -> Error {
        let error = report(&cause.into(), self.correlation.as_deref(), self.language);
        self.end(error)
    }
}

fn lagged() -> Error {
    coded("lagged", "Too many changes came at once. Subscribe again, and read anew what you show.")
}

/// Keys of the changed rows of a table.
fn keys<R: Row>(change: &Change) -> impl Iterator<Item = Vec<u8>> {
    let of_table = change.rows.iter().filter(|(table, _)| *table == R::TABLE);
    of_table.flat_map(|(_, keys)| keys.iter().cloned())
}

/// The changed rows of a noun, one by one.
fn rows<N: Noun, T: Send + 'static>(
    follower: Follower,
    keep: impl Fn(&N::Row) -> bool + Send + Sync + 'static,
    item: fn(Position, N) -> T,
) -> impl Stream<Item = Result<T>> {
    let state = (follower, VecDeque::new(), keep);
    stream::unfold(state, move |(mut follower, mut waiting, keep)| async move {
        loop {
            if let Some((position, row)) = waiting.pop_front() {
                return Some((Ok(item(Position(position), N::from(row))), (follower, waiting, keep)));
            }
            if follower.ended {
                return None;
            }
            let change = match follower.next().await? {
                Ok(change) => change,
                Err(error) => return Some((Err(error), (follower, waiting, keep))),
            };
            let keys: Vec<Vec<u8>> = keys::<N::Row>(&change).collect();
            if keys.is_empty() {
                continue;
            }
            let scope = follower.viewer.scope.clone();
            let read = follower.app.views().read(move |snapshot| {
                let rows = keys.iter().map(|key| snapshot.one::<N::Row>(&scope, key));
                let rows = rows.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?;
                Ok((snapshot.position(), rows))
            });
            match read.await {
                Ok((position, rows)) => {
                    waiting.extend(rows.into_iter().filter(|row| keep(row)).map(|row| (position, row)));
                }
                Err(cause) => return Some((Err(follower.fail(cause)), (follower, waiting, keep))),
            }
        }
    })
}

/// Boards of a station: one at once, then one after the changes that touch its shifts or incidents have settled.
fn boards(follower: Follower, station: OrganisationRow) -> impl Stream<Item = Result<DutyBoard>> {
    stream::unfold((follower, Arc::new(station), true), |(mut follower, station, first)| async move {
        if follower.ended {
            return None;
        }
        if !first && let Err(error) = settle(&mut follower, &station).await? {
            return Some((Err(error), (follower, station, false)));
        }
        let scope = follower.viewer.scope.clone();
        let (now, at) = (follower.app.now(), Arc::clone(&station));
        let read = follower.app.views().read(move |snapshot| board(snapshot, &scope, &at.jurisdiction, now));
        let made = match read.await {
            Ok(made) => Ok(made),
            Err(cause) => Err(follower.fail(cause)),
        };
        Some((made, (follower, station, false)))
    })
}

/// Waits for a change that touches the station, and then until the burst it came in is over.
async fn settle(follower: &mut Follower, station: &Arc<OrganisationRow>) -> Option<Result<()>> {
    loop {
        let change = match follower.next().await? {
            Ok(change) => change,
            Err(error) => return Some(Err(error)),
        };
        match touches(follower, station, &change).await {
            Ok(true) => break,
            Ok(false) => {}
            Err(cause) => return Some(Err(follower.fail(cause))),
        }
    }
    let pause = tokio::time::sleep(SETTLE);
    tokio::pin!(pause);
    loop {
        tokio::select! {
            () = &mut pause => return Some(Ok(())),
            next = follower.next() => if let Err(error) = next? { return Some(Err(error)) },
        }
    }
}

async fn touches(
    follower: &Follower,
    station: &Arc<OrganisationRow>,
    change: &Change,
) -> Result<bool, ViewsError> {
    let shifts: Vec<Vec<u8>> = keys::<ShiftRow>(change).collect();
    let incidents: Vec<Vec<u8>> = keys::<IncidentRow>(change).collect();
    if shifts.is_empty() && incidents.is_empty() {
        return Ok(false);
    }
    let (scope, station) = (follower.viewer.scope.clone(), Arc::clone(station));
    let here = move |area: AreaCode| station.jurisdiction.iter().any(|prefix| prefix.contains(&area));
    let read = follower.app.views().read(move |snapshot| {
        for key in &shifts {
            if snapshot.one::<ShiftRow>(&scope, key)?.is_some_and(|row| here(row.area)) {
                return Ok(true);
            }
        }
        for key in &incidents {
            if snapshot.one::<IncidentRow>(&scope, key)?.is_some_and(|row| here(row.area)) {
                return Ok(true);
            }
        }
        Ok(false)
    });
    read.await
}
