//! Whether who opened something long ago may still have it.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{App, keep_alive};
use crate::identity::Authenticated;

/// Least time between two looks at a credential that is at its end.
const LEAST_PAUSE: Duration = Duration::from_millis(100);

/// Until the session or the token is no longer good, or is good for other rights than those something began with. For
/// who has not signed in it never is: there is nothing to lose.
pub(super) async fn lost(app: &App, known: Option<Arc<Authenticated>>) {
    let Some(mut known) = known else { return pending().await };
    let mut changes = app.identity.changes();
    // What ends by time alone, or at the hand of another process, is told by nobody.
    let mut ticks = keep_alive(app.settings.keep_alive);
    loop {
        tokio::select! {
            () = changed(&mut changes) => {}
            _ = ticks.tick() => {}
            () = ended(Some(&*known), app) => {}
        }
        match app.identity.verify(known.credential.clone(), app.now()).await {
            Ok(Some(now)) if now.principal.has_rights_of(&known.principal) => known = now,
            Ok(_) => return,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the accounts failed");
                return;
            }
        }
    }
}

/// When the credential has come to its end, as far as is known; never for nobody. Then it is to be looked at again.
pub(super) async fn ended(known: Option<&Authenticated>, app: &App) {
    let Some(known) = known else { return pending().await };
    let left = known.ends_at.as_millisecond().saturating_sub(app.now().as_millisecond());
    tokio::time::sleep(Duration::from_millis(u64::try_from(left).unwrap_or_default()).max(LEAST_PAUSE)).await;
}

/// Never, once the accounts are gone: then the server is ending.
async fn changed(changes: &mut watch::Receiver<u64>) {
    if changes.changed().await.is_err() {
        pending::<()>().await;
    }
}
