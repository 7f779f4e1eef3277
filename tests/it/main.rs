//! Tests over the whole workspace, in one binary.

#![cfg(test)]

mod bad_input;
mod binary;
mod figures;
mod licences;
mod roles;
mod support;
mod tidy;
mod workspace;
