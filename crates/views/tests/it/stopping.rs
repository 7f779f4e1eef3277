//! A query that nobody waits for any more ends.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use views::{Scope, ViewsError, rows::OrganisationRow};

use super::{station::busy, world::World};

/// Never true, and never finished.
const ENDLESS: &str =
    "EXISTS (WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT 1 FROM n WHERE x < 0)";
/// More than queries run at once.
const MANY: usize = 20;

/// Long enough for any machine; reached only when the query goes on.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), what).await.expect("within a minute")
}

/// Begins a query without end and gives it up while it runs; answers how it ended.
async fn give_up(world: &World) -> Result<usize, ViewsError> {
    let (begun, running) = oneshot::channel();
    let (over, mut ended) = mpsc::unbounded_channel();
    let query = world.views.read(move |snapshot| {
        let _ = begun.send(());
        let found = snapshot.all::<OrganisationRow>(&Scope::everything(), ENDLESS, vec![], 1);
        let _ = over.send(found.map(|rows| rows.len()));
        Ok(())
    });
    tokio::select! {
        _ = query => panic!("it has no end"),
        () = async { soon(running).await.expect("begun") } => {}
    }
    soon(ended.recv()).await.expect("an outcome")
}

#[test]
fn a_query_that_is_given_up_stops_and_frees_its_reader() {
    let world = busy().views();
    world.runtime.block_on(async {
        for _ in 0..MANY {
            let outcome = give_up(&world).await;
            assert!(matches!(outcome, Err(ViewsError::Sqlite(_))), "{outcome:?}");
        }
        // The connections that were interrupted answer others as if nothing had been.
        let read = world.views.read(|snapshot| {
            Ok(snapshot.all::<OrganisationRow>(&Scope::everything(), "1", vec![], 10)?.len())
        });
        assert!(soon(read).await.expect("rows") > 0);
    });
}
