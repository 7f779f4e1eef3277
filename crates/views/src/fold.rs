//! From events to rows: one function per aggregate. An event is handled or named as a fault, never skipped in silence.

mod access;
mod area;
mod contract;
mod incident;
mod organisation;
mod patrol;
mod person;
mod shift;

use crate::{AnyEvent, Envelope, ViewsError, store::Store};

pub(crate) fn apply(store: &mut Store, envelope: &Envelope) -> Result<(), ViewsError> {
    match &envelope.event {
        AnyEvent::Area(event) => area::apply(store, envelope, event),
        AnyEvent::Organisation(event) => organisation::apply(store, envelope, event),
        AnyEvent::Person(event) => person::apply(store, envelope, event),
        AnyEvent::Plan(event) => patrol::apply_plan(store, envelope, event),
        AnyEvent::Run(event) => patrol::apply_run(store, envelope, event),
        AnyEvent::Shift(event) => shift::apply(store, envelope, event),
        AnyEvent::Duty(event) => shift::apply_duty(store, envelope, event),
        AnyEvent::Incident(event) => incident::apply(store, envelope, event),
        AnyEvent::Access(event) => access::apply(store, envelope, event),
        AnyEvent::Contract(event) => contract::apply(store, envelope, event),
    }
}

/// A row that an event changes must have been made by an earlier event of its stream.
pub(crate) fn found(envelope: &Envelope, changed: bool) -> Result<(), ViewsError> {
    if changed { Ok(()) } else { Err(envelope.fault("there is no row for it to change")) }
}
