//! Whether who opened something long ago may still have it.

use std::future::pending;
use std::sync::Arc;

use tokio::sync::watch;

use super::{App, keep_alive};
use crate::identity::Authenticated;

/// Until the session or the token is no longer good, or is good for other rights than those something began with. For
/// who has not signed in it never is: there is nothing to lose.
pub(super) async fn lost(app: &App, known: Option<Arc<Authenticated>>) {
    let Some(known) = known else { return pending().await };
    let mut changes = app.identity.changes();
    // What ends by time alone, or at the hand of another process, is told by nobody.
    let mut ticks = keep_alive(app.settings.keep_alive);
    loop {
        tokio::select! {
            () = changed(&mut changes) => {}
            _ = ticks.tick() => {}
        }
        match app.identity.verify(known.credential.clone(), app.now()).await {
            Ok(Some(now)) if now.principal == known.principal => {}
            Ok(_) => return,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the accounts failed");
                return;
            }
        }
    }
}

/// Never, once the accounts are gone: then the server is ending.
async fn changed(changes: &mut watch::Receiver<u64>) {
    if changes.changed().await.is_err() {
        pending::<()>().await;
    }
}
