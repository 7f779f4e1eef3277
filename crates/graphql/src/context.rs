//! What the transport puts beside a request, and how resolvers ask for it.
//!
//! Request data: [`app::Viewer`] (absent: nobody is signed in), [`domain::Language`], [`AtLeast`] and
//! [`crate::Correlation`], all optional. Schema data: `Arc<app::App>`.

use std::{sync::Arc, time::Duration};

use app::{App, Viewer};
use async_graphql::{Context, Result};
use domain::Language;
use views::{Scope, ViewsError, query::Snapshot};

use crate::{
    error::{coded, fault, reason, refused, views_fault},
    node::Noun,
};

/// Longest wait for the views to reach a position that was asked for.
const WAIT: Duration = Duration::from_secs(5);

/// The position that the answer must show at least, from the header `wardlog-at-least`.
#[derive(Clone, Copy, Debug)]
pub struct AtLeast(pub u64);

/// Who asks, and what answers.
#[derive(Clone, Copy)]
pub(crate) struct Asker<'a> {
    pub app: &'a Arc<App>,
    pub viewer: &'a Viewer,
}

/// The asker of a root field; waits until the views show what was asked for.
///
/// # Errors
/// `unauthenticated` when nobody is signed in, `unavailable` when the views are too far behind.
pub(crate) async fn asker<'a>(ctx: &Context<'a>) -> Result<Asker<'a>> {
    let asker = signed_in(ctx)?;
    if let Some(AtLeast(position)) = ctx.data_opt::<AtLeast>().copied() {
        wait_for(ctx, position).await?;
    }
    Ok(asker)
}

/// The same without a wait, for fields inside and for commands.
pub(crate) fn signed_in<'a>(ctx: &Context<'a>) -> Result<Asker<'a>> {
    let viewer = ctx.data_opt::<Viewer>().ok_or_else(|| refused(language(ctx), &reason::UNAUTHENTICATED))?;
    let app =
        ctx.data_opt::<Arc<App>>().ok_or_else(|| coded("internal", "The schema has no application."))?;
    Ok(Asker { app, viewer })
}

/// Waits until queries see a position that the asker got from somewhere.
///
/// # Errors
/// `position_unknown` at once when the log does not have it, `unavailable` when the views are too far behind.
pub(crate) async fn wait_for(ctx: &Context<'_>, position: u64) -> Result<()> {
    let asker = signed_in(ctx)?;
    if asker.app.views().position() >= position {
        return Ok(());
    }
    let head = asker.app.log().head().await.map_err(|cause| fault(ctx, &cause.into()))?;
    if head.is_none_or(|head| head.0 < position) {
        return Err(refused(language(ctx), &reason::POSITION_UNKNOWN));
    }
    asker.app.views().wait_for(position, WAIT).await.map_err(|cause| views_fault(ctx, cause))
}

pub(crate) fn language(ctx: &Context<'_>) -> Language {
    ctx.data_opt::<Language>().copied().unwrap_or_default()
}

impl Asker<'_> {
    /// A query on one snapshot, off the asynchronous threads.
    pub async fn read<T: Send + 'static>(
        &self,
        ctx: &Context<'_>,
        query: impl FnOnce(&Snapshot<'_>, &Scope) -> Result<T, ViewsError> + Send + 'static,
    ) -> Result<T> {
        let scope = self.viewer.scope.clone();
        let views = self.app.views();
        views.read(move |snapshot| query(snapshot, &scope)).await.map_err(|cause| views_fault(ctx, cause))
    }

    /// One row by its key, when it lies in the asker's scope. A point look-up of microseconds: done in place, so that
    /// the fields of a list's rows need no loader.
    pub fn find<N: Noun>(&self, ctx: &Context<'_>, key: &[u8]) -> Result<Option<N>> {
        let found = self.app.views().read_now(|snapshot| snapshot.one::<N::Row>(&N::scope(self.viewer), key));
        found.map(|row| row.map(N::from)).map_err(|cause| views_fault(ctx, cause))
    }
}

/// One noun for a field inside another: found in place.
pub(crate) fn related<N: Noun>(ctx: &Context<'_>, id: uuid::Uuid) -> Result<Option<N>> {
    signed_in(ctx)?.find(ctx, id.as_bytes())
}

/// One noun for a root field.
pub(crate) async fn root<N: Noun>(ctx: &Context<'_>, key: &[u8]) -> Result<Option<N>> {
    asker(ctx).await?.find(ctx, key)
}
