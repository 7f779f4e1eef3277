//! Tests over the whole workspace, in one binary.

#![cfg(test)]

mod bad_input;
mod binary;
mod cluster;
mod crash;
mod examples;
mod fanout;
mod figures;
mod licences;
mod logs;
mod memory;
mod metrics;
mod nodes;
mod personal;
mod rebuild;
mod rights;
mod roles;
mod serving;
mod support;
mod tidy;
mod traces;
mod transport;
mod workspace;
