//! One node: a port, a runtime of its own that dies with it, and the faults it is told to have.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::Shared;
use crate::serve::{Service, gossip, server_features, streams};

/// What a node does wrong.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Appends that are written and then answered with an error.
    lost_acknowledgements: AtomicUsize,
    /// Calls hang until this is false.
    hangs: watch::Sender<bool>,
    /// Subscriptions say nothing while this is true.
    silent: AtomicBool,
    /// Subscriptions end cleanly when this number grows.
    ended: watch::Sender<u64>,
    /// Milliseconds before every answer.
    slow: AtomicU64,
    version: Mutex<String>,
    /// Appends are acknowledged without a position while this is true.
    mute: AtomicBool,
    /// Appends that arrived.
    appends: AtomicUsize,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            lost_acknowledgements: AtomicUsize::new(0),
            hangs: watch::Sender::new(false),
            silent: AtomicBool::new(false),
            ended: watch::Sender::new(0),
            slow: AtomicU64::new(0),
            version: Mutex::new("24.6.0".to_owned()),
            mute: AtomicBool::new(false),
            appends: AtomicUsize::new(0),
        }
    }
}

impl Faults {
    pub fn lose_acknowledgements(&self, count: usize) {
        self.0.lost_acknowledgements.store(count, Ordering::SeqCst);
    }

    pub fn hang(&self, hangs: bool) {
        self.0.hangs.send_replace(hangs);
    }

    pub fn silence(&self, silent: bool) {
        self.0.silent.store(silent, Ordering::SeqCst);
    }

    pub fn end_subscriptions(&self) {
        self.0.ended.send_modify(|times| *times += 1);
    }

    pub fn slow_down(&self, by: Duration) {
        self.0.slow.store(u64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub fn say_version(&self, version: &str) {
        version.clone_into(&mut self.0.version.lock().unwrap());
    }

    pub fn acknowledge_without_position(&self, mute: bool) {
        self.0.mute.store(mute, Ordering::SeqCst);
    }

    pub fn appends(&self) -> usize {
        self.0.appends.load(Ordering::SeqCst)
    }

    pub(crate) fn version(&self) -> String {
        self.0.version.lock().unwrap().clone()
    }

    /// In reads of a stream, as servers do since 22.6.
    pub(crate) fn tells_positions(&self) -> bool {
        let version = self.version();
        let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(u32::MAX));
        (numbers.next(), numbers.next()) >= (Some(22), Some(6))
    }

    pub(crate) fn is_mute(&self) -> bool {
        self.0.mute.load(Ordering::SeqCst)
    }

    pub(crate) fn is_silent(&self) -> bool {
        self.0.silent.load(Ordering::SeqCst)
    }

    pub(crate) fn ends(&self) -> watch::Receiver<u64> {
        self.0.ended.subscribe()
    }

    pub(crate) fn count_append(&self) {
        self.0.appends.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn loses_this(&self) -> bool {
        let one_less = |left: usize| left.checked_sub(1);
        self.0.lost_acknowledgements.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok()
    }

    /// Waits as long as the node is slow or hangs.
    pub(crate) async fn delay(&self) {
        tokio::time::sleep(Duration::from_millis(self.0.slow.load(Ordering::SeqCst))).await;
        let mut hangs = self.0.hangs.subscribe();
        let _ = hangs.wait_for(|hangs| !hangs).await;
    }
}

#[derive(Debug)]
pub struct Node {
    index: usize,
    pub port: u16,
    pub faults: Faults,
    runtime: Option<Runtime>,
}

impl Node {
    pub fn start(index: usize, shared: &Arc<Shared>) -> Self {
        let mut node = Self { index, port: 0, faults: Faults::default(), runtime: None };
        node.run(shared);
        node
    }

    pub fn run(&mut self, shared: &Arc<Shared>) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("fake-node")
            .enable_all()
            .build()
            .unwrap();
        // Bound before this returns: whoever connects from now on is heard.
        let listener = std::net::TcpListener::bind(("127.0.0.1", self.port)).unwrap();
        self.port = listener.local_addr().unwrap().port();
        listener.set_nonblocking(true).unwrap();
        let service = Service { node: self.index, faults: self.faults.clone(), shared: Arc::clone(shared) };
        let tls = shared.papers.as_ref().map(|papers| papers.server());
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
            let mut server = Server::builder();
            if let Some(tls) = tls {
                server = server.tls_config(tls).unwrap();
            }
            server
                .add_service(streams(service.clone()))
                .add_service(gossip(service.clone()))
                .add_service(server_features(service))
                .serve_with_incoming(incoming)
                .await
                .unwrap();
        });
        self.runtime = Some(runtime);
    }

    /// Returns when the port is closed and all connections are broken.
    pub fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Waiting is not allowed on a thread of a runtime.
            let stop = move || runtime.shutdown_timeout(Duration::from_secs(60));
            std::thread::spawn(stop).join().unwrap();
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop();
    }
}
