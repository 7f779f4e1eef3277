//! An event of any aggregate, read from its record.

use domain::{
    Aggregate as _, DecodeError, EventBody, Meta, access::AccessEvent, area::AreaEvent,
    contract::ContractEvent, duty::DutyEvent, event::decode, incident::IncidentEvent,
    organisation::OrganisationEvent, patrol_plan::PlanEvent, patrol_run::RunEvent, person::PersonEvent,
    shift::ShiftEvent,
};
use event_log::Recorded;
use uuid::Uuid;

use crate::ViewsError;

/// Every aggregate's event.
#[derive(Clone, Debug, PartialEq)]
pub enum AnyEvent {
    Area(AreaEvent),
    Organisation(OrganisationEvent),
    Person(PersonEvent),
    Plan(PlanEvent),
    Shift(ShiftEvent),
    Duty(DutyEvent),
    Run(RunEvent),
    Incident(IncidentEvent),
    Contract(ContractEvent),
    Access(AccessEvent),
}

/// The categories of all streams that the views follow: what an engine that others use too has to deliver.
pub const CATEGORIES: [&str; 10] = [
    domain::area::Area::CATEGORY,
    domain::organisation::Organisation::CATEGORY,
    domain::person::Person::CATEGORY,
    domain::patrol_plan::PatrolPlan::CATEGORY,
    domain::shift::Shift::CATEGORY,
    domain::duty::Duty::CATEGORY,
    domain::patrol_run::PatrolRun::CATEGORY,
    domain::incident::Incident::CATEGORY,
    domain::contract::Contract::CATEGORY,
    domain::access::Access::CATEGORY,
];

/// A record with its envelope and its event read.
#[derive(Clone, Debug)]
pub struct Envelope {
    pub position: u64,
    pub revision: u64,
    pub id: Uuid,
    pub kind: Box<str>,
    /// The part of the stream's name behind its category.
    pub stream_id: Box<str>,
    pub stream: Box<str>,
    pub meta: Meta,
    pub event: AnyEvent,
}

impl Envelope {
    /// # Errors
    /// A stream, kind or version that this build does not know: named, never skipped.
    pub fn read(record: &Recorded) -> Result<Self, ViewsError> {
        let fault = |cause: String| ViewsError::Fold {
            position: record.position.0,
            kind: record.kind.to_string(),
            cause,
        };
        let meta: Meta = serde_json::from_slice(&record.meta).map_err(|cause| fault(cause.to_string()))?;
        let event = AnyEvent::read(record).map_err(|cause| fault(cause.to_string()))?;
        let event =
            event.ok_or_else(|| fault(format!("the category `{}` is unknown", record.stream.category())))?;
        Ok(Self {
            position: record.position.0,
            revision: record.revision.0,
            id: record.id,
            kind: record.kind.clone(),
            stream_id: record.stream.id().into(),
            stream: record.stream.as_str().into(),
            meta,
            event,
        })
    }

    /// The id behind the category, when it is a UUID.
    pub fn uuid(&self) -> Result<Uuid, ViewsError> {
        Uuid::try_parse(&self.stream_id).map_err(|cause| self.fault(cause.to_string()))
    }

    pub(crate) fn fault(&self, cause: impl Into<String>) -> ViewsError {
        ViewsError::Fold { position: self.position, kind: self.kind.to_string(), cause: cause.into() }
    }
}

impl AnyEvent {
    /// `None` when the stream's category is unknown.
    fn read(record: &Recorded) -> Result<Option<Self>, DecodeError> {
        fn of<E: EventBody>(
            record: &Recorded,
            wrap: fn(E) -> AnyEvent,
        ) -> Result<Option<AnyEvent>, DecodeError> {
            decode(&record.kind, record.version, &record.data).map(wrap).map(Some)
        }
        match record.stream.category() {
            domain::area::Area::CATEGORY => of(record, Self::Area),
            domain::organisation::Organisation::CATEGORY => of(record, Self::Organisation),
            domain::person::Person::CATEGORY => of(record, Self::Person),
            domain::patrol_plan::PatrolPlan::CATEGORY => of(record, Self::Plan),
            domain::shift::Shift::CATEGORY => of(record, Self::Shift),
            domain::duty::Duty::CATEGORY => of(record, Self::Duty),
            domain::patrol_run::PatrolRun::CATEGORY => of(record, Self::Run),
            domain::incident::Incident::CATEGORY => of(record, Self::Incident),
            domain::contract::Contract::CATEGORY => of(record, Self::Contract),
            domain::access::Access::CATEGORY => of(record, Self::Access),
            _ => Ok(None),
        }
    }
}
