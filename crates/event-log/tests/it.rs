//! The tests of the event log, one binary.

#[cfg(test)]
mod it {
    mod contract;
    mod crash;
    mod fault;
    mod file;
    mod migrate;
    mod model;
    mod support;
}
