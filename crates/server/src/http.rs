//! How they are answered: GraphQL over HTTP, over server-sent events and over WebSocket, sign-in, the pages, health and metrics.
//!
//! No rule of the domain and no GraphQL type lives here: the schema is behind [`Engine`], who asks comes from
//! [`crate::identity`], the time from [`Parts::clock`]. Nothing executes from a content type that a browser sends
//! across origins without asking first.

mod assets;
mod body;
mod bulk;
mod documents;
mod engine;
mod execution;
mod export;
mod fanout;
mod front;
mod graphql;
mod health;
mod ingest;
mod kept;
mod language;
mod media;
mod metered;
mod metrics;
mod observed;
mod origin;
mod pages;
mod params;
mod problem;
mod reasons;
mod rights;
mod room;
mod seats;
mod serve;
mod session;
mod sessions;
mod settings;
mod shutdown;
mod sse;
mod tokens;
mod who;
mod ws;

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware;
use axum::routing::{delete, get, post, put};
use jiff::Timestamp;
use prometheus_client::registry::Registry;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use crate::budget::Budget;
use crate::identity::Identity;
use bulk::Bulk;
use fanout::Fanout;
use kept::Keeping;
use metered::{Metered, Till};
use room::Room;
use seats::Seats;

pub use bulk::{BulkParts, BulkSettings};
pub use documents::{Documents, Unreadable};
pub use engine::{Asker, Engine, SchemaEngine};
pub use health::Check;
pub use metrics::HttpMetrics;
pub use observed::{Observed, OperationMetrics, Words};
pub use serve::{Line, serve};
pub use settings::{MOST_BATCH, MetricsFor, Profile, Settings};
pub use shutdown::Shutdown;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// Says what the platform needs to serve, and whether it is there; called by `/readyz`, so it must not block.
pub type Readiness = Arc<dyn Fn() -> Vec<Check> + Send + Sync>;

/// What the binary hands in.
pub struct Parts {
    pub engine: Arc<dyn Engine>,
    pub identity: Identity,
    pub clock: Clock,
    pub readiness: Readiness,
    /// What `/metrics` prints; `metrics` is registered in it.
    pub registry: Arc<Registry>,
    pub metrics: HttpMetrics,
    pub settings: Settings,
    /// What each asker may still cost; shared by all ways in.
    pub budget: Arc<Budget>,
    /// Ends open sockets; [`serve`] begins it.
    pub shutdown: Shutdown,
    /// Uploads and exports; none where there is no application behind the server.
    pub bulk: Option<BulkParts>,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What every handler sees.
#[derive(Clone)]
struct App(Arc<Shared>);

struct Shared {
    parts: Parts,
    /// One for every WebSocket and every event stream that may be open.
    seats: Arc<Seats>,
    bulk: Option<Arc<Bulk>>,
    bodies: Arc<Room>,
    fanout: Fanout,
    till: Till,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}

impl App {
    fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

/// Ticks that begin one interval from now.
fn keep_alive(every: Duration) -> Interval {
    let mut ticks = tokio::time::interval_at(Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// The routes of the platform. More can be merged in; [`front`]'s headers, ids and figures then do not apply to them.
pub fn router(mut parts: Parts) -> Router {
    let till = Till::new(Arc::clone(&parts.budget), parts.metrics.clone());
    let fanout = Fanout::over(Arc::clone(&parts.engine), &parts.metrics.groups);
    let keeping = Keeping::new(parts.engine, parts.metrics.kept.clone());
    parts.engine = Arc::new(Metered::new(Arc::new(keeping), till.clone()));
    let seats = Seats::new(&parts.settings);
    let bulk = parts.bulk.clone().map(|parts| Arc::new(Bulk::new(parts)));
    let bodies = Room::new(parts.settings.bodies_bytes);
    let app = App(Arc::new(Shared { parts, seats, bulk, bodies, fanout, till }));
    Router::new()
        .route("/graphql", get(graphql::get).post(graphql::post).fallback(graphql::other_method))
        .route("/session", get(session::show).post(session::sign_in).delete(session::sign_out))
        .route("/session/password", put(sessions::change_password))
        .route("/sessions", get(sessions::list).delete(sessions::end_all))
        .route("/sessions/{id}", delete(sessions::end))
        .route("/tokens", get(tokens::list).post(tokens::make))
        .route("/tokens/{id}", delete(tokens::revoke))
        .route("/ingest", post(ingest::post))
        .route("/export", get(export::list))
        .route("/export/{file}", get(export::get))
        .route("/", get(pages::landing))
        .route("/ide", get(pages::ide))
        .route("/assets/{name}", get(pages::asset))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(pages::not_found)
        .layer(middleware::from_fn_with_state(app.clone(), front::front))
        .with_state(app)
}
