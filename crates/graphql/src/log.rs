//! The log and how far the answers are behind it.

use async_graphql::{Context, Object, Result, SimpleObject};

use crate::{
    context::{asker, wait_for},
    error::fault,
    scalar::Position,
};

/// The log, and how far the views that answer queries are behind it.
#[derive(Clone, Debug, SimpleObject)]
pub struct Log {
    /// Position that queries show now; null while nothing is recorded.
    position: Option<Position>,
    /// Position of the last recorded event; null while nothing is recorded.
    head: Option<Position>,
    /// How far queries are behind the log.
    lag: Lag,
}

/// How far queries are behind the log.
#[derive(Clone, Debug, SimpleObject)]
pub struct Lag {
    /// How many events are recorded but not shown yet.
    events: u64,
    /// Age of the oldest of them in milliseconds; 0 when there is none.
    milliseconds: u64,
}

#[derive(Debug, Default)]
pub struct LogQuery;

#[Object]
impl LogQuery {
    /// Where the log and its views stand.
    async fn log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Wait until queries show at least this position, for at most 5 seconds.")] at_least: Option<
            Position,
        >,
    ) -> Result<Log> {
        let asker = asker(ctx).await?;
        if let Some(position) = at_least {
            wait_for(ctx, position.0).await?;
        }
        let head = asker.app.log().head().await.map_err(|cause| fault(ctx, &cause.into()))?;
        let views = asker.app.views();
        let shown = views.position();
        let now = u64::try_from(asker.app.now().as_millisecond()).unwrap_or_default();
        let lag = views.lag(head.map_or(0, |head| head.0), now);
        Ok(Log {
            position: (shown > 0).then_some(Position(shown)),
            head: head.map(|head| Position(head.0)),
            lag: Lag { events: lag.events, milliseconds: lag.milliseconds },
        })
    }
}
