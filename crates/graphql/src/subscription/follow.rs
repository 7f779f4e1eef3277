//! Following the views: what was missed is read from them, what comes is heard from their feed, and nothing is told
//! twice or left out where the two meet.
//!
//! The seam: the feed is followed before the views' position is read. What is told by then is in the views, what comes
//! later is in the feed, and what is in both is known by its position, which only grows.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use app::{App, Viewer};
use async_graphql::{Context, Error, ErrorExtensions as _, Result};
use domain::Language;
use futures_util::stream::{self, Stream};
use tokio::sync::{Mutex, OwnedMutexGuard};
use views::{Changed, Changes, Followed, Heard, ViewsError};

use crate::{
    context::{asker, language, wait_for},
    error::{Correlation, reason, refused, report},
    scalar::Position,
};

/// Rows read at once of what was missed.
const PAGE: usize = 100;
/// Rows that are counted, and rows that are looked at in their table, for a cost of 1. One that is read and then not told
/// costs 1 by itself.
const COUNTED: u32 = 100;
const LOOKED_AT: u32 = 4;
/// Most entities of a kind that are told one by one to who was away: more are read anew faster.
const RESUME_MOST: u32 = 100_000;

/// The position that a subscription resumes from; takes the place of the field's argument `after`. Request data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResumeAfter(pub u64);

/// The position that "from now on" means, when the request has waited since then. Request data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since(pub u64);

/// Ends a subscription when everything up to this position has been told. Request data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Until(pub u64);

/// Most entities told to who resumes, instead of 100,000. Request data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResumeMost(pub u32);

/// Charges a cost to who asks, whatever is left, and answers how long it takes until nothing is owed any more.
type Owe = dyn Fn(u64) -> Duration + Send + Sync;

/// What reading that nobody is told of costs who subscribes. What it costs is known when it is done, so it is owed, and the
/// next reading waits until that is paid. One subscription of an account reads at a time: many at once would owe more than
/// one may. Request data.
#[derive(Clone)]
pub struct Toll {
    owe: Arc<Owe>,
    turn: Arc<Mutex<()>>,
}

impl Toll {
    /// `turn` is the same one for everything that the same payer subscribes.
    pub fn new(turn: Arc<Mutex<()>>, owe: impl Fn(u64) -> Duration + Send + Sync + 'static) -> Self {
        Self { owe: Arc::new(owe), turn }
    }

    async fn pay(&self, cost: u64) {
        if cost > 0 {
            tokio::time::sleep((self.owe)(cost)).await;
        }
    }
}

impl fmt::Debug for Toll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Toll").finish_non_exhaustive()
    }
}

/// What is being read. Whoever hangs up meanwhile owes what it costs at the most: otherwise to hang up in time and to come
/// again would be to read for nothing.
struct Unpaid {
    toll: Option<Toll>,
    most: u64,
}

impl Unpaid {
    async fn pay(mut self, cost: u64) {
        if let Some(toll) = self.toll.take() {
            toll.pay(cost).await;
        }
    }
}

impl Drop for Unpaid {
    fn drop(&mut self) {
        if let Some(toll) = &self.toll {
            let _ = (toll.owe)(self.most);
        }
    }
}

/// Where a subscription stands: the position of the item that its stream has given last, whether the item shows it or
/// not. Request data; the transport keeps a clone.
#[derive(Clone, Debug, Default)]
pub struct Standing(Arc<AtomicU64>);

impl Standing {
    /// 0 before the first item.
    pub fn position(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    fn reached(&self, position: u64) {
        self.0.store(position, Ordering::Release);
    }
}

/// Somebody who follows the changes.
pub(super) struct Follower {
    pub app: Arc<App>,
    pub viewer: Viewer,
    changes: Changes,
    correlation: Option<Arc<str>>,
    language: Language,
    /// Everything up to here has been told or passed over.
    pub at: u64,
    /// It goes on from a position that the asker has named.
    pub resumes: bool,
    until: Option<u64>,
    most: u32,
    standing: Option<Standing>,
    toll: Option<Toll>,
}

impl Follower {
    /// # Errors
    /// Nobody is signed in, or the position to resume from is not in the log.
    pub async fn new(ctx: &Context<'_>, after: Option<Position>) -> Result<Self> {
        let asker = asker(ctx).await?;
        let changes = asker.app.views().changes();
        let resume = ctx.data_opt::<ResumeAfter>().map(|resume| resume.0).or(after.map(|after| after.0));
        if let Some(after) = resume {
            wait_for(ctx, after).await?;
        }
        let since = ctx.data_opt::<Since>().map(|since| since.0);
        Ok(Self {
            app: Arc::clone(asker.app),
            viewer: asker.viewer.clone(),
            changes,
            correlation: ctx.data_opt::<Correlation>().map(|correlation| Arc::clone(&correlation.0)),
            language: language(ctx),
            at: resume.or(since).unwrap_or_else(|| asker.app.views().position()),
            resumes: resume.is_some(),
            until: ctx.data_opt::<Until>().map(|until| until.0),
            most: ctx.data_opt::<ResumeMost>().map_or(RESUME_MOST, |most| most.0),
            standing: ctx.data_opt::<Standing>().cloned(),
            toll: ctx.data_opt::<Toll>().cloned(),
        })
    }

    /// Whether there is nothing left to tell.
    pub fn is_over(&self) -> bool {
        self.until.is_some_and(|until| self.at >= until)
    }

    /// An item of this position goes out.
    pub fn tells(&self, position: u64) {
        if let Some(standing) = &self.standing {
            standing.reached(position);
        }
    }

    /// What is new after [`Self::at`], which is moved on to it.
    pub async fn next(&mut self) -> Heard {
        loop {
            let heard = self.changes.next().await;
            if let Heard::Changed(changed) = &heard {
                if changed.position <= self.at {
                    continue;
                }
                self.at = changed.position;
            }
            return heard;
        }
    }

    /// Too much has changed to be told one by one, since a position that was named or while it was listened from one on.
    fn too_much(&self, from: Option<u64>) -> Error {
        let Some(at) = from else { return refused(self.language, &reason::RESUME_TOO_OLD) };
        let lagged = refused(self.language, &reason::LAGGED);
        lagged.extend_with(|_, extensions| extensions.set("position", at.to_string()))
    }

    pub fn fail(&self, cause: ViewsError) -> Error {
        report(&cause.into(), self.correlation.as_deref(), self.language)
    }

    /// Waits for the turn to read what was missed; it ends when it is dropped, once what was read is paid.
    async fn turn(&self) -> Option<OwnedMutexGuard<()>> {
        let toll = self.toll.as_ref()?;
        Some(Arc::clone(&toll.turn).lock_owned().await)
    }

    /// Something is read that costs this much at the most.
    fn reads(&self, most: u64) -> Unpaid {
        Unpaid { toll: self.toll.clone(), most }
    }

    /// Whether not too many rows of a table have changed to be told one by one.
    async fn missed_few<R: Followed>(&self) -> Result<bool, ViewsError> {
        let views = self.app.views();
        let after = self.at;
        if views.position() <= after {
            return Ok(true);
        }
        let _turn = self.turn().await;
        let most = self.most.saturating_add(1);
        let unpaid = self.reads(u64::from(most / COUNTED) + 1);
        let counted = views.read(move |snapshot| snapshot.count_changed::<R>(after, most)).await?;
        let few = counted < most;
        // What is few is looked at as well.
        let looked_at = if few { counted / LOOKED_AT } else { 0 };
        unpaid.pay((counted / COUNTED + looked_at).into()).await;
        Ok(few)
    }
}

/// Where a stream of rows stands.
enum Mode {
    /// Before its first look at the views.
    Beginning,
    /// What was missed is read, up to this position.
    Reading(u64),
    Listening,
    Over,
}

/// One row to be told.
pub(super) struct Item<R> {
    pub position: Position,
    pub kind: Arc<str>,
    pub row: R,
}

/// The changed rows of a table that lie in the asker's scope and that `keep` lets through, each as it is when it is
/// told, in the order of their positions.
pub(super) fn rows<R: Followed>(
    follower: Follower,
    keep: impl Fn(&R) -> bool + Send + Sync + 'static,
) -> impl Stream<Item = Result<Item<R>>> {
    let rows = Rows { follower, keep, waiting: VecDeque::new(), mode: Mode::Beginning };
    stream::unfold(rows, |mut rows| async move { rows.next().await.map(|item| (item, rows)) })
}

struct Rows<R, K> {
    follower: Follower,
    keep: K,
    waiting: VecDeque<Item<R>>,
    mode: Mode,
}

impl<R: Followed, K: Fn(&R) -> bool> Rows<R, K> {
    async fn next(&mut self) -> Option<Result<Item<R>>> {
        loop {
            if let Some(item) = self.waiting.pop_front() {
                self.follower.tells(item.position.0);
                return Some(Ok(item));
            }
            let went = match self.mode {
                Mode::Beginning => self.look(None).await,
                Mode::Reading(until) => self.read(until).await,
                Mode::Listening => match self.follower.next().await {
                    Heard::Changed(changed) => {
                        self.hear(&changed);
                        Ok(())
                    }
                    Heard::Missed => self.look(Some(self.follower.at)).await,
                    Heard::Ended => return None,
                },
                Mode::Over => return None,
            };
            if let Err(error) = went {
                self.mode = Mode::Over;
                return Some(Err(error));
            }
        }
    }

    /// Compares with the views what has been told; `from`: what was listened from.
    async fn look(&mut self, from: Option<u64>) -> Result<()> {
        if self.follower.is_over() {
            self.mode = Mode::Over;
            return Ok(());
        }
        if !self.follower.missed_few::<R>().await.map_err(|cause| self.follower.fail(cause))? {
            return Err(self.follower.too_much(from));
        }
        let present = self.follower.app.views().position();
        self.listen_or_read(self.follower.until.map_or(present, |until| until.min(present)));
        Ok(())
    }

    fn listen_or_read(&mut self, until: u64) {
        self.mode = match () {
            () if self.follower.is_over() => Mode::Over,
            () if self.follower.at < until => Mode::Reading(until),
            () => Mode::Listening,
        };
    }

    /// One page of what was missed. A row that changes meanwhile leaves the range: the feed tells it.
    async fn read(&mut self, until: u64) -> Result<()> {
        let _turn = self.follower.turn().await;
        let (scope, range) = (self.follower.viewer.scope.clone(), (self.follower.at, until));
        let unpaid = self.follower.reads(PAGE as u64);
        let read = self.follower.app.views().read(move |views| views.changed::<R>(&scope, range, PAGE));
        let page = read.await.map_err(|cause| self.follower.fail(cause))?;
        let whole = page.len() == PAGE;
        self.follower.at = page.last().filter(|_| whole).map_or(until, |last| last.position);
        let (read, waiting) = (page.len(), self.waiting.len());
        let kept = page.into_iter().filter(|told| (self.keep)(&told.row));
        self.waiting.extend(kept.map(|told| Item {
            position: Position(told.position),
            kind: told.kind,
            row: told.row,
        }));
        self.listen_or_read(until);
        // Who gets the others is charged for each.
        let passed_over = read.saturating_sub(self.waiting.len() - waiting);
        unpaid.pay(u64::try_from(passed_over).unwrap_or(u64::MAX)).await;
        Ok(())
    }

    fn hear(&mut self, changed: &Changed) {
        let Some(row) = R::of(&changed.row) else { return };
        if self.follower.viewer.scope.covers(&changed.parties) && (self.keep)(row) {
            let kind = Arc::clone(&changed.kind);
            self.waiting.push_back(Item { position: Position(changed.position), kind, row: R::clone(row) });
        }
        if self.follower.is_over() {
            self.mode = Mode::Over;
        }
    }
}
