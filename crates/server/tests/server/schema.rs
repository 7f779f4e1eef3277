use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_graphql::{Context, Object, Result, Schema, SimpleObject, Subscription};
use domain::Language;
use futures_util::{Stream, StreamExt as _, stream};
use server::http::Asker;
use tokio::sync::{Notify, watch};

/// What the tests see of the schema's inside.
#[derive(Clone, Default)]
pub struct Probe(Arc<Inside>);

#[derive(Default)]
struct Inside {
    executed: AtomicUsize,
    held: Notify,
    released: Notify,
    living: watch::Sender<usize>,
}

impl Probe {
    pub fn executed(&self) -> usize {
        self.0.executed.load(Ordering::SeqCst)
    }

    /// Streams of subscriptions, and queries without end, that live.
    pub fn streams(&self) -> usize {
        *self.0.living.borrow()
    }

    /// Until none of them lives.
    pub async fn gone(&self) {
        let mut living = self.0.living.subscribe();
        let none = living.wait_for(|living| *living == 0);
        tokio::time::timeout(Duration::from_secs(30), none).await.expect("it goes on").unwrap();
    }

    pub async fn is_held(&self) {
        self.0.held.notified().await;
    }

    pub fn release(&self) {
        self.0.released.notify_one();
    }
}

pub fn schema(probe: Probe) -> graphql::Engine {
    graphql::Engine::new(Schema::build(Query, Mutation, Subscription).data(probe).finish(), true)
}

fn probe<'a>(ctx: &Context<'a>) -> &'a Probe {
    ctx.data_unchecked()
}

pub struct Query;

#[Object]
impl Query {
    async fn who(&self, ctx: &Context<'_>) -> Option<String> {
        ctx.data_unchecked::<Asker>().principal.as_ref().map(|principal| principal.name.clone())
    }

    async fn speaks_for(&self, ctx: &Context<'_>) -> Option<String> {
        let principal = ctx.data_unchecked::<Asker>().principal.as_ref()?;
        principal.acting.map(|organisation| organisation.to_string())
    }

    async fn areas(&self, ctx: &Context<'_>) -> Vec<String> {
        ctx.data_unchecked::<Asker>().principal.as_ref().map(|p| p.areas.clone()).unwrap_or_default()
    }

    async fn language(&self, ctx: &Context<'_>) -> &str {
        match ctx.data_unchecked::<Asker>().language {
            Language::En => "en",
            Language::ZhCn => "zh",
        }
    }

    async fn correlation(&self, ctx: &Context<'_>) -> String {
        ctx.data_unchecked::<Asker>().correlation.to_string()
    }

    async fn greet(&self, name: String) -> String {
        format!("hello {name}")
    }

    async fn fails(&self) -> Result<String> {
        Err("it fails".into())
    }

    async fn half(&self) -> Option<Result<String>> {
        Some(Err("the other half".into()))
    }

    async fn big(&self, bytes: usize) -> String {
        "x".repeat(bytes)
    }

    /// Held, and never released.
    async fn lingers(&self, ctx: &Context<'_>) -> bool {
        let _living = Living::new(probe(ctx));
        probe(ctx).0.held.notify_one();
        std::future::pending().await
    }

    async fn boom(&self) -> String {
        [String::new()].into_iter().nth(1).expect("boom")
    }

    async fn forever(&self) -> String {
        std::future::pending().await
    }

    async fn held(&self, ctx: &Context<'_>) -> bool {
        let inside = &probe(ctx).0;
        inside.held.notify_one();
        inside.released.notified().await;
        true
    }
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn change(&self, ctx: &Context<'_>) -> usize {
        probe(ctx).0.executed.fetch_add(1, Ordering::SeqCst) + 1
    }
}

pub struct Subscription;

struct Living(Probe);

impl Living {
    fn new(probe: &Probe) -> Self {
        probe.0.living.send_modify(|living| *living += 1);
        Self(probe.clone())
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        self.0.0.living.send_modify(|living| *living -= 1);
    }
}

/// Something at a position.
#[derive(SimpleObject)]
struct Tick {
    even: bool,
    position: String,
}

#[Subscription]
impl Subscription {
    /// Positions up to 5, after the one that the asker has seen.
    async fn ticks(&self, ctx: &Context<'_>) -> impl Stream<Item = Tick> {
        let seen = ctx.data_unchecked::<Asker>().resume_after.unwrap_or(0);
        stream::iter(seen + 1..=5)
            .map(|position| Tick { even: position % 2 == 0, position: position.to_string() })
    }

    async fn count(&self, to: i32) -> impl Stream<Item = i32> {
        stream::iter(1..=to)
    }

    /// One item, then silence.
    async fn open(&self, ctx: &Context<'_>) -> impl Stream<Item = i32> {
        let living = Living::new(probe(ctx));
        stream::once(async { 1 }).chain(stream::pending()).map(move |item| {
            let _ = &living;
            item
        })
    }

    /// More than anybody reads.
    async fn flood(&self) -> impl Stream<Item = String> {
        stream::repeat_with(|| "x".repeat(64 * 1024))
    }

    async fn refused(&self) -> Result<stream::Pending<i32>> {
        Err("not for you".into())
    }

    async fn boom(&self) -> impl Stream<Item = i32> {
        stream::once(async { panic!("boom") })
    }
}
