//! What the end-to-end tests share: a data folder with the small demo, the binary that serves it, and a plain client.
//!
//! Nothing here knows the crates of the workspace: only the binary, its files and its network.

pub mod collector;
pub mod folder;
pub mod http;
pub mod node;
pub mod openmetrics;
pub mod socket;
pub mod street;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use uuid::Uuid;

pub use folder::{Folder, NOBODY, PASSWORD};
pub use http::Reply;
pub use node::Node;
pub use street::Street;

/// Longest wait for a condition that has to come.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Polls until the condition holds.
pub fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "waited too long for: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The real time: the binary under test lives in it.
pub fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the binary under test runs on the real clock")]
    Timestamp::now()
}

/// An id that no other call of this process gives; folders are never shared between processes.
pub fn fresh() -> Uuid {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let number = LAST.fetch_add(1, Ordering::Relaxed);
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("wardlog test {number}").as_bytes())
}

/// A day in Beijing, `days` after today.
pub fn day(days: i64) -> String {
    let at = now() + jiff::SignedDuration::from_hours(8 + 24 * days);
    at.strftime("%Y-%m-%d").to_string()
}

/// An instant with its offset, `minutes` after now.
pub fn minutes(minutes: i64) -> String {
    let at = now() + jiff::SignedDuration::from_mins(minutes) + jiff::SignedDuration::from_hours(8);
    at.strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string()
}
