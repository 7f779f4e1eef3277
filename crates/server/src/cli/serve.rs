use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use app::{Lease, Viewer};
use clap::{Args, value_parser};
use domain::{AreaCode, OrganisationId, PersonId};
use event_log::{EventLog, LogError};
use futures_util::FutureExt as _;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
};
use tracing::{Instrument as _, field::Empty};

use super::{Failure, Outcome, Settings, new_id, now, progress};
use crate::{
    budget::{Budget, Rates},
    http::{
        self, Check, Clock, Documents, Line, MOST_BATCH, MetricsFor, Observed, Parts, Profile, SchemaEngine,
        Shutdown, Words,
    },
    identity::{Identity, Principal, SessionCookie},
    log::LogAddress,
    node::{Node, NodeError},
    telemetry::{self, Figures, Rebuilds, Telemetry},
};

/// Pause between two rounds of the policies.
const POLICY_PAUSE: Duration = Duration::from_secs(5);
/// The same while there is more to do than fits into a round: the node has other work as well.
const SHORT_PAUSE: Duration = Duration::from_millis(100);
/// How long the policies are one node's; a node that died is followed by another after that.
const POLICY_LEASE: Duration = Duration::from_secs(30);
/// Longest wait for a round of the policies at the end.
const POLICY_END: Duration = Duration::from_secs(2);

/// `wardlog serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(long, env = "WARDLOG_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Origin that browsers see, when a proxy stands before the server: `https://wardlog.example`
    #[arg(long, env = "WARDLOG_ORIGIN", value_name = "URL")]
    origin: Option<String>,
    /// Session cookies also without https; for a trial on one machine
    #[arg(long, env = "WARDLOG_INSECURE_COOKIES")]
    insecure_cookies: bool,
    /// Anybody may read the schema; for development
    #[arg(long, env = "WARDLOG_INTROSPECTION")]
    introspection: bool,
    /// What an account may cost within a minute [default: 60000]
    #[arg(long, env = "WARDLOG_COST_PER_MINUTE", value_name = "COST")]
    cost_per_minute: Option<u64>,
    /// Status codes of GraphQL over HTTP [default: audited]
    #[arg(long, env = "WARDLOG_GRAPHQL_PROFILE", value_name = "PROFILE")]
    graphql_profile: Option<Profile>,
    /// Folder of persisted documents, `*.graphql`, that may be named by their id beside those of the platform
    #[arg(long, env = "WARDLOG_DOCUMENTS", value_name = "FOLDER")]
    documents: Option<PathBuf>,
    /// Execute persisted documents alone
    #[arg(long, env = "WARDLOG_ONLY_PERSISTED")]
    only_persisted: bool,
    /// Who sees `/metrics` beside auditors and administrators: everybody, this machine, nobody [default: loopback]
    #[arg(long, env = "WARDLOG_METRICS", value_name = "open|loopback|token")]
    metrics: Option<MetricsFor>,
    /// Most requests in one batch; 0 turns batches off [default: 10]
    #[arg(
        long,
        env = "WARDLOG_BATCH",
        value_name = "NUMBER",
        value_parser = value_parser!(u8).range(..=i64::from(MOST_BATCH))
    )]
    batch: Option<u8>,
}

/// How a server listens.
#[derive(Clone, Debug)]
pub(crate) struct Listening {
    pub address: SocketAddr,
    pub origin: Option<String>,
    pub cookie: SessionCookie,
    pub introspection: bool,
    pub rates: Rates,
    pub profile: Profile,
    pub documents: Documents,
    pub metrics: MetricsFor,
    pub batch: u8,
    pub telemetry: telemetry::Settings,
}

pub(crate) async fn run(settings: &Settings, args: ServeArgs, telemetry: &Telemetry) -> Outcome {
    let listening = Listening {
        address: args.listen.unwrap_or(settings.listen),
        origin: args.origin.or_else(|| settings.origin.clone()),
        cookie: cookie(args.insecure_cookies || settings.insecure_cookies),
        introspection: args.introspection || settings.introspection,
        rates: Rates {
            cost_per_minute: args.cost_per_minute.unwrap_or(settings.cost_per_minute),
            ..Rates::default()
        },
        profile: args.graphql_profile.unwrap_or(settings.graphql_profile),
        documents: documents(
            args.documents.as_deref().or(settings.documents.as_deref()),
            args.only_persisted || settings.only_persisted,
        )?,
        metrics: args.metrics.unwrap_or(settings.metrics),
        batch: args.batch.unwrap_or(settings.batch),
        telemetry: settings.telemetry.clone(),
    };
    let place = settings.place(&settings.data);
    let node = Arc::new(Node::open_at(place, &settings.log, Arc::new(now), settings.app.clone()).await?);
    let identity = Identity::open_trusting(&node.place.identity(), settings.issuers.clone()).await?;
    if identity.accounts().await?.is_empty() {
        eprintln!(
            "There is no account yet. Make one: wardlog account add NAME --role administrator --data {}",
            node.place.data.display()
        );
    }
    let accounts = share_accounts(&node, &identity, &settings.log)?;
    let served = serve(node, identity, listening, telemetry, || {}).await;
    accounts.inspect(tokio::task::JoinHandle::abort);
    served
}

/// Tells the other nodes of the log what changes in the accounts, and hears it from them; nothing where there is but one.
fn share_accounts(
    node: &Node,
    identity: &Identity,
    address: &LogAddress,
) -> Result<Option<tokio::task::JoinHandle<()>>, Failure> {
    #[cfg(feature = "kurrent")]
    if let Some(keys) = node.app.shared_keys() {
        let (identity, keys) = (identity.clone(), Arc::clone(keys));
        let accounts = crate::log::SharedAccounts::new(identity, address, node, keys)?;
        return Ok(Some(tokio::spawn(accounts.run())));
    }
    let _ = (node, identity, address);
    Ok(None)
}

pub(crate) fn documents(folder: Option<&Path>, only: bool) -> Result<Documents, Failure> {
    let known = match folder {
        Some(folder) => Documents::with_folder(folder).map_err(|cause| Failure::new(cause.to_string()))?,
        None => Documents::built_in(),
    };
    Ok(known.alone(only))
}

pub(crate) const fn cookie(insecure: bool) -> SessionCookie {
    if insecure { SessionCookie::Loopback } else { SessionCookie::Secure }
}

/// Serves until it is told to stop; `ready` is called once, when the first query can be answered.
pub(crate) async fn serve(
    node: Arc<Node>,
    identity: Identity,
    listening: Listening,
    telemetry: &Telemetry,
    ready: impl FnOnce(),
) -> Outcome {
    let listener = TcpListener::bind(listening.address).await.map_err(|cause| {
        Failure::new(format!("{}: {cause}; choose another with --listen", listening.address))
    })?;
    catch_up(&node).await?;
    let clock: Clock = Arc::new(now);
    let shutdown = Shutdown::new();
    let rebuilds = Arc::new(Rebuilds::default());
    let figures = telemetry::registry(&node, Arc::clone(&clock), Arc::clone(&rebuilds), telemetry.spans());
    let parts = parts(&node, identity, &listening, figures, clock, shutdown);
    let line = Line::of(&parts);
    let router = http::router(parts);
    let (stop, stopping) = watch::channel(false);
    let mut policies = tokio::spawn(run_policies(Arc::clone(&node), lease(&node)?, stopping));
    let rebuilds = tokio::spawn(rebuild_on_hangup(Arc::clone(&node), rebuilds)?);
    tracing::info!(address = %listener.local_addr()?, "serving");
    ready();
    let (stopped, log) = (stop_signal()?, Arc::clone(&node.log));
    let ended = async move {
        tokio::select! {
            () = stopped => {}
            () = log.foreign() => {}
        }
    };
    let served = http::serve(listener, router, line, ended).await;
    stop.send_replace(true);
    if tokio::time::timeout(POLICY_END, &mut policies).await.is_err() {
        policies.abort();
    }
    rebuilds.abort();
    let views = Arc::clone(&node.views);
    // Joins the views' thread: blocking.
    tokio::task::spawn_blocking(move || views.close()).await?;
    tracing::info!("stopped");
    served?;
    match node.log.foreign().now_or_never() {
        Some(()) => Err(Failure::mismatch(
            "the cluster holds another log than that of the data folder: name the right cluster with --log, or another \
             folder with --data",
        )),
        None => Ok(()),
    }
}

/// Brings the views up to the log and what depends on them; a cluster that is away is not waited for.
async fn catch_up(node: &Node) -> Outcome {
    let bar = progress::bar(0, "catching up");
    let caught_up = node
        .catch_up(|position, head| {
            bar.set_length(head);
            bar.set_position(position);
        })
        .await;
    bar.finish_and_clear();
    match caught_up {
        Err(NodeError::Log(LogError::Unavailable(cause))) if node.log.is_shared() => {
            tracing::warn!(cause, "serving what the views hold; the cluster is away");
            return Ok(());
        }
        outcome => outcome?,
    }
    let taken_up = node.app.complete_lookups().await?;
    if taken_up > 0 {
        tracing::info!(numbers = taken_up, "phone numbers from before the look-ups can be looked up now");
    }
    Ok(())
}

pub(super) fn parts(
    node: &Arc<Node>,
    identity: Identity,
    listening: &Listening,
    figures: Figures,
    clock: Clock,
    shutdown: Shutdown,
) -> Parts {
    let Figures { registry, transport: metrics, operations } = figures;
    let engine = graphql::engine(&node.app, listening.introspection);
    let words = Words {
        fields: engine.names().into_iter().collect(),
        operations: listening.telemetry.operations.iter().cloned().collect(),
    };
    let engine = SchemaEngine::new(engine, |request, asker| {
        let request = request.data(asker.language).data(graphql::Correlation(Arc::clone(&asker.correlation)));
        let request = match asker.at_least {
            Some(position) => request.data(graphql::AtLeast(position)),
            None => request,
        };
        match asker.principal.as_deref().map(viewer) {
            Some(viewer) => positioned(request, asker).data(viewer),
            None => request,
        }
    });
    let views = Arc::clone(&node.views);
    let engine = engine.with_positions(move || views.position());
    let slow = listening.telemetry.slow();
    let engine = Observed::new(Arc::new(engine), words, operations, metrics.clone(), slow);
    let checked = Arc::clone(node);
    Parts {
        engine: Arc::new(engine),
        identity,
        clock,
        readiness: Arc::new(move || checks(&checked)),
        registry,
        metrics,
        settings: http::Settings {
            cookie: listening.cookie,
            origin: listening.origin.clone(),
            profile: listening.profile,
            documents: listening.documents.clone(),
            metrics: listening.metrics,
            batch: listening.batch,
            ..http::Settings::default()
        },
        budget: Arc::new(Budget::of_process(listening.rates)),
        shutdown,
        bulk: Some(http::BulkParts {
            app: Arc::clone(&node.app),
            viewer,
            folder: node.place.data.clone(),
            settings: http::BulkSettings::default(),
        }),
    }
}

/// Where a subscription begins and ends, and where it tells that it stands.
fn positioned(request: async_graphql::Request, asker: &http::Asker) -> async_graphql::Request {
    let mut request = request.data(asker.standing.clone());
    if let Some(position) = asker.resume_after {
        request = request.data(graphql::ResumeAfter(position));
    }
    if let Some(position) = asker.since {
        request = request.data(graphql::Since(position));
    }
    if let Some(position) = asker.until {
        request = request.data(graphql::Until(position));
    }
    request
}

/// Who asks, as the application knows them.
pub(crate) fn viewer(principal: &Principal) -> Viewer {
    let viewer = Viewer::new(
        principal.id,
        principal.roles.iter().copied(),
        principal.areas.iter().filter_map(|area| area.parse::<AreaCode>().ok()).collect(),
        principal.organisations.iter().copied().map(OrganisationId).collect(),
        principal.person.map(PersonId),
    );
    let viewer = match principal.acting.and_then(|acting| viewer.clone().acting_for(OrganisationId(acting))) {
        Some(acting) => acting,
        None => viewer,
    };
    if principal.read_only { viewer.reading_only() } else { viewer }
}

fn checks(node: &Node) -> Vec<Check> {
    let views = node.views.failure();
    let milliseconds = u64::try_from(now().as_millisecond()).unwrap_or_default();
    let lag = node.views.lag(node.log.stats().durable_head, milliseconds);
    let mut checks = vec![
        Check::new("views", views.is_none(), views.map_or("following the log", |_| "stopped; see the logs")),
        Check::new("lag", lag.milliseconds < 60_000, format!("{} events", lag.events)),
    ];
    if node.log.is_shared() {
        let trouble = node.log.trouble();
        checks.push(Check::new("log", trouble.is_none(), trouble.unwrap_or("answering")));
    }
    checks
}

/// Runs the policies round by round; a fault is logged and tried again. Of several nodes on one log one does at a time.
async fn run_policies(node: Arc<Node>, mut lease: Option<Lease>, mut stop: watch::Receiver<bool>) {
    loop {
        let held = match &mut lease {
            Some(lease) => lease.is_held(now()).await,
            None => Ok(true),
        };
        let mut pause = POLICY_PAUSE;
        let span = tracing::info_span!("policies", acted = Empty, void = Empty, failed = Empty);
        let round = match held {
            Ok(true) => node.app.run_policies().instrument(span.clone()).await.map(Some),
            Ok(false) => Ok(None),
            Err(cause) => Err(cause),
        };
        match round {
            Ok(None) => {}
            Ok(Some(round)) => {
                span.record("acted", round.acted).record("void", round.void).record("failed", round.failed);
                if round.acted > 0 {
                    tracing::info!(
                        acted = round.acted,
                        void = round.void,
                        failed = round.failed,
                        "policies acted"
                    );
                }
                // More is due: go on, as long as that gets anywhere.
                if round.more && round.acted > 0 {
                    pause = SHORT_PAUSE;
                }
            }
            Err(cause) => tracing::warn!(%cause, "the policies could not run; trying again"),
        }
        let stopped = stop.wait_for(|stop| *stop);
        if tokio::time::timeout(pause, stopped).await.is_ok() {
            break;
        }
    }
    if let Some(lease) = &mut lease
        && let Err(cause) = lease.give_up(now()).await
    {
        tracing::debug!(%cause, "the lease of the policies ends by itself");
    }
}

/// One for all nodes of a cluster; none where there is one node.
fn lease(node: &Node) -> Result<Option<Lease>, Failure> {
    if !node.log.is_shared() {
        return Ok(None);
    }
    let log: Arc<dyn EventLog> = Arc::clone(&node.log) as Arc<dyn EventLog>;
    Ok(Some(Lease::new(log, "policies", new_id(), POLICY_LEASE)?))
}

/// On SIGHUP the views are rebuilt beside the live ones and swapped in.
fn rebuild_on_hangup(
    node: Arc<Node>,
    rebuilds: Arc<Rebuilds>,
) -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        while hangup.recv().await.is_some() {
            tracing::info!("rebuilding the views beside the live ones");
            rebuilds.begin();
            let (views, told) = (Arc::clone(&node.views), Arc::clone(&rebuilds));
            let work = move || views.rebuild_and_swap(|position| told.reached(position));
            let outcome = tokio::task::spawn_blocking(work).await;
            rebuilds.end(outcome.as_ref().ok().and_then(|done| done.as_ref().ok()).map(|done| done.took));
            match outcome {
                Ok(Ok(done)) => {
                    let seconds = done.took.as_secs_f64();
                    tracing::info!(events = done.events, seconds, "rebuilt views are live");
                }
                Ok(Err(cause)) => tracing::error!(%cause, "the rebuild failed; the views stay as they were"),
                Err(cause) => tracing::error!(%cause, "the rebuild broke off; the views stay as they were"),
            }
        }
    })
}

fn stop_signal() -> Result<impl Future<Output = ()> + Send, Failure> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
