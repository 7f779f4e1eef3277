use domain::{
    PersonId, ShiftId, When,
    duty::{DutyEvent, RESERVATION_MINUTES},
    shift::ShiftEvent,
};

use super::found;
use crate::{
    Envelope, ViewsError,
    rows::{PlaceRow, ReservationRow, ShiftPerson, ShiftPhase, ShiftRow},
    store::Store,
};

pub fn apply(store: &mut Store, envelope: &Envelope, event: &ShiftEvent) -> Result<(), ViewsError> {
    let id = ShiftId(envelope.uuid()?);
    match event {
        ShiftEvent::ShiftScheduled { .. } => return schedule(store, id, event),
        ShiftEvent::ShiftAssigned { person } => {
            store.places().put(PlaceRow { shift: id, person: *person })?
        }
        ShiftEvent::AssignmentWithdrawn { person, .. } => {
            store.places().remove(&PlaceRow::key_of(id, *person))?;
            gives_back(store, envelope, id, &[*person])?;
        }
        ShiftEvent::TradeAccepted { from, to, .. } => {
            gives_back(store, envelope, id, &[*from])?;
            store.places().remove(&PlaceRow::key_of(id, *from))?;
            store.places().put(PlaceRow { shift: id, person: *to })?;
        }
        ShiftEvent::ShiftPublished {}
        | ShiftEvent::ShiftAcknowledged { .. }
        | ShiftEvent::TradeProposed { .. }
        | ShiftEvent::TradeDeclined { .. }
        | ShiftEvent::ClockedIn { .. }
        | ShiftEvent::ClockedOut { .. }
        | ShiftEvent::HandedOver { .. }
        | ShiftEvent::MarkedUncovered { .. }
        | ShiftEvent::ShiftClosed { .. }
        | ShiftEvent::ShiftCertified { .. }
        | ShiftEvent::CertificationCorrected { .. } => {}
        ShiftEvent::ShiftCancelled { .. } => {
            let row = store.shifts().get(id.0.as_bytes())?;
            let people: Vec<PersonId> =
                row.iter().flat_map(|row| &row.people).map(|place| place.person).collect();
            gives_back(store, envelope, id, &people)?;
        }
    }
    found(envelope, store.shifts().change(id.0.as_bytes(), |row| change(row, event))?)
}

/// Their time is given back by a step of its own, which a crash may leave out. What lies behind is not waited for: a
/// person's duty forgets it.
fn gives_back(
    store: &mut Store,
    envelope: &Envelope,
    shift: ShiftId,
    people: &[PersonId],
) -> Result<(), ViewsError> {
    let now = envelope.meta.recorded_at;
    let ends_at = store.shifts().get(shift.0.as_bytes())?.map(|row| row.ends_at);
    let Some(ends_at) = ends_at.filter(|ends_at| ends_at.at > now) else { return Ok(()) };
    let expires_at =
        When { at: now, offset: envelope.meta.occurred_at.offset }.plus_minutes(RESERVATION_MINUTES);
    for person in people {
        let ends_at = Some(ends_at);
        store.reservations().put(ReservationRow { person: *person, shift, expires_at, ends_at })?;
    }
    Ok(())
}

fn schedule(store: &mut Store, id: ShiftId, event: &ShiftEvent) -> Result<(), ViewsError> {
    let ShiftEvent::ShiftScheduled {
        area,
        organisation,
        team,
        contract,
        post,
        duty,
        payer,
        starts_at,
        ends_at,
        places,
    } = event
    else {
        return Ok(());
    };
    let formed = team.map(|team| store.teams().get(team.0.as_bytes())).transpose()?.flatten();
    store.shifts().put(ShiftRow {
        id,
        area: *area,
        organisation: *organisation,
        team: *team,
        team_kind: formed.map(|team| team.kind),
        contract: *contract,
        post: *post,
        duty: *duty,
        payer: *payer,
        starts_at: *starts_at,
        ends_at: *ends_at,
        places: *places,
        phase: ShiftPhase::Scheduled,
        people: vec![],
        uncovered: None,
        trades: 0,
        corrections: 0,
    })
}

fn change(row: &mut ShiftRow, event: &ShiftEvent) {
    match event {
        ShiftEvent::ShiftScheduled { .. } | ShiftEvent::HandedOver { .. } => {}
        ShiftEvent::TradeProposed { .. } | ShiftEvent::TradeDeclined { .. } => {}
        ShiftEvent::ShiftPublished {} => row.phase = ShiftPhase::Published,
        ShiftEvent::ShiftAssigned { person } => {
            row.people.push(newcomer(*person));
            settle(row);
        }
        ShiftEvent::AssignmentWithdrawn { person, .. } => {
            row.people.retain(|place| place.person != *person);
            settle(row);
        }
        ShiftEvent::TradeAccepted { from, to, .. } => {
            row.people.retain(|place| place.person != *from);
            row.people.push(newcomer(*to));
            row.trades += 1;
            settle(row);
        }
        ShiftEvent::ShiftAcknowledged { person } => with(row, *person, |place| place.acknowledged = true),
        ShiftEvent::ClockedIn { person, at, late } => {
            row.phase = ShiftPhase::OnDuty;
            with(row, *person, |place| {
                place.clocked_in = Some(*at);
                place.late_report = *late;
            });
        }
        ShiftEvent::ClockedOut { person, at } => with(row, *person, |place| place.clocked_out = Some(*at)),
        ShiftEvent::MarkedUncovered { missing, .. } => row.uncovered = Some(*missing),
        ShiftEvent::ShiftClosed { .. } => row.phase = ShiftPhase::Closed,
        ShiftEvent::ShiftCertified { minutes } => {
            row.phase = ShiftPhase::Certified;
            for certified in minutes {
                with(row, certified.person, |place| place.certified_minutes = Some(certified.minutes));
            }
        }
        ShiftEvent::CertificationCorrected { person, minutes, .. } => {
            row.corrections += 1;
            with(row, *person, |place| place.certified_minutes = Some(*minutes));
        }
        ShiftEvent::ShiftCancelled { .. } => row.phase = ShiftPhase::Cancelled,
    }
}

fn newcomer(person: PersonId) -> ShiftPerson {
    ShiftPerson {
        person,
        acknowledged: false,
        clocked_in: None,
        late_report: false,
        clocked_out: None,
        certified_minutes: None,
    }
}

fn with(row: &mut ShiftRow, person: PersonId, change: impl FnOnce(&mut ShiftPerson)) {
    if let Some(place) = row.person(person) {
        change(place);
    }
}

fn settle(row: &mut ShiftRow) {
    if matches!(row.phase, ShiftPhase::Published | ShiftPhase::Assigned) {
        let full = row.people.len() >= usize::from(row.places);
        row.phase = if full { ShiftPhase::Assigned } else { ShiftPhase::Published };
    }
}

pub fn apply_duty(store: &mut Store, envelope: &Envelope, event: &DutyEvent) -> Result<(), ViewsError> {
    let person = PersonId(envelope.uuid()?);
    match event {
        DutyEvent::AssignmentReserved { shift, expires_at, .. } => {
            let (shift, expires_at) = (*shift, *expires_at);
            store.reservations().put(ReservationRow { person, shift, expires_at, ends_at: None })
        }
        // Confirmed by a slow node after the place was taken back: it still has to be released.
        DutyEvent::AssignmentConfirmed { shift } if !holds(store, *shift, person)? => Ok(()),
        DutyEvent::AssignmentConfirmed { shift } | DutyEvent::AssignmentReleased { shift, .. } => {
            store.reservations().remove(&ReservationRow::key_of(person, *shift))
        }
    }
}

/// Whether a shift that is not called off holds a place for the person.
fn holds(store: &mut Store, shift: ShiftId, person: PersonId) -> Result<bool, ViewsError> {
    let row = store.shifts().get(shift.0.as_bytes())?;
    Ok(row.is_some_and(|row| {
        row.phase != ShiftPhase::Cancelled && row.people.iter().any(|place| place.person == person)
    }))
}
