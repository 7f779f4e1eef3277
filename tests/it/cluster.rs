//! Nodes on the log of a cluster: the binary against a fake cluster on loopback, which fails on command.

mod belonging;
mod faults;
mod moving;
mod nodes;
mod reach;

use fake_cluster::Cluster;

use crate::support::{
    Folder, Node,
    folder::{copy, once},
};

/// A cluster that holds the small demo, and the folder it was moved from.
pub struct Moved {
    pub cluster: Cluster,
    pub source: Folder,
}

impl Moved {
    /// Moved by the binary once; every other time the same events are put there.
    pub fn demo() -> Self {
        let moved = Self { cluster: Cluster::start(3), source: Folder::demo() };
        let events = once("moved", || {
            moved.run();
            moved.cluster.store().saved()
        });
        moved.cluster.store().restore(&events);
        moved
    }

    /// Moves the log of the source; what the binary said.
    pub fn run(&self) -> String {
        let from = format!("sqlite:{}", self.source.data().display());
        self.source.done(&["migrate", "--from", &from, "--to", &self.cluster.address()])
    }

    /// A new data folder of a node on this cluster, with the accounts and the key of the source.
    pub fn folder(&self) -> Folder {
        let folder = Folder::empty();
        std::fs::create_dir(folder.data()).expect("a folder");
        std::fs::copy(self.source.data().join("identity.db"), folder.data().join("identity.db"))
            .expect("the accounts");
        for name in ["data.master-key", "tokens.json"] {
            std::fs::copy(self.source.beside(name), folder.beside(name)).expect("a copy");
        }
        folder.write("log", &self.cluster.address());
        folder
    }

    pub fn node(&self) -> Node {
        start(self.folder())
    }
}

/// Options that name the cluster of a folder.
pub fn on_cluster(folder: &Folder) -> [String; 2] {
    ["--log-file".to_owned(), folder.beside("log").display().to_string()]
}

pub fn start(folder: Folder) -> Node {
    let options = on_cluster(&folder);
    Node::start_with(folder, &options.each_ref().map(String::as_str))
}

/// A copy of a folder that no node is on.
pub fn copied(folder: &Folder) -> Folder {
    let other = Folder::empty();
    copy(folder.data().parent().expect("the folder around it"), other.data().parent().expect("the same"));
    other
}
