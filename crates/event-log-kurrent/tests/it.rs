//! The tests of the adapter: the contract of the port, and what happens when the cluster fails.

#![expect(clippy::disallowed_methods, reason = "events of a test are new ones")]

#[cfg(test)]
mod it {
    mod contract;
    mod faults;
    mod migrate;
    mod subscriptions;
    mod tls;
}
