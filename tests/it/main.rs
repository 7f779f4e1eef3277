//! Tests over the whole workspace, in one binary.

#![cfg(test)]

mod binary;
mod licences;
mod tidy;
mod workspace;
