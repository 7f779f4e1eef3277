//! Nodes on the log of a cluster: the binary against a fake cluster on loopback, which fails on command.

mod accounts;
mod belonging;
mod faults;
mod moving;
mod nodes;
mod reach;
mod real;

use fake_cluster::Cluster;

use crate::support::{
    Folder, Node,
    folder::{copy, once},
};

/// A log of the small demo, and where it is being moved to.
pub struct Move {
    pub source: Folder,
    /// Connection string of the cluster.
    pub to: String,
}

impl Move {
    pub fn demo(to: String) -> Self {
        Self { source: Folder::demo(), to }
    }

    /// Moves the log of the source; what the binary said.
    pub fn run(&self) -> String {
        let from = format!("sqlite:{}", self.source.data().display());
        self.source.done(&["migrate", "--from", &from, "--to", &self.to])
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
        folder.write("log", &self.to);
        folder
    }

    pub fn node(&self) -> Node {
        start(self.folder())
    }

    /// Moves the log that a node's folder names back into a file, whole; its folder has the accounts and the key.
    pub fn back(&self, node: &Folder) -> Folder {
        let back = Folder::empty();
        let key = "data.master-key";
        std::fs::copy(self.source.beside(key), back.beside(key)).expect("the key");
        let to = format!("sqlite:{}", back.data().display());
        let [option, file] = on_cluster(node);
        let said = back.done(&["migrate", "--from", "cluster", "--to", &to, &option, &file]);
        assert!(said.contains("compared from start to end and equal"), "{said}");
        assert!(back.done(&["verify"]).starts_with("intact: "));
        std::fs::copy(self.source.data().join("identity.db"), back.data().join("identity.db"))
            .expect("the accounts");
        std::fs::copy(self.source.beside("tokens.json"), back.beside("tokens.json")).expect("tokens");
        back
    }
}

/// A fake cluster that holds the small demo.
pub struct Moved {
    pub cluster: Cluster,
    pub from: Move,
}

impl Moved {
    /// Nothing is moved yet.
    pub fn nothing() -> Self {
        let cluster = Cluster::start(3);
        Self { from: Move::demo(cluster.address()), cluster }
    }

    /// Moved by the binary once; every other time the same events are put there.
    pub fn demo() -> Self {
        let moved = Self::nothing();
        let events = once("moved", || {
            moved.from.run();
            moved.cluster.store().saved()
        });
        moved.cluster.store().restore(&events);
        moved
    }

    pub fn folder(&self) -> Folder {
        self.from.folder()
    }

    pub fn node(&self) -> Node {
        self.from.node()
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
