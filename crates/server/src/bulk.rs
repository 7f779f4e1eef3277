//! Many commands at once, and many rows: what `wardlog import`, `POST /ingest`, `wardlog export` and `GET /export` share.
//!
//! Commands come in as lines ([`line`]) or CloudEvents ([`event`]), are cut out of what is read ([`lines`],
//! [`elements`]) within bounds ([`inflate`]), and run beside each other where their order does not matter ([`order`],
//! [`run`]). Absent on purpose: HTTP, files given by name, and any rule of the domain.

pub(crate) mod cells;
pub(crate) mod elements;
pub(crate) mod event;
pub(crate) mod events;
pub(crate) mod inflate;
pub(crate) mod intake;
pub(crate) mod line;
pub(crate) mod lines;
pub(crate) mod order;
pub(crate) mod outcome;
pub(crate) mod run;
pub(crate) mod spool;

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
