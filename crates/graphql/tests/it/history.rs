//! Events written straight into the log: thousands of changes in no time.

use std::sync::Arc;

use domain::{
    Actor, ActorId, CommandId, EventBody, Meta, Priority,
    event::encode,
    incident::{IncidentChannel, IncidentEvent, IncidentKind},
};
use event_log::{Append, Appended, EventLog, Expected, NewEvent, Revision, StreamName};
use uuid::Uuid;

use super::world::NOW;

/// One incident that is written to.
pub struct Written {
    pub id: Uuid,
    /// Position of its last event.
    pub position: u64,
    /// Its priority by that event.
    pub priority: Priority,
    revision: Revision,
}

pub fn id(number: u32) -> Uuid {
    Uuid::from_u128(0x0198_f2f0_0000_7000_9000_0000_0000_0000 + u128::from(number))
}

async fn append<E: EventBody>(
    log: &Arc<dyn EventLog>,
    id: Uuid,
    expected: Expected,
    event: &E,
) -> (u64, Revision) {
    let now: domain::When = NOW.parse().unwrap();
    let command = CommandId(Uuid::new_v5(&id, format!("{expected:?}").as_bytes()));
    let meta = Meta {
        occurred_at: now,
        recorded_at: now.at,
        actor: Actor { id: ActorId(Uuid::nil()), person: None, organisation: None },
        area: None,
        command,
        content: "00".into(),
        index: 0,
        causation: None,
        correlation: command.0,
    };
    let encoded = encode(event).unwrap();
    let event = NewEvent {
        id: Meta::event_id(command, 0),
        kind: encoded.kind,
        version: encoded.version,
        meta: serde_json::to_vec(&meta).unwrap(),
        data: encoded.data,
    };
    let append = Append { stream: StreamName::new("incident", id).unwrap(), expected, events: vec![event] };
    match log.append(append).await.unwrap() {
        Appended::Done { position, revision } => (position.0, revision),
        other => panic!("{other:?}"),
    }
}

impl Written {
    pub async fn report(log: &Arc<dyn EventLog>, id: Uuid, area: &str) -> Self {
        let priority = Priority::Low;
        let event = IncidentEvent::IncidentReported {
            area: area.parse().unwrap(),
            kind: IncidentKind::Noise,
            channel: IncidentChannel::Phone,
            priority,
            self_initiated: false,
            drill: false,
            reported_at: NOW.parse().unwrap(),
            reporter_name: None,
            reporter_phone: None,
            address: None,
            narrative: None,
            place_key: None,
            shift: None,
            run: None,
            company: None,
            contract: None,
            due_at: None,
        };
        let (position, revision) = append(log, id, Expected::NoStream, &event).await;
        Self { id, position, priority, revision }
    }

    pub async fn change(&mut self, log: &Arc<dyn EventLog>, priority: Priority) {
        let event = IncidentEvent::IncidentPrioritised { priority, at: NOW.parse().unwrap() };
        (self.position, self.revision) = append(log, self.id, Expected::Exact(self.revision), &event).await;
        self.priority = priority;
    }
}
