//! Tests over the whole workspace, in one binary.

#![cfg(test)]

mod bad_input;
mod binary;
mod cluster;
mod crash;
mod figures;
mod licences;
mod nodes;
mod personal;
mod rebuild;
mod rights;
mod roles;
mod serving;
mod support;
mod tidy;
mod workspace;
