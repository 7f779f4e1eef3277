//! The one path of every command.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{CommandId, Context, EventBody, Meta, Rejection, When, event::encode, rejection::common};
use event_log::{Append, Appended, EventLog, Expected, LogError, NewEvent, Recorded, Revision, StreamName};
use jiff::Timestamp;
use keyring::Keyring;
use tracing::{Instrument as _, field::Empty};
use uuid::Uuid;
use views::Views;

use crate::{
    AppError, Slice, Viewer, acting,
    append::certainly,
    cache::{Generations, States},
    content,
    keys::SharedKeys,
    load::Loaded,
    tally::{Tally, note_outcome},
    turns::{Flight, TURNS},
};

/// How often a command is decided anew when others append to its stream at the same moment.
const ATTEMPTS: usize = 5;
/// Bounded wait for the views after an append.
pub(crate) const WAIT_FOR_VIEWS: Duration = Duration::from_secs(5);
/// Commands remembered in memory, and aggregate states cached.
const RECENT_COMMANDS: usize = 32_768;
const CACHED_STATES: usize = 16_384;

/// Tells the time of the server.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What can be configured about the application.
#[derive(Clone, Debug)]
pub struct Config {
    /// Minutes after its begin at which an empty place of a shift is noted.
    pub uncovered_grace_minutes: i64,
    /// Minutes within which somebody must arrive, by priority (emergency, urgent, routine, low).
    pub response_target_minutes: [i64; 4],
    /// Subjects whose personal data is opened to one account within an hour, at most.
    pub reveals_per_hour: u64,
    /// Offset used for days when the caller told none, in seconds east of UTC.
    pub default_offset_seconds: i32,
    /// Due things that one round of the policies takes up at most, of each kind.
    pub policy_round: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            uncovered_grace_minutes: 15,
            response_target_minutes: [5, 10, 30, 120],
            reveals_per_hour: 200,
            default_offset_seconds: 8 * 3_600,
            policy_round: 500,
        }
    }
}

/// The envelope of a command.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    pub command: CommandId,
    /// Business or device time; the server's time when left out.
    pub occurred_at: Option<When>,
    /// The revision that the asker has read; refused as stale when it is another.
    pub expected_revision: Option<u64>,
    /// The command at the head of the chain, for sagas and policies.
    pub correlation: Option<Uuid>,
    pub causation: Option<Uuid>,
    /// Whether to wait until the local views show it.
    pub wait: bool,
}

impl Request {
    pub const fn new(command: CommandId) -> Self {
        Self {
            command,
            occurred_at: None,
            expected_revision: None,
            correlation: None,
            causation: None,
            wait: true,
        }
    }
}

/// What a command has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Global id of the aggregate, which is the name of its stream.
    pub stream: StreamName,
    /// Position of its last event; of the views when nothing was new.
    pub position: u64,
    /// Revision of its stream; `None` when nothing was ever appended to it.
    pub revision: Option<u64>,
    /// Events appended by this call: 0 for a repetition and for something already true.
    pub appended: usize,
    /// Whether the local views hold the position.
    pub visible: bool,
}

/// The application of one node. Shared between tasks.
pub struct App {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) keyring: Arc<Keyring>,
    /// Where the keys of several nodes are; none when this one is alone.
    pub(crate) keys: Option<Arc<SharedKeys>>,
    pub(crate) views: Arc<Views>,
    pub(crate) config: Config,
    clock: Clock,
    pub(crate) states: States,
    pub(crate) turns: Vec<tokio::sync::Mutex<()>>,
    recent: Mutex<Generations<(Box<str>, Done)>>,
    pub(crate) in_flight: Mutex<HashMap<CommandId, Arc<tokio::sync::Mutex<()>>>>,
    /// Sagas over the same person's time run one after the other.
    pub(crate) people: Vec<tokio::sync::Mutex<()>>,
    /// Namespace of the platform's own command ids (UUIDv5): secret, so that nobody can take one before it is used.
    own_ids: Uuid,
    pub(crate) policy_turns: Mutex<views::query::Turns>,
    pub(crate) commands: Tally,
    pub(crate) policies: Tally,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("config", &self.config).finish_non_exhaustive()
    }
}

impl App {
    pub fn new(
        log: Arc<dyn EventLog>,
        keyring: Arc<Keyring>,
        views: Arc<Views>,
        clock: Clock,
        config: Config,
    ) -> Self {
        let own_ids = Uuid::from_bytes(keyring.blind_index("own command ids", "1"));
        Self {
            log,
            keyring,
            keys: None,
            views,
            config,
            clock,
            states: States::new(CACHED_STATES),
            turns: (0..TURNS).map(|_| tokio::sync::Mutex::new(())).collect(),
            recent: Mutex::new(Generations::new(RECENT_COMMANDS)),
            in_flight: Mutex::new(HashMap::new()),
            people: (0..TURNS).map(|_| tokio::sync::Mutex::new(())).collect(),
            own_ids,
            policy_turns: Mutex::default(),
            commands: Tally::default(),
            policies: Tally::default(),
        }
    }

    /// One of several nodes on the log: keys are shared, and nothing that another node may change is remembered.
    #[must_use]
    pub fn sharing(self, keys: Arc<SharedKeys>) -> Self {
        Self { keys: Some(keys), states: States::new(0), ..self }
    }

    /// The keys that several nodes share, where there may be several.
    pub const fn shared_keys(&self) -> Option<&Arc<SharedKeys>> {
        self.keys.as_ref()
    }

    pub(crate) const fn is_shared(&self) -> bool {
        self.keys.is_some()
    }

    pub fn views(&self) -> &Arc<Views> {
        &self.views
    }

    pub fn keyring(&self) -> &Arc<Keyring> {
        &self.keyring
    }

    pub fn log(&self) -> &Arc<dyn EventLog> {
        &self.log
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Time of the server.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Runs one command against one aggregate.
    ///
    /// # Errors
    /// A rejection, or a fault of the log, the keyring or the views. After `Log(Unknown)` the command may be sent again
    /// with the same id.
    pub async fn execute<A: Slice>(
        &self,
        viewer: &Viewer,
        request: &Request,
        command: A::Command,
    ) -> Result<Done, AppError> {
        let span = tracing::info_span!("decide", aggregate = A::CATEGORY, command.id = %request.command, outcome = Empty);
        let done = self.execute_once::<A>(viewer, request, command).instrument(span.clone()).await;
        note_outcome(&span, &done);
        done
    }

    async fn execute_once<A: Slice>(
        &self,
        viewer: &Viewer,
        request: &Request,
        command: A::Command,
    ) -> Result<Done, AppError> {
        viewer.may_command()?;
        let digest = self.content_of::<A>(&command);
        let flight = Flight::begin(self, request.command);
        let turn = flight.turn.lock().await;
        let outcome = match self.repeated(request.command, &digest)? {
            Some(done) => Ok(done),
            None => self.run::<A>(viewer, request, command, &digest).await,
        };
        drop(turn);
        drop(flight);
        let mut done = outcome?;
        if request.wait && !done.visible {
            done.visible = self.visible(done.position).await;
        }
        Ok(done)
    }

    /// Whether the local views hold a position within the time that is waited for them.
    pub(crate) async fn visible(&self, position: u64) -> bool {
        let span = tracing::info_span!("views.wait", position);
        self.views.wait_for(position, WAIT_FOR_VIEWS).instrument(span).await.is_ok()
    }

    pub(crate) fn content_of<A: Slice>(&self, command: &A::Command) -> String {
        let digest = content::digest(A::CATEGORY, command);
        content::hex(&self.keyring.blind_index("command", &digest))
    }

    async fn run<A: Slice>(
        &self,
        viewer: &Viewer,
        request: &Request,
        command: A::Command,
        digest: &str,
    ) -> Result<Done, AppError> {
        let stream = StreamName::new(A::CATEGORY, A::stream_id(A::target(&command, request.command)))?;
        let mut context = self.context(viewer, request);
        let _turn = self.turn(&stream).await;
        for _ in 0..ATTEMPTS {
            // Another node may have done it, and the views may not know yet.
            let command_id = self.is_shared().then_some(request.command);
            let Loaded { state, revision, seen } = self.load_for::<A>(&stream, command_id).await?;
            if let Some(seen) = seen {
                return self.seen_elsewhere(request, &seen, digest);
            }
            state.permission(&command).check(viewer, A::creates(&command), A::NAME)?;
            check_revision(request, revision)?;
            let facts = state.facts(self, &command, &context).await?;
            context.actor = acting::actor::<A>(viewer, &state, &command, &facts)?;
            state.within_reach(&command, &facts, viewer)?;
            let mut events = state.decide(&command, &facts, &context)?;
            if events.is_empty() {
                let position = self.views.position();
                return Ok(Done { stream, position, revision, appended: 0, visible: true });
            }
            self.seal(&mut events).await?;
            let mut next = (*state).clone();
            events.iter().for_each(|event| next.evolve(event));
            let meta = Meta {
                occurred_at: context.occurred_at,
                recorded_at: context.recorded_at,
                actor: context.actor,
                area: next.area(),
                command: request.command,
                content: digest.into(),
                index: 0,
                causation: request.causation,
                correlation: request.correlation.unwrap_or(request.command.0),
            };
            let append = Append {
                stream: stream.clone(),
                expected: revision.map_or(Expected::NoStream, |revision| Expected::Exact(Revision(revision))),
                events: records(meta, &events)?,
            };
            let appended = events.len();
            match certainly(&*self.log, append).await {
                Ok(Appended::Done { position, revision }) => {
                    self.states.put(stream.as_str(), Arc::new(next), Some(revision.0));
                    return Ok(self.remember(request, digest, stream, position.0, revision.0, appended));
                }
                Ok(Appended::AlreadyThere { position, revision }) => {
                    self.states.remove(stream.as_str());
                    return Ok(self.remember(request, digest, stream, position.0, revision.0, 0));
                }
                Ok(Appended::Conflict { .. }) => self.states.remove(stream.as_str()),
                Err(cause) => {
                    self.states.remove(stream.as_str());
                    return Err(cause.into());
                }
            }
        }
        Err(Rejection::new(&common::CONFLICT).into())
    }

    pub(crate) fn context(&self, viewer: &Viewer, request: &Request) -> Context {
        let recorded_at = self.now();
        // People and devices tell whole seconds: what they tell of the same second must not lie before this.
        let whole = Timestamp::from_second(recorded_at.as_second()).unwrap_or(recorded_at);
        let occurred_at = request.occurred_at.unwrap_or_else(|| self.views.calendar().local(whole));
        Context { command: request.command, occurred_at, recorded_at, actor: viewer.actor }
    }

    async fn seal<E: EventBody>(&self, events: &mut [E]) -> Result<(), AppError> {
        let lookups = self.lookups(events.iter().flat_map(EventBody::phones));
        let fields = events.iter_mut().flat_map(EventBody::personal_mut);
        let mut subjects: Vec<Uuid> = fields.map(|field| field.subject.0).collect();
        if subjects.is_empty() {
            return Ok(());
        }
        subjects.sort_unstable();
        subjects.dedup();
        // The keys must be durable before anything sealed with them is.
        match &self.keys {
            Some(keys) => keys.ensure(&subjects, &lookups).await?,
            None => self.keyring.ensure_found(&subjects, &lookups)?,
        }
        for field in events.iter_mut().flat_map(EventBody::personal_mut) {
            field.seal_with(|subject, plain| self.keyring.seal(subject.0, plain))?;
        }
        Ok(())
    }

    /// The first outcome of a command that was seen before.
    pub(crate) fn repeated(&self, command: CommandId, digest: &str) -> Result<Option<Done>, AppError> {
        let key = command.0.to_string();
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner).get(&key);
        let (content, done) = match recent {
            Some((content, done)) => (content, done),
            None => match self.views.read_now(|snapshot| snapshot.seen_command(command))? {
                Some(seen) => {
                    let done = Done {
                        stream: StreamName::parse(&seen.stream)?,
                        position: seen.position,
                        revision: Some(seen.revision),
                        appended: 0,
                        visible: true,
                    };
                    (seen.content.into(), done)
                }
                None => return Ok(None),
            },
        };
        if *content == *digest {
            Ok(Some(Done { appended: 0, ..done }))
        } else {
            Err(Rejection::new(&common::COMMAND_ID_REUSED).field("commandId").into())
        }
    }

    /// What another node has done for the same command.
    fn seen_elsewhere(&self, request: &Request, seen: &Recorded, digest: &str) -> Result<Done, AppError> {
        let meta: Meta = serde_json::from_slice(&seen.meta)
            .map_err(|cause| LogError::Damaged(format!("the envelope of {}: {cause}", seen.id)))?;
        if *meta.content != *digest {
            return Err(Rejection::new(&common::COMMAND_ID_REUSED).field("commandId").into());
        }
        Ok(self.remember(request, digest, seen.stream.clone(), seen.position.0, seen.revision.0, 0))
    }

    fn remember(
        &self,
        request: &Request,
        digest: &str,
        stream: StreamName,
        position: u64,
        revision: u64,
        appended: usize,
    ) -> Done {
        let done = Done { stream, position, revision: Some(revision), appended, visible: false };
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.put(request.command.0.to_string().into(), (digest.into(), done.clone()));
        done
    }

    /// A step of a saga: an id of its own that nobody outside can guess, in the same correlation.
    pub(crate) fn step(&self, request: &Request, name: &str) -> Request {
        Request {
            command: self.own_id(&format!("{} {name}", request.command)),
            expected_revision: None,
            correlation: Some(request.correlation.unwrap_or(request.command.0)),
            wait: false,
            ..*request
        }
    }

    /// The platform's own command for a cause; the same cause has the same id, on every node and after every restart.
    pub(crate) fn own_id(&self, cause: &str) -> CommandId {
        CommandId(Uuid::new_v5(&self.own_ids, cause.as_bytes()))
    }

    /// The command that an event of somebody else's system stands for. The same event of the same sender has the same
    /// id, on every node and after every restart; nobody else can send a command with it beforehand.
    pub fn command_of_event(&self, sender: &Viewer, source: &str, id: &str) -> CommandId {
        // The length tells where the source ends.
        self.own_id(&format!("event {} {} {source} {id}", sender.actor.id.0, source.len()))
    }
}

pub(crate) fn check_revision(request: &Request, actual: Option<u64>) -> Result<(), Rejection> {
    match request.expected_revision {
        Some(expected) if Some(expected) != actual => Err(Rejection::new(&common::STALE_REVISION)
            .field("expectedRevision")
            .with("expected", expected)
            .with("actual", actual.map_or("-".to_owned(), |actual| actual.to_string()))),
        Some(_) | None => Ok(()),
    }
}

fn records<E: EventBody>(mut meta: Meta, events: &[E]) -> Result<Vec<NewEvent>, AppError> {
    let mut records = Vec::with_capacity(events.len());
    for (index, event) in events.iter().enumerate() {
        meta.index = u16::try_from(index).unwrap_or(u16::MAX);
        let encoded = encode(event)?;
        records.push(NewEvent {
            id: Meta::event_id(meta.command, meta.index),
            kind: encoded.kind,
            version: encoded.version,
            meta: serde_json::to_vec(&meta).map_err(|cause| {
                LogError::Malformed(format!("the envelope could not be written: {cause}"))
            })?,
            data: encoded.data,
        });
    }
    Ok(records)
}
