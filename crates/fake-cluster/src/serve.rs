//! The services of a node, routed by hand: the server's generated code is not to be had without a compiler of protocol
//! files.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use futures_util::stream;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::body::Body;
use tonic::codec::ProstCodec;
use tonic::metadata::MetadataMap;
use tonic::server::{Grpc, NamedService};
use tonic::{Code, Request, Response, Status, Streaming};
use tower::service_fn;

use crate::Shared;
use crate::node::Faults;
use crate::proto::{
    AllOptions, AppendReq, AppendResp, ClusterInfo, Confirmation, Content, Empty, EndPoint, Member, Place,
    ReadEvent, ReadOptions, ReadReq, ReadResp, Success, SupportedMethods, WrongExpectedVersion,
};
use crate::store::{Stored, Written};

/// Events that a subscription looks at between two checkpoints, when it shows none of them.
const CHECKPOINT: usize = 16;

#[derive(Clone)]
pub(crate) struct Service {
    pub node: usize,
    pub faults: Faults,
    pub shared: Arc<Shared>,
}

type Answer = BoxFuture<'static, Result<http::Response<Body>, Infallible>>;
type Handle = fn(Service, http::Request<Body>) -> Answer;

/// One gRPC service of a node.
#[derive(Clone)]
pub(crate) struct Named<const WHICH: u8>(Service, Handle);

impl NamedService for Named<0> {
    const NAME: &'static str = "event_store.client.streams.Streams";
}
impl NamedService for Named<1> {
    const NAME: &'static str = "event_store.client.gossip.Gossip";
}
impl NamedService for Named<2> {
    const NAME: &'static str = "event_store.client.server_features.ServerFeatures";
}

impl<const WHICH: u8> tower::Service<http::Request<Body>> for Named<WHICH> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Answer {
        (self.1)(self.0.clone(), request)
    }
}

pub(crate) fn streams(service: Service) -> Named<0> {
    Named(service, |service, request| {
        async move {
            service.faults.delay().await;
            let append = request.uri().path().ends_with("/Append");
            let refused = service.refuses(request.headers());
            if append {
                let call = service_fn(move |request| append_call(service.clone(), refused.clone(), request));
                Ok(Grpc::new(ProstCodec::default()).client_streaming(call, request).await)
            } else {
                let call = service_fn(move |request| read_call(service.clone(), refused.clone(), request));
                Ok(Grpc::new(ProstCodec::default()).server_streaming(call, request).await)
            }
        }
        .boxed()
    })
}

pub(crate) fn gossip(service: Service) -> Named<1> {
    Named(service, |service, request| {
        async move {
            service.faults.delay().await;
            let call = service_fn(move |_: Request<Empty>| {
                let members = service.members();
                async move { Ok::<_, Status>(Response::new(ClusterInfo { members })) }
            });
            Ok(Grpc::new(ProstCodec::default()).unary(call, request).await)
        }
        .boxed()
    })
}

pub(crate) fn server_features(service: Service) -> Named<2> {
    Named(service, |service, request| {
        async move {
            service.faults.delay().await;
            let call = service_fn(move |_: Request<Empty>| {
                let version = service.faults.version();
                async move { Ok::<_, Status>(Response::new(SupportedMethods { version })) }
            });
            Ok(Grpc::new(ProstCodec::default()).unary(call, request).await)
        }
        .boxed()
    })
}

impl Service {
    fn members(&self) -> Vec<Member> {
        let leader = *self.shared.leader.lock().unwrap();
        let ports = self.shared.ports.lock().unwrap().clone();
        let member = |(index, (port, is_alive)): (usize, (u16, bool))| Member {
            id: Some(uuid::Uuid::from_u128(index as u128 + 1).into()),
            state: match leader {
                Some(leader) if leader == index => 8,
                Some(_) => 6,
                None => 2,
            },
            is_alive,
            http: Some(EndPoint { address: "127.0.0.1".to_owned(), port: port.into() }),
        };
        ports.into_iter().enumerate().map(member).collect()
    }

    /// As the server answers a call that wants the leader.
    fn refuses(&self, headers: &http::HeaderMap) -> Option<Status> {
        if headers.get("requires-leader").is_none_or(|value| value != "true") {
            return None;
        }
        let leader = *self.shared.leader.lock().unwrap();
        match leader {
            Some(leader) if leader == self.node => None,
            Some(leader) => {
                let mut metadata = MetadataMap::new();
                metadata.insert("exception", "not-leader".parse().unwrap());
                metadata.insert("leader-endpoint-host", "127.0.0.1".parse().unwrap());
                let port = self.shared.ports.lock().unwrap()[leader].0;
                metadata.insert("leader-endpoint-port", port.to_string().parse().unwrap());
                Some(Status::with_metadata(Code::NotFound, "Leader info available", metadata))
            }
            None => Some(Status::unavailable("Server Is Not Ready")),
        }
    }
}

async fn append_call(
    service: Service,
    refused: Option<Status>,
    request: Request<Streaming<AppendReq>>,
) -> Result<Response<AppendResp>, Status> {
    if let Some(status) = refused {
        return Err(status);
    }
    service.faults.count_append();
    let mut stream = request.into_inner();
    let (mut options, mut messages) = (None, Vec::new());
    while let Some(part) = stream.message().await? {
        options = part.options.or(options);
        messages.extend(part.message);
    }
    let options = options.expect("options come first");
    let name = String::from_utf8(options.stream.unwrap().name.to_vec()).unwrap();
    assert!(options.revision.is_some() || options.no_stream.is_some(), "an append without a revision");
    if options.revision.is_some_and(|revision| i64::try_from(revision).is_err()) {
        return Err(Status::invalid_argument("the revision is out of range"));
    }
    let written = service.shared.store.append(&name, options.revision, messages);
    if service.faults.loses_this() {
        return Err(Status::unavailable("the acknowledgement was lost"));
    }
    let empty = Some(Empty {});
    Ok(Response::new(match written {
        Written::Done { revision, position } => {
            let mute = service.faults.is_mute();
            let position = Some(Place { commit: position, prepare: position }).filter(|_| !mute);
            let success = Success { revision: Some(revision), position, no_position: empty.filter(|_| mute) };
            AppendResp { success: Some(success), wrong: None }
        }
        Written::Wrong { current } => {
            let wrong = WrongExpectedVersion {
                current,
                current_none: empty.filter(|_| current.is_none()),
                expected: options.revision,
                expected_none: empty.filter(|_| options.revision.is_none()),
            };
            AppendResp { success: None, wrong: Some(wrong) }
        }
    }))
}

type ReadAnswer = Pin<Box<dyn futures_util::Stream<Item = Result<ReadResp, Status>> + Send>>;

async fn read_call(
    service: Service,
    refused: Option<Status>,
    request: Request<ReadReq>,
) -> Result<Response<ReadAnswer>, Status> {
    if let Some(status) = refused {
        return Err(status);
    }
    let options = request.into_inner().options.unwrap();
    Ok(Response::new(match options {
        ReadOptions { subscription: Some(_), all: Some(all), .. } => subscribe(service, all, options),
        ReadOptions { all: Some(all), .. } => {
            finish(read_all(&service, all, &options), &options, Stored::wire)
        }
        _ => match read_stream(&service, &options) {
            Some(events) if service.faults.tells_positions() => finish(events, &options, Stored::wire),
            Some(events) => finish(events, &options, Stored::wire_without_position),
            None => answer(vec![Content::StreamNotFound(Empty {})]),
        },
    }))
}

fn read_all(service: &Service, all: AllOptions, options: &ReadOptions) -> Vec<Stored> {
    let from = all.position.map(|from| from.commit);
    service.shared.store.page(from, options.direction == 1, options.filter.as_ref(), count(options))
}

fn count(options: &ReadOptions) -> usize {
    usize::try_from(options.count.unwrap()).unwrap_or(usize::MAX)
}

fn read_stream(service: &Service, options: &ReadOptions) -> Option<Vec<Stored>> {
    let stream = options.stream.as_ref().unwrap();
    let name = String::from_utf8(stream.stream.as_ref().unwrap().name.to_vec()).unwrap();
    let mut events = service.shared.store.stream(&name);
    if events.is_empty() {
        return None;
    }
    if options.direction == 1 {
        events.reverse();
    }
    if let Some(from) = stream.revision {
        events.retain(|event| event.revision >= from);
    }
    Some(events)
}

fn finish(events: Vec<Stored>, options: &ReadOptions, wire: fn(&Stored) -> ReadEvent) -> ReadAnswer {
    answer(events.iter().take(count(options)).map(|event| Content::Event(wire(event))).collect())
}

fn answer(contents: Vec<Content>) -> ReadAnswer {
    let contents = contents.into_iter().map(|content| ReadResp { content: Some(content) });
    stream::iter(contents).map(Ok).boxed()
}

/// Events after a position, checkpoints over those that do not pass the filter, and so on for ever.
fn subscribe(service: Service, all: AllOptions, options: ReadOptions) -> ReadAnswer {
    let (sender, receiver) = mpsc::channel(64);
    let mut ends = service.faults.ends();
    tokio::spawn(async move {
        tokio::select! {
            _ = feed(service, all, options, sender) => {}
            // Dropping the sender ends the stream with a status of success.
            _ = ends.changed() => {}
        }
    });
    ReceiverStream::new(receiver).boxed()
}

async fn feed(
    service: Service,
    all: AllOptions,
    options: ReadOptions,
    sender: mpsc::Sender<Result<ReadResp, Status>>,
) -> Option<()> {
    let say = async |content| sender.send(Ok(ReadResp { content: Some(content) })).await.ok();
    say(Content::Confirmation(Confirmation { id: "fake".to_owned() })).await?;
    let store = &service.shared.store;
    let mut next = all.position.map_or(0, |from| store.index_after(from.commit));
    let (mut length, mut skipped, mut live) = (store.length.subscribe(), 0, false);
    loop {
        for event in store.all(next) {
            next += 1;
            if service.faults.is_silent() {
                std::future::pending::<()>().await;
            }
            if event.passes(options.filter.as_ref()) && store.shows(&event) {
                skipped = 0;
                say(Content::Event(event.wire())).await?;
            } else {
                skipped += 1;
                if skipped % CHECKPOINT == 0 {
                    say(Content::Checkpoint(Place { commit: event.position, prepare: event.position }))
                        .await?;
                }
            }
        }
        if !std::mem::replace(&mut live, true) {
            say(Content::CaughtUp(Empty {})).await?;
        }
        length.wait_for(|length| *length > next).await.ok()?;
    }
}
