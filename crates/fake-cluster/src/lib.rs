//! A cluster of three nodes on loopback that speaks the part of the gRPC protocol which the adapter needs, with faults
//! on command. It stands for the faults, not for the real server: its replication is instant and its disk is a vector.
//!
//! For tests alone: nothing that ships depends on it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a part of tests: what it does not expect ends the test"
)]

mod node;
mod proto;
mod serve;
mod store;
mod tls;

use std::path::Path;
use std::sync::{Arc, Mutex};

pub use node::{Faults, Node};
pub use store::Store;

use tls::Papers;

/// What the nodes share: the log and who leads.
#[derive(Debug)]
pub struct Shared {
    pub store: Store,
    /// Index of the leader; `None` while there is none.
    pub leader: Mutex<Option<usize>>,
    pub ports: Mutex<Vec<(u16, bool)>>,
    /// With it the nodes speak TLS, and only with clients that have a certificate.
    papers: Option<Papers>,
}

#[derive(Debug)]
pub struct Cluster {
    pub shared: Arc<Shared>,
    nodes: Vec<Node>,
}

impl Cluster {
    /// As many nodes, the first of which leads.
    pub fn start(count: usize) -> Self {
        Self::start_with(count, None)
    }

    /// The same over TLS, for clients with a certificate of the cluster's authority. That, and a client's certificate and
    /// key, are written to the folder: `ca.pem`, `user.pem`, `user.key`.
    pub fn start_secure(count: usize, folder: &Path) -> Self {
        Self::start_with(count, Some(Papers::write(folder)))
    }

    fn start_with(count: usize, papers: Option<Papers>) -> Self {
        let shared = Arc::new(Shared {
            store: Store::default(),
            leader: Mutex::new(Some(0)),
            ports: Mutex::new(Vec::new()),
            papers,
        });
        let nodes: Vec<Node> = (0..count).map(|index| Node::start(index, &shared)).collect();
        *shared.ports.lock().unwrap() = nodes.iter().map(|node| (node.port, true)).collect();
        Self { shared, nodes }
    }

    /// The connection string of all nodes.
    pub fn address(&self) -> String {
        let hosts: Vec<String> = self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)).collect();
        let tls = self.shared.papers.as_ref().map_or_else(|| "tls=false".to_owned(), Papers::parameters);
        format!(
            "kurrentdb://{}?{tls}&discoveryInterval=20&maxDiscoverAttempts=2&gossipTimeout=500",
            hosts.join(",")
        )
    }

    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// Another log at the same address: everything is gone.
    pub fn forget(&self) {
        self.shared.store.forget();
    }

    pub fn faults(&self, node: usize) -> &Faults {
        &self.nodes[node].faults
    }

    pub fn faults_of_leader(&self) -> &Faults {
        self.faults(self.leader().expect("a leader"))
    }

    pub fn leader(&self) -> Option<usize> {
        *self.shared.leader.lock().unwrap()
    }

    pub fn elect(&self, node: Option<usize>) {
        *self.shared.leader.lock().unwrap() = node;
    }

    /// Breaks all connections of a node and closes its port.
    pub fn kill(&mut self, node: usize) {
        self.nodes[node].stop();
        self.shared.ports.lock().unwrap()[node].1 = false;
        if self.leader() == Some(node) {
            self.elect(None);
        }
    }

    pub fn revive(&mut self, node: usize) {
        self.nodes[node].run(&self.shared);
        self.shared.ports.lock().unwrap()[node].1 = true;
    }
}
