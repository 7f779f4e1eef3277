//! Three nodes under load while the cluster and the nodes fail: what was acknowledged is there once, and no node shows
//! less than the position it was asked for.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::{Moved, start};
use crate::support::{
    Node, Street, fresh, http,
    node::mutation,
    street::{new, report},
    wait_for,
};

const WRITERS: usize = 6;
const EACH: usize = 30;

/// What the writers share: where the nodes are now, and what was acknowledged.
struct Load {
    addresses: [Mutex<SocketAddr>; 3],
    token: String,
    area: String,
    acknowledged: Mutex<Vec<(String, String)>>,
    /// Requests sent again, by whatever was the matter.
    repeated: AtomicUsize,
}

impl Load {
    fn ask(&self, node: usize, query: &str, variables: &Value) -> std::io::Result<Value> {
        let address = *self.addresses[node].lock().expect("an address");
        let bearer = format!("Bearer {}", self.token);
        let headers = [("content-type", "application/json"), ("authorization", bearer.as_str())];
        let body = json!({ "query": query, "variables": variables }).to_string();
        Ok(http::send(address, "POST", "/graphql", &headers, body.as_bytes())?.json())
    }

    /// Sends one command, with the same id to one node after another, until one acknowledges it.
    fn write(&self, first: usize) {
        let id = new("incident");
        let mut input = report(&id, &self.area);
        input["commandId"] = fresh().to_string().into();
        let variables = json!({ "input": input });
        for turn in first.. {
            let node = turn % 3;
            if let Ok(answer) = self.ask(node, &mutation("reportIncident"), &variables) {
                let done = &answer["data"]["done"];
                if answer["errors"].is_null() && done["errors"] == json!([]) {
                    let position = done["position"].as_str().expect("a position").to_owned();
                    self.read((node + 1) % 3, &id, &position);
                    self.acknowledged.lock().expect("a list").push((id, position));
                    return;
                }
                // A fault is said by a code; a rejection would be a lost or a doubled command.
                let code = answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned();
                assert!(
                    matches!(code.as_str(), "unavailable" | "outcome_unknown" | "timeout" | "cancelled"),
                    "{answer}"
                );
            }
            self.repeated.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A node that says it has reached the position shows what was done at it; one that can not say so is left alone.
    fn read(&self, node: usize, id: &str, position: &str) {
        let reached = "query($at: Position!) { log(atLeast: $at) { position } }";
        let Ok(answer) = self.ask(node, reached, &json!({ "at": position })) else { return };
        if !answer["errors"].is_null() {
            return;
        }
        let seen = self.ask(node, "query($id: ID!) { incident(id: $id) { phase } }", &json!({ "id": id }));
        if let Ok(seen) = seen
            && seen["errors"].is_null()
        {
            assert_eq!(seen["data"]["incident"]["phase"], "REPORTED", "a stale read: {seen}");
        }
    }

    fn until(&self, part: usize) {
        let wanted = WRITERS * EACH * part / 8;
        wait_for("the load to go on", || {
            (self.acknowledged.lock().expect("a list").len() >= wanted).then_some(())
        });
    }
}

/// Ends a node by a signal and starts it again on its folder.
fn again(nodes: &mut [Option<Node>], load: &Load, at: usize, signal: &str) {
    let node = nodes[at].take().expect("a node");
    node.signal(signal);
    let (_, folder, _) = node.ended();
    let node = start(folder);
    *load.addresses[at].lock().expect("an address") = node.address;
    nodes[at] = Some(node);
}

/// Each fault comes when so much of the load has been acknowledged, never by time.
fn break_things(moved: &mut Moved, nodes: &mut [Option<Node>], load: &Load) {
    let cluster = &mut moved.cluster;
    load.until(1);
    cluster.kill(0);
    cluster.elect(Some(1));
    load.until(2);
    again(nodes, load, 0, "KILL");
    load.until(3);
    // The leader is cut off: it hears and does not answer, and the others choose another one.
    cluster.faults(1).hang(true);
    cluster.elect(Some(2));
    load.until(4);
    cluster.faults(1).hang(false);
    cluster.revive(0);
    cluster.faults(2).lose_acknowledgements(3);
    load.until(5);
    cluster.kill(2);
    cluster.elect(Some(0));
    load.until(6);
    for at in [1, 2] {
        again(nodes, load, at, "TERM");
    }
    cluster.revive(2);
    load.until(7);
    cluster.faults(0).end_subscriptions();
}

#[test]
fn what_three_nodes_acknowledge_through_faults_is_there_once() {
    let mut moved = Moved::demo();
    let mut nodes: Vec<Option<Node>> = (0..3).map(|_| Some(moved.node())).collect();
    let address = |at: usize| Mutex::new(nodes[at].as_ref().expect("a node").address);
    let first = nodes[0].as_ref().expect("a node");
    let load = Load {
        addresses: [address(0), address(1), address(2)],
        token: first.folder.token("officer").expect("a token"),
        area: Street::of(first).area().to_owned(),
        acknowledged: Mutex::default(),
        repeated: AtomicUsize::new(0),
    };
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let load = &load;
            scope.spawn(move || (0..EACH).for_each(|round| load.write(writer + round)));
        }
        break_things(&mut moved, &mut nodes, &load);
    });
    let acknowledged = load.acknowledged.into_inner().expect("a list");
    assert_eq!(acknowledged.len(), WRITERS * EACH);
    for (id, _) in &acknowledged {
        assert_eq!(moved.cluster.store().ids(id).len(), 1, "{id}: one command, one event");
    }
    let last =
        acknowledged.iter().filter_map(|(_, position)| position.parse::<u64>().ok()).max().expect("some");
    for node in nodes.iter().flatten() {
        let at = json!({ "at": last.to_string() });
        wait_for("every node to have all of it", || {
            let answer =
                node.answer("officer", "query($at: Position!) { log(atLeast: $at) { position } }", &at);
            answer["errors"].is_null().then_some(())
        });
        for (id, _) in &acknowledged {
            let seen =
                node.ask("officer", "query($id: ID!) { incident(id: $id) { phase } }", &json!({ "id": id }));
            assert_eq!(seen["incident"]["phase"], "REPORTED");
        }
    }
    eprintln!("{} commands, {} sent again", acknowledged.len(), load.repeated.load(Ordering::Relaxed));
}
