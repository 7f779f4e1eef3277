//! The envelope of an event and the context of a decision.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{ActorId, AreaCode, CommandId, OrganisationId, PersonId, When};

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Actor {
    pub id: ActorId,
    /// The person behind the account, when it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The organisation in whose name it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OrganisationId>,
}

impl Actor {
    /// The platform itself: policies that react to events or to time.
    pub const PLATFORM: Self = Self { id: ActorId(Uuid::nil()), person: None, organisation: None };
}

/// What a decision may know beside the state, the command and the facts of other aggregates.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// Id of the command: what it creates takes its id from here.
    pub command: CommandId,
    /// Business or device time, with its offset.
    pub occurred_at: When,
    /// Time of the server.
    pub recorded_at: Timestamp,
    pub actor: Actor,
}

/// What is kept with every event beside its own content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    pub occurred_at: When,
    pub recorded_at: Timestamp,
    pub actor: Actor,
    /// Area code at that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<AreaCode>,
    pub command: CommandId,
    /// Keyed digest of the command's content (32 hexadecimal digits): tells a repetition from a reused id.
    pub content: Box<str>,
    /// Zero-based place of this event among the events of its command.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub index: u16,
    /// The event that caused it, for policies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation: Option<Uuid>,
    /// The command at the head of the chain that led here.
    pub correlation: Uuid,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_zero(index: &u16) -> bool {
    *index == 0
}

impl Meta {
    /// Id of the `index`-th event of a command: UUIDv5 of the command id (RFC 9562, section 5.5).
    pub fn event_id(command: CommandId, index: u16) -> Uuid {
        Uuid::new_v5(&command.0, &index.to_be_bytes())
    }
}
