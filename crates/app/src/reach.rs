//! What a command changes and what it looks at, told before it runs: so that a bulk of commands can run beside each
//! other and still come out as if one had run after the other.

use domain::{CommandId, PersonId};
use event_log::StreamName;

use crate::Slice;

/// What a command changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The stream that it appends to; `None` for a target that can not name a stream: it will be refused.
    pub stream: Option<StreamName>,
    /// People whose time it takes or gives back.
    pub people: Vec<PersonId>,
    /// It looks at, or changes, what its input does not name: it runs alone.
    pub beyond: bool,
}

impl Reach {
    /// A command to one stream.
    pub fn of<A: Slice>(command: &A::Command, id: CommandId) -> Self {
        let stream = StreamName::new(A::CATEGORY, A::stream_id(A::target(command, id))).ok();
        Self { stream, people: Vec::new(), beyond: A::looks_beyond(command) }
    }

    /// It takes or gives back the time of these people as well.
    #[must_use]
    pub fn with(mut self, people: impl IntoIterator<Item = PersonId>) -> Self {
        self.people.extend(people);
        self
    }

    /// It runs alone.
    #[must_use]
    pub const fn alone(mut self) -> Self {
        self.beyond = true;
        self
    }
}

/// Categories of the parts of an aggregate, whose ids its commands give out or change beside the aggregate's own.
pub fn parts_of(category: &str) -> &'static [&'static str] {
    match category {
        "organisation" => &["team"],
        "person" => &["credential"],
        "plan" => &["checkpoint", "route"],
        "run" => &["deviation", "scan"],
        "shift" => &["trade"],
        "contract" => &["post", "breach", "rectification", "statement", "post_order"],
        _ => &[],
    }
}
