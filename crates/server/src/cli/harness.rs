//! The whole server without a socket, for fuzzing: everything that `serve` puts together, on an empty folder.

use std::{path::Path, sync::Arc};

use axum::Router;
use jiff::SignedDuration;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{now, serve};
use crate::{
    budget::Rates,
    http::{self, Clock, Documents, MOST_BATCH, MetricsFor, Profile, Shutdown},
    identity::{AccountRole, Grant, Identity, NewAccount, NewToken, SessionCookie},
    node::{Node, Place},
    telemetry,
};

/// A served node and the secret of an API token of its one account, a chief of station.
pub struct Harness {
    pub router: Router,
    pub token: String,
    /// Ends with the value.
    _node: Arc<Node>,
}

impl std::fmt::Debug for Harness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Harness").finish_non_exhaustive()
    }
}

/// Opens a node in `folder`. The account may cost as much as it likes: what is looked for lies behind the budget.
///
/// # Errors
/// The folder can not be used.
pub async fn harness(folder: &Path) -> Result<Harness, Box<dyn std::error::Error>> {
    let place = Place::new(&folder.join("data"), None, "Asia/Shanghai");
    let node = Arc::new(Node::open(place, Arc::new(now), app::Config::default())?);
    node.catch_up(|_, _| {}).await?;
    let identity = Identity::open(&node.place.identity()).await?;
    let grant = Grant {
        roles: vec![AccountRole::StationChief],
        areas: vec!["421002".to_owned()],
        organisations: vec![Uuid::from_u128(1)],
    };
    let account = NewAccount {
        id: Uuid::from_u128(7),
        name: "fuzz".to_owned(),
        password: Zeroizing::new("a long enough pass phrase".to_owned()),
        grant: grant.clone(),
        person: None,
        language: None,
    };
    let owner = identity.create_account(account, now()).await?.id;
    let expires_at = now() + SignedDuration::from_hours(24);
    let new = NewToken {
        id: Uuid::from_u128(8),
        owner,
        name: "fuzz".to_owned(),
        grant,
        read_only: false,
        expires_at,
    };
    let (secret, _) = identity.create_token(new, now()).await?;
    let listening = serve::Listening {
        address: ([127, 0, 0, 1], 0).into(),
        origin: None,
        cookie: SessionCookie::Loopback,
        introspection: false,
        rates: Rates { cost_per_minute: u64::from(u32::MAX), ..Rates::default() },
        profile: Profile::default(),
        documents: Documents::built_in(),
        metrics: MetricsFor::default(),
        batch: MOST_BATCH,
        telemetry: telemetry::Settings::default(),
    };
    let clock: Clock = Arc::new(now);
    let figures = telemetry::registry(&node, Arc::clone(&clock), Arc::default(), Arc::default());
    let parts = serve::parts(&node, identity, &listening, figures, clock, Shutdown::new());
    Ok(Harness { router: http::router(parts), token: secret.reveal().to_owned(), _node: node })
}
